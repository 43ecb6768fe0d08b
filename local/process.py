"""A process of the local control plane, as data: what it runs, as whom, and when it is ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.network import LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What answers once the process does its work, at `host` inside the sandbox.

    With a `path`, an HTTP GET of it must answer 200; without one, the port need only accept.
    `tls` says that it speaks HTTPS; whose certificate it shows is not asked.
    """

    port: int
    path: str = ""
    tls: bool = False
    host: str = LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process inside the sandbox.

    `command` begins with the absolute path of a binary. It sees `environment`, and beside it only
    PATH, HOME, which is the folder of the place, and TMPDIR. Without `ready` it counts as ready
    once it runs.

    `subject` is the user name in its client certificate. Where there is one,
    `Place.kubeconfig_of(name)` is written before it starts; a service account
    (`system:serviceaccount:NAMESPACE:NAME`) is in the groups of service accounts as well, so that
    the roles bound to it count.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    ready: Ready | None = None
    subject: str | None = None
