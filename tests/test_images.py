"""Images: the same files make the same archive, and what is in it is what was asked for."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog import pins
from local.errors import LocalError
from local.images import build, libraries, oci, packages, table
from local.images.contents import Files, Packages, Packed
from local.images.table import REGISTRY, ROWS, reference
from tools.projects import BY_PROGRAM
from tools.toolchain import NODE

ROOT = Path(__file__).parent.parent


def tree(root: Path) -> Path:
    """Of all that a layer may hold."""
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "run").write_text("#!/bin/sh\n")
    (root / "bin" / "run").chmod(0o700)
    (root / "etc").mkdir()
    (root / "etc" / "hosts").write_text("here")
    (root / "lib").symlink_to("bin")
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    return root


def image(folder: Path, names: Sequence[str] = ("example.test/one:1",)) -> oci.Image:
    layer = oci.layer(tree(folder / "root"), folder / "layer.tar")
    return oci.Image(
        names=tuple(names),
        layers=(layer,),
        entrypoint=("/bin/run",),
        user="65532",
        env={"HOME": "/etc"},
        workdir="/etc",
    )


class Archive:
    """Read as a runtime reads it: each blob by its digest."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as tar:
            files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
            self.files = {name: file.read() for name, file in files.items() if file}
        self.manifests: Sequence[Mapping[str, Any]] = json.loads(self.files["index.json"])[
            "manifests"
        ]

    def blob(self, descriptor: Mapping[str, Any]) -> bytes:
        content = self.files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == descriptor["digest"]
        assert len(content) == descriptor["size"]
        return content

    def named(self) -> list[str]:
        return [row["annotations"][oci.NAME] for row in self.manifests]


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        oci.write([image(tmp_path / name)], tmp_path / f"{name}.tar")
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


def test_what_runs_and_how_is_read_back(tmp_path: Path) -> None:
    oci.write([image(tmp_path)], tmp_path / "images.tar")
    archive = Archive(tmp_path / "images.tar")
    assert json.loads(archive.files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    (row,) = archive.manifests
    manifest = json.loads(archive.blob(row))
    config = json.loads(archive.blob(manifest["config"]))
    (layer,) = manifest["layers"]
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    assert config["architecture"] == oci.architecture()
    assert config["config"] == {
        "Entrypoint": ["/bin/run"],
        "User": "65532",
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/etc"],
        "WorkingDir": "/etc",
    }
    assert archive.blob(layer) == (tmp_path / "layer.tar").read_bytes()


def test_a_layer_is_of_root_and_of_one_moment(tmp_path: Path) -> None:
    oci.layer(tree(tmp_path / "root"), tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        members = tar.getmembers()
    assert [(member.name, oct(member.mode)) for member in members] == [
        ("bin", "0o755"),
        ("bin/run", "0o755"),
        ("etc", "0o755"),
        ("etc/hosts", "0o644"),
        ("lib", "0o777"),
        ("tmp", "0o1777"),
    ]
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, oci.MOMENT)}
    assert members[4].linkname == "bin"


def test_a_layer_of_several_images_lies_in_the_archive_once(tmp_path: Path) -> None:
    first = image(tmp_path, ["example.test/one:1", "example.test/also:1"])
    second = oci.Image(names=("example.test/two:1",), layers=first.layers)
    oci.write([first, second], tmp_path / "images.tar")
    archive = Archive(tmp_path / "images.tar")
    assert archive.named() == ["example.test/one:1", "example.test/also:1", "example.test/two:1"]
    assert len([name for name in archive.files if name.startswith("blobs/")]) == 5


@dataclass(frozen=True)
class Text:
    """A layer of one file."""

    name: str
    programs: tuple[str, ...] = ()

    def parts(self) -> Any:
        yield self.name

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        seen = sorted(path.name for folder in below for path in folder.iterdir())
        (root / self.name).write_text(" ".join(seen))


def test_an_archive_is_made_of_its_rows(tmp_path: Path) -> None:
    rows = [
        table.Row(image=pins.image("triton"), archive="a", layers=(Text("one"), Text("two"))),
        table.Row(image=pins.image("queue-proxy"), archive="a", layers=(Text("one"),)),
    ]
    told: list[str] = []
    build.make(rows, tmp_path, told.append)
    assert told == ["triton", "queue-proxy"]
    assert [path.name for path in tmp_path.iterdir()] == ["images.tar"]
    archive = Archive(tmp_path / "images.tar")
    assert archive.named() == [name for row in rows for name in build.names(reference(row))]
    upper = json.loads(archive.blob(archive.manifests[0]))["layers"][1]
    with tarfile.open(fileobj=io.BytesIO(archive.blob(upper))) as tar:
        file = tar.extractfile("two")
        assert file
        assert file.read() == b"one"


def test_a_reference_with_a_digest_is_found_without_its_tag() -> None:
    assert build.names("example.test/a:1") == ("example.test/a:1",)
    assert build.names("example.test:5000/a:1@sha256:12") == (
        "example.test:5000/a:1",
        "example.test:5000/a@sha256:12",
    )


def test_every_row_is_of_the_mirror_and_of_what_is_there() -> None:
    references = [reference(row) for row in ROWS]
    assert len(set(references)) == len(references)
    assert all(name.startswith(f"{REGISTRY}/") for name in references)
    layers = [layer for row in ROWS for layer in row.layers]
    assert {name for layer in layers for name in layer.programs} <= set(NODE) & set(BY_PROGRAM)
    locks = {layer.lock for layer in layers if isinstance(layer, Packages | Packed)}
    assert all(packages.lock(name).exists() for name in locks | {"certificates"})
    files = {name for layer in layers if isinstance(layer, Files) for _, name in layer.files}
    inside = ROOT / "local" / "images" / "inside"
    assert files == {path.name for path in inside.glob("*.py")}
    assert {row.archive for row in ROWS} == set(table.MINUTES)


def test_locks_have_sums_and_name_no_index() -> None:
    for path in (ROOT / "local" / "images" / "locks").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text
        if path.stem != "overrides":
            assert text.count("==") <= text.count("--hash=sha256:")


def test_what_a_program_is_linked_with_is_found(tmp_path: Path) -> None:
    shell = shutil.which("sh")
    assert shell
    shutil.copy(shell, tmp_path / "sh")
    found = libraries.needed([tmp_path])
    assert libraries.of_c() in found
    assert all(path.exists() for path in found)
    assert not any(path.is_relative_to(tmp_path) for path in found)


def test_packages_that_cannot_be_had_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "none.txt"
    lock.write_text("slipway-has-no-such-package==1 --hash=sha256:00\n")
    monkeypatch.setattr(packages, "lock", lambda _: lock)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    with pytest.raises(LocalError, match=r"the packages of none\.txt could not be installed:\n"):
        packages.install("none", tmp_path / "target")


def test_an_image_that_is_none_is_refused() -> None:
    with pytest.raises(LookupError, match="no image of the node is called 'nothing'"):
        build.images(["nothing"])
