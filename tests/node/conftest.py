"""The sample fleet on a plane with a real node, brought up once by the command that people use."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from shutil import rmtree

import pytest

from local import node_needs, plane
from local.place import Place
from tests.local.conftest import KEPT, STACK, Fleet, slipway
from tests.programs import ROOT


@pytest.fixture(scope="session")
def node_fleet() -> Generator[Fleet, None, None]:
    """Up and ready, on a plane of this session's own."""
    kept = os.environ.get(KEPT)
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="slipway-node-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_LOCAL", str(folder))
        patch.setenv(node_needs.CHOICE, "on")
        place = Place.of(ROOT)
        try:
            found = Fleet(place, slipway("up", "--stack", STACK, "--yes"))
            yield found
            found.api.close()
        finally:
            if not kept:
                plane.stop(place, say=print)
                rmtree(folder)
