"""The only pin table: every chart, container image and Go module, each exactly once.

A row says where its version was seen, and so do its location and its digest. A digest that nobody
could look up is None, which makes the row *unresolved*: an exact tag that `slipway pins resolve`
fills in where registries can be reached. A chart's digest is that of its manifest in an OCI
registry, or of its archive as the index of a Helm repository states it; an image's is that of its
manifest (of the index, where an image has several platforms).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NoReturn

from catalog.errors import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A Helm chart; `repository` is a Helm repository or, with `oci://`, a registry path."""

    name: str
    repository: str
    version: str
    digest: str | None
    source: str

    def location(self, mirror: str | None = None) -> str:
        """The repository to install from. A mirror is a registry that keeps the path."""
        if mirror is None:
            return self.repository
        path = self.repository.partition("://")[2].partition("/")[2]
        return f"oci://{mirror}/{path}".rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A container image that an object or value of ours names; `repository` has its registry."""

    name: str
    repository: str
    tag: str
    digest: str | None
    source: str

    def reference(self) -> str:
        """What a pod names; `catalog.registries` has it for a stack with registries of its own."""
        tagged = f"{self.repository}:{self.tag}"
        return f"{tagged}@{self.digest}" if self.digest else tagged


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A Go module that schemas and the local control plane are made from.

    Its sums are kept in the `go.sum` of whatever builds it.
    """

    name: str
    path: str
    version: str
    source: str


# What KServe 0.20 is tested with (kserve v0.20.0 kserve-deps.env), by the row that holds it here.
TESTED_TOGETHER: Final = (
    ("ai-gateway-helm", "v1.0.0"),
    ("cert-manager", "v1.17.0"),
    ("gateway-api", "v1.5.1"),
    ("gateway-api-inference-extension", "v1.5.0"),
    ("gateway-helm", "v1.8.1"),
    ("istiod", "1.27.1"),
    ("jaeger", "4.7.0"),
    ("keda", "2.18.0"),
    ("knative-operator", "v1.21.1"),
    ("kserve-resources", "v0.20.0"),
    ("kube-prometheus-stack", "83.4.0"),
)

# The rows that go beyond it, and why.
AHEAD: Final = (
    (
        "cert-manager",
        (
            "1.17 predates Kubernetes 1.34 (1.18 ends at 1.33) and ListenerSet, which came with "
            "1.20 (cert-manager website, releases)."
        ),
    ),
    (
        "istiod",
        (
            "1.27 ended in April 2026 and stops at Kubernetes 1.33; 1.30 covers 1.32 to 1.36 "
            "(istio.io supportStatus.yml) and is built with the same Gateway API 1.5.1."
        ),
    ),
    (
        "jaeger",
        "4.7.0 mounts no volume, so that traces would go with their pod; 4.11.1 can "
        "(jaegertracing/helm-charts charts/jaeger/values.yaml).",
    ),
    ("keda", "2.18.3 fixes CVE-2025-68476 within the same minor (keda v2.18.3 CHANGELOG.md)."),
)

CHARTS: Final = (
    Chart(
        name="ai-gateway-crds-helm",
        repository="oci://docker.io/envoyproxy",
        version="v1.0.0",
        digest=None,
        source="kserve v0.20.0 kserve-deps.env, manage.envoy-ai-gateway-helm.sh",
    ),
    Chart(
        name="ai-gateway-helm",
        repository="oci://docker.io/envoyproxy",
        version="v1.0.0",
        digest=None,
        source="kserve v0.20.0 kserve-deps.env, manage.envoy-ai-gateway-helm.sh",
    ),
    Chart(
        name="aws-load-balancer-controller",
        repository="https://aws.github.io/eks-charts",
        version="3.5.0",
        digest="sha256:45051f634b33e10baccb3354d0681b7de787c60445e599fa276e0c9aedd4ccd5",
        source="aws/eks-charts gh-pages index.yaml",
    ),
    Chart(
        name="base",
        repository="https://istio-release.storage.googleapis.com/charts",
        version="1.30.3",
        digest=None,
        source="istio 1.30.3 manifests/charts/README.md",
    ),
    Chart(
        name="cert-manager",
        repository="oci://quay.io/jetstack/charts",
        version="v1.21.2",
        digest=None,
        source="cert-manager v1.21.2 deploy/charts/cert-manager/README.template.md",
    ),
    Chart(
        name="cni",
        repository="https://istio-release.storage.googleapis.com/charts",
        version="1.30.3",
        digest=None,
        source="istio 1.30.3 manifests/charts/README.md",
    ),
    Chart(
        name="dcgm-exporter",
        repository="https://nvidia.github.io/dcgm-exporter/helm-charts",
        version="4.8.2",
        digest="sha256:1c5535c03ebab3f021444df6016fce1cd7871385122e115c6ed24c804b623803",
        source="NVIDIA/dcgm-exporter gh-pages helm-charts/index.yaml",
    ),
    Chart(
        name="external-secrets",
        repository="https://charts.external-secrets.io",
        version="2.9.0",
        digest="sha256:da2d5c126a103b4c1b16a9dc1c168c4332a3687144e88ac070e594f81a0b6578",
        source="external-secrets/external-secrets gh-pages index.yaml",
    ),
    Chart(
        name="fluent-bit",
        repository="https://fluent.github.io/helm-charts",
        version="0.58.1",
        digest="sha256:fc2235278cdb4e76befb8520464a66ff459c6d7711bbbc8755dedcc32799877b",
        source="fluent/helm-charts gh-pages index.yaml",
    ),
    Chart(
        name="gateway-helm",
        repository="oci://docker.io/envoyproxy",
        version="v1.8.1",
        digest=None,
        source="kserve v0.20.0 kserve-deps.env, manage.envoy-gateway-helm.sh",
    ),
    Chart(
        name="istiod",
        repository="https://istio-release.storage.googleapis.com/charts",
        version="1.30.3",
        digest=None,
        source="istio 1.30.3 manifests/charts/README.md",
    ),
    Chart(
        name="jaeger",
        repository="https://jaegertracing.github.io/helm-charts",
        version="4.11.1",
        digest="sha256:120aad01641b88fd73fb097cd63af94aac4e9d49115877f5f63b52b86b512180",
        source="jaegertracing/helm-charts gh-pages index.yaml",
    ),
    Chart(
        name="karpenter",
        repository="oci://public.ecr.aws/karpenter",
        version="1.14.1",
        digest=None,
        source="karpenter-provider-aws v1.14.1 charts/karpenter, docs/upgrading/upgrade-guide.md",
    ),
    Chart(
        name="karpenter-crd",
        repository="oci://public.ecr.aws/karpenter",
        version="1.14.1",
        digest=None,
        source="karpenter-provider-aws v1.14.1 charts/karpenter-crd, "
        "docs/upgrading/upgrade-guide.md",
    ),
    Chart(
        name="keda",
        repository="https://kedacore.github.io/charts",
        version="2.18.3",
        digest="sha256:8c0eecd5e6f719a9378e903ee1d9bc54faf95ecba6c78985a61bba0a1f5e5729",
        source="kedacore/charts v2.18.3; docs/index.yaml",
    ),
    Chart(
        name="kiali-server",
        repository="https://kiali.org/helm-charts",
        version="2.29.0",
        digest="sha256:77b88e6bcc657b21c1af595cb87debd707d007b50e6d6bb49d7ffda1331dc749",
        source="kiali/helm-charts docs/index.yaml",
    ),
    Chart(
        name="knative-operator",
        repository="https://knative.github.io/operator",
        version="v1.21.1",
        digest="sha256:84990d37bd929150e38cc941f09c33f2397aef51328f6ec9162212667deae77f",
        source="kserve v0.20.0 kserve-deps.env; knative/operator gh-pages index.yaml",
    ),
    Chart(
        name="kserve-crd",
        repository="oci://ghcr.io/kserve/charts",
        version="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-crd, manage.kserve-helm.sh",
    ),
    Chart(
        name="kserve-llmisvc-crd",
        repository="oci://ghcr.io/kserve/charts",
        version="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-llmisvc-crd, manage.kserve-helm.sh",
    ),
    Chart(
        name="kserve-llmisvc-resources",
        repository="oci://ghcr.io/kserve/charts",
        version="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-llmisvc-resources, manage.kserve-helm.sh",
    ),
    Chart(
        name="kserve-localmodel-crd",
        repository="oci://ghcr.io/kserve/charts",
        version="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-localmodel-crd, manage.kserve-helm.sh",
    ),
    Chart(
        name="kserve-localmodel-resources",
        repository="oci://ghcr.io/kserve/charts",
        version="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-localmodel-resources, manage.kserve-helm.sh",
    ),
    Chart(
        name="kserve-resources",
        repository="oci://ghcr.io/kserve/charts",
        version="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-resources, manage.kserve-helm.sh",
    ),
    Chart(
        name="kube-prometheus-stack",
        repository="oci://ghcr.io/prometheus-community/charts",
        version="83.4.0",
        digest=None,
        source="kserve v0.20.0 kserve-deps.env; "
        "prometheus-community/helm-charts kube-prometheus-stack-83.4.0",
    ),
    Chart(
        name="kyverno",
        repository="https://kyverno.github.io/kyverno",
        version="3.9.0",
        digest="sha256:9663e8d3d15b070e5925b4f26b3f9a8824872a42ac7bf27ca105c897cb5aba51",
        source="kyverno/kyverno gh-pages index.yaml",
    ),
    Chart(
        name="loki",
        repository="oci://ghcr.io/grafana-community/helm-charts",
        version="18.11.0",
        digest=None,
        source="grafana-community/helm-charts loki-18.11.0 charts/loki",
    ),
    Chart(
        name="mlflow",
        repository="https://community-charts.github.io/helm-charts",
        version="1.11.5",
        digest="sha256:0237fb496b8ae21f34f170711622c605af1225d0448a13808ba67ad095f6be3d",
        source="community-charts/helm-charts gh-pages index.yaml",
    ),
    Chart(
        name="opencost",
        repository="https://opencost.github.io/opencost-helm-chart",
        version="2.5.14",
        digest="sha256:33addeb766f703b1263f9fa882e09cbadaea8d5c0868d89b48e1c6115281b4d1",
        source="opencost/opencost-helm-chart gh-pages index.yaml",
    ),
    Chart(
        name="opentelemetry-collector",
        repository="https://open-telemetry.github.io/opentelemetry-helm-charts",
        version="0.170.0",
        digest="sha256:ed140b332233075c7fd15eaebba571fdf100926f08c0a5a274c7b32895315137",
        source="open-telemetry/opentelemetry-helm-charts gh-pages index.yaml",
    ),
    Chart(
        name="velero",
        repository="https://vmware-tanzu.github.io/helm-charts",
        version="12.1.0",
        digest="sha256:cd23589ad1b2d25cdd3220f6866b3f6f4c5683c4c09494e76a14700b33f81f83",
        source="vmware-tanzu/helm-charts gh-pages index.yaml",
    ),
    Chart(
        name="vertical-pod-autoscaler",
        repository="https://kubernetes.github.io/autoscaler",
        version="0.11.0",
        digest="sha256:8fa06c3ca1c4bc1a7a8e18f3a29b34ebc92cea34852ea2ad7c354df679bc769a",
        source="kubernetes/autoscaler gh-pages index.yaml",
    ),
    Chart(
        name="ztunnel",
        repository="https://istio-release.storage.googleapis.com/charts",
        version="1.30.3",
        digest=None,
        source="istio 1.30.3 manifests/charts/README.md",
    ),
)

IMAGES: Final = (
    Image(
        name="art-explainer",
        repository="docker.io/kserve/art-explainer",
        tag="v0.20.0",
        digest=None,
        source="kserve v0.20.0 .github/workflows/artexplainer-docker-publish.yml",
    ),
    Image(
        name="huggingface",
        repository="docker.io/kserve/huggingfaceserver",
        tag="v0.20.0",
        digest=None,
        source="kserve v0.20.0 .github/workflows/huggingface-cpu-docker-publish.yml",
    ),
    Image(
        name="huggingface-gpu",
        repository="docker.io/kserve/huggingfaceserver",
        tag="v0.20.0-gpu",
        digest=None,
        source="kserve v0.20.0 .github/workflows/huggingface-docker-publish.yml",
    ),
    Image(
        name="kourier-gateway",
        repository="docker.io/envoyproxy/envoy",
        tag="v1.36.5",
        digest=None,
        source="knative.dev/operator v0.50.1 kodata/ingress/1.21/kourier has v1.36-latest; the "
        "newest patch seen",
    ),
    Image(
        name="kserve-agent",
        repository="docker.io/kserve/agent",
        tag="v0.20.0",
        digest=None,
        source="kserve v0.20.0 .github/workflows/agent-docker-publish.yml",
    ),
    Image(
        name="kserve-localmodelnode-agent",
        repository="docker.io/kserve/kserve-localmodelnode-agent",
        tag="v0.20.0",
        digest=None,
        source="kserve v0.20.0 charts/kserve-localmodel-resources values.yaml",
    ),
    Image(
        name="kserve-router",
        repository="docker.io/kserve/router",
        tag="v0.20.0",
        digest=None,
        source="kserve v0.20.0 .github/workflows/router-docker-publish.yml",
    ),
    Image(
        name="llmisvc",
        repository="ghcr.io/llm-d/llm-d-cuda",
        tag="v0.8.0",
        digest=None,
        source="kserve v0.20.0 config/llmisvcconfig/config-llm-template.yaml",
    ),
    Image(
        name="llmisvc-disagg-sidecar",
        repository="ghcr.io/llm-d/llm-d-router-disagg-sidecar",
        tag="v0.9.0",
        digest=None,
        source="kserve v0.20.0 config/llmisvcconfig/config-llm-decode-template.yaml",
    ),
    Image(
        name="llmisvc-latency-prediction",
        repository="ghcr.io/llm-d/llm-d-latency-predictor-prediction-server",
        tag="v0.8.0",
        digest=None,
        source="kserve v0.20.0 config/llmisvcconfig/config-llm-scheduler-latency-predictor.yaml",
    ),
    Image(
        name="llmisvc-latency-training",
        repository="ghcr.io/llm-d/llm-d-latency-predictor-training-server",
        tag="v0.8.0",
        digest=None,
        source="kserve v0.20.0 config/llmisvcconfig/config-llm-scheduler-latency-predictor.yaml",
    ),
    Image(
        name="llmisvc-scheduler",
        repository="ghcr.io/llm-d/llm-d-router-endpoint-picker",
        tag="v0.9.0",
        digest=None,
        source="kserve v0.20.0 config/llmisvcconfig/config-llm-scheduler.yaml",
    ),
    Image(
        name="llmisvc-tokenizer",
        repository="ghcr.io/llm-d/llm-d-uds-tokenizer",
        tag="vllm-v0.19.1",
        digest=None,
        source="kserve v0.20.0 config/llmisvcconfig/config-llm-scheduler.yaml",
    ),
    Image(
        name="mlflow",
        repository="ghcr.io/mlflow/mlflow",
        tag="v3.15.1",
        digest=None,
        source="community-charts/helm-charts mlflow-1.11.5 Chart.yaml appVersion",
    ),
    Image(
        name="mlflow-full",
        repository="ghcr.io/mlflow/mlflow",
        tag="v3.15.1-full",
        digest=None,
        source="mlflow v3.15.1 docker/Dockerfile.full: with the drivers of Postgres and S3",
    ),
    Image(
        name="mlserver",
        repository="docker.io/seldonio/mlserver",
        tag="1.7.1",
        digest=None,
        source="SeldonIO/MLServer 1.7.1 .github/workflows/release.yml",
    ),
    Image(
        name="mlserver-alibi-explain",
        repository="docker.io/seldonio/mlserver",
        tag="1.7.1-alibi-explain",
        digest=None,
        source="SeldonIO/MLServer 1.7.1 .github/workflows/release.yml",
    ),
    Image(
        name="mlserver-lightgbm",
        repository="docker.io/seldonio/mlserver",
        tag="1.7.1-lightgbm",
        digest=None,
        source="SeldonIO/MLServer 1.7.1 .github/workflows/release.yml",
    ),
    Image(
        name="mlserver-mlflow",
        repository="docker.io/seldonio/mlserver",
        tag="1.7.1-mlflow",
        digest=None,
        source="SeldonIO/MLServer 1.7.1 .github/workflows/release.yml",
    ),
    Image(
        name="mlserver-sklearn",
        repository="docker.io/seldonio/mlserver",
        tag="1.7.1-sklearn",
        digest=None,
        source="SeldonIO/MLServer 1.7.1 .github/workflows/release.yml",
    ),
    Image(
        name="mlserver-xgboost",
        repository="docker.io/seldonio/mlserver",
        tag="1.7.1-xgboost",
        digest=None,
        source="SeldonIO/MLServer 1.7.1 .github/workflows/release.yml",
    ),
    Image(
        name="queue-proxy",
        repository="gcr.io/knative-releases/knative.dev/serving/cmd/queue",
        tag="v1.21.1",
        digest="sha256:40957d3ced3b185b7a78bbd771be69b0a13137dcbee5ff7f82ae738b56037d9c",
        source="knative.dev/operator v0.50.1 kodata/knative-serving/1.21.1/2-serving-core.yaml",
    ),
    Image(
        name="storage-initializer",
        repository="docker.io/kserve/storage-initializer",
        tag="v0.20.0",
        digest=None,
        source="kserve v0.20.0 .github/workflows/storage-initializer-docker-publisher.yml",
    ),
    Image(
        name="triton",
        repository="nvcr.io/nvidia/tritonserver",
        tag="26.07-py3",
        digest=None,
        source="triton-inference-server/server v2.71.0 README.md",
    ),
    Image(
        name="triton-tensorflow",
        repository="nvcr.io/nvidia/tritonserver",
        tag="25.02-py3",
        digest=None,
        source="triton-inference-server/server v2.55.0 README.md; last with TensorFlow (#8089)",
    ),
    Image(
        name="velero-plugin-for-aws",
        repository="docker.io/velero/velero-plugin-for-aws",
        tag="v1.14.2",
        digest=None,
        source="vmware-tanzu/velero-plugin-for-aws README.md: 1.14 goes with Velero 1.18",
    ),
    Image(
        name="vllm",
        repository="docker.io/vllm/vllm-openai",
        tag="v0.24.0",
        digest="sha256:251eba5cc7c12fed0b75da22a9240e582b1c9e39f6fbc064f86781b963bd814f",
        source="kserve v0.20.0 python/huggingface_server.Dockerfile (VLLM_VERSION); "
        "ai-dynamo/aiconfigurator collector/wideep/vllm/slurm/submit_vllm_moe_a2a.sh",
    ),
    Image(
        name="vllm-cpu",
        repository="docker.io/vllm/vllm-openai-cpu",
        tag="v0.23.0",
        digest="sha256:89e1fbe829038b1a560601990c8ec89625c622a969fcbc8f10ce48b6139795be",
        source="kserve aaac4e29 config/llmisvcconfig/config-llm-tokenizer.yaml",
    ),
)

DOCKER_HUB: Final = "docker.io"
ECR_PUBLIC: Final = "public.ecr.aws"
GITHUB: Final = "ghcr.io"
KUBERNETES: Final = "registry.k8s.io"
NVIDIA: Final = "nvcr.io"
QUAY: Final = "quay.io"

OF_CHARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ai-gateway-controller": "docker.io/envoyproxy/ai-gateway-controller",
        "ai-gateway-extproc": "docker.io/envoyproxy/ai-gateway-extproc",
        "aws-load-balancer-controller": "public.ecr.aws/eks/aws-load-balancer-controller",
        "dcgm-exporter": "nvcr.io/nvidia/k8s/dcgm-exporter",
        "envoy": "docker.io/envoyproxy/envoy",
        "external-secrets": "ghcr.io/external-secrets/external-secrets",
        "fluent-bit": "cr.fluentbit.io/fluent/fluent-bit",
        "istio": "registry.istio.io/release",
        "karpenter": "public.ecr.aws/karpenter/controller",
        "kiali": "quay.io/kiali/kiali",
        "knative": "gcr.io/knative-releases/knative.dev",
        "kserve-controller": "docker.io/kserve/kserve-controller",
        "kserve-localmodel-controller": "docker.io/kserve/kserve-localmodel-controller",
        "kserve-localmodelnode-agent": "docker.io/kserve/kserve-localmodelnode-agent",
        "kube-rbac-proxy": "quay.io/brancz/kube-rbac-proxy:v0.18.0",
        "llmisvc-controller": "docker.io/kserve/llmisvc-controller",
        "opentelemetry-collector": "docker.io/otel/opentelemetry-collector-contrib",
        "velero": "docker.io/velero/velero",
        "vpa-recommender": "registry.k8s.io/autoscaling/vpa-recommender",
    }
)
"""Where images come from that charts bring, as their own values.yaml has it. The chart's version is
theirs; a tag stands here where a value names the image whole. Two are a folder of images."""

MODULES: Final = (
    Module(
        name="cert-manager",
        path="github.com/cert-manager/cert-manager",
        version="v1.21.2",
        source="the chart's version",
    ),
    Module(
        name="envoy-ai-gateway",
        path="github.com/envoyproxy/ai-gateway",
        version="v1.0.0",
        source="kserve v0.20.0 kserve-deps.env",
    ),
    Module(
        name="envoy-gateway",
        path="github.com/envoyproxy/gateway",
        version="v1.8.1",
        source="kserve v0.20.0 kserve-deps.env",
    ),
    Module(
        name="gateway-api",
        path="sigs.k8s.io/gateway-api",
        version="v1.5.1",
        source="kserve v0.20.0 kserve-deps.env",
    ),
    Module(
        name="gateway-api-inference-extension",
        path="sigs.k8s.io/gateway-api-inference-extension",
        version="v1.5.0",
        source="kserve v0.20.0 kserve-deps.env",
    ),
    Module(
        name="istio",
        path="istio.io/api",
        version="v1.30.3",
        source="the charts' version",
    ),
    Module(
        name="karpenter",
        path="sigs.k8s.io/karpenter",
        version="v1.14.1",
        source="the chart's version",
    ),
    Module(
        name="karpenter-aws",
        path="github.com/aws/karpenter-provider-aws",
        version="v1.14.1",
        source="the chart's version",
    ),
    Module(
        name="keda",
        path="github.com/kedacore/keda/v2",
        version="v2.18.3",
        source="the chart's appVersion",
    ),
    Module(
        name="knative-operator",
        path="knative.dev/operator",
        version="v0.50.1",
        source="carries the manifests of 1.20 to 1.23 in cmd/operator/kodata",
    ),
    Module(
        name="knative-serving",
        path="knative.dev/serving",
        version="v0.48.2",
        source="go.mod line of release 1.21; knative/hack release.sh maps 1.x to 0.(x+27)",
    ),
    Module(
        name="kserve",
        path="github.com/kserve/kserve",
        version="v0.20.0",
        source="kserve v0.20.0 kserve-deps.env",
    ),
    Module(
        name="kubernetes",
        path="k8s.io/kubernetes",
        version="v1.34.4",
        source="kubernetes v1.34.4",
    ),
    Module(
        name="prometheus-operator",
        path="github.com/prometheus-operator/prometheus-operator",
        version="v0.90.1",
        source="prometheus-community/helm-charts kube-prometheus-stack-83.4.0 appVersion",
    ),
    Module(
        name="vertical-pod-autoscaler",
        path="k8s.io/autoscaler/vertical-pod-autoscaler",
        version="v1.7.1",
        source="the chart's appVersion",
    ),
)

_CHARTS: Final = {row.name: row for row in CHARTS}
_IMAGES: Final = {row.name: row for row in IMAGES}
_MODULES: Final = {row.name: row for row in MODULES}


def chart(name: str) -> Chart:
    """The chart of that name; LookupError with the nearest name when there is none."""
    return _CHARTS.get(name) or _refuse("chart", name, _CHARTS)


def image(name: str) -> Image:
    """The image of that name; LookupError with the nearest name when there is none."""
    return _IMAGES.get(name) or _refuse("image", name, _IMAGES)


def of_chart(name: str) -> str:
    """The repository of that name; LookupError with the nearest name when there is none."""
    return OF_CHARTS.get(name) or _refuse("repository", name, OF_CHARTS)


def module(name: str) -> Module:
    """The module of that name; LookupError with the nearest name when there is none."""
    return _MODULES.get(name) or _refuse("module", name, _MODULES)


def unresolved() -> tuple[Chart | Image, ...]:
    """The rows without a digest, charts first."""
    return tuple(row for row in (*CHARTS, *IMAGES) if row.digest is None)


def _refuse(kind: str, name: str, known: Mapping[str, object]) -> NoReturn:
    close = nearest(name, known)
    hint = f"; the nearest name is {close!r}" if close else ""
    raise LookupError(f"no {kind} is pinned as {name!r} in catalog/pins.py{hint}")
