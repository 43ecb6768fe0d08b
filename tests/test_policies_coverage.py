"""Every rule of the benchmarks that this platform is held to has an answer."""

from collections import Counter
from collections.abc import Iterator

from policies.coverage import COVERAGE, LESS, NOT_APPLICABLE
from policies.registry import RULES

Range = int | tuple[int, int]


def ids(prefix: str, *parts: Range) -> Iterator[str]:
    for part in parts:
        first, last = (part, part) if isinstance(part, int) else part
        yield from (f"{prefix}{number}" for number in range(first, last + 1))


CHECKOV = [
    *ids("CKV_K8S_", (8, 23), (25, 31), 35, (37, 43), 49, (155, 158)),
    *ids("CKV2_K8S_", (1, 6)),
    *ids("CKV_AWS_", 37, 38, 39, 58, 100, 339),
    *ids("CKV_AWS_", 7, 33, 227),
    *ids("CKV_AWS_", (18, 21), (53, 57), 70, 93, 145, 300, 379),
    *ids("CKV_AWS_", 27, 72, 168, 387),
    *ids("CKV_AWS_", 79, 88, 341, 46),
    *ids("CKV_AWS_", 3, 106, 189, 23, 130),
    *ids("CKV_AWS_", 66, 158, 338),
    *ids("CKV_AWS_", 40, (60, 63), 274),
    *ids("CKV_AWS_", 32, 51, 136, 163),
    *ids("CKV_AWS_", 42, 184, 329, 330),
    *ids("CKV2_AWS_", 5, 6, 11, 12, 40, 56, 61, 62, 64, 65, 73),
]
KYVERNO = [
    f"kyverno/{name}"
    for name in (
        # Pod Security: baseline, then restricted.
        "disallow-capabilities", "disallow-host-namespaces", "disallow-host-path",
        "disallow-host-ports", "disallow-host-process", "disallow-privileged-containers",
        "disallow-proc-mount", "disallow-selinux", "restrict-apparmor-profiles",
        "restrict-seccomp", "restrict-sysctls",
        "disallow-capabilities-strict", "disallow-privilege-escalation",
        "require-run-as-non-root-user", "require-run-as-nonroot", "restrict-seccomp-strict",
        "restrict-volume-types",
        # Best practices.
        "add-networkpolicy", "add-networkpolicy-dns", "add-ns-quota", "disallow-default-namespace",
        "disallow-latest-tag", "require-labels", "require-pod-requests-limits", "require-probes",
        "require-ro-rootfs", "restrict-image-registries", "restrict-service-external-ips",
        # Istio.
        "enforce-strict-mtls", "require-authorizationpolicy", "restrict-virtual-service-wildcard",
        "prevent-disabling-injection-pods",
        # Others.
        "require-image-checksum", "restrict-automount-sa-token", "restrict-wildcard-resources",
        "restrict-wildcard-verbs", "restrict-escalation-verbs-roles",
        "restrict-binding-clusteradmin", "check-nvidia-gpu", "set-karpenter-non-cpu-limits",
    )
]  # fmt: skip
CIS = [
    "CIS-2.1.1",
    *ids("CIS-4.1.", (1, 12)),
    *ids("CIS-4.2.", (1, 5)),
    *ids("CIS-4.3.", 1, 2),
    *ids("CIS-4.4.", 1, 2),
    *ids("CIS-4.5.", 1, 2),
    *ids("CIS-5.1.", (1, 4)),
    "CIS-5.2.1",
    "CIS-5.3.1",
    *ids("CIS-5.4.", (1, 5)),
    "CIS-5.5.1",
]
NSA = [
    f"C-{number:04}"
    for number in (
        2, 5, 12, 13, 16, 17, 30, 34, 35, 38, 41, 44, 46, 54, 55, 57, 58, 66, 67, 68, 69, 70, 270,
        271,
    )
]  # fmt: skip
EKS = [
    f"eks/{name}"
    for name in (
        "allow-dns", "dedicated-nodes", "default-deny", "do-not-disrupt", "imdsv2-hop-1",
        "karpenter-exclusive-or-weighted", "karpenter-expiry", "karpenter-interruption-queue",
        "karpenter-limits", "karpenter-pinned-images", "namespaces", "no-token",
        "pod-security-modes", "private-endpoint", "quota", "rbac", "requests-equal-limits",
        "role-per-application",
    )
]  # fmt: skip
OWED = [*CHECKOV, *KYVERNO, *CIS, *NSA, *EKS]
MORE = [
    # RDS, ElastiCache, SNS, load balancers and security groups.
    *ids("CKV_AWS_", 16, 17, 24, 25, 26, 29, 30, 103, 129, 133, 150, 157, 226, 260, 277, 293)
]
OWN = [
    f"slipway/{name}"
    for name in (
        "cost", "front-door", "own-artifacts", "own-secrets", "pins", "production",
        "synthesized-pods",
    )
]  # fmt: skip


def test_every_source_is_covered_exactly_once() -> None:
    assert [i for i, n in Counter([*OWED, *MORE, *OWN]).items() if n > 1] == []
    assert sorted(COVERAGE) == sorted([*OWED, *MORE, *OWN])


def test_a_source_has_rules_or_a_reason_and_never_both() -> None:
    for source, rules in COVERAGE.items():
        assert bool(rules) != (source in NOT_APPLICABLE), source


def test_every_rule_appears_under_each_of_its_sources() -> None:
    for rule in RULES:
        for source in rule.about.sources:
            assert rule.about.id in COVERAGE[source]


def test_less_is_owned_up_to_only_where_a_rule_stands() -> None:
    assert [source for source in LESS if not COVERAGE.get(source)] == []


def test_few_sources_do_not_apply() -> None:
    assert len(NOT_APPLICABLE) <= len(OWED) // 20
