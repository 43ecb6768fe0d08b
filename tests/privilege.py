"""Tests that need what a machine may not grant: named, not run, and never passed.

Those of the control plane need a sandbox, those of a real node what `local.node_needs` says.

With REQUIRE_NODE=1, as on a machine that is known to be able, they run and fail.
"""

import os

import pytest

from local import node_needs
from local.errors import LocalError
from local.sandbox import require

NOT_RUN: pytest.StashKey[list[tuple[str, list[str]]]] = pytest.StashKey()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("REQUIRE_NODE") == "1":
        return
    left: list[tuple[str, list[str]]] = []
    for marker, missing in (("local", _no_sandbox), ("node", node_needs.lacking)):
        wanted = [item for item in items if item.get_closest_marker(marker)]
        if wanted and (why := missing()):
            left.append((why, sorted({item.nodeid.partition("::")[0] for item in wanted})))
            items[:] = [item for item in items if item not in wanted]
            config.hook.pytest_deselected(items=wanted)
    config.stash[NOT_RUN] = left


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left = config.stash.get(NOT_RUN, [])
    if left:
        terminalreporter.section("NOT RUN")
    for why, names in left:
        terminalreporter.write_line(why)
        for name in names:
            terminalreporter.write_line(f"  {name}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    nothing = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if nothing and session.config.stash.get(NOT_RUN, []):
        session.exitstatus = pytest.ExitCode.OK


def _no_sandbox() -> str:
    try:
        require()
    except LocalError as error:
        return str(error)
    return ""
