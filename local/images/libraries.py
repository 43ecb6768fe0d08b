"""The libraries of this machine that programs in an image are linked with."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from local.errors import LocalError

_ELF: Final = b"\x7fELF"
_FOUND: Final = re.compile(r"^\s*(?:(\S+) => )?(/\S+) \(0x[0-9a-f]+\)$")
_LACKS: Final = re.compile(r"^\s*(\S+) => not found$")
_OPENED: Final = ("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
"""What the C library opens by name to look up names, as far as it is not part of it."""


def of_c() -> Path:
    """The C library. LocalError where there is none that packages are linked with."""
    for path in _linked([Path("/bin/sh").resolve()])[0]:
        if path.name.startswith("libc.so"):
            return path
    raise LocalError("Images need a machine with the GNU C library: packages are linked with it.")


def needed(roots: Sequence[Path]) -> Sequence[Path]:
    """What all programs and libraries below these folders need from this machine, sorted."""
    programs = [path for root in roots for path in _programs(root)]
    found, lacks = _linked(programs)
    inside = {path.name for path in programs}
    if missing := sorted(lacks - inside):
        raise LocalError(f"Not on this machine, and needed in images: {', '.join(missing)}.")
    beside = (of_c().parent / name for name in _OPENED)
    outside = {path for path in found if not any(path.is_relative_to(root) for root in roots)}
    return sorted(outside.union(path for path in beside if path.exists()))


def _programs(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(len(_ELF)) == _ELF:
                    yield path


def _linked(programs: Sequence[Path]) -> tuple[set[Path], set[str]]:
    """What the loader finds for them, and the names of what it does not find."""
    if not programs:
        return set(), set()
    said = subprocess.run(
        ["ldd", *map(str, programs)], capture_output=True, text=True, check=False
    ).stdout
    lines = said.splitlines()
    found = {Path(match[2]) for line in lines if (match := _FOUND.match(line))}
    return found, {match[1] for line in lines if (match := _LACKS.match(line))}
