"""What the API server refused to make: quotas, Pod Security, webhooks, admission policies.

The words are those of Kubernetes 1.34: `exceeded quota` and `failed quota` in apiserver's
`pkg/admission/plugin/resourcequota/controller.go`, `denied the request` and `failed calling
webhook` in its `pkg/admission/plugin/webhook`, `denied request` in its `pkg/admission/plugin/
policy`, `violates PodSecurity` in pod-security-admission's `admission/admission.go`.
"""

import re
from collections.abc import Callable
from typing import Final

from deploy.status.fields import one_line
from deploy.status.verdict import Cause, Weight

_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[\w.-]+), requested: (?P<requested>\S+), "
    r"used: (?P<used>\S+), limited: (?P<limited>[^\s\"]+)"
)
_NO_REQUEST = re.compile(r"failed quota: (?P<quota>[\w.-]+): must specify (?P<rest>.+)")
_POD_SECURITY = re.compile(r'violates PodSecurity "(?P<level>[^"]+)": (?P<why>.+)', re.DOTALL)
_DENIED = re.compile(
    r'admission webhook "(?P<webhook>[^"]+)" denied the request: (?P<why>.+)', re.DOTALL
)
_UNREACHED = re.compile(r'failed calling webhook "(?P<webhook>[^"]+)": (?P<why>.+)', re.DOTALL)
_POLICY = re.compile(
    r"ValidatingAdmissionPolicy '(?P<policy>[^']+)' with binding '[^']+' denied request: "
    r"(?P<why>.+)",
    re.DOTALL,
)
_INVALID = re.compile(r'(?P<what>[\w.]+ "[^"]+") is invalid: (?P<why>.+)', re.DOTALL)
_INVALID_OBJECT = re.compile(r"Invalid value: \{.*\}: ")
"""The API server prints the whole object that is wrong before it says what is."""
_FORBIDDEN = re.compile(r"is forbidden: (?P<why>.+)", re.DOTALL)

KEYS: Final = {
    "cpu": "resources.cpu",
    "memory": "resources.memory",
    "nvidia.com/gpu": "resources.gpu",
    "pods": "scaling.max",
}
"""The key of an entry by what a quota or a node counts."""


def refusal(message: str, seen: str, file: str) -> Cause | None:
    """Why the API server refused something, by its message; None where it did not."""
    for pattern, made in _KNOWN:
        found = pattern.search(message)
        if found is not None:
            return made(found, seen, file)
    return None


def _over_quota(found: re.Match[str], seen: str, file: str) -> Cause:
    used, limited = _amounts(found["used"]), _amounts(found["limited"])
    sums = ", ".join(
        f"{_short(name)} {used.get(name, '?')} of {limited.get(name, '?')} used and {amount} more "
        "asked"
        for name, amount in _amounts(found["requested"]).items()
    )
    keys = " and ".join(
        dict.fromkeys(KEYS.get(_short(name), _short(name)) for name in limited or used)
    )
    return Cause(
        code="quota",
        what=f"the quota {found['quota']} is used up: {sums}",
        remedy=f"lower {keys or 'resources'} or scaling.max in {file}, or raise its quota",
        seen=seen,
    )


def _no_request(found: re.Match[str], seen: str, file: str) -> Cause:
    del file
    return Cause(
        code="quota",
        what=f"the quota {found['quota']} counts what a container does not ask for: "
        f"{one_line(found['rest'])}",
        remedy="whoever injects that container must give it requests; tell the platform's team",
        seen=seen,
        weight=Weight.LASTING,
    )


def _insecure(found: re.Match[str], seen: str, file: str) -> Cause:
    return Cause(
        code="pod-security",
        what=f"Pod Security {found['level']} refuses the pod: {one_line(found['why'])}",
        remedy=f"use an image that runs without those rights in {file}; the namespace's level is "
        "the platform's and stays",
        seen=seen,
        weight=Weight.LASTING,
    )


def _denied(found: re.Match[str], seen: str, file: str) -> Cause:
    return Cause(
        code="refused",
        what=f"the webhook {found['webhook']} refuses what the entry becomes: "
        f"{one_line(found['why'])}",
        remedy=f"change what it names in {file}, then slipway check; if check finds it right, tell "
        "the platform's team",
        seen=seen,
        weight=Weight.LASTING,
    )


def _unreached(found: re.Match[str], seen: str, file: str) -> Cause:
    del file
    return Cause(
        code="webhook",
        what=f"the webhook {found['webhook']} does not answer: {one_line(found['why'])}",
        remedy="nothing is wrong with the entry; the platform's team must get the webhook to "
        "answer, and the rest follows by itself",
        seen=seen,
    )


def _against_policy(found: re.Match[str], seen: str, file: str) -> Cause:
    return Cause(
        code="policy",
        what=f"the admission policy {found['policy']} refuses it: {one_line(found['why'])}",
        remedy=f"change it in {file} as the policy asks",
        seen=seen,
        weight=Weight.LASTING,
    )


def _forbidden(found: re.Match[str], seen: str, file: str) -> Cause:
    return Cause(
        code="refused",
        what=f"the API server refuses the pod: {one_line(found['why'])}",
        remedy=f"change what it names in {file}, then slipway check",
        seen=seen,
    )


def _invalid(found: re.Match[str], seen: str, file: str) -> Cause:
    why = _INVALID_OBJECT.sub("", one_line(found["why"]))
    return Cause(
        code="refused",
        what=f"the API server finds {found['what']} invalid, which the entry becomes: {why}",
        remedy=f"change what it names in {file}, then slipway check; if check finds it right, tell "
        "the platform's team",
        seen=seen,
        weight=Weight.LASTING,
    )


_KNOWN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str, str], Cause]], ...] = (
    (_QUOTA, _over_quota),
    (_NO_REQUEST, _no_request),
    (_POD_SECURITY, _insecure),
    (_DENIED, _denied),
    (_UNREACHED, _unreached),
    (_POLICY, _against_policy),
    (_INVALID, _invalid),
    (_FORBIDDEN, _forbidden),
)


def _amounts(text: str) -> dict[str, str]:
    """`requests.cpu=2,pods=3`, as the admission plug-in prints them."""
    pairs = (part.partition("=") for part in text.strip(",").split(","))
    return {name: amount for name, _, amount in pairs if name}


def _short(resource: str) -> str:
    return resource.removeprefix("requests.").removeprefix("limits.")
