"""What the processes of a real node find: control groups, mounts and files of their own.

Called in the sandbox before its supervisor (inside.py), as root and alone in its interpreter: it
imports nothing of Slipway. All mounts are in a mount namespace that goes with the last process of
the sandbox. Control groups outlive their processes, so whoever waits for the end of the sandbox
removes them.

Both versions of control groups are known. In version 1 every controller has a hierarchy of its
own; in version 2 there is one, in which a group with processes has no groups below it that share
its resources, so the sandbox's own processes are in a leaf (kernel, `admin-guide/cgroup-v2.rst`,
"No Internal Process Constraint").
"""

import ctypes
import os
import time
from pathlib import Path
from typing import Final

# From linux/sched.h and linux/mount.h.
CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWCGROUP: Final = 0x0200_0000
MS_RDONLY: Final = 0x1
MS_REMOUNT: Final = 0x20
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x4_0000
MS_SHARED: Final = 0x10_0000

GROUPS: Final = Path("/sys/fs/cgroup")
NEEDED: Final = frozenset({"cpu", "memory"})
"""The controllers without which no kubelet starts."""
_LEAF: Final = "plane"
_PATIENCE: Final = 5.0

# What the kubelet sets as it starts, for the whole machine. Those that it finds as it wants them it
# leaves alone (pkg/kubelet/cm/container_manager_linux.go, `setupKernelTunables`).
TUNABLES: Final = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def hierarchies() -> dict[str, Path]:
    """The group of this process, by what `/proc/self/cgroup` calls the hierarchy.

    That is its controllers in version 1, and nothing in version 2 where it has those that matter:
    beside version 1 it may be there and have none.
    """
    mounted: dict[str, tuple[Path, str]] = {}
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        left, _, right = line.partition(" - ")
        root, point = left.split()[3:5]
        kind, _, options = right.split(" ", 2)
        if kind == "cgroup2" and controllers(Path(point)) >= NEEDED:
            mounted[""] = Path(point), root
        elif kind == "cgroup":
            for option in options.split(","):
                mounted[option] = Path(point), root
    found: dict[str, Path] = {}
    for line in Path("/proc/self/cgroup").read_text("utf-8").splitlines():
        _, names, path = line.split(":", 2)
        if names.split(",")[0] in mounted:
            point, root = mounted[names.split(",")[0]]
            found[names] = point / os.path.relpath(path, root)
    return found


def controllers(group: Path) -> set[str]:
    """Those of a group of version 2."""
    return set((group / "cgroup.controllers").read_text("ascii").split())


def groups(name: str) -> dict[str, Path]:
    """The groups of a sandbox of that name, below those of this process; none is made here."""
    return {names: own / name for names, own in hierarchies().items()}


def remove(made: dict[str, Path]) -> None:
    """The groups and all below them, once no process is left in them."""
    deadline = time.monotonic() + _PATIENCE
    for top in made.values():
        for folder, _, _ in os.walk(top, topdown=False):
            while Path(folder).exists():
                try:
                    Path(folder).rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        return
                    time.sleep(0.02)


def enter(folder: Path, made: dict[str, Path]) -> None:
    """Into groups and mounts of its own. `folder` keeps what is laid over the machine's files.

    OSError where the kernel refuses.
    """
    _join(made)
    check(libc().unshare(CLONE_NEWNS | CLONE_NEWCGROUP))
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount(None, "/", None, MS_REC | MS_SHARED)  # Volumes of pods are seen by containerd.
    mount("proc", "/proc", "proc")
    _keep_kernel_values(folder)
    resolver = _hidden_by_run(Path("/etc/resolv.conf"))
    mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
    Path("/run/lock").mkdir()
    if resolver:
        resolver.parent.mkdir(parents=True, exist_ok=True)
        resolver.touch()
    for name in ("resolv.conf", "hosts"):
        mount(str(folder / name), f"/etc/{name}", None, MS_BIND)
    _mount_groups(made)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")


def _join(made: dict[str, Path]) -> None:
    for names, group in made.items():
        group.mkdir(exist_ok=True)
        if not names:
            continue
        for file in ("cpuset.cpus", "cpuset.mems"):  # Empty in a new group, which takes nobody in.
            if (group / file).exists():
                (group / file).write_text((group.parent / file).read_text("ascii"), "ascii")
        (group / "cgroup.procs").write_text("0", "ascii")
    if whole := made.get(""):
        wanted = " ".join(f"+{each}" for each in sorted(controllers(whole.parent)))
        for group in (whole.parent, whole):
            (group / "cgroup.subtree_control").write_text(wanted, "ascii")
        (whole / _LEAF).mkdir(exist_ok=True)


def _mount_groups(made: dict[str, Path]) -> None:
    """The root of each hierarchy is the sandbox's own group, because of its namespace."""
    mount("sysfs", "/sys", "sysfs")
    if "" in made:
        mount("cgroup2", str(GROUPS), "cgroup2")
        (GROUPS / _LEAF / "cgroup.procs").write_text("0", "ascii")
        return
    mount("cgroup", str(GROUPS), "tmpfs", 0, "mode=755")
    for names in made:
        point = GROUPS / names.removeprefix("name=")
        point.mkdir()
        mount("cgroup", str(point), "cgroup", 0, names if "=" not in names else f"none,{names}")
        for alone in names.split(",")[1:]:
            (GROUPS / alone).symlink_to(point.name)


def _keep_kernel_values(folder: Path) -> None:
    """All of the machine's own are to be read alone; those of its network are the sandbox's."""
    mount("/proc/sys/net", "/proc/sys/net", None, MS_BIND)
    mount("/proc/sys", "/proc/sys", None, MS_BIND | MS_REC)
    mount(None, "/proc/sys", None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    for name, value in TUNABLES.items():
        file = folder / name.replace("/", "_")
        file.write_text(value, "ascii")
        mount(str(file), f"/proc/sys/{name}", None, MS_BIND)


def _hidden_by_run(path: Path) -> Path | None:
    """Where a link leads that an empty `/run` would cut off."""
    real = path.resolve()
    return real if real.is_relative_to("/run") else None


def libc() -> ctypes.CDLL:
    """Whose calls leave their error in `ctypes.get_errno`."""
    return ctypes.CDLL(None, use_errno=True)


def mount(
    source: str | None, target: str, kind: str | None, flags: int = 0, options: str | None = None
) -> None:
    """The system call. OSError where the kernel refuses."""
    words = [each.encode() if each is not None else None for each in (source, target, kind)]
    told = options.encode() if options else None
    check(libc().mount(*words, ctypes.c_ulong(flags), told), target)


def check(status: int, about: str = "") -> None:
    """OSError where a call of `libc` failed."""
    if status:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about)
