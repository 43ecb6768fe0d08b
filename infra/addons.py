"""The values of the EKS add-ons, by their own schemas."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from catalog.instances import DAEMONSETS, MIB
from catalog.render.network import GATEWAY_ACCOUNT
from infra.iam.ebs_csi import VOLUME_TAG
from infra.parts.common import SYSTEM, spread
from infra.parts.part import Context

Values = Mapping[str, Any]

CNI: Final = "vpc-cni"
POD_IDENTITY: Final = "eks-pod-identity-agent"
BEFORE_NODES: Final = (POD_IDENTITY, "kube-proxy", CNI)
"""DaemonSets without which no node becomes ready, or no pod gets credentials."""

EBS_CSI: Final = "aws-ebs-csi-driver"
ON_NODES: Final = (EBS_CSI, "coredns", "metrics-server")

# Containers of `aws-node` that take the same resources: the CNI's and the network policy agent's
# (amazon-vpc-cni-k8s v1.23.2 charts/aws-vpc-cni/templates/daemonset.yaml).
_CNI_CONTAINERS: Final = 2

# EKS's own Corefile (AWS re:Post, "eks-conditional-forwarder-coredns", with what newer builds add)
# and one rewrite. The add-on's key `corefile` takes a whole file and no part of one
# (terraform-aws-modules/terraform-aws-eks#2710).
_COREFILE: Final = """\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    rewrite stop {
        name regex %(host)s %(door)s answer auto
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
"""


def addon_values(context: Context) -> Mapping[str, Values]:
    """The values by add-on.

    Network policies are enforced in the mode `standard`, in which a pod that no policy selects is
    open: in `strict` every pod of kube-system would need policies of its own. Prefix delegation
    stays off, so that a node takes as many pods as `catalog/instances.py` counts, and subnets do
    not lose sixteen addresses at a time.
    """
    return MappingProxyType(
        {
            POD_IDENTITY: {"resources": _requests("eks-pod-identity-agent")},
            "kube-proxy": {"resources": _requests("kube-proxy")},
            CNI: {
                "enableNetworkPolicy": "true",
                "resources": _requests("aws-node", containers=_CNI_CONTAINERS),
            },
            # Its DaemonSet asks by itself for what the table has.
            EBS_CSI: {
                "controller": {
                    "extraVolumeTags": {VOLUME_TAG: context.names.cluster},
                    "nodeSelector": dict(SYSTEM),
                }
            },
            # It brings a PodDisruptionBudget of its own.
            "coredns": {
                "autoScaling": {"enabled": True, "minReplicas": 2, "maxReplicas": 10},
                "corefile": corefile(context),
                "nodeSelector": dict(SYSTEM),
                "topologySpreadConstraints": spread({"k8s-app": "kube-dns"}),
            },
            "metrics-server": {"nodeSelector": dict(SYSTEM), "replicas": 2},
        }
    )


def corefile(context: Context) -> str:
    """CoreDNS's configuration: endpoints' hosts are the door's Service inside the cluster.

    By their public addresses a graph's calls would leave through NAT and come back through
    Cloudflare, all of them from one address, which its rate limit holds off. Exactly two labels
    below the models' domain are meant: not what certificates are proven by. Syntax and answers:
    CoreDNS `plugin/rewrite/README.md`.
    """
    env = context.settings.environment
    domain = env.models_domain.replace(".", r"\.")
    return _COREFILE % {
        "host": rf"^[a-z0-9-]+\.[a-z0-9-]+\.{domain}\.$",
        "door": f"{GATEWAY_ACCOUNT}.{env.gateway.namespace}.svc.cluster.local",
    }


def _requests(daemonset: str, containers: int = 1) -> Values:
    """What the placement of deployments takes the DaemonSet to ask for on every node."""
    row = next(each for each in DAEMONSETS if each.name == daemonset)
    cpu, memory = row.cpu_millicores // containers, row.memory_bytes // MIB // containers
    return {"requests": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}}
