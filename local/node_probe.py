"""Run as a script: tries in namespaces of its own what a real node asks of the kernel.

Exit status 1 with one sentence on standard error where something is refused. Nothing is left.
"""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from local import node_root

# From linux/sched.h and linux/sockios.h.
CLONE_NEWNET: Final = 0x4000_0000
SIOCBRADDBR: Final = 0x89A0

# What kube-proxy writes in mode nftables (kubernetes v1.34.4 pkg/proxy/nftables/proxier.go).
_RULES: Final = """\
table ip probe {
  map services { type ipv4_addr . inet_proto . inet_service : verdict ; }
  chain endpoint { meta l4proto tcp dnat to 10.0.0.1:80 ; }
  chain services {
    type nat hook prerouting priority dstnat ;
    ip daddr . meta l4proto . th dport vmap @services
    fib daddr type local numgen random mod 2 vmap { 0 : goto endpoint , 1 : accept }
  }
  chain masquerading { type nat hook postrouting priority srcnat ; masquerade fully-random ; }
}
"""


def _namespaces() -> None:
    libc = node_root.libc()
    node_root.check(libc.unshare(node_root.CLONE_NEWNS | CLONE_NEWNET | node_root.CLONE_NEWCGROUP))
    node_root.mount(None, "/", None, node_root.MS_REC | node_root.MS_PRIVATE)


def _overlay() -> None:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        for name in ("lower", "upper", "work", "merged"):
            (folder / name).mkdir()
        options = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
        node_root.mount("overlay", str(folder / "merged"), "overlay", 0, options)
        subprocess.run(("umount", str(folder / "merged")), check=True)


def _bridge() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCBRADDBR, b"probe\0")


def _nftables() -> None:
    tried = subprocess.run(
        ("nft", "-f", "-"), input=_RULES, capture_output=True, text=True, check=False
    )
    if tried.returncode:
        raise OSError(0, tried.stderr.strip().splitlines()[0])


def _groups() -> None:
    made = node_root.hierarchies()
    known = {name for names in made for name in names.split(",")}
    if "" not in made and not known >= node_root.NEEDED:
        raise OSError(0, f"no controller {' and '.join(sorted(node_root.NEEDED - known))}")
    for group in made.values():
        if not os.access(group, os.W_OK):
            raise OSError(0, f"{group} cannot be written")


ASKED: Final[tuple[tuple[str, Callable[[], None]], ...]] = (
    ("control groups", _groups),  # Where they are cannot be seen from a namespace of its own.
    ("a mount and a network namespace of its own", _namespaces),
    ("overlay file systems", _overlay),
    ("a network bridge", _bridge),
    ("nftables", _nftables),
)


def main() -> int:
    """0 where all is granted."""
    for what, tries in ASKED:
        try:
            tries()
        except (OSError, subprocess.CalledProcessError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            sys.stderr.write(f"the kernel refuses {what} ({said}); a container needs --privileged")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
