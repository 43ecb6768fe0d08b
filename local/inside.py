"""Run as a script, alone in its interpreter: makes the sandbox, and puts the supervisor into it.

    inside.py NETWORKS                                         can this machine do it?
    inside.py NETWORKS CONFIGURATION LISTENERS GUARD [NODE]

The sandbox is a network namespace in which only the loopback device is up, with all of NETWORKS
(`10.99.0.1/24,...`) beside 127.0.0.1, and a pid namespace whose PID 1 is the supervisor, so that
all ends when that one ends. A user namespace is added where the user may not make these without it.

LISTENERS are inherited sockets that listen in the machine's own network; they are kept open for the
gate (gate.py), each under another number (`5=9,...`). GUARD is a pipe from whoever starts the
plane: a byte says that the start is done, and its end without one, that whoever started it is gone,
so that the sandbox goes as well.

With NODE, a folder, the supervisor finds the mounts and control groups that a real node needs
(node_root.py), and this process stays until it ends, to take the control groups away.
"""

import ctypes
import fcntl
import hashlib
import os
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Final, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from local import node_root

# From linux/sched.h, linux/if.h and linux/sockios.h.
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000
IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
SIOCSIFFLAGS: Final = 0x8914
SIOCSIFADDR: Final = 0x8916
SIOCSIFNETMASK: Final = 0x891C


def enter(networks: list[str]) -> None:
    """Into new namespaces. OSError where the kernel refuses, or is older than Linux 5.3."""
    os.close(os.pidfd_open(os.getpid()))
    try:
        _unshare(CLONE_NEWNET | CLONE_NEWPID)
    except PermissionError:
        user, group = os.getuid(), os.getgid()
        _unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh22x", b"lo", IFF_UP | IFF_LOOPBACK)  # All are a struct ifreq.
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, up)
        for number, network in enumerate(networks, 1):
            name = f"lo:{number}".encode()
            address, _, bits = network.partition("/")
            mask = struct.pack("!I", 0xFFFF_FFFF << 32 - int(bits) & 0xFFFF_FFFF)
            # On the loopback device an address makes all of its network local.
            for request, value in (
                (SIOCSIFADDR, socket.inet_aton(address)),
                (SIOCSIFNETMASK, mask),
            ):
                row = struct.pack("16sHH4s16x", name, socket.AF_INET, 0, value)
                fcntl.ioctl(any_socket, request, row)


def _unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs its import
        file.write(text)


def run(
    networks: str, configuration: str, listeners: dict[int, int], guard: int, node: Path | None
) -> int:
    """Start the supervisor, and stay till the start is done. 1 where it came to nothing."""
    tell = _stay_behind() if node else None
    enter(networks.split(","))
    made = node_root.groups(_digest(node)) if node else {}
    child = os.fork()
    if not child:
        for listener, kept in listeners.items():
            os.dup2(listener, kept)
        if node:
            node_root.enter(node, made)
        _become_supervisor(configuration)
    for listener in listeners:
        os.close(listener)
    ended = os.pidfd_open(child)
    if guard not in _readable(guard, ended) or not os.read(guard, 1):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        node_root.remove(made)
        return 1
    if tell is not None:
        os.chdir("/")
        os.write(tell, b"\n")
        _readable(ended)
        node_root.remove(made)
    return 0


def _digest(folder: Path) -> str:
    return f"slipway-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def _stay_behind() -> int:
    """Goes on as another process, for which whoever called waits till it writes into this pipe."""
    done, tell = os.pipe()
    if os.fork():
        os.close(tell)
        sys.exit(not os.read(done, 1))
    os.close(done)
    return tell


def _readable(*handles: int) -> list[int]:
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return [handle for handle, _ in poll.poll()]


def _become_supervisor(configuration: str) -> NoReturn:
    command = [sys.executable, "-I", "-m", "supervisor.supervisord", "-n", "-c", configuration]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def main(networks: str, *rest: str) -> int:
    """Exit status 0, or 1 with the system's reason on standard error."""
    try:
        if rest:
            configuration, given, guard, *more = rest
            listeners = {
                int(fd): int(kept) for fd, kept in (row.split("=") for row in given.split(","))
            }
            node = Path(more[0]) if more else None
            return run(networks, configuration, listeners, int(guard), node)
        enter(networks.split(","))
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
