"""A plane with Kubernetes and nothing of ours in it: what its own tests need of it.

python -m tests.local.kubernetes_alone ROOT
"""

import sys
from pathlib import Path

from local import boot, plane
from local.place import Place


def start(place: Place) -> list[str]:
    """What it said, in order."""
    said: list[str] = []
    plane.start(place, say=said.append, steps=boot.kubernetes)
    return said


if __name__ == "__main__":
    start(Place.of(Path(sys.argv[1])))
