"""What docs/figures.json holds: the figures, and the conditions that they were measured under."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure
from tests.bench.fleet import WHOLE
from tests.bench.measure import FailedError
from tests.bench.stage import Stage, cores
from tools.projects import BY_PROGRAM


def report(found: Sequence[Figure], stage: Stage) -> dict[str, Any]:
    """All figures with the conditions they are of."""
    return {
        "measured": _today(),
        **conditions(),
        "fleet": {"entries": WHOLE.entries, "objects": stage.count},
        "figures": {figure.name: _plain(figure) for figure in found},
    }


def renewed(whole: Mapping[str, Any], found: Sequence[Figure]) -> dict[str, Any]:
    """A report with some figures renewed, each with its date where that is another.

    Raises FailedError where the others are of another machine or version.
    """
    now, before = conditions(), whole["versions"]
    differ = [name for name in before if before[name] != now["versions"].get(name)]
    if whole["machine"] != now["machine"] or differ:
        was = " and ".join(differ) or "machine"
        raise FailedError(f"the other figures are of another {was}; measure the whole")
    date = {} if whole["measured"] == _today() else {"measured": _today()}
    figures = whole["figures"] | {figure.name: _plain(figure) | date for figure in found}
    return {**whole, **now, "figures": figures}


def conditions() -> dict[str, dict[str, Any]]:
    """The machine and the versions that figures are of."""
    return {
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": cores(),
        },
        "versions": {
            "python": platform.python_version(),
            "helm": BY_PROGRAM["helm"].version,
            "pydantic": version("pydantic"),
            "pyyaml": version("pyyaml"),
            "pulumi": version("pulumi"),
        },
    }


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _plain(figure: Figure) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "says": figure.says,
        "value": _rounded(figure.value),
        "unit": figure.unit,
    }
    if figure.target is not None:
        plain |= {"target": figure.target, "met": figure.met}
    if figure.seconds is not None and figure.peer_seconds is not None:
        plain["seconds"] = _rounded(figure.seconds)
        plain["peer_seconds"] = _rounded(figure.peer_seconds)
    return plain


def _rounded(value: float) -> float:
    """Three significant digits: more would be noise."""
    return float(f"{value:.3g}")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
