"""Which tests one worker runs, one after the other, with `--dist loadfile`: those of one plane.

The sample fleet is brought up once, for all the files that only look at it.
"""

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]
from xdist.scheduler import LoadFileScheduling  # pyright: ignore[reportMissingTypeStubs]
from xdist.scheduler.protocol import Scheduling  # pyright: ignore[reportMissingTypeStubs]

FLEET = "tests/local/"
OWN_PLANE = ("test_faults.py", "test_plane.py", "test_up.py")


class ByPlane(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return FLEET if file.startswith(FLEET) and not file.endswith(OWN_PLANE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    return ByPlane(config, log) if config.getoption("dist") == "loadfile" else None
