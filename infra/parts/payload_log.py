"""The sink of KServe's payload logger: requests and answers, kept in Loki beside the logs.

KServe's agent posts each as a CloudEvent in binary mode, the body as it was and the rest in `ce-*`
headers, and takes any answer but 200 for a failure (KServe 0.20 `pkg/logger/worker.go`). Fluent
Bit's HTTP input reads JSON alone and drops headers; the collector's webhook receiver keeps both.
"""

from typing import Final

from catalog.objects import Object
from infra.parts.collector import collector_values, labels_of
from infra.parts.common import metadata, resources
from infra.parts.loki import LINE_BYTES
from infra.parts.observability import LOKI, OBSERVABILITY, TENANTS, Callers, account, admitted
from infra.parts.part import Context, Release

NAME: Final = "payload-log"
ACCOUNT: Final = account(OBSERVABILITY, NAME)
PORT: Final = 8088
HEADERS: Final[dict[str, str]] = {
    "Ce-Component": "component",
    "Ce-Endpoint": "variant",
    "Ce-Id": "id",
    "Ce-Time": "time",
    "Ce-Type": "type",
    "Content-Type": "content_type",
}
"""What tells a request from its answer and joins the two, searchable without an index. The header
`Ce-Metadata`, which may hold a caller's own headers, is not kept."""

LABELS: Final[dict[str, str]] = {
    "Ce-Namespace": "namespace",
    "Ce-Inferenceservicename": "endpoint",
}


def payload_log_release(context: Context) -> Release:
    """A collector of its own: a flood of payloads takes no trace with it."""
    return Release(
        name=NAME,
        chart="opentelemetry-collector",
        namespace=OBSERVABILITY,
        values={
            **collector_values(context, NAME, _config(), resources("50m", "256Mi", "512Mi")),
            "service": {"enabled": False},
        },
    )


def payload_log_objects() -> tuple[Object, ...]:
    """The address that tenants' agents post to, and who may: their own pods, by mesh identity."""
    return (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(NAME, OBSERVABILITY),
            "spec": {
                "selector": labels_of(NAME),
                "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": PORT}],
            },
        },
        admitted(NAME, OBSERVABILITY, labels_of(NAME), Callers((TENANTS,), (PORT,))),
    )


def _config() -> Object:
    return {
        "receivers": {
            "webhookevent": {
                "endpoint": f"${{env:MY_POD_IP}}:{PORT}",
                "path": "/",
                "header_attribute_regex": "^(Ce-|Content-Type)",
                "max_request_body_size": LINE_BYTES,
                # Half a second each by default: too short for megabytes.
                "read_timeout": "10s",
                "write_timeout": "10s",
            }
        },
        "processors": {
            "transform": {
                "error_mode": "silent",
                "log_statements": _statements(),
            },
            "batch": {"send_batch_size": 256, "send_batch_max_size": 512, "timeout": "2s"},
        },
        "exporters": {"otlp_http": {"endpoint": f"{LOKI}/otlp"}},
        "pipelines": {
            "logs": {
                "receivers": ["webhookevent"],
                "processors": ["transform", "batch"],
                "exporters": ["otlp_http"],
            }
        },
    }


def _statements() -> list[str]:
    """Headers arrive as lists below `header.`; labels must stand on the resource for Loki."""
    moved = {
        **{f'resource.attributes["{label}"]': header for header, label in LABELS.items()},
        **{f'log.attributes["{name}"]': header for header, name in HEADERS.items()},
    }
    return [
        'set(resource.attributes["log"], "payload")',
        *(
            f'set({to}, log.attributes["header.{header}"][0]) '
            f'where log.attributes["header.{header}"] != nil'
            for to, header in moved.items()
        ),
        'delete_matching_keys(log.attributes, "^header[.].*")',
    ]
