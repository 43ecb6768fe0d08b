"""The `slipway` command. Sub-commands are imported when they run, so help is instant."""

import os
from importlib import import_module
from typing import Any, NamedTuple

import click

from cli.options import examples


class Lazy(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    module: str
    name: str
    help: str


COMMANDS = {
    "check": Lazy("cli.commands.check", "check", "Every error of every entry, in one run."),
    "plan": Lazy("cli.commands.plan", "plan", "What a change does, costs and needs."),
    "render": Lazy("cli.commands.render", "render", "The exact Kubernetes objects."),
    "list": Lazy("cli.commands.list", "list_endpoints", "Every endpoint, with its address."),
    "new": Lazy("cli.commands.new", "new", "Write a new deployment."),
    "explain": Lazy("cli.commands.explain", "explain", "Why an error, or why an object is so."),
    "schema": Lazy("cli.commands.schema", "schema", "JSON Schema of the entry files."),
    "up": Lazy("cli.commands.up", "up", "Make a stack what its entries say."),
    "preview": Lazy("cli.commands.preview", "preview", "What up would do, field by field."),
    "status": Lazy("cli.commands.status", "status", "What the cluster says of each endpoint."),
    "call": Lazy("cli.commands.call", "call", "One prediction from an endpoint on this machine."),
    "token": Lazy("cli.commands.token", "token", "A token for the front door on this machine."),
    "destroy": Lazy("cli.commands.destroy", "destroy", "Take a stack away."),
    "local": Lazy("cli.commands.local", "local", "The control plane on this machine."),
    "pins": Lazy("cli.pins", "pins", "Every pinned chart, image and module."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports only the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands in the order of a day's work."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        lazy = COMMANDS[cmd_name]
        return getattr(import_module(lazy.module), lazy.name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, or a usage error that names the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from cli.options import unknown

            raise unknown("command", args[0], list(COMMANDS))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; output that cannot be written is one line, not a traceback."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.filename is not None:
                raise
            # What is left in the buffer would fail again when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise click.ClickException(f"cannot write the output: {error.strerror}") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])


EXAMPLES = examples(
    "slipway check                       is every entry right?",
    "slipway plan                        what does my branch change?",
    "slipway render --team risk          the objects, as kubectl applies them",
    "slipway explain SLW301              what does this error mean?",
)
COMPLETION = (
    'Shell completion: put eval "$(_SLIPWAY_COMPLETE=bash_source slipway)" into ~/.bashrc; '
    "zsh_source and fish_source are the words of zsh and fish."
)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{EXAMPLES}\n\n{COMPLETION}",
)
@click.version_option(package_name="slipway", message="slipway %(version)s")
def main() -> None:
    """From a few lines of YAML to a live model endpoint."""
