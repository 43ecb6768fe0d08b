"""Why a pod has no node: which resource is short everywhere, and whether a node is coming.

Messages are the scheduler's (`pkg/scheduler/framework/types.go` and its plug-ins, Kubernetes 1.34)
and Karpenter's (`pkg/controllers/provisioning/scheduling/events.go`, 1.15).
"""

import re
from collections.abc import Sequence

from catalog.objects import Object
from deploy.status.causes.refusals import KEYS
from deploy.status.fields import FALSE, TRUE, Condition, condition, name_of, one_line, table, text
from deploy.status.verdict import Cause, Weight

_NODES = re.compile(r"0/(?P<all>\d+) nodes are available")
_SHORT = re.compile(r"Insufficient (?P<resource>[\w./-]+\w)")
_CLAIM = re.compile(r'persistentvolumeclaim "(?P<name>[^"]+)" not found')
_SELECTOR = "didn't match Pod's node affinity/selector"
_TAINTS = "untolerated taint"


def unschedulable(
    pod: Object,
    scheduled: Condition,
    node_claims: Sequence[Object],
    seen: str,
    file: str,
    warnings: Sequence[Object],
) -> Cause:
    """Why no node takes a pod."""
    coming = next((claim for claim in node_claims if _is_coming(claim, pod)), None)
    if coming is not None:
        return _node_is_coming(coming, scheduled)
    message = one_line(scheduled.message)
    claim = _CLAIM.search(message)
    if claim is not None:
        return _no_claim(claim["name"], seen, file)
    refused = _by_karpenter(warnings)
    short = list(dict.fromkeys(found["resource"] for found in _SHORT.finditer(message)))
    return Cause(
        code="unschedulable",
        what=f"no node takes the pod: {_why(message, short) or message or scheduled.reason}"
        + (f"; Karpenter: {refused}" if refused else ""),
        remedy=_remedy(short, file),
        seen=seen,
    )


def _no_claim(name: str, seen: str, file: str) -> Cause:
    return Cause(
        code="volume",
        what=f"the volume that the pod reads is not there: no PersistentVolumeClaim {name}",
        remedy=f"make it in the namespace, or change model in {file}; the claim of a cache of "
        "weights is KServe's to make, so there wait or tell the platform's team",
        seen=seen,
    )


def _why(message: str, short: Sequence[str]) -> str:
    """The scheduler's reasons in fewer words; "" where it says something else."""
    parts = [f"too little {resource}" for resource in short]
    if _SELECTOR in message:
        wrong = "none of the others is" if short else "none is"
        parts.append(f"{wrong} of the pool that it needs")
    if _TAINTS in message:
        parts.append("some are tainted against it")
    nodes = _NODES.search(message)
    if not parts or nodes is None:
        return ""
    return f"of {nodes['all']} nodes " + ", ".join(parts)


def _remedy(short: Sequence[str], file: str) -> str:
    keys = " and ".join(dict.fromkeys(KEYS.get(resource, resource) for resource in short))
    if keys:
        return f"lower {keys} or scaling in {file}, or let the node pool grow"
    return (
        f"choose resources in {file} that a node pool of the stack has, or let the pool grow; "
        "slipway explain says which pool an endpoint takes"
    )


def _by_karpenter(warnings: Sequence[Object]) -> str:
    for event in warnings:
        message = one_line(text(event, "message"))
        if message.startswith("Failed to schedule pod, "):
            return message.removeprefix("Failed to schedule pod, ")
    return ""


def _is_coming(claim: Object, pod: Object) -> bool:
    """Whether a node is being made that has the labels which the pod selects."""
    initialized = condition(claim, "Initialized")
    launched = condition(claim, "Launched")
    if initialized is not None and initialized.status == TRUE:
        return False
    if launched is not None and launched.status == FALSE:
        return False
    selected = table(pod, "spec", "nodeSelector")
    labels = table(claim, "metadata", "labels")
    return bool(selected) and all(labels.get(key) == value for key, value in selected.items())


def _node_is_coming(claim: Object, scheduled: Condition) -> Cause:
    launched = condition(claim, "Launched")
    waits = launched.message if launched is not None and launched.status != TRUE else ""
    instance = text(claim, "metadata", "labels", "node.kubernetes.io/instance-type")
    return Cause(
        code="node",
        what="Karpenter is making a node for it"
        + (f" ({instance})" if instance else "")
        + (f": {' '.join(waits.split())}" if waits else ""),
        remedy="wait; a node takes one to three minutes, one with GPUs up to ten",
        seen=f"NodeClaim {name_of(claim)}, {scheduled.type} is {scheduled.status}",
        weight=Weight.PASSING,
    )
