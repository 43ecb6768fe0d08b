"""Fluent Bit: reads every container's output on every node and hands it to Loki."""

from collections.abc import Mapping, Sequence
from typing import Final

from infra.parts.common import daemon_resources
from infra.parts.mirror import mirrored
from infra.parts.observability import EVERY_NODE, LOKI, NODE_AGENTS
from infra.parts.part import Context, Release, Values

ACCOUNT: Final = "fluent-bit"
STATE: Final = "/var/fluent-bit/state"
"""Where positions and unsent chunks survive a restart, on the node: Bottlerocket lets containers
write below /var alone, and AWS's own Fluent Bit keeps its state there."""

REDACTION: Final = r"""
function redact(tag, timestamp, record)
  local line = record["log"]
  if type(line) ~= "string" then
    return 0, timestamp, record
  end
  local safe = line
    :gsub("([Bb]earer )[%w%-%._~%+/=]+", "%1[redacted]")
    :gsub("(eyJ[%w%-_]+%.)[%w%-_]+%.[%w%-_]+", "%1[redacted]")
    :gsub("(hf_)%w+", "%1[redacted]")
    :gsub("(AKIA)%w+", "%1[redacted]")
  if safe == line then
    return 0, timestamp, record
  end
  record["log"] = safe
  return 2, timestamp, record
end
"""
"""Bearer tokens, JSON web tokens, Hugging Face tokens and AWS key ids leave no node. Code 2 keeps
the timestamp (Fluent Bit's manual, filter lua)."""

NOISE: Final = r"(GET|HEAD) /(healthz?|livez|ping|readyz?|v2/health/(live|ready)|metrics)[ ?]"
"""Access-log lines of probes and scrapes."""

# Few labels: each set of values is a stream. The rest can be searched without an index.
STREAMS: Final[Mapping[str, str]] = {
    "namespace": "$kubernetes['namespace_name']",
    "app": "$kubernetes['labels']['app.kubernetes.io/name']",
    "team": "$kubernetes['labels']['slipway.dev/team']",
    "endpoint": "$kubernetes['labels']['slipway.dev/endpoint']",
}
DETAILS: Final[Mapping[str, str]] = {
    "pod": "$kubernetes['pod_name']",
    "container": "$kubernetes['container_name']",
    "node": "$kubernetes['host']",
}


def fluent_bit_release(context: Context) -> Release:
    """A DaemonSet, GPU nodes included, in the namespace of what reads nodes."""
    return Release(
        name="fluent-bit", chart="fluent-bit", namespace=NODE_AGENTS, values=_values(context)
    )


def _values(context: Context) -> Values:
    """Root, as the log files are root's, without any capability; it writes its state alone."""
    mounts = {"varlog": "/var/log", "state": STATE}
    return {
        "image": {"repository": mirrored(context, "fluent-bit")},
        "config": _config(),
        "daemonSetVolumes": [
            {"name": "varlog", "hostPath": {"path": mounts["varlog"]}},
            {"name": "state", "hostPath": {"path": STATE, "type": "DirectoryOrCreate"}},
        ],
        "daemonSetVolumeMounts": [
            {"name": "varlog", "mountPath": mounts["varlog"], "readOnly": True},
            {"name": "state", "mountPath": STATE},
        ],
        "luaScripts": {"redact.lua": REDACTION.lstrip()},
        "priorityClassName": "system-node-critical",
        "resources": daemon_resources("fluent-bit", "256Mi"),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsUser": 0,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccount": {"create": True, "name": ACCOUNT},
        "serviceMonitor": {"enabled": True},
        "testFramework": {"enabled": False},
        "tolerations": list(EVERY_NODE),
    }


def _config() -> dict[str, str]:
    """Chunks wait on disk while Loki is away, up to a gigabyte, and little of them in memory."""
    service = _section("SERVICE", {
        "Daemon": "Off",
        "Flush": "5",
        "Log_Level": "warn",
        "Parsers_File": "/fluent-bit/etc/parsers.conf",
        "HTTP_Server": "On",
        "HTTP_Listen": "0.0.0.0",  # noqa: S104 - inside the pod, for its probes and scrapes.
        "HTTP_Port": "2020",
        "Health_Check": "On",
        "storage.path": f"{STATE}/chunks",
        "storage.max_chunks_up": "32",
        "storage.backlog.mem_limit": "16M",
    })  # fmt: skip
    return {
        "service": service,
        "inputs": _inputs(),
        "filters": _filters(),
        "outputs": _outputs(),
        "customParsers": "",
    }


def _inputs() -> str:
    return _section("INPUT", {
        "Name": "tail",
        "Path": "/var/log/containers/*.log",
        "Exclude_Path": "/var/log/containers/fluent-bit-*.log",
        "multiline.parser": "cri",
        "Tag": "kube.*",
        "DB": f"{STATE}/tail.db",
        "Buffer_Max_Size": "1M",
        "Skip_Long_Lines": "On",
        "storage.type": "filesystem",
    })  # fmt: skip


def _filters() -> str:
    return "\n".join((
        _section("FILTER", {"Name": "grep", "Match": "kube.*", "Exclude": f"log {NOISE}"}),
        _section("FILTER", {
            "Name": "lua",
            "Match": "kube.*",
            "script": "/fluent-bit/scripts/redact.lua",
            "call": "redact",
        }),
        _section("FILTER", {
            "Name": "kubernetes",
            "Match": "kube.*",
            "Merge_Log": "On",
            "Keep_Log": "Off",
            "Annotations": "Off",
            "Labels": "On",
            "K8S-Logging.Parser": "Off",
            "K8S-Logging.Exclude": "Off",
            "Buffer_Size": "0",
        }),
    ))  # fmt: skip


def _outputs() -> str:
    host, port = LOKI.removeprefix("http://").split(":")
    return _section("OUTPUT", {
        "Name": "loki",
        "Match": "kube.*",
        "Host": host,
        "Port": port,
        "labels": _pairs({"log": "container", **STREAMS}),
        "structured_metadata": _pairs(DETAILS),
        "remove_keys": "kubernetes,stream,_p,time",
        "drop_single_key": "raw",
        "line_format": "json",
        "Retry_Limit": "no_limits",
        "storage.total_limit_size": "1G",
    })  # fmt: skip


def _pairs(keys: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in keys.items())


def _section(name: str, keys: Mapping[str, str]) -> str:
    lines: Sequence[str] = [f"    {key} {value}" for key, value in keys.items()]
    return "\n".join((f"[{name}]", *lines, ""))
