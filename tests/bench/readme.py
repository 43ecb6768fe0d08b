"""The figures of README.md, made from docs/figures.json: `python -m tests.bench.readme`."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
FIGURES = ROOT / "docs" / "figures.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
SHOWN = (
    "plan_cold",
    "plan_memory",
    "plan_edit",
    "plan_unchanged",
    "start_plan",
    "render_json",
    "render_yaml",
    "program_whole",
    "program_1000",
    "program_growth",
    "engine_preview_1000",
    "engine_up_1000",
    "engine_edit_1000",
)


def block() -> str:
    """The table between the markers."""
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    rows = [_row(found["figures"][name]) for name in SHOWN]
    machine, versions = found["machine"], found["versions"]
    return "\n".join(
        (
            BEGIN,
            "| what | measured | target |",
            "|---|---|---|",
            *rows,
            "",
            f"Measured by `make bench` on {found['measured']}: {machine['cores']} cores, Python "
            f"{versions['python']}, helm {versions['helm']}. Helm renders one chart to the very "
            f"same {found['fleet']['objects']:,} objects. A bare Pulumi program registers the very "
            "same resources from a file, in one loop; the engine of both is that of the tests, or, "
            "where it says so, the real one over a real API server.",
            END,
        )
    )


def _row(figure: dict[str, Any]) -> str:
    seconds = figure.get("seconds")
    took = f" ({seconds:g} s to {figure['peer_seconds']:g} s)" if seconds is not None else ""
    value = f"{figure['value']:g} {figure['unit']}{took}"
    target = figure.get("target")
    if target is None:
        return f"| {figure['says']} | {value} | |"
    missed = "" if figure["met"] else ", missed"
    return f"| {figure['says']} | {value} | below {target:g}{missed} |"


def written(readme: str) -> str:
    """The page with its figures renewed."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: block(), readme)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
