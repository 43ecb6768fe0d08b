"""Python and its packages, laid into folders for images; nothing of them is run but Python."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from local.errors import LocalError

VERSION: Final = "3.11"
PYTHON: Final = Path("usr/local/bin") / f"python{VERSION}"
"""In an image."""
_LOCKS: Final = Path(__file__).parent / "locks"
_LINKS: Final = {"python": f"python{VERSION}", "python3": f"python{VERSION}"}
_UNUSED: Final = ("ensurepip", "idlelib", "lib2to3", "tkinter", "turtledemo")
_TOLD: Final = 15
"""How many of the last lines of a program that failed are shown."""


def lock(name: str) -> Path:
    """The file that pins packages, each with its sums; made anew from the `.in` beside it.

    `uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate
    --no-header --overrides overrides.txt NAME.in -o NAME.txt`
    """
    return _LOCKS / f"{name}.txt"


def install(name: str, target: Path) -> None:
    """Unpack the wheels that a lock file names, less their tests and the scripts of this Python.

    `uv` does it where it is on PATH, else pip. LocalError when it cannot be had.
    """
    uv = shutil.which("uv")
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    own = ["--link-mode", "copy"] if uv else ["--no-compile", "--implementation", "cp"]
    _run(
        [
            *(*installer, "install", "--quiet", "--target", str(target), *own),
            *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
            *("--python-version", VERSION, "--requirement", str(lock(name))),
        ],
        f"the packages of {lock(name).name} could not be installed",
    )
    shutil.rmtree(target / "bin", ignore_errors=True)
    _without_tests(target)


def unpack_python(unpacker: Path, target: Path) -> None:
    """A CPython that runs from any folder, at `target`."""
    _run([str(unpacker), str(target)], "Python could not be unpacked")
    target.with_name(f"{target.name}.lock").unlink(missing_ok=True)
    standard = target / "lib" / f"python{VERSION}"
    for name in _UNUSED:
        shutil.rmtree(standard / name, ignore_errors=True)
    for script in (target / "bin").iterdir():
        if script.name != PYTHON.name:
            script.unlink()
    for name, program in _LINKS.items():
        (target / "bin" / name).symlink_to(program)
    # What programs of C are linked with; Python itself has the one with the whole version.
    (target / "lib" / f"libpython{VERSION}.so").unlink(missing_ok=True)
    _without_tests(standard)


def compiled(python: Path, root: Path) -> None:
    """Compile all modules below `root` with the Python of the root at `python`.

    What is compiled is never checked against its source: an image does not change, and the times
    of its files say nothing.
    """
    _run(
        [
            *(str(python / PYTHON), "-I", "-B", "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/"),
            str(root / "usr" / "local" / "lib"),
        ],
        "Python could not compile what goes into the images",
    )


def _without_tests(folder: Path) -> None:
    for path in sorted(folder.rglob("tests")):
        if path.is_dir():
            shutil.rmtree(path)
    shutil.rmtree(folder / "test", ignore_errors=True)


def _run(command: Sequence[str], failed: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stdout.rstrip().splitlines()[-_TOLD:])
        raise LocalError(f"{failed}:\n{last}")
