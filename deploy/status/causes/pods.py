"""Why a pod does not become ready: no node, no image, no start, no answer.

Reasons are the kubelet's (`pkg/kubelet/images/types.go`, `pkg/kubelet/container/sync_result.go`,
`pkg/kubelet/kuberuntime/kuberuntime_container.go`, `pkg/kubelet/events/event.go` in Kubernetes
1.34) and the API's `PodScheduled` and `OOMKilled`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from deploy.status.causes.models import download_cause
from deploy.status.causes.nodes import unschedulable
from deploy.status.fields import (
    FALSE,
    condition,
    field,
    label,
    name_of,
    number,
    one_line,
    rows,
    table,
    text,
)
from deploy.status.verdict import Cause, Weight

STORAGE_INITIALIZER: Final = "storage-initializer"
IMAGE_REASONS: Final = frozenset(
    {
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
        "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
    }
)  # fmt: skip
SETUP_REASONS: Final = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PostStartHookError",
    }
)
LASTING_RESTARTS: Final = 3
"""Restarts after which a crash is no accident: the kubelet waits 10 s, 20 s, 40 s before each."""
_DENIED: Final = ("unauthorized", "401", "403", "access denied", "authentication required")
_ABSENT: Final = ("not found", "manifest unknown", "does not exist", "name unknown")


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod, the warnings about it, and what else decides why it does not start."""

    pod: Object
    warnings: Sequence[Object]
    node_claims: Sequence[Object]
    file: str
    is_late: bool = False
    """Whether the time that it may take to become ready has passed."""

    @property
    def name(self) -> str:
        """The pod's name."""
        return name_of(self.pod)

    def seen(self, where: str) -> str:
        """Where something was read."""
        return f"Pod {self.name}: {where}"

    def warning(self, *reasons: str) -> Object | None:
        """The newest warning about the pod for one of these reasons."""
        return next((event for event in self.warnings if text(event, "reason") in reasons), None)


@dataclass(frozen=True, slots=True)
class _Container:
    view: PodView
    status: Object
    is_init: bool

    @property
    def name(self) -> str:
        return text(self.status, "name")

    @property
    def what(self) -> str:
        return "the model container" if self.settings == "resources" else f"container {self.name}"

    @property
    def settings(self) -> str:
        """The part of an entry that holds the container's amounts; "" where the platform does."""
        if self.name == "transformer-container":
            return "transformer"
        if self.name not in {"kserve-container", "main"}:
            return ""
        is_explainer = label(self.view.pod, "component") == "explainer"
        return "explainer" if is_explainer else "resources"

    @property
    def restarts(self) -> int:
        return number(self.status, "restartCount") or 0

    def seen(self, where: str) -> str:
        kind = "initContainerStatuses" if self.is_init else "containerStatuses"
        return self.view.seen(f"status.{kind}[{self.name}].{where}")

    @property
    def ended(self) -> Object | None:
        """How it ended last, now or before the present start."""
        for where in ("state", "lastState"):
            found = table(self.status, where, "terminated")
            if number(found, "exitCode") or text(found, "reason"):
                return found
        return None


def pod_cause(view: PodView) -> Cause | None:
    """Why a pod is not ready; None where it is, or nothing is known yet."""
    scheduled = condition(view.pod, "PodScheduled")
    if scheduled is not None and scheduled.status == FALSE:
        return unschedulable(
            view.pod, scheduled, view.node_claims, view.seen("PodScheduled"), view.file,
            view.warnings,
        )  # fmt: skip
    if text(view.pod, "status", "reason") == "Evicted":
        return _evicted(view)
    for container in _containers(view):
        found = _waiting(container) or _ended(container)
        if found is not None:
            return found
    return _volume(view) or _probe(view)


def _containers(view: PodView) -> Iterator[_Container]:
    for row in rows(view.pod, "status", "initContainerStatuses"):
        yield _Container(view, row, is_init=True)
    for row in rows(view.pod, "status", "containerStatuses"):
        yield _Container(view, row, is_init=False)


def _waiting(container: _Container) -> Cause | None:
    reason = text(container.status, "state", "waiting", "reason")
    message = one_line(text(container.status, "state", "waiting", "message"))
    if reason in IMAGE_REASONS:
        return _image(container, reason, message)
    if reason in SETUP_REASONS:
        return Cause(
            code="setup",
            what=f"{container.what} cannot be started: {message or reason}",
            remedy="name secrets and keys that exist under secrets in "
            f"{container.view.file}, or have them made"
            if "ecret" in message or "onfigMap" in message
            else f"mend what it names in {container.view.file}",
            seen=container.seen("state.waiting"),
            weight=Weight.LASTING,
        )
    return None


def _image(container: _Container, reason: str, message: str) -> Cause:
    image, said = text(container.status, "image"), f"{reason} {message}".casefold()
    weight = Weight.BLOCKING
    if any(word in said for word in _DENIED):
        why, weight = "its registry denies access", Weight.LASTING
        remedy = "let the cluster read that registry, or name an image from one that it can read"
    elif any(word in said for word in _ABSENT) or reason == "InvalidImageName":
        why, weight = "there is no such image", Weight.LASTING
        remedy = "name an image that exists, by digest"
    else:
        why = message or reason
        remedy = "check that the registry can be reached from the cluster"
    whose = f" in {container.view.file}" if container.settings else " (the platform's own image)"
    return Cause(
        code="image",
        what=f"the image {image} of {container.what} cannot be pulled: {why}",
        remedy=remedy + whose,
        seen=container.seen(f"state.waiting.reason={reason}"),
        weight=weight,
    )


def _ended(container: _Container) -> Cause | None:
    ended = container.ended
    if ended is None:
        return None
    code, reason = number(ended, "exitCode") or 0, text(ended, "reason")
    is_running = isinstance(field(container.status, "state", "running"), dict)
    if is_running and field(container.status, "ready") is True:
        return None
    if container.is_init and code == 0:
        return None
    weight = Weight.LASTING if container.restarts >= LASTING_RESTARTS else Weight.BLOCKING
    if reason == "OOMKilled":
        return _out_of_memory(container, weight)
    message = _last_line(text(ended, "message"))
    if container.name == STORAGE_INITIALIZER:
        return download_cause(message, code, container.seen("terminated"), container.view.file)
    told = f": {message}" if message else ""
    logs = f"kubectl -n {text(container.view.pod, 'metadata', 'namespace')} logs"
    return Cause(
        code="crash",
        what=f"{container.what} ends with exit code {code} ({container.restarts} restarts){told}",
        remedy=f"mend the model, its image or env in {container.view.file}; {logs} "
        f"{container.view.name} -c {container.name} --previous shows all it said",
        seen=container.seen("lastState.terminated"),
        weight=weight,
    )


def _out_of_memory(container: _Container, weight: Weight) -> Cause:
    remedy = (
        f"raise {container.settings}.memory in {container.view.file}"
        if container.settings
        else f"the memory of {container.name} is the platform's; tell its team"
    )
    if container.name == STORAGE_INITIALIZER:
        remedy = "the model is larger than the platform's download container holds; tell its team"
    return Cause(
        code="memory",
        what=f"{container.what} was killed for using more than its memory "
        f"({container.restarts} restarts)",
        remedy=remedy,
        seen=container.seen("terminated.reason=OOMKilled"),
        weight=weight,
    )


def _evicted(view: PodView) -> Cause:
    message = one_line(text(view.pod, "status", "message"))
    return Cause(
        code="evicted",
        what=f"a pod was evicted: {message or 'its node ran out of something'}",
        remedy=f"raise resources in {view.file} to what the model uses",
        seen=view.seen("status.reason=Evicted"),
    )


def _volume(view: PodView) -> Cause | None:
    event = view.warning("FailedMount", "FailedAttachVolume", "FailedMapVolume")
    if event is None or text(view.pod, "status", "phase") != "Pending":
        return None
    return Cause(
        code="volume",
        what=f"a volume cannot be mounted: {' '.join(text(event, 'message').split())}",
        remedy="make the Secret, ConfigMap or volume that it names",
        seen=f"Event {text(event, 'reason')} of Pod {view.name}",
    )


def _probe(view: PodView) -> Cause | None:
    event = view.warning("Unhealthy", "ProbeWarning")
    ready = condition(view.pod, "Ready")
    if event is None or ready is None or ready.status != FALSE:
        return None
    return Cause(
        code="probe",
        what=f"the model does not answer its probe yet: {' '.join(text(event, 'message').split())}",
        remedy="wait while the model loads; if it never answers, its log says why: kubectl -n "
        f"{text(view.pod, 'metadata', 'namespace')} logs {view.name}",
        seen=f"Event Unhealthy of Pod {view.name}",
        weight=Weight.BLOCKING if view.is_late else Weight.PASSING,
    )


def _last_line(message: str) -> str:
    """The last line that says something; a traceback ends with what went wrong."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return lines[-1] if lines else ""
