"""Where the control plane of a checkout keeps all that it has."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONTEXT: Final = "slipway-local"
"""The name of the cluster, the user and the context in the kubeconfig for people and the engine."""


@dataclass(frozen=True, slots=True)
class Place:
    """One folder, which goes when the plane stops. Each checkout has its own.

    It is `$SLIPWAY_LOCAL/<digest of the checkout's path>`; without that variable the folder
    `local` of the cache takes its place.
    """

    root: Path
    folder: Path

    @classmethod
    def of(cls, root: Path) -> "Place":
        """The place of the checkout at `root`."""
        whole = root.resolve()
        digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
        return cls(whole, _planes() / digest)

    @property
    def lock(self) -> Path:
        """Held while the plane starts or stops. Beside the folder, which comes and goes."""
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator, for clients outside the sandbox. Its one context is `CONTEXT`."""
        return self.folder / "kubeconfig"

    @property
    def certificates(self) -> Path:
        """The authority `ca.crt`, and keys that only the user may read."""
        return self.folder / "certificates"

    @property
    def authority(self) -> Path:
        """The certificate of the plane's own authority, which signed all others."""
        return self.certificates / "ca.crt"

    @property
    def serving(self) -> Path:
        """`tls.crt` and `tls.key` for webhooks on 127.0.0.1.

        controller-runtime looks for them in `$TMPDIR/k8s-webhook-server/serving-certs`.
        """
        return self.scratch / "k8s-webhook-server" / "serving-certs"

    def kubeconfig_of(self, process: str) -> Path:
        """Of a process with a subject, for use inside the sandbox."""
        return self.folder / "kubeconfigs" / process

    @property
    def configuration(self) -> Path:
        """Of the supervisor."""
        return self.folder / "supervisor.conf"

    @property
    def scripts(self) -> Path:
        """For each process the script that becomes it, with its environment and arguments."""
        return self.folder / "run"

    @property
    def roster(self) -> Path:
        """Which processes there are, and when each is ready."""
        return self.folder / "processes.json"

    @property
    def data(self) -> Path:
        """What etcd keeps."""
        return self.folder / "etcd"

    @property
    def scratch(self) -> Path:
        """TMPDIR of every process."""
        return self.folder / "tmp"

    @property
    def logs(self) -> Path:
        """`<process>.log` of each, and `supervisor.log`. Kept when a start fails."""
        return self.folder / "logs"

    @property
    def logs_before(self) -> Path:
        """The logs of the plane that gave way to this one."""
        return self.folder / "logs-before"

    def log_of(self, process: str) -> Path:
        """What a process wrote."""
        return self.logs / f"{process}.log"

    @property
    def door(self) -> Path:
        """The port of this machine at which the front door is."""
        return self.folder / "door"

    @property
    def node(self) -> Path:
        """What the real node has of its own; there where the plane has one."""
        return self.folder / "node"

    @property
    def socket(self) -> Path:
        """Of the supervisor."""
        return self.folder / "supervisor.sock"

    @property
    def gate(self) -> Path:
        """The socket that leads to any port inside the sandbox."""
        return self.folder / "gate.sock"

    @property
    def started(self) -> Path:
        """There once a start came to its end; it names what was started."""
        return self.folder / "started"

    @property
    def state(self) -> Path:
        """The file backend of the engine. What it says is true of this plane's cluster only."""
        return self.folder / "state"


def _planes() -> Path:
    if chosen := os.environ.get("SLIPWAY_LOCAL"):
        return Path(chosen).absolute()
    from tools.cache import cache

    return cache().absolute() / "local"
