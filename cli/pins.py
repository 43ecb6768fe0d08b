"""`slipway pins`: what is pinned, and the digests of what is not yet.

`resolve --write` edits the pin table in place: it replaces the bytes of a row's digest, found by
position in the syntax tree, and no others, so that comments and layout stay and a reviewer sees
one changed line per row.
"""

import ast
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from catalog import pins as table
from cli.options import examples
from cli.registry import Registry, RegistryError

UNRESOLVED = "unresolved"
HEADINGS = ("NAME", "KIND", "VERSION", "DIGEST", "REPOSITORY")

Key = tuple[str, str]
Pin = table.Chart | table.Image
Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What looking a row up gave: a digest, or why there is none."""

    kind: str
    name: str
    digest: str | None = None
    error: str | None = None


def rows() -> list[Row]:
    """Every pin as (name, kind, version, digest, repository), in the order of the table."""
    charts = [
        (row.name, "chart", row.version, row.digest or UNRESOLVED, row.repository)
        for row in table.CHARTS
    ]
    images = [
        (row.name, "image", row.tag, row.digest or UNRESOLVED, row.repository)
        for row in table.IMAGES
    ]
    modules = [(row.name, "module", row.version, "go.sum", row.path) for row in table.MODULES]
    return [*charts, *images, *modules]


def resolve(wanted: Iterable[Pin] | None = None, registry: Registry | None = None) -> list[Outcome]:
    """Looks each row's digest up where it is published; by default every unresolved row's."""
    look_up = partial(_look_up, registry or Registry())
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(look_up, table.unresolved() if wanted is None else wanted))


def rewrite(source: bytes, digests: Mapping[Key, str]) -> bytes:
    """`source` with the digests of the rows named by (kind, name), all other bytes as they were.

    KeyError when a row is not in the source, so that nothing is dropped unseen.
    """
    spans = dict(_digest_spans(source))
    for key in sorted(digests, key=lambda key: spans[key], reverse=True):
        start, end = spans[key]
        source = source[:start] + f'"{digests[key]}"'.encode() + source[end:]
    return source


def write(path: Path, digests: Mapping[Key, str]) -> None:
    """Rewrites the table at `path` in one step: a reader sees the old file or the new one."""
    changed = rewrite(path.read_bytes(), digests)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(changed)
        scratch.chmod(path.stat().st_mode)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


@click.group(
    invoke_without_command=True, epilog=examples("slipway pins", "slipway pins resolve --write")
)
@click.pass_context
def pins(context: click.Context) -> None:
    """Show every pinned chart, image and module."""
    if context.invoked_subcommand is None:
        click.echo("\n".join(_columns([HEADINGS, *rows()])))


@pins.command("resolve")
@click.option("--write", "save", is_flag=True, help="Put what was found into the pin table.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds to wait for an answer.",
)
def resolve_command(*, save: bool, timeout: float) -> None:
    """Look up the digest of every unresolved row.

    Exits 1 when a row stays unresolved; what was found for the others is kept.
    """
    outcomes = resolve(registry=Registry(timeout=timeout))
    for outcome in outcomes:
        click.echo(f"{outcome.kind} {outcome.name}: {outcome.digest or outcome.error}")
    found = {(o.kind, o.name): o.digest for o in outcomes if o.digest}
    if save and found:
        _save(found)
    missing = len(outcomes) - len(found)
    click.echo(f"{len(found)} found, {missing} {UNRESOLVED}")
    if missing:
        raise click.exceptions.Exit(1)


def _save(found: Mapping[Key, str]) -> None:
    path = Path(table.__file__)
    try:
        write(path, found)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error


def _look_up(client: Registry, pin: Pin) -> Outcome:
    kind = "chart" if isinstance(pin, table.Chart) else "image"
    try:
        return Outcome(kind, pin.name, digest=_digest(client, pin))
    except RegistryError as error:
        return Outcome(kind, pin.name, error=str(error))


def _digest(client: Registry, pin: Pin) -> str:
    if isinstance(pin, table.Image):
        return client.manifest_digest(pin.repository, pin.tag)
    if pin.repository.startswith("oci://"):
        # Registries forbid "+" in tags; Helm stores build metadata behind "_" instead.
        tag = pin.version.replace("+", "_")
        return client.manifest_digest(f"{pin.repository}/{pin.name}", tag)
    return client.archive_digest(pin.repository, pin.name, pin.version)


def _digest_spans(source: bytes) -> Iterator[tuple[Key, tuple[int, int]]]:
    """Where each row's digest stands, in bytes."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        fields = {keyword.arg: keyword.value for keyword in node.keywords}
        name, digest = fields.get("name"), fields.get("digest")
        if not isinstance(name, ast.Constant) or digest is None:
            continue
        # The end of an expression is always known after parsing.
        end_line, end_column = digest.end_lineno or 0, digest.end_col_offset or 0
        span = (
            starts[digest.lineno - 1] + digest.col_offset,
            starts[end_line - 1] + end_column,
        )
        yield (node.func.id.lower(), str(name.value)), span


def _columns(cells: list[Row]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
