"""`python -m cli.reference`: writes the pages below docs/reference."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from cli.pages.commands import commands
from cli.pages.entry import entry
from cli.pages.errors import errors
from cli.pages.node_pools import node_pools
from cli.pages.objects import objects
from cli.pages.servers import servers

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"

PAGES: Final[dict[str, Callable[[], str]]] = {
    "commands.md": commands,
    "entry.md": entry,
    "errors.md": errors,
    "node-pools.md": node_pools,
    "objects.md": objects,
    "servers.md": servers,
}
"""Every page by its file, each made from the code alone."""


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes the pages that differ from what is there. Returns those."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, made in PAGES.items():
        path, text = folder / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


if __name__ == "__main__":
    for page in write():
        click.echo(f"wrote docs/reference/{page.name}")
