"""Which of our rules stands for which rule of others, and which of theirs does not apply to us.

Checkov by id; Kyverno's library by policy (`kyverno/`); the CIS Amazon EKS Benchmark 1.8.0 by number
as kube-bench has it (`CIS-`); the NSA's hardening guide by Kubescape's control (`C-`); the EKS best
practices for tenants and Karpenter (`eks/`). `slipway/` are promises of this platform itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policies.registry import RULES


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A source that no rule implements, and why."""

    reason: str


_OPERATING_SYSTEM: Final = (
    "Bottlerocket's own: no shell, no package manager, a verified read-only root, and kubelet flags "
    "that its settings fix"
)
_MANAGED: Final = "the API server, etcd and scheduler are run by EKS"
_DIGESTS: Final = "images are named by digest (image-digest), so a cached one is the same image"

NOT_APPLICABLE: Final[Mapping[str, NotApplicable]] = MappingProxyType(
    {
        "CKV_K8S_15": NotApplicable(_DIGESTS),
        "C-0005": NotApplicable(f"{_MANAGED}, without an insecure port"),
        "C-0069": NotApplicable(_OPERATING_SYSTEM),
        "C-0070": NotApplicable(_OPERATING_SYSTEM),
    }
)

PROMISES: Final = (
    "slipway/cost",
    "slipway/front-door",
    "slipway/own-artifacts",
    "slipway/own-secrets",
    "slipway/pins",
    "slipway/production",
    "slipway/synthesized-pods",
)
"""What this platform promises beyond its sources."""


def _coverage() -> Mapping[str, tuple[str, ...] | NotApplicable]:
    found: dict[str, list[str]] = {}
    for rule in RULES:
        for source in rule.about.sources:
            found.setdefault(source, []).append(rule.about.id)
    return {
        s: NOT_APPLICABLE.get(s) or tuple(found[s]) for s in sorted(found.keys() | NOT_APPLICABLE)
    }


COVERAGE: Final = MappingProxyType(_coverage())
