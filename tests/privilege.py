"""Tests that need a sandbox, on a machine that cannot make one: named, not run, and never passed.

With REQUIRE_NODE=1, as on a machine that is known to be able, they run and fail.
"""

import os

import pytest

from local.errors import LocalError
from local.sandbox import require

NOT_RUN: pytest.StashKey[tuple[str, list[str]]] = pytest.StashKey()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = [item for item in items if item.get_closest_marker("local")]
    why = _missing() if wanted else None
    if why is None:
        return
    names = sorted({item.nodeid.partition("::")[0] for item in wanted})
    config.stash[NOT_RUN] = why, names
    items[:] = [item for item in items if item not in wanted]
    config.hook.pytest_deselected(items=wanted)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    why, names = config.stash.get(NOT_RUN, ("", ()))
    if names:
        terminalreporter.section("NOT RUN")
        terminalreporter.write_line(why)
        for name in names:
            terminalreporter.write_line(f"  {name}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    nothing = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if nothing and NOT_RUN in session.config.stash:
        session.exitstatus = pytest.ExitCode.OK


def _missing() -> str | None:
    if os.environ.get("REQUIRE_NODE") == "1":
        return None
    try:
        require()
    except LocalError as error:
        return str(error)
    return None
