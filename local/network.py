"""The network inside the sandbox. Each plane has its own, so every number is fixed."""

from typing import Final

from catalog.render.network import POD_IDENTITY_AGENT

LOOPBACK: Final = "127.0.0.1"

ADDRESS: Final = "10.99.0.1"
"""Of the machine itself. EndpointSlices refuse 127.0.0.0/8, so the plane needs another one."""

SERVICES: Final = "10.96.0.0/16"
"""The addresses of Services. All of them are this machine's, so that without kube-proxy what
listens on a Service's port answers for it."""

KUBERNETES_SERVICE: Final = "10.96.0.1"
"""The first of them, which the API server takes for itself."""

DNS_SERVICE: Final = "10.96.0.10"
"""Of the cluster's DNS, on a plane with a real node."""

PLAYED_PODS: Final = "10.128.0.0/14"
"""Addresses of the pods that nobody runs. They are this machine's too."""

PODS: Final = "10.132.0.0/16"
"""Addresses of the pods of the real node, behind its bridge."""

STORE: Final = "198.51.100.1"
"""Of the S3 server: a public one (TEST-NET-2, RFC 5737), as tenants' pods may reach no others."""

OWN: Final = (
    f"{ADDRESS}/24",
    SERVICES,
    PLAYED_PODS,
    f"{STORE}/32",
    POD_IDENTITY_AGENT,
)
"""What is on the loopback device beside 127.0.0.1."""

API_SERVER_PORT: Final = 6443

NODE: Final = "this-machine"
"""The name of the real node."""
