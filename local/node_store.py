"""What containerd keeps of the node's images, unpacked once for all planes of the machine.

Unpacking takes most of a minute, and a plane is there in half of one. A plane's containerd begins
with links to the files of the store: layers and blobs are never written to, and its two databases
are copies of their own.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from local.errors import LocalError
from tools import progress
from tools.cache import cache, digest, once, used
from tools.toolchain import binary

_NAMESPACE: Final = "k8s.io"
_PATIENCE: Final = 30.0
_MINUTES: Final = 1.0
_DATABASES: Final = ("io.containerd.metadata.v1.bolt/meta.db",
                     "io.containerd.snapshotter.v1.overlayfs/metadata.db")  # fmt: skip


def store(archives: Mapping[str, Path]) -> Path:
    """The folder, made where it is not there yet, with a display of the progress.

    `archives` are those of the images by reference. LocalError where containerd refuses one.
    """
    paths = list(dict.fromkeys(archives.values()))
    key = digest([str(binary("containerd").parent.name), *(path.parent.name for path in paths)])
    target = cache() / "containerd" / key

    def run(note: Callable[[str], None]) -> None:
        once(
            target,
            lambda part: _make(part, paths, note),
            lambda: note("waiting for another process that is making the same"),
        )

    if not target.exists():
        what = "unpacked images of the node"
        progress.run([progress.Step(what, what, _MINUTES, run)])
    used(target, "*")
    return target


def link(kept: Path, target: Path) -> None:
    """A copy for one plane, in which only what changes takes space. LocalError where it fails."""
    for how in (("--link",), ()):  # There are no links to another file system.
        shutil.rmtree(target, ignore_errors=True)
        command = ("cp", "-a", *how, str(kept), str(target))
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if not ended.returncode:
            break
    else:
        raise LocalError(f"The images of the node cannot be copied: {ended.stderr.strip()}")
    for name in _DATABASES:
        own = target / name
        copy = own.with_suffix(".copy")
        shutil.copyfile(own, copy)
        copy.replace(own)


def _make(part: Path, archives: Iterable[Path], note: Callable[[str], None]) -> None:
    root, state = part / "root", part / "state"
    socket = part / "containerd.sock"
    config = part / "containerd.toml"
    config.write_text(
        f"version = 3\nroot = '{root}'\nstate = '{state}'\n"
        "disabled_plugins = ['io.containerd.grpc.v1.cri']\n"
        f"[grpc]\naddress = '{socket}'\n[ttrpc]\naddress = '{socket}.ttrpc'\n",
        "utf-8",
    )
    # What it mounts while it unpacks nobody else need see.
    command = ("unshare", "--mount", str(binary("containerd")), f"--config={config}")
    with (part / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _await(socket, running)
        for archive in archives:
            note(archive.parent.name)
            _import(socket, archive)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(_PATIENCE)
    for own in (state, config, part / "log"):
        if own.is_dir():
            shutil.rmtree(own)
        else:
            own.unlink()
    for left in part.glob("containerd.sock*"):
        left.unlink()
    for each in list(root.iterdir()):
        each.rename(part / each.name)
    root.rmdir()


def _await(socket: Path, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not socket.exists():
        if running.poll() is not None or time.monotonic() > deadline:
            said = (socket.parent / "log").read_text("utf-8", "replace").splitlines()[-5:]
            raise LocalError("\n".join(["containerd does not start:", *said]))
        time.sleep(0.05)


def _import(socket: Path, archive: Path) -> None:
    command = (str(binary("ctr")), "--address", str(socket), "--namespace", _NAMESPACE, "images",
               "import", str(archive))  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if ended.returncode:
        raise LocalError(f"{archive.parent.name} cannot be imported: {ended.stderr.strip()}")
