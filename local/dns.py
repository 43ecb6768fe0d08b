"""The cluster's DNS: CoreDNS as a pod of the real node, where production has EKS' add-on."""

from typing import Final

from catalog.objects import Object
from local.artifact_server import HOST
from local.machine_authority import INTERNAL
from local.network import ADDRESS, DNS_SERVICE, STORE

_NAMESPACE: Final = "kube-system"
_NAME: Final = "coredns"
_LABELS: Final = {"k8s-app": "kube-dns"}
"""What tenants' NetworkPolicies know it by."""

# Names of the machine's own that no Service has lead to the machine; nothing is asked outside.
_COREFILE: Final = """\
.:53 {{
  errors
  health :8080
  ready :8181
  kubernetes cluster.local in-addr.arpa {{
    pods insecure
    ttl 5
  }}
  template IN A {host} {{
    answer "{{{{ .Name }}}} 5 IN A {store}"
  }}
  template IN A localhost {internal} {{
    answer "{{{{ .Name }}}} 5 IN A {address}"
  }}
  template ANY ANY localhost {internal} {{
    rcode NOERROR
  }}
  cache 5
}}
"""


def objects(image: str) -> list[Object]:
    """All of it. `image` has CoreDNS."""
    about = {"name": _NAME, "namespace": _NAMESPACE}
    api = "rbac.authorization.k8s.io"
    watch = ["list", "watch"]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about},
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "system:coredns"},
            "rules": [
                {"apiGroups": [""], "resources": ["namespaces", "pods", "services"],
                 "verbs": watch},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"],
                 "verbs": watch},
            ],
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "system:coredns"},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "system:coredns"},
            "subjects": [{"kind": "ServiceAccount", **about}],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": about,
            "data": {"Corefile": _COREFILE.format(
                    address=ADDRESS, host=HOST, store=STORE, internal=INTERNAL
                )},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {**about, "name": "kube-dns", "labels": dict(_LABELS)},
            "spec": {
                "clusterIP": DNS_SERVICE,
                "selector": dict(_LABELS),
                "ports": [
                    {"name": "dns", "port": 53, "protocol": "UDP"},
                    {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
                ],
            },
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**about, "labels": dict(_LABELS)},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": dict(_LABELS)},
                "template": {"metadata": {"labels": dict(_LABELS)}, "spec": _pod(image)},
            },
        },
    ]  # fmt: skip


def _pod(image: str) -> Object:
    return {
        "serviceAccountName": _NAME,
        "dnsPolicy": "Default",
        "priorityClassName": "system-cluster-critical",
        "containers": [
            {
                "name": _NAME,
                "image": image,
                "args": ["-conf", "/etc/coredns/Corefile"],
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"},
                              "limits": {"memory": "170Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": _NAME}}],
    }  # fmt: skip
