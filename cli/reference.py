"""`python -m cli.reference`: writes the pages below docs/reference, and docs/costs.md."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from cli.pages.commands import commands
from cli.pages.costs import costs
from cli.pages.entry import entry
from cli.pages.errors import errors
from cli.pages.node_pools import node_pools
from cli.pages.objects import objects
from cli.pages.policies import policies
from cli.pages.servers import servers

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"

PAGES: Final[dict[str, Callable[[], str]]] = {
    "commands.md": commands,
    "entry.md": entry,
    "errors.md": errors,
    "node-pools.md": node_pools,
    "objects.md": objects,
    "policies.md": policies,
    "servers.md": servers,
}
"""Every page by its file, each made from the code alone."""

GUIDES: Final[dict[str, Callable[[], str]]] = {"costs.md": costs}
"""Pages beside the folder, made from the code and the settings of the stacks."""


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes the pages that differ from what is there. Returns those."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    pages = {folder / name: made for name, made in PAGES.items()}
    pages |= {folder.parent / name: made for name, made in GUIDES.items()}
    for path, made in pages.items():
        text = made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


if __name__ == "__main__":
    for page in write():
        click.echo(f"wrote {page.relative_to(FOLDER.parents[1])}")
