"""The projects whose programs Slipway runs."""

from typing import Final

from tools.node_projects import NODE, VERSION_OF_KUBERNETES
from tools.project import Build, Fit, ModuleFile, Project

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
                stamps=VERSION_OF_KUBERNETES,
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
    *NODE,
)
"""In the order in which they are built: what most people wait for comes first."""

BY_PROGRAM: Final = {name: project for project in PROJECTS for name in project.programs}
