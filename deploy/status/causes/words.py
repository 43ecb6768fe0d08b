"""What KServe and Knative say of an endpoint in conditions and events, known or not."""

from collections.abc import Iterator
from typing import Final

from catalog.objects import Object
from deploy.status.causes.refusals import refusal
from deploy.status.causes.revisions import GOING_ON, unknown_cause
from deploy.status.fields import FALSE, TRUE, Condition, conditions, one_line, text
from deploy.status.verdict import Cause

_EXPECTED_FALSE: Final = frozenset({"Stopped", "GroupDegraded"})
_SUMS: Final = frozenset(
    {"Ready", "IngressReady", "LatestDeploymentReady", "RoutesReady", "WorkloadsReady"}
)
"""Conditions that repeat what others say, or wait for them."""
_GATES: Final = frozenset({"PresetsCombined"})
"""Conditions that Ready does not depend on, but whose failure ends a reconciliation
(`pkg/apis/serving/v1alpha2/llm_inference_service_lifecycle.go` in KServe 0.20)."""
EVENT_REASONS: Final = frozenset(
    {"InternalError", "Error", "ServerlessModeRejected", "CreationFailed"}
)
"""Reasons of warnings that say why a controller goes no further: KServe's (`pkg/controller/v1beta1/
inferenceservice/controller.go`, `v1alpha2/llmisvc/controller.go`, 0.20) and Knative's for what it
could not make (`pkg/reconciler/configuration/configuration.go`, 0.48)."""
_CONFLICT: Final = "the object has been modified"
"""Two controllers wrote at once (apimachinery `pkg/api/errors`); the later one tries again."""


def warned_cause(events: tuple[Object, ...], file: str) -> Cause | None:
    """What a controller could not do, where only an event says so. The newest comes first."""
    for event in events:
        if text(event, "reason") in EVENT_REASONS:
            involved = text(event, "involvedObject", "kind"), text(event, "involvedObject", "name")
            seen = f"Event {text(event, 'reason')} of {' '.join(involved)}"
            if found := _failed(text(event, "message"), seen, file):
                return found
    return None


def reconcile_cause(main: Object, seen: str, file: str) -> Cause | None:
    """What KServe could not make, where a condition says so.

    Its reason begins with Reconcile (`components/predictor.go`, `v1alpha2/llmisvc/workload.go`).
    """
    for each in conditions(main):
        if each.status == FALSE and each.reason.startswith("Reconcile"):
            return _failed(each.message, f"{seen}: {each.type}", file)
    return None


def _failed(message: str, seen: str, file: str) -> Cause | None:
    if _CONFLICT in message:
        return None
    told = one_line(message)
    return refusal(told, seen, file) or Cause(
        code="controller-error",
        what=f"the controller goes no further: {told}",
        remedy=f"change what it names in {file}, then slipway check; if check finds it right, "
        "tell the platform's team",
        seen=seen,
    )


def unknown_causes(main: Object, seen: str) -> Iterator[Cause]:
    """Conditions that are False for a reason that nothing here knows."""
    for each in sorted(conditions(main), key=lambda each: each.type in _SUMS):
        is_known = each.reason in GOING_ON or each.reason.endswith(" not ready")
        is_known = is_known or each.reason.startswith("Reconcile")
        is_empty = not each.reason and not each.message
        is_aside = each.is_info and each.type not in _GATES
        if each.status != FALSE or is_aside or is_known or is_empty:
            continue
        if each.type not in _EXPECTED_FALSE:
            yield unknown_cause(each, f"{seen}: {each.type}")


def unhappy(main: Object) -> tuple[str, ...]:
    """All conditions that are not as they should be, in the cluster's own words, sums last."""
    left = [each for each in conditions(main) if _is_unhappy(each)]
    left.sort(key=lambda each: (each.type in _SUMS, each.is_info, not each.reason))
    told = ((each.said, one_line(each.message)) for each in left)
    return tuple(said + (f" ({message})" if message else "") for said, message in told)


def headline(main: Object) -> str:
    """The condition that keeps an object from being ready, without its message; "" where none."""
    left = [each for each in conditions(main) if _is_unhappy(each) and not each.is_info]
    left.sort(key=lambda each: (each.type in _SUMS, not each.reason))
    return left[0].said if left else ""


def _is_unhappy(each: Condition) -> bool:
    if each.status == TRUE:
        return each.type in _EXPECTED_FALSE
    return not (each.status == FALSE and each.type in _EXPECTED_FALSE)
