"""What Knative and Kubernetes say of what runs a model: revisions, Services, Deployments.

Reasons are Knative Serving's (`pkg/apis/serving/v1/{revision,route,configuration,service}_lifecycle
.go`, `pkg/reconciler/revision/reconcile_resources.go`, 0.48) and the Deployment controller's
(`pkg/controller/deployment/util/deployment_util.go`, Kubernetes 1.34).
"""

from collections.abc import Iterator
from typing import Final

from catalog.objects import Object
from deploy.status.causes.refusals import refusal
from deploy.status.fields import (
    FALSE,
    TRUE,
    Condition,
    condition,
    conditions,
    name_of,
    one_line,
)
from deploy.status.verdict import Cause, Weight

GOING_ON: Final = frozenset(
    {
        # Knative
        "Deploying", "ResolvingDigests", "Queued", "Uninitialized", "IngressNotConfigured",
        "OutOfDate", "TrafficNotMigrated", "RolloutInProgress", "CertificateNotReady",
        "ActivatingRevision",
        # Deployments, and what KServe copies of them
        "MinimumReplicasUnavailable", "NewReplicaSetCreated", "FoundNewReplicaSet",
        "ReplicaSetUpdated", "DeploymentPaused", "Progressing",
        # KServe's own, while a part of it waits for another
        "Predictor ingress not created", "HTTPRoute not created", "WaitingForGateway",
        "RouterNotReady", "HTTPRouteNotReady",
    }
)  # fmt: skip
"""Reasons of a condition that is not True yet, though nothing is wrong."""


def revision_cause(revision: Object, file: str) -> Cause | None:
    """Why a revision failed; None where it has not."""
    for each in conditions(revision):
        if each.status != FALSE or each.type not in {"ResourcesAvailable", "ContainerHealthy"}:
            continue
        seen = f"Revision {name_of(revision)}: {each.type}"
        found = _of_condition(each, seen, file)
        if found is not None:
            return found
    return None


def deployment_cause(deployment: Object, file: str) -> Cause | None:
    """Why a Deployment makes no progress; None where it does."""
    seen = f"Deployment {name_of(deployment)}"
    failure = condition(deployment, "ReplicaFailure")
    if failure is not None and failure.status == TRUE:
        return refusal(failure.message, f"{seen}: ReplicaFailure", file) or unknown_cause(
            failure, seen
        )
    progress = condition(deployment, "Progressing")
    if progress is not None and progress.status == FALSE:
        return _of_condition(progress, f"{seen}: Progressing", file)
    return None


def service_causes(service: Object, file: str) -> Iterator[Cause]:
    """Why a Knative Service is not ready, for what its revisions do not say themselves."""
    for each in conditions(service):
        if each.status != FALSE or each.type == "Ready":
            continue
        seen = f"Knative Service {name_of(service)}: {each.type}"
        found = refusal(each.message, seen, file)
        if found is not None:
            yield found
        elif each.reason in {"NotOwned", "RevisionNameTaken", "RevisionNotOwned"}:
            yield Cause(
                code="taken",
                what=f"a name that it needs is taken by somebody else's object: {each.message}",
                remedy="delete that object, or rename the deployment",
                seen=seen,
                weight=Weight.LASTING,
            )
        elif each.reason.startswith("Certificate"):
            yield Cause(
                code="certificate",
                what=f"its certificate cannot be had: {each.message}",
                remedy="the platform's team must look at cert-manager",
                seen=seen,
            )


def _of_condition(each: Condition, seen: str, file: str) -> Cause | None:
    if each.reason in GOING_ON:
        return None
    found = refusal(each.message, seen, file)
    if found is not None:
        return found
    if each.reason == "ProgressDeadlineExceeded":
        return Cause(
            code="deadline",
            what="no pod became ready in the time that it was given: "
            f"{each.message.rstrip('.') or each.reason}",
            remedy="see why the pods do not become ready; slipway up tries again once the entry "
            "is changed",
            seen=seen,
            weight=Weight.LASTING,
        )
    if each.reason == "ContainerMissing":
        return Cause(
            code="image",
            what=one_line(each.message),
            remedy=f"name an image that exists in {file}, by digest",
            seen=seen,
            weight=Weight.LASTING,
        )
    if each.reason.startswith("ExitCode"):
        return Cause(
            code="crash",
            what=f"the model container ends with exit code {each.reason.removeprefix('ExitCode')}: "
            f"{one_line(each.message).removeprefix('Container failed with: ')}",
            remedy=f"mend the model, its image or env in {file}",
            seen=seen,
        )
    return None if each.reason == "Unschedulable" else unknown_cause(each, seen)


def unknown_cause(each: Condition, seen: str) -> Cause:
    """A condition that nothing here knows, in the cluster's own words."""
    told = one_line(each.message)
    return Cause(
        code="unknown",
        what=each.said + (f": {told}" if told else ""),
        remedy="slipway has no advice for it; kubectl describe shows the whole object",
        seen=seen,
    )
