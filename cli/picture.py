"""`python -m cli.picture`: draws docs/images/plan.svg, the plan of a typical pull request.

The sample fleet is copied to a repository of its own, edited as a pull request would, and planned.
"""

import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from catalog.plan import make_plan
from cli.formats.plan_table import plan_lines
from cli.workspace import open_workspace, opened_base

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs" / "images" / "plan.svg"
WIDTH: Final = 118

EDITS: Final = (
    (
        "models/risk/fraud.yaml",
        "    tier: staging\n",
        "    tier: staging\n    scaling: {max: 6}\n    timeout: 30s\n",
    ),
)
ADDED: Final = """\
version: "1"
deployments:
  semantic-search:
    model: hf://BAAI/bge-base-en-v1.5@a5beb1e3e68b9ab74eb54cfd186867f64f240e1a
    framework: huggingface
    tier: staging
"""
REMOVED: Final = "models/supply/photos.yaml"


def draw() -> str:
    """The picture as SVG, without the fonts that Rich would load from elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _pull_request(root)
        workspace = open_workspace(root, ("dev",), no_cache=True)
        with opened_base(workspace, "HEAD") as past:
            found = workspace.survey(past.side)
        result = make_plan("main", found.base, found.head, found.changes)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in plan_lines(result):
        text = Text.assemble(*((span.text, span.style) for span in line))
        console.print(text, no_wrap=True, overflow="ellipsis", highlight=False)
    return console.export_svg(
        title="slipway plan", theme=SVG_EXPORT_THEME, unique_id="plan", code_format=_template()
    )


def _pull_request(root: Path) -> None:
    shutil.copytree(ROOT / "models", root / "models")
    for stack in ROOT.glob("Pulumi.*.yaml"):
        shutil.copy(stack, root)
    _git(root, "init", "--quiet", "--initial-branch", "main")
    _git(root, "add", ".")
    _git(
        root,
        "-c",
        "user.name=slipway",
        "-c",
        "user.email=slipway@example.com",
        "commit",
        "-qm",
        "0",
    )
    for file, old, new in EDITS:
        path = root / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{file} no longer holds what the picture edits: {old!r}")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (root / "models/search/semantic.yaml").write_text(ADDED, encoding="utf-8")
    (root / REMOVED).unlink()


def _git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True)


def _template() -> str:
    return re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(), encoding="utf-8")
