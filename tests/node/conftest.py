"""The sample fleet on a plane with a real node, brought up once by the command that people use."""

from collections.abc import Generator

import pytest

from tests.local.conftest import Fleet, brought_up


@pytest.fixture(scope="session")
def node_fleet() -> Generator[Fleet, None, None]:
    """Up and ready, on a plane of this session's own."""
    with brought_up(node=True) as found:
        yield found
