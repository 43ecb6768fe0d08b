"""Why a model cannot be served: no runtime takes it, or it cannot be downloaded.

`status.modelStatus` is KServe's (`pkg/controller/v1beta1/inferenceservice/components/predictor.go`
and `pkg/apis/serving/v1beta1/inference_service_status.go`, 0.20); what a download says is in its
`python/storage/kserve_storage/storage_errors.py` and `kserve_storage.py`.
"""

from typing import Final

from catalog.objects import Object
from deploy.status.fields import number, one_line, text
from deploy.status.verdict import Cause, Weight

_SPEC: Final = {
    "NoSupportingRuntime": "set framework in {file} to one of this platform's, and protocol to one "
    "that it speaks",
    "RuntimeNotRecognized": "the platform's runtimes are not installed, or another version of them "
    "is; run slipway up for the platform's stack",
    "RuntimeDisabled": "the runtime is switched off on this cluster; tell the platform's team, or "
    "choose another framework in {file}",
}
_DENIED: Final = (
    "access denied", "authentication failed", "invalid aws credentials", "verify credentials",
    "verify permissions", "gated", "forbidden", "unauthorized", "accessdenied",
)  # fmt: skip
_ABSENT: Final = (
    "not found", "no model found", "does not exist", "nosuchbucket", "nosuchkey", "404",
)  # fmt: skip
_PREFIX: Final = "Storage initialization failed: "
_UNREACHED: Final = ("failed to connect", "timed out", "timeout", "connection", "resolve")


def model_cause(service: Object, file: str) -> Cause | None:
    """What KServe says of the model itself; None where it is content, or has not looked yet."""
    status = "InferenceService: status.modelStatus"
    transition = text(service, "status", "modelStatus", "transitionStatus")
    reason = text(service, "status", "modelStatus", "lastFailureInfo", "reason")
    message = one_line(text(service, "status", "modelStatus", "lastFailureInfo", "message"))
    seen = f"{status}.lastFailureInfo.reason={reason}"
    if is_refused(service):
        return Cause(
            code="runtime" if "Runtime" in reason else "spec",
            what=f"KServe cannot serve the model: {message or reason or transition}",
            remedy=_SPEC.get(reason, "change what it names in {file}").format(file=file),
            seen=seen,
            # KServe looks for a missing runtime again by itself; the rest waits for an edit.
            weight=Weight.BLOCKING if reason == "RuntimeNotRecognized" else Weight.LASTING,
        )
    if transition == "BlockedByFailedLoad" and reason == "ModelLoadFailed":
        code = number(service, "status", "modelStatus", "lastFailureInfo", "exitCode") or 0
        return _load_failed(message, code, seen, file)
    return None


def is_refused(service: Object) -> bool:
    """Whether KServe refuses the newest spec, though it may still call the old one ready."""
    return text(service, "status", "modelStatus", "transitionStatus") == "InvalidSpec"


def _load_failed(message: str, code: int, seen: str, file: str) -> Cause:
    found = download_cause(message, code, seen, file)
    if found.code != "download":
        return found
    return Cause(
        code="load",
        what=f"the model could not be loaded (exit code {code}): {message or 'it said nothing'}",
        remedy=f"check that model in {file} is of the framework that it names",
        seen=seen,
    )


def download_cause(message: str, code: int, seen: str, file: str) -> Cause:
    """Why the storage initializer ended, by the last that it said."""
    message = message.rpartition(_PREFIX)[2]
    said = message.casefold()
    if any(word in said for word in _DENIED):
        return Cause(
            code="model-denied",
            what=f"the model may not be read: {message}",
            remedy=f"give what it asks for under secrets in {file}, or accept the model's licence "
            "with the account of that token; an own artifact needs nothing",
            seen=seen,
            weight=Weight.LASTING,
        )
    if any(word in said for word in _ABSENT):
        return Cause(
            code="model-missing",
            what=f"the model is not there: {message}",
            remedy=f"correct model in {file}, or put the model where it says",
            seen=seen,
            weight=Weight.LASTING,
        )
    if any(word in said for word in _UNREACHED):
        return Cause(
            code="model-unreached",
            what=f"the place of the model does not answer: {message}",
            remedy="it is tried again by itself; if it goes on, check the address of model in "
            f"{file} and that the cluster may reach it",
            seen=seen,
        )
    return Cause(
        code="download",
        what=f"the model cannot be downloaded (exit code {code}): {message or 'it said nothing'}",
        remedy=f"check model in {file}",
        seen=seen,
    )
