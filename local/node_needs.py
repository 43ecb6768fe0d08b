"""What a machine needs for a real node, found before anything is started."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

from local.errors import LocalError

CHOICE: Final = "SLIPWAY_NODE"
"""`off` in the environment leaves the node out; `on` makes it an error where there can be none."""

PROGRAMS: Final = {"runc": "runc", "nft": "nftables"}
"""What has to be installed, and the package of Debian and Fedora that has it."""

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the node looks for programs of the machine."""

_SCRIPT: Final = Path(__file__).with_name("node_probe.py")


def there_is_one() -> bool:
    """Whether a plane that starts now has a real node.

    LocalError where whoever runs this will have nothing else and there can be none.
    """
    choice = os.environ.get(CHOICE, "")
    if choice not in ("", "off", "on"):
        raise LocalError(f"{CHOICE} is {choice!r}: on, off, or nothing for where there can be one.")
    if choice == "on" and (why := lacking()):
        raise LocalError(f"There can be no real node: {why}.")
    return choice != "off" and not lacking()


def left_out() -> str:
    """Why a plane has none although nobody left it out, in one sentence; else nothing."""
    if os.environ.get(CHOICE) == "off" or not (why := lacking()):
        return ""
    return f"There is no real node, so that no model is loaded: {why}."


@cache
def lacking() -> str:
    """Why there can be no real node, in one sentence with the way out; empty where there can."""
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    if os.geteuid():
        return "only root can make the namespaces of containers: run it as root"
    if missing := [name for name in PROGRAMS if not shutil.which(name, path=PATH)]:
        packages = " ".join(PROGRAMS[name] for name in missing)
        return f"{' and '.join(missing)} cannot be found: install {packages} (apt or dnf)"
    tried = subprocess.run(
        (sys.executable, "-I", str(_SCRIPT)), capture_output=True, text=True, check=False
    )
    return tried.stderr.strip() if tried.returncode else ""
