"""docs/reference/commands.md: what `slipway` can do, from its own help."""

import re
from collections.abc import Iterator

import click

from cli.main import COMMANDS, main
from cli.pages.markdown import anchor, code, page, table, tick, wrapped

INTRO = """\
`slipway COMMAND --help` says the same. Every command finds `models/` at or above the folder that it
runs in, and prints plainly where its output is no terminal. `up`, `preview`, `destroy` and `status`
need the stack's cluster, which for the stack `local` is on this machine. No other needs a cluster
or an account, and none of those but `slipway pins resolve` the network.

| exit status | means |
| --- | --- |
| 0 | done; for `check` and `plan`, every entry is right |
| 1 | an entry or a setting is wrong, or something could not be done |
| 2 | the command line is wrong; for `plan --detailed-exitcode`, something would change |
| 3 | for `status`, the cluster does not answer |"""

_EXAMPLES = re.compile("\b\nExamples:\n")
_DEFAULT = re.compile(r"\s*\[default: (.*?)\]$")
_RANGE = re.compile(r"\s*\[(\d+)<=x<=(\d+)\]$")


def commands() -> str:
    """The page."""
    top = click.Context(main, info_name="slipway")
    overview = table(
        ("command", "does"),
        ((f"[slipway {name}](#{name})", lazy.help) for name, lazy in COMMANDS.items()),
    )
    found = ((name, main.get_command(top, name)) for name in COMMANDS)
    sections = (block for name, each in found if each for block in _section(name, each, top, 2))
    return page("Commands", "the help of `cli/`", INTRO, overview, *sections)


def _section(name: str, command: click.Command, parent: click.Context, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    whole = context.command_path
    slug = whole.removeprefix("slipway ").replace(" ", "-")
    yield f"{anchor(slug)}\n{'#' * level} {whole}"
    yield _prose(command.help or "")
    pieces = " ".join(command.collect_usage_pieces(context))
    yield code(f"{whole} {pieces}".rstrip(), "text")
    rows = [row for each in command.get_params(context) for row in _option(each, context)]
    if rows:
        yield table(("option", "means"), rows)
    examples = _examples(command.epilog or "") or _examples(command.help or "")
    if examples:
        yield code(examples, "sh")
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            each = command.get_command(context, sub)
            if each is not None:
                yield from _section(sub, each, context, level + 1)


def _prose(text: str) -> str:
    """Help as paragraphs, without its examples."""
    paragraphs = _EXAMPLES.split(text)[0].strip().split("\n\n")
    return "\n\n".join(wrapped(" ".join(each.split())) for each in paragraphs)


def _examples(text: str) -> str:
    found = _EXAMPLES.split(text)
    if len(found) < 2:
        return ""
    kept = found[1].split("\n\n")[0].splitlines()
    return "\n".join(line.removeprefix("  ") for line in kept)


def _option(parameter: click.Parameter, context: click.Context) -> Iterator[tuple[str, str]]:
    record = parameter.get_help_record(context)
    if record is None or isinstance(parameter, click.Argument) or "--help" in record[0]:
        return
    names, says = record
    says = _RANGE.sub(r" From \1 to \2.", _DEFAULT.sub(r" Default: \1.", says))
    yield tick(names.replace(" INTEGER RANGE", " NUMBER")), says
