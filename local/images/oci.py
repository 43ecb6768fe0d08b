"""Container images in an archive that containerd imports: an OCI image layout in a tar.

The same files make the same bytes: names are sorted, owners, times and modes are given. Layers are
not compressed, since the archive never leaves the machine.
"""

import hashlib
import io
import json
import os
import platform
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

MOMENT: Final = 315_532_800
"""When every file was changed: the start of 1980, in seconds; zip files know nothing before."""
NAME: Final = "io.containerd.image.name"
"""The annotation by which containerd names what it imports."""
_BLOBS: Final = "blobs/sha256"
_MEDIA: Final = "application/vnd.oci.image"


@dataclass(frozen=True, slots=True)
class Layer:
    """A tar file, and what it is addressed by."""

    path: Path
    digest: str
    """The SHA-256 of the file, in hexadecimal digits."""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What runs, under the names by which it is asked for."""

    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    """The lowest first."""
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    workdir: str = "/"


def layer(root: Path, target: Path) -> Layer:
    """Everything below a folder, as a layer in the file `target`; owned by root."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in _below(root):
            _add(tar, path, path.relative_to(root).as_posix())
    with target.open("rb") as file:
        return Layer(target, hashlib.file_digest(file, "sha256").hexdigest())


def write(images: Sequence[Image], target: Path) -> None:
    """All of these images in one archive; a layer that several have lies in it once."""
    blobs: dict[str, bytes | Path] = {}
    rows: list[dict[str, Any]] = []
    for image in images:
        blobs |= {layer.digest: layer.path for layer in image.layers}
        config = _blob(blobs, "config.v1+json", _config(image))
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_MEDIA}.manifest.v1+json",
            "config": config,
            "layers": [
                _descriptor("layer.v1.tar", layer.digest, layer.size) for layer in image.layers
            ],
        }
        row = _blob(blobs, "manifest.v1+json", manifest)
        rows += [{**row, "annotations": {NAME: name}} for name in image.names]
    index = {"schemaVersion": 2, "mediaType": f"{_MEDIA}.index.v1+json", "manifests": rows}
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        _add_bytes(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add_bytes(tar, "index.json", _json(index))
        for digest, content in sorted(blobs.items()):
            name = f"{_BLOBS}/{digest}"
            if isinstance(content, bytes):
                _add_bytes(tar, name, content)
            else:
                _add(tar, content, name)


def architecture() -> str:
    """That of the machine, as images name it."""
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _config(image: Image) -> Mapping[str, Any]:
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", **image.env}
    return {
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Entrypoint": image.entrypoint,
            "User": image.user,
            "Env": [f"{key}={value}" for key, value in env.items()],
            "WorkingDir": image.workdir,
        },
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{layer.digest}" for layer in image.layers],
        },
    }


def _blob(blobs: dict[str, bytes | Path], media: str, document: Mapping[str, Any]) -> Any:
    content = _json(document)
    digest = hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return _descriptor(media, digest, len(content))


def _descriptor(media: str, digest: str, size: int) -> Mapping[str, Any]:
    return {"mediaType": f"{_MEDIA}.{media}", "digest": f"sha256:{digest}", "size": size}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _below(root: Path) -> Iterator[Path]:
    """Sorted, a folder before what is in it; a link to a folder is a link."""
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    found = path.lstat()
    info = _info(name)
    if stat.S_ISLNK(found.st_mode):
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
        tar.addfile(info)
    elif stat.S_ISDIR(found.st_mode):
        # Whatever the umask was: all may read, and a folder for everyone's files is one.
        info.type = tarfile.DIRTYPE
        info.mode = 0o1777 if found.st_mode & stat.S_ISVTX else 0o755
        tar.addfile(info)
    else:
        info.size = found.st_size
        info.mode = 0o755 if found.st_mode & stat.S_IXUSR else 0o644
        with path.open("rb") as file:
            tar.addfile(info, file)


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = _info(name)
    info.size, info.mode = len(content), 0o644
    tar.addfile(info, io.BytesIO(content))


def _info(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime, info.uname, info.gname = MOMENT, "root", "root"
    return info
