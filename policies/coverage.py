"""Which of our rules stands for which rule of others, and which of theirs does not apply to us.

Checkov by id; Kyverno's library by policy (`kyverno/`); the CIS Amazon EKS Benchmark 1.8.0 by
number, as kube-bench has it (`CIS-`); the NSA's hardening guide by Kubescape's control (`C-`); the
EKS best practices for tenants and Karpenter (`eks/`). `slipway/` are this platform's own promises.
Roles and pods that charts bring are not seen: those are the charts' own.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.registry import RULES

_BOTTLEROCKET: Final = "the kubelet's flags are Bottlerocket's own, and settings cannot undo them"

NOT_APPLICABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CKV_K8S_15": "images are named by digest (image-digest), so a cached one is the same",
        "C-0005": "EKS runs the API server, which has no insecure port",
        "C-0069": _BOTTLEROCKET,
        "C-0070": _BOTTLEROCKET,
    }
)
"""Why no rule stands for a source."""

LESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "C-0002": "of roles that are ours; EKS's and the charts' roles are theirs",
        "CIS-4.1.2": "of roles that are ours; External Secrets reads those that it keeps",
        "CIS-4.4.1": "references stay in variables, where model servers look for tokens",
        "CIS-5.1.1": "of repositories of ours; a cache of another registry is scanned by "
        "the account's registry settings",
        "CIS-5.4.2": "advice, since settings may name networks that reach the API from outside",
        "CKV2_AWS_73": "SQS's own key is enough: events of AWS cannot use a key without a policy",
        "CKV_AWS_136": "of repositories of ours; what a cache of another registry holds is public",
        "CKV_AWS_145": "a bucket that access logs are delivered to takes S3's own key only",
        "CKV_AWS_338": "in production; elsewhere the settings say how long",
        "CKV_AWS_39": "advice, since settings may name networks that reach the API from outside",
        "CKV_K8S_22": "init containers write: they download weights",
        "CKV_K8S_35": "references stay in variables, where model servers look for tokens",
        "CKV_K8S_40": "advice, and only of a user that is chosen: images choose theirs",
        "CKV_K8S_8": "advice: upstream's router and a team's own container may have none",
        "kyverno/require-ro-rootfs": "init containers write: they download weights",
    }
)
"""Where a rule asks for less than its source, and why."""


def _coverage() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {source: [] for source in NOT_APPLICABLE}
    for rule in RULES:
        for source in rule.about.sources:
            found.setdefault(source, []).append(rule.about.id)
    return {source: tuple(found[source]) for source in sorted(found)}


COVERAGE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(_coverage())
"""The rules that stand for a source, by id."""
