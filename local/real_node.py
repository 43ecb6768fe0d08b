"""The real node: containerd, the kubelet and kube-proxy as they run on a node of production.

It stands beside the nodes that KWOK plays. Its pods are behind a bridge of the sandbox, from which
nothing leads outside.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Final

from local import artifact_server, node_needs, node_store
from local.images.build import images
from local.images.table import ROWS, reference
from local.network import ADDRESS, DNS_SERVICE, LOOPBACK, NODE, PODS
from local.place import Place
from local.process import Process, Ready
from tools.toolchain import binary

CONTAINERD, KUBELET, PROXY = "containerd", "kubelet", "kube-proxy"
BINARIES: Final = (
    CONTAINERD, "containerd-shim-runc-v2", "ctr", "bridge", "host-local", "loopback", KUBELET,
    PROXY, *artifact_server.BINARIES,
)  # fmt: skip
TAINT: Final = "slipway.dev/this-machine"
"""Keeps away what the plane did not send here."""

KUBELET_PORT: Final = 10250
_KUBELET_HEALTH: Final = 10248
_PROXY_HEALTH: Final = 10256
_PROXY_METRICS: Final = 10249
_CONTAINERD_METRICS: Final = 11257


def image(name: str) -> str:
    """The reference of an image that the node holds, by its name in the table."""
    return next(reference(row) for row in ROWS if row.name == name)


def socket(place: Place) -> Path:
    """Of containerd."""
    return place.node / "containerd.sock"


def prepare(place: Place) -> None:
    """Its files, before the sandbox is made."""
    own = place.node
    for name in ("cni", "kubelet", "logs", "plugins"):
        (own / name).mkdir(parents=True)
    node_store.link(node_store.store(images()), own / "containerd")
    (own / "hosts").write_text(f"{LOOPBACK} localhost\n{ADDRESS} {NODE}\n", "ascii")
    searched = "svc.cluster.local cluster.local"
    (own / "resolv.conf").write_text(
        f"nameserver {DNS_SERVICE}\nsearch {searched}\noptions ndots:5\n", "ascii"
    )
    (own / "pods-resolv.conf").write_text(f"nameserver {DNS_SERVICE}\n", "ascii")
    artifact_server.prepare(place)
    _json(own / "cni" / "10-bridge.conflist", _network(place))
    _json(own / "kubelet.json", _kubelet(place))
    (own / "containerd.toml").write_text(_containerd(place), "utf-8")


def processes(place: Place) -> dict[str, Process]:
    """Every one, by name."""
    own = place.node
    shims = binary("containerd-shim-runc-v2").parent
    path = ":".join((str(shims), node_needs.PATH))
    rows = (
        Process(
            name=CONTAINERD,
            command=(str(binary(CONTAINERD)), f"--config={own}/containerd.toml"),
            environment={"PATH": path},
            ready=Ready(port=_CONTAINERD_METRICS, path="/v1/metrics"),
        ),
        Process(
            name=KUBELET,
            command=(
                str(binary(KUBELET)),
                f"--config={own}/kubelet.json",
                f"--kubeconfig={place.kubeconfig_of(KUBELET)}",
                f"--root-dir={own}/kubelet",
                f"--cert-dir={own}/kubelet/pki",
                f"--hostname-override={NODE}",
                f"--node-ip={ADDRESS}",
            ),
            environment={"PATH": path},
            ready=Ready(port=_KUBELET_HEALTH, path="/healthz"),
            subject=f"system:node:{NODE}",
        ),
        Process(
            name=PROXY,
            command=(
                str(binary(PROXY)),
                f"--kubeconfig={place.kubeconfig_of(PROXY)}",
                "--proxy-mode=nftables",
                f"--cluster-cidr={PODS}",
                f"--hostname-override={NODE}",
                # These are the whole machine's.
                "--conntrack-max-per-core=0",
                "--conntrack-tcp-timeout-established=0",
                "--conntrack-tcp-timeout-close-wait=0",
                f"--healthz-bind-address={LOOPBACK}:{_PROXY_HEALTH}",
                f"--metrics-bind-address={LOOPBACK}:{_PROXY_METRICS}",
            ),
            environment={"PATH": path},
            ready=Ready(port=_PROXY_HEALTH, path="/livez"),
            subject="system:kube-proxy",
        ),
    )
    return {each.name: each for each in rows}


def _network(place: Place) -> Any:
    """CNI's reference plugins: a bridge, and addresses in the order of their use."""
    return {
        "cniVersion": "1.0.0",
        "name": "slipway",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "pods",
                "isGateway": True,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(place.node / "addresses"),
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            }
        ],
    }


def _kubelet(place: Place) -> Any:
    """As in https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1."""
    own, keys = place.node, place.certificates
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        "port": KUBELET_PORT,
        "healthzBindAddress": LOOPBACK,
        "healthzPort": _KUBELET_HEALTH,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(place.authority)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{keys}/kubelet.crt",
        "tlsPrivateKeyFile": f"{keys}/kubelet.key",
        "containerRuntimeEndpoint": f"unix://{socket(place)}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "resolvConf": str(own / "pods-resolv.conf"),
        "podLogsDir": str(own / "logs"),
        "volumePluginDir": str(own / "plugins"),
        # The machine's disk is not the plane's to judge: it may be as full as its user likes.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "0%",
                         "imagefs.available": "0%", "nodefs.inodesFree": "0%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "localStorageCapacityIsolation": False,
        "registerWithTaints": [{"key": TAINT, "value": "true", "effect": "NoSchedule"}],
        "nodeStatusUpdateFrequency": "5s",
        "serializeImagePulls": False,
        "shutdownGracePeriod": "0s",
        "maxPods": 250,
    }  # fmt: skip


def _containerd(place: Place) -> str:
    """As in https://github.com/containerd/containerd/blob/v2.4.2/docs/cri/config.md."""
    own = place.node
    runtime = "plugins.'io.containerd.cri.v1.runtime'"
    return f"""\
version = 3
root = '{own}/containerd'
state = '{own}/containerd-state'
[grpc]
address = '{socket(place)}'
[ttrpc]
address = '{socket(place)}.ttrpc'
[metrics]
address = '{LOOPBACK}:{_CONTAINERD_METRICS}'
[plugins.'io.containerd.cri.v1.images']
snapshotter = 'overlayfs'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '{image("pause")}'
[{runtime}]
disable_apparmor = true
restrict_oom_score_adj = true
[{runtime}.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[{runtime}.containerd.runtimes.runc.options]
BinaryName = '{shutil.which("runc", path=node_needs.PATH)}'
SystemdCgroup = false
[{runtime}.cni]
bin_dirs = ['{binary("bridge").parent}']
conf_dir = '{own}/cni'
"""


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2), "utf-8")
