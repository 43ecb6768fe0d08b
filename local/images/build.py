"""The images of the node, as archives in the cache."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from local.images import oci
from local.images.contents import HERE, Content
from local.images.table import MINUTES, ROWS, Row, reference
from tools import progress, toolchain
from tools.cache import cache, digest, once, used

_ARCHIVE: Final = "images.tar"


def images(names: Iterable[str] | None = None) -> Mapping[str, Path]:
    """The archive that each image is in, by the image's reference.

    Of the rows of the table by name, or of all. Several images may be in one archive, and it is
    imported with all that is in it. What is missing is built, with a display of the progress.
    ToolchainError or LocalError when that cannot be done.
    """
    wanted = set(names) if names is not None else {row.name for row in ROWS}
    asked = [row for row in ROWS if row.name in wanted]
    if unknown := wanted - {row.name for row in asked}:
        raise LookupError(f"no image of the node is called {min(unknown)!r}")
    folders = {name: _folder(name) for name in dict.fromkeys(row.archive for row in asked)}
    missing = [name for name, folder in folders.items() if not folder.exists()]
    rows = [row for row in ROWS if row.archive in missing]
    layers = [layer for row in rows for layer in row.layers]
    toolchain.all_of(dict.fromkeys(name for layer in layers for name in layer.programs))
    progress.run([_step(name, folders[name]) for name in missing])
    for name, folder in folders.items():
        used(folder, f"{name}-*")
    return {reference(row): folders[row.archive] / _ARCHIVE for row in asked}


def names(reference: str) -> tuple[str, ...]:
    """Under which containerd has to know an image for a pod to find it.

    It looks a reference with a tag and a digest up without the tag.
    """
    tagged, _, fixed = reference.partition("@")
    return (tagged, f"{tagged.rpartition(':')[0]}@{fixed}") if fixed else (tagged,)


def make(rows: Sequence[Row], folder: Path, note: Callable[[str], None]) -> None:
    """One archive of these images in the folder. `note` is told which image is made."""
    scratch = folder / "layers"
    scratch.mkdir()
    staged: dict[Content, Path] = {}
    packed: dict[Content, oci.Layer] = {}
    made: list[oci.Image] = []
    for row in rows:
        note(row.name)
        for layer in row.layers:
            if layer not in packed:
                root = scratch / str(len(packed))
                root.mkdir()
                layer.stage(root, [staged[below] for below in row.layers if below in staged])
                staged[layer] = root
                packed[layer] = oci.layer(root, root.with_suffix(".tar"))
        made.append(_image(row, packed))
    oci.write(made, folder / _ARCHIVE)
    shutil.rmtree(scratch)


def _image(row: Row, packed: Mapping[Content, oci.Layer]) -> oci.Image:
    return oci.Image(
        names=names(reference(row)),
        layers=tuple(packed[layer] for layer in row.layers),
        entrypoint=row.entrypoint,
        user=row.user,
        env=row.env,
        workdir=row.workdir,
    )


def _folder(archive: str) -> Path:
    return cache() / "images" / f"{archive}-{_key(archive)}"


def _key(archive: str) -> str:
    """Of all that the archive is made from: the rows, what their layers hold, and how."""
    parts = [oci.architecture()]
    for path in sorted((*HERE.glob("*.py"), *HERE.glob("inside/*.py"))):
        parts += [path.name, path.read_text(encoding="utf-8")]
    for row in ROWS:
        if row.archive == archive:
            parts += [repr(row), reference(row)]
            parts += [part for layer in row.layers for part in layer.parts()]
    return digest(parts)


def _step(archive: str, folder: Path) -> progress.Step:
    rows = [row for row in ROWS if row.archive == archive]

    def run(note: Callable[[str], None]) -> None:
        waits = partial(note, "waiting for another process that is making the same")
        once(folder, lambda part: make(rows, part, note), waits)

    whole = f"images ({', '.join(row.name for row in rows)})"
    return progress.Step(f"images: {archive}", whole, MINUTES[archive], run)
