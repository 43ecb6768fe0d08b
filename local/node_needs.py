"""What a machine needs for a real node, found before anything is started."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

CHOICE: Final = "SLIPWAY_NODE"
"""`off` in the environment leaves the node out; `on` makes it an error where there can be none."""

PROGRAMS: Final = {"runc": "runc", "nft": "nftables"}
"""What has to be installed, and the package of Debian and Fedora that has it."""

_SCRIPT: Final = Path(__file__).with_name("node_probe.py")


def wanted() -> bool:
    """Whether whoever runs this has not said otherwise."""
    return os.environ.get(CHOICE) != "off"


def required() -> bool:
    """Whether a plane without a real node will not do."""
    return os.environ.get(CHOICE) == "on"


def lacking() -> str:
    """Why there can be no real node, in one sentence with the way out; empty where there can."""
    if os.geteuid():
        return "only root can make the namespaces of containers: run it as root"
    if missing := [name for name in PROGRAMS if not shutil.which(name, path=PATH)]:
        packages = " ".join(PROGRAMS[name] for name in missing)
        return f"{' and '.join(missing)} cannot be found: install {packages} (apt or dnf)"
    tried = subprocess.run(
        (sys.executable, "-I", str(_SCRIPT)), capture_output=True, text=True, check=False
    )
    return tried.stderr.strip() if tried.returncode else ""


PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the node looks for programs of the machine."""
