"""The network inside the sandbox. Each plane has its own, so every number is fixed."""

from typing import Final

LOOPBACK: Final = "127.0.0.1"

ADDRESS: Final = "10.99.0.1"
"""Of the machine itself. EndpointSlices refuse 127.0.0.0/8, so the plane needs another one."""

SERVICES: Final = "10.96.0.0/16"
"""The addresses of Services; inside 10.0.0.0/8, all of which is this machine."""

KUBERNETES_SERVICE: Final = "10.96.0.1"
"""The first of them, which the API server takes for itself."""

API_SERVER_PORT: Final = 6443
