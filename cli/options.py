"""Options that several commands share, and what they mean."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


MOST_NAMES = 8
"""How many names an error lists."""


def examples(*lines: str) -> str:
    """The end of a command's help; the backspace tells click to keep the lines as they are."""
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])


def root_option(command: Command) -> Command:
    """`--root`: where `models/` is."""
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="The folder that holds models/.  [default: the nearest above]",
    )(command)


def stack_option(command: Command) -> Command:
    """`--stack`, repeatable."""
    return click.option(
        "--stack",
        "stacks",
        multiple=True,
        metavar="STACK",
        help="Only this stack; may be given more than once.  [default: all but local ones]",
    )(command)


def cache_option(command: Command) -> Command:
    """`--no-cache`."""
    return click.option(
        "--no-cache", is_flag=True, help="Resolve everything anew and keep nothing."
    )(command)


def scope_options(command: Command) -> Command:
    """`--team` and `--project`."""
    project = click.option("--project", metavar="PROJECT", help="Only this project.")
    return click.option("--team", metavar="TEAM", help="Only this team.")(project(command))


def find_root(given: Path | None) -> Path:
    """The folder that holds `models/`: what was given, else the nearest at or above this one."""
    here = Path.cwd() if given is None else given.resolve()
    for folder in (here, *here.parents) if given is None else (here,):
        if (folder / "models").is_dir():
            return folder
    where = "here or above" if given is None else f"in {given}"
    raise click.UsageError(
        f"there is no models/ folder {where}; go into the repository, or pass --root"
    )


def unknown(what: str, value: str, known: Sequence[str]) -> click.UsageError:
    """A usage error that names the nearest spelling."""
    from catalog.errors import did_you_mean, one_of

    otherwise = f"known are {one_of(sorted(known))}" if known else "there are none"
    if len(known) > MOST_NAMES:
        some = ", ".join(sorted(known)[:MOST_NAMES])
        otherwise = f"known are {some}, … see slipway list"
    return click.UsageError(
        f"there is no {what} {value!r}: {did_you_mean(value, known, otherwise)}"
    )
