"""`python -m tests.bench`: measures, prints a table, and writes docs/figures.json.

python -m tests.bench                        the whole, some four minutes on two cores
python -m tests.bench --only start           one group, nothing is written
python -m tests.bench --only start --write   one group, its figures renewed among the others
"""

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from tests.bench.figures import GROUPS, Figure
from tests.bench.measure import FailedError
from tests.bench.report import renewed, report
from tests.bench.stage import REPOSITORY, Stage
from tools.errors import ToolchainError

TARGET = REPOSITORY / "docs" / "figures.json"


def main() -> int:
    """Exit status 0, or 2 when something could not be measured. A missed target is told, no more:
    on a busy machine it may be the machine's."""
    parser = argparse.ArgumentParser(description="Measure, each figure against a peer.")
    parser.add_argument("--only", choices=GROUPS, help="measure these alone")
    parser.add_argument("--write", action="store_true", help="with --only: renew these figures")
    arguments = parser.parse_args()
    only: str | None = arguments.only
    # Millions of parsed values are held from here to the end: there is nothing to collect.
    gc.disable()
    try:
        with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
            stage = Stage(Path(folder))
            found = [f for name in ([only] if only else GROUPS) for f in _measured(name, stage)]
            if only is None:
                whole = report(found, stage)
            else:
                whole = renewed(json.loads(TARGET.read_bytes()), found) if arguments.write else None
    except (FailedError, ToolchainError) as error:
        click.echo(f"bench: {error}", err=True)
        return 2
    _print(found)
    if whole is not None:
        TARGET.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        click.echo(f"\nWritten to {TARGET.relative_to(REPOSITORY)}")
    return 0


def _measured(name: str, stage: Stage) -> list[Figure]:
    begun = time.monotonic()
    click.echo(f"bench: {name} …", err=True)
    found = list(GROUPS[name](stage))
    click.echo(f"bench: {name} took {time.monotonic() - begun:.0f} s", err=True)
    return found


def _print(found: Sequence[Figure]) -> None:
    rows = [(f.says, _shown(f), _goal(f), _verdict(f)) for f in found]
    rows.insert(0, ("figure", "measured", "target", ""))
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    for says, shown, goal, verdict in rows:
        line = f"{says:<{widths[0]}}  {shown:>{widths[1]}}  {goal:>{widths[2]}}  {verdict}"
        click.echo(line.rstrip())


def _shown(figure: Figure) -> str:
    if figure.unit != "times":
        return f"{figure.value:.3g} {figure.unit}"
    if figure.seconds is None or figure.peer_seconds is None:
        return f"{figure.value:.2g}"
    return f"{figure.value:.2g} ({figure.seconds:.2f} s : {figure.peer_seconds:.2f} s)"


def _goal(figure: Figure) -> str:
    if figure.target is None:
        return ""
    unit = "" if figure.unit == "times" else f" {figure.unit}"
    return f"< {figure.target:g}{unit}"


def _verdict(figure: Figure) -> str:
    return {True: "met", False: "MISSED", None: ""}[figure.met]


sys.exit(main())
