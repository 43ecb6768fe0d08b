"""Run as a script, alone in its interpreter: makes the sandbox, and puts the supervisor into it.

    inside.py ADDRESS                                   can this machine do it?
    inside.py ADDRESS CONFIGURATION LISTENER KEPT GUARD

It imports nothing of Slipway. The sandbox is a network namespace in which only the loopback device
is up, with ADDRESS beside 127.0.0.1, and a pid namespace whose PID 1 is the supervisor, so that all
ends when that one ends. A user namespace is added where the user may not make these without it.

LISTENER is an inherited socket that listens in the machine's own network; it is kept open, under
the number KEPT, for the gate (gate.py). GUARD is a pipe from whoever starts the plane: a byte says
that the start is done, and its end without one, that whoever started it is gone, so that the
sandbox goes as well.
"""

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import sys
from typing import Final, NoReturn

# From linux/sched.h, linux/if.h and linux/sockios.h.
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000
IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
SIOCSIFFLAGS: Final = 0x8914
SIOCSIFADDR: Final = 0x8916


def enter(address: str) -> None:
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
        # Both are a struct ifreq. An address that begins with 10 gets a netmask of 8 bits by its
        # class, and on the loopback device that makes all of 10.0.0.0/8 local.
        up = struct.pack("16sh22x", b"lo", IFF_UP | IFF_LOOPBACK)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, up)
        packed = socket.inet_aton(address)
        second = struct.pack("16sHH4s16x", b"lo:0", socket.AF_INET, 0, packed)
        fcntl.ioctl(any_socket, SIOCSIFADDR, second)


def _unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs its import
        file.write(text)


def run(configuration: str, listener: int, kept: int, guard: int) -> int:
    """Start the supervisor, and stay till the start is done. 1 where it came to nothing."""
    child = os.fork()
    if not child:
        os.dup2(listener, kept)
        _become_supervisor(configuration)
    os.close(listener)
    if guard in _readable(guard, os.pidfd_open(child)) and os.read(guard, 1):
        return 0
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1


def _readable(*handles: int) -> list[int]:
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return [handle for handle, _ in poll.poll()]


def _become_supervisor(configuration: str) -> NoReturn:
    command = [sys.executable, "-I", "-m", "supervisor.supervisord", "-n", "-c", configuration]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def main(address: str, *rest: str) -> int:
    """Exit status 0, or 1 with the system's reason on standard error."""
    try:
        enter(address)
        if rest:
            configuration, *handles = rest
            return run(configuration, *map(int, handles))
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
