"""The projects whose programs make a node: what runs on it, and what goes into its images."""

from typing import Final

from tools.project import Build, Project

VERSION_OF_KUBERNETES: Final = {
    f"{package}.{variable}": value
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", "v{version}"),
        ("gitMajor", "{major}"),
        ("gitMinor", "{minor}"),
    )
}
_CONTAINERD: Final = "github.com/containerd/containerd/v2"
_CNI: Final = "github.com/containernetworking/plugins"
_GATEWAY: Final = "github.com/envoyproxy/gateway"
_RATELIMIT: Final = "github.com/envoyproxy/ratelimit"
_S3: Final = "github.com/versity/versitygw"

NODE: Final = (
    Project(
        name="node",
        title="the node's Kubernetes",
        module="k8s.io/kubernetes",
        builds=(
            Build(
                name="kubernetes-node",
                programs={
                    name: f"k8s.io/kubernetes/cmd/{name}" for name in ("kubelet", "kube-proxy")
                },
                stamps=VERSION_OF_KUBERNETES,
            ),
        ),
        minutes=4.5,
        asks=dict.fromkeys(("kubelet", "kube-proxy"), ("--version",)),
    ),
    Project(
        name="containerd",
        title="containerd",
        module=_CONTAINERD,
        builds=(
            Build(
                name="containerd",
                programs={
                    name: f"{_CONTAINERD}/cmd/{name}"
                    for name in ("containerd", "containerd-shim-runc-v2", "ctr")
                },
                stamps={f"{_CONTAINERD}/version.Version": "{version}"},
            ),
        ),
        minutes=4,
        asks=dict.fromkeys(("containerd", "ctr"), ("--version",)),
    ),
    Project(
        name="cni",
        title="CNI plugins",
        module=_CNI,
        builds=(
            Build(
                name="cni",
                programs={
                    "bridge": f"{_CNI}/plugins/main/bridge",
                    "host-local": f"{_CNI}/plugins/ipam/host-local",
                    "loopback": f"{_CNI}/plugins/main/loopback",
                    "portmap": f"{_CNI}/plugins/meta/portmap",
                },
            ),
        ),
        minutes=0.5,
    ),
    Project(
        name="pause",
        title="pause",
        builds=(Build(name="pause", programs={"pause": "slipway.dev/tools/pause"}),),
        minutes=0.1,
    ),
    Project(
        name="portable-python",
        title="portable Python",
        builds=(
            Build(
                name="portable-python",
                programs={"portable-python": "slipway.dev/tools/portable-python"},
            ),
        ),
        minutes=0.2,
    ),
    Project(
        name="knative-path",
        title="Knative's data path",
        module="knative.dev/serving",
        builds=(
            Build(
                name="knative-path",
                programs={
                    f"knative-{name}": f"knative.dev/serving/cmd/{name}"
                    for name in ("activator", "queue")
                },
            ),
        ),
        minutes=2,
    ),
    Project(
        name="kourier",
        title="Kourier",
        module="knative.dev/net-kourier",
        builds=(
            Build(
                name="kourier",
                programs={"kourier": "knative.dev/net-kourier/cmd/kourier"},
            ),
        ),
        minutes=2,
    ),
    Project(
        name="kserve-path",
        title="KServe's data path",
        module="github.com/kserve/kserve",
        builds=(
            Build(
                name="kserve-path",
                programs={
                    f"kserve-{name}": f"github.com/kserve/kserve/cmd/{name}"
                    for name in ("agent", "router")
                },
            ),
        ),
        minutes=4,
    ),
    Project(
        name="coredns",
        title="CoreDNS",
        module="github.com/coredns/coredns",
        builds=(Build(name="coredns", programs={"coredns": "slipway.dev/tools/coredns"}),),
        minutes=2,
        asks={"coredns": ("-version",)},
    ),
    Project(
        name="envoy-gateway",
        title="Envoy Gateway",
        module=_GATEWAY,
        builds=(
            Build(
                name="envoy-gateway", programs={"envoy-gateway": f"{_GATEWAY}/cmd/envoy-gateway"}
            ),
        ),
        minutes=4,
    ),
    Project(
        name="cert-manager",
        title="cert-manager",
        module="github.com/cert-manager/cert-manager",
        builds=(
            Build(
                name="cert-manager",
                programs={"cert-manager": "slipway.dev/tools/cert-manager"},
            ),
        ),
        minutes=3,
    ),
    Project(
        name="ratelimit",
        title="ratelimit",
        builds=(Build(name="ratelimit", programs={"ratelimit": f"{_RATELIMIT}/src/service_cmd"}),),
        minutes=1,
    ),
    Project(
        name="versitygw",
        title="Versity's S3 server",
        module=_S3,
        builds=(Build(name="versitygw", programs={"versitygw": f"{_S3}/cmd/versitygw"}),),
        minutes=2,
    ),
)
"""In the order in which they are built."""
