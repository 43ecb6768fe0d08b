"""Which Kubernetes minors each pinned part is made for, and which of them a cluster may run."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """The minors of Kubernetes 1.x that one part of the platform supports.

    `part` is EKS or a row of the pin table at `version`. `most` is None where upstream states a
    least minor alone. With `why_beyond` the range is what upstream tests and no ceiling; it says
    why a newer minor is taken all the same.
    """

    part: str
    version: str
    least: int
    most: int | None
    source: str
    why_beyond: str | None = None

    def covers(self, minor: int) -> bool:
        """Whether the part may run on Kubernetes 1.`minor`."""
        top = None if self.why_beyond else self.most
        return self.least <= minor and (top is None or minor <= top)


_OFFERED: Final = range(34, 37)

EKS: Final = Support(
    part="eks",
    version="",
    least=_OFFERED.start,
    most=_OFFERED.stop - 1,
    source="docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions: in standard support; "
    "1.34 leaves it on 2 December 2026, 1.35 on 27 March 2027 (endoflife.date/amazon-eks)",
)

SUPPORT: Final = (
    EKS,
    Support(
        part="cert-manager",
        version="v1.21.2",
        least=33,
        most=36,
        source="cert-manager.io/docs/releases, as repeated in Rusty-Gopher/kupre v0.3.0",
    ),
    Support(
        part="gateway-helm",
        version="v1.8.1",
        least=32,
        most=35,
        source="envoyproxy/gateway site/content/en/news/releases/matrix.md",
    ),
    Support(
        part="istiod",
        version="1.30.3",
        least=32,
        most=36,
        source="istio.io data/compatibility/supportStatus.yml",
    ),
    Support(
        part="karpenter",
        version="1.14.1",
        least=26,
        most=36,
        source="karpenter-provider-aws v1.14.1 pkg/providers/version/version.go",
    ),
    Support(
        part="keda",
        version="2.18.3",
        least=31,
        most=33,
        source="keda.sh/docs/2.22/operate/cluster: the minors that a release is tested with",
        why_beyond="The table is of tests, every minor in it has left standard support on EKS, the "
        "chart takes any from 1.23, and KServe 0.20 is tested with KEDA 2.18 on 1.34.",
    ),
    Support(
        part="knative-operator",
        version="v1.21.1",
        least=33,
        most=None,
        source="knative/operator knative-v1.21.1 vendor/knative.dev/pkg/version/version.go",
    ),
    Support(
        part="kserve-resources",
        version="v0.20.0",
        least=32,
        most=None,
        source="kserve v0.20.0 docs/samples/llmisvc/e2e-gpt-oss/README.md; its tests run 1.34.4 "
        "(.github/actions/minikube-setup/action.yml), and image volumes want 1.35",
    ),
    Support(
        part="kyverno",
        version="3.9.0",
        least=33,
        most=35,
        source="kyverno.io/docs/installation, as repeated in endoflife-date products/kyverno.md",
    ),
)


def shared_minors() -> tuple[str, ...]:
    """The minors that every part may run on, the oldest first."""
    return tuple(f"1.{minor}" for minor in _OFFERED if all(s.covers(minor) for s in SUPPORT))


BOTTLEROCKET: Final = "1.64.0"
"""The release of the nodes' operating system: bottlerocket-os/bottlerocket v1.64.0, 2026-07-29.
It has variants for Kubernetes 1.35, plain and NVIDIA, since v1.53.0, and its NVIDIA variant brings
driver and device plugin with it."""
