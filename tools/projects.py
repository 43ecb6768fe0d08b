"""The projects whose programs Slipway runs, and how each is pinned, built and asked its version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from tools import golang
from tools.golang import HERE, numbers


class Fit(StrEnum):
    """Which version of an installed program may stand for the pinned one."""

    EXACT = "exact"
    MINOR = "minor"
    """Any patch of the same minor version."""
    NEWER = "newer"
    """That version or a later one of the same major version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFile:
    """A file of a module that the go.mod of a build pins."""

    module: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What one `go build` makes, by the go.mod and go.sum in `tools/<name>`."""

    name: str
    programs: Mapping[str, str]
    """The package of each program."""
    stamps: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the linker writes into which variable; `{version}` is the project's."""
    embeds: Mapping[str, ModuleFile] = field(default_factory=dict[str, ModuleFile])
    """What lies beside our own main package for this build alone, by name."""
    copies: tuple[ModuleFile, ...] = ()
    """Scripts that have to lie beside the programs."""

    @property
    def folder(self) -> Path:
        """Of its go.mod and go.sum."""
        return HERE / self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Programs of one version that lie in one folder of the cache."""

    name: str
    title: str
    builds: tuple[Build, ...]
    minutes: float
    """How long the first build takes on two cores with nothing compiled before."""
    module: str = ""
    """The module whose pin is the project's version."""
    release: str = ""
    """Its version where the module has none of its own: the tag of the commit that is pinned."""
    fits: Fit | None = None
    """None where nobody installs it: it always comes from here."""
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The arguments by which a program prints its version."""

    @property
    def programs(self) -> tuple[str, ...]:
        """What is asked for by name."""
        return tuple(name for build in self.builds for name in build.programs)

    @property
    def folder(self) -> Path:
        """Of the go.mod that pins its version."""
        return self.builds[0].folder

    @property
    def version(self) -> str:
        """As its programs print it: Prometheus's module v0.315.0 is its release 3.15.0."""
        if self.release or not self.module:
            return self.release
        version = golang.pinned(self.folder, self.module).removeprefix("v")
        major, minor, patch = version.split(".")
        if self.name == "promtool" and major == "0":
            major, minor = map(str, divmod(int(minor), 100))
        return f"{major}.{minor}.{patch}"

    @property
    def named(self) -> str:
        """With its version."""
        return f"{self.title} {self.version}".strip()

    @property
    def called(self) -> str:
        """With its version, and its programs where there are several."""
        programs = f" ({', '.join(self.programs)})" if len(self.programs) > 1 else ""
        return f"{self.named}{programs}"

    def accepts(self, version: str) -> bool:
        """Whether an installed program of this version may stand for the pinned one."""
        if self.fits is Fit.EXACT:
            return version == self.version
        found, pinned = numbers(version), numbers(self.version)
        if self.fits is Fit.MINOR:
            return found[:2] == pinned[:2]
        return self.fits is Fit.NEWER and found[:1] == pinned[:1] and found >= pinned


_VERSION_OF_KUBERNETES: Final = {
    f"{package}.{variable}": value
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", "v{version}"),
        ("gitMajor", "{major}"),
        ("gitMinor", "{minor}"),
    )
}
_PULUMI_VERSION: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_PROVIDER: Final = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_PROVIDER_COMMAND: Final = "cmd/pulumi-resource-kubernetes"
_KUBERNETES: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")

PROJECTS: Final = (
    Project(
        name="kubeconform",
        title="kubeconform",
        module="github.com/yannh/kubeconform",
        builds=(
            Build(
                name="kubeconform",
                programs={"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"},
                stamps={"main.version": "v{version}"},
            ),
        ),
        minutes=0.5,
        fits=Fit.EXACT,
        asks={"kubeconform": ("-v",)},
    ),
    Project(
        name="podsecurity",
        title="podsecurity",
        builds=(
            Build(name="podsecurity", programs={"podsecurity": "slipway.dev/tools/podsecurity"}),
        ),
        minutes=1,
    ),
    Project(
        name="helm",
        title="helm",
        module="helm.sh/helm/v4",
        builds=(
            Build(
                name="helm",
                programs={"helm": "helm.sh/helm/v4/cmd/helm"},
                stamps={"helm.sh/helm/v4/internal/version.version": "v{version}"},
            ),
        ),
        minutes=3,
        fits=Fit.EXACT,
        asks={"helm": ("version", "--short")},
    ),
    Project(
        name="kubernetes",
        title="Kubernetes",
        module="k8s.io/kubernetes",
        builds=(
            Build(
                name="kubernetes",
                programs={name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES},
                stamps=_VERSION_OF_KUBERNETES,
            ),
        ),
        minutes=4.5,
        fits=Fit.MINOR,
        asks=dict.fromkeys(_KUBERNETES, ("--version",)),
    ),
    Project(
        name="kwok",
        title="KWOK",
        module="sigs.k8s.io/kwok",
        builds=(Build(name="kwok", programs={"kwok": "sigs.k8s.io/kwok/cmd/kwok"}),),
        minutes=1.5,
        fits=Fit.EXACT,
        asks={"kwok": ("--version",)},
    ),
    Project(
        name="pulumi",
        title="Pulumi",
        module="github.com/pulumi/pulumi/pkg/v3",
        builds=(
            Build(
                name="pulumi",
                programs={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
                stamps={_PULUMI_VERSION: "v{version}"},
            ),
            Build(
                name="pulumi-python",
                programs={
                    "pulumi-language-python": (
                        "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3"
                    )
                },
                copies=(
                    ModuleFile(
                        module="github.com/pulumi/pulumi/sdk/v3",
                        path="python/cmd/pulumi-language-python-exec",
                    ),
                ),
            ),
        ),
        minutes=4,
        fits=Fit.NEWER,
        asks={"pulumi": ("version",)},
    ),
    Project(
        name="pulumi-kubernetes",
        title="Pulumi's Kubernetes provider",
        module=_PROVIDER,
        release="4.25.0",
        builds=(
            Build(
                name="pulumi-kubernetes",
                programs={"pulumi-resource-kubernetes": "slipway.dev/tools/pulumi-kubernetes"},
                stamps={f"{_PROVIDER}/pkg/version.Version": "v{version}"},
                embeds={
                    name: ModuleFile(module=_PROVIDER, path=f"{_PROVIDER_COMMAND}/{name}")
                    for name in ("schema.json", "terraform-mapping.json")
                },
            ),
        ),
        minutes=6.5,
        fits=Fit.NEWER,
    ),
    Project(
        name="kserve",
        title="KServe",
        module="github.com/kserve/kserve",
        builds=(
            Build(
                name="kserve",
                programs={
                    f"kserve-{name}": f"github.com/kserve/kserve/cmd/{name}"
                    for name in ("manager", "llmisvc", "localmodel")
                },
            ),
        ),
        minutes=4.5,
    ),
    Project(
        name="knative",
        title="Knative Serving",
        module="knative.dev/serving",
        builds=(
            Build(
                name="knative",
                programs={
                    f"knative-{name}": f"knative.dev/serving/cmd/{name}"
                    for name in ("controller", "webhook", "autoscaler")
                },
            ),
        ),
        minutes=2.5,
    ),
    Project(
        name="promtool",
        title="promtool",
        module="github.com/prometheus/prometheus",
        builds=(
            Build(
                name="promtool",
                programs={"promtool": "github.com/prometheus/prometheus/cmd/promtool"},
                stamps={"github.com/prometheus/common/version.Version": "{version}"},
            ),
        ),
        minutes=6.5,
        fits=Fit.EXACT,
        asks={"promtool": ("--version",)},
    ),
    Project(
        name="kyverno",
        title="kyverno",
        module="github.com/kyverno/kyverno",
        builds=(
            Build(
                name="kyverno",
                programs={"kyverno": "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"},
                stamps={"github.com/kyverno/kyverno/pkg/version.BuildVersion": "v{version}"},
            ),
        ),
        minutes=6,
        fits=Fit.EXACT,
        asks={"kyverno": ("version",)},
    ),
)
"""In the order in which they are built: what most people wait for comes first."""

BY_PROGRAM: Final = {name: project for project in PROJECTS for name in project.programs}
