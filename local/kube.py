"""Kubernetes' own processes, with the authentication, authorization and admission of production."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from local.network import ADDRESS, API_SERVER_PORT, LOOPBACK, SERVICES
from local.place import Place
from local.process import Process, Ready
from local.steps import Apply, Launch, Step
from tools.toolchain import binary

ETCD: Final = "etcd"
API_SERVER: Final = "kube-apiserver"
CONTROLLER_MANAGER: Final = "kube-controller-manager"
SCHEDULER: Final = "kube-scheduler"
BINARIES: Final = (ETCD, API_SERVER, CONTROLLER_MANAGER, SCHEDULER)

_ETCD_CLIENT: Final = f"http://{LOOPBACK}:2379"
_ETCD_PEER: Final = f"http://{LOOPBACK}:2380"
_CONTROLLER_MANAGER_PORT: Final = 10257
_SCHEDULER_PORT: Final = 10259

# What these processes may ask of the API server in a second; the defaults of 20 and 30, and 50 and
# 100, make a fleet of hundreds of endpoints wait for them.
_QPS, _BURST = 200, 400
_RATES: Final = (f"--kube-api-qps={_QPS}", f"--kube-api-burst={_BURST}")

NODE_PATIENCE: Final = 600
"""Seconds without a sign of life after which a node is lost: more than a machine that does much
beside it ever keeps KWOK waiting, and no node here dies."""

_CONFIGURED: Final = "scheduler-configuration"
_VOLUMES: Final = ("NodeVolumeLimits", "VolumeBinding", "VolumeRestrictions", "VolumeZone")
"""The scheduler's plugins that look at volumes."""


def steps(place: Place, before: tuple[str, ...] = ()) -> Sequence[Step]:
    """The API server at once with etcd, for which it waits, and then the rest.

    `before` names steps that the API server comes after.
    """
    after = (API_SERVER,)
    return (
        Launch(process=_etcd(place)),
        Launch(process=_api_server(place), after=before),
        Launch(process=_controller_manager(place), after=after),
        Apply(name=_CONFIGURED, run=partial(_configure_scheduler, place)),
        Launch(process=_scheduler(place), after=(*after, _CONFIGURED)),
    )


def _etcd(place: Place) -> Process:
    return Process(
        name=ETCD,
        command=(
            str(binary(ETCD)),
            f"--data-dir={place.data}",
            f"--listen-client-urls={_ETCD_CLIENT}",
            f"--advertise-client-urls={_ETCD_CLIENT}",
            f"--listen-peer-urls={_ETCD_PEER}",
            f"--initial-advertise-peer-urls={_ETCD_PEER}",
            f"--initial-cluster=default={_ETCD_PEER}",
            # The data lives no longer than the plane, so a power cut may take it.
            "--unsafe-no-fsync",
            f"--quota-backend-bytes={4 << 30}",
            "--auto-compaction-mode=periodic",
            "--auto-compaction-retention=5m",
        ),
        ready=Ready(port=2379, path="/health"),
    )


def _api_server(place: Place) -> Process:
    keys = place.certificates
    return Process(
        name=API_SERVER,
        command=(
            str(binary(API_SERVER)),
            f"--etcd-servers={_ETCD_CLIENT}",
            # Pods of the real node come by its address.
            "--bind-address=0.0.0.0",
            f"--secure-port={API_SERVER_PORT}",
            # There is no default route from which it could be found.
            f"--advertise-address={ADDRESS}",
            f"--service-cluster-ip-range={SERVICES}",
            f"--tls-cert-file={keys}/kube-apiserver.crt",
            f"--tls-private-key-file={keys}/kube-apiserver.key",
            f"--client-ca-file={place.authority}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={keys}/service-accounts.pub",
            f"--service-account-signing-key-file={keys}/service-accounts.key",
            f"--kubelet-client-certificate={keys}/kubelet-client.crt",
            f"--kubelet-client-key={keys}/kubelet-client.key",
            f"--kubelet-certificate-authority={place.authority}",
            "--kubelet-preferred-address-types=InternalIP",
            "--authorization-mode=Node,RBAC",
            # What EKS has beside the default ones; the second lets pods that ask for GPUs onto the
            # nodes that have them.
            # https://docs.aws.amazon.com/eks/latest/userguide/platform-versions.html
            "--enable-admission-plugins=NodeRestriction,ExtendedResourceToleration",
            "--allow-privileged=true",
            # etcd 3.5.1 reports no progress of a watch, for which the first two wait in vain.
            "--feature-gates=WatchList=false,SizeBasedListCostEstimate=false,ImageVolume=true,"
            "MutatingAdmissionPolicy=true",
            "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
            "--profiling=false",
        ),
        ready=Ready(port=API_SERVER_PORT, path="/readyz", tls=True),
    )


def _controller_manager(place: Place) -> Process:
    return Process(
        name=CONTROLLER_MANAGER,
        command=(
            str(binary(CONTROLLER_MANAGER)),
            f"--kubeconfig={place.kubeconfig_of(CONTROLLER_MANAGER)}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={_CONTROLLER_MANAGER_PORT}",
            f"--root-ca-file={place.authority}",
            f"--service-account-private-key-file={place.certificates}/service-accounts.key",
            f"--node-monitor-grace-period={NODE_PATIENCE}s",
            # Each controller with the role that Kubernetes has for it.
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--profiling=false",
            *_RATES,
        ),
        ready=Ready(port=_CONTROLLER_MANAGER_PORT, path="/healthz", tls=True),
        subject="system:kube-controller-manager",
    )


def _scheduler(place: Place) -> Process:
    return Process(
        name=SCHEDULER,
        command=(
            str(binary(SCHEDULER)),
            f"--config={_configuration(place)}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={_SCHEDULER_PORT}",
        ),
        ready=Ready(port=_SCHEDULER_PORT, path="/healthz", tls=True),
        subject="system:kube-scheduler",
    )


def _configuration(place: Place) -> Path:
    return place.folder / "scheduler.json"


def _configure_scheduler(place: Place) -> None:
    """Nobody mounts anything here, and teams' own volumes are not there: it asks for none."""
    config = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {
            "kubeconfig": str(place.kubeconfig_of(SCHEDULER)),
            "qps": _QPS,
            "burst": _BURST,
        },
        "leaderElection": {"leaderElect": False},
        "enableProfiling": False,
        "profiles": [{"plugins": {"multiPoint": {"disabled": [{"name": n} for n in _VOLUMES]}}}],
    }
    _configuration(place).write_text(json.dumps(config), "utf-8")
