"""Logs: Fluent Bit on every node, Loki on S3, and the payload log beside them."""

from typing import Final

from catalog.objects import Object
from infra.parts.fluent_bit import ACCOUNT as SHIPPER
from infra.parts.fluent_bit import fluent_bit_release
from infra.parts.loki import loki_identity, loki_release
from infra.parts.monitoring import GRAFANA
from infra.parts.observability import (
    NODE_AGENTS,
    OBSERVABILITY,
    Callers,
    account,
    admitted,
    scraped,
)
from infra.parts.part import Context, Part
from infra.parts.payload_log import ACCOUNT as PAYLOAD_LOG
from infra.parts.payload_log import payload_log_objects, payload_log_release

HTTP: Final = 3100


def part(context: Context) -> Part:
    """Loki first, then what writes to it."""
    return Part(
        name="logging",
        after=("istio", "monitoring", "node-pools"),
        identities=(loki_identity(context),),
        releases=(
            loki_release(context),
            fluent_bit_release(context),
            payload_log_release(context),
        ),
        objects=(scraped(OBSERVABILITY), _loki_access(), *payload_log_objects()),
    )


def _loki_access() -> Object:
    callers = (account(NODE_AGENTS, SHIPPER), GRAFANA, PAYLOAD_LOG)
    labels = {"app.kubernetes.io/name": "loki"}
    return admitted("loki", OBSERVABILITY, labels, Callers(callers, (HTTP,)))
