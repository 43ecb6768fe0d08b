"""Pulumi's command line as far as `deploy` calls it: a backend in memory, and runs that are told.

What the real one answers is in the tests of `tests/local`; here it is cheap, and can be made to
fail.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error

URN = "urn:pulumi:{stack}::slipway::slipway:kubernetes:Tenant$kubernetes:{kind}::{name}"
START = datetime(2026, 1, 1, tzinfo=UTC)


def step(
    op: str,
    token: str,
    name: str,
    /,
    *,
    key: str = "resOutputsEvent",
    **inputs: Any,
) -> str:
    """A line of the engine's event log; `inputs` are those after the step, or before a deletion."""
    urn = URN.format(stack="local", kind=token, name=name)
    side = "old" if op == "delete" else "new"
    metadata = {"op": op, "urn": urn, "type": urn, side: {"inputs": inputs}}
    return json.dumps({"sequence": 1, key: {"metadata": metadata}})


def error(message: str, kind: str = "core/v1:ConfigMap", name: str = "a/b") -> str:
    """The line of an error about an object."""
    urn = URN.format(stack="local", kind=kind, name=name)
    said = {"urn": urn, "message": message, "severity": "error", "color": "never"}
    return json.dumps({"sequence": 1, "diagnosticEvent": said})


@dataclass
class Stack:
    """A stack of the backend."""

    written: datetime = START
    pending: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    urns: list[str] = field(default_factory=list[str])
    count: int = 1


class Pulumi(PulumiCommand):
    """Answers as Pulumi does. `log` are the events of a run by stack, `fails` what it ends with.

    The runs of `killed` stacks end by a signal, and `locked` ones fail while that file is there.
    A `silent` one tells of no stacks.
    """

    def __init__(self, *stacks: str) -> None:
        self.command, self.version = "pulumi", None
        self.stacks = {name: Stack() for name in stacks}
        self.calls: list[tuple[str, ...]] = []
        self.log: dict[str, list[str]] = {}
        self.fails: dict[str, str] = {}
        self.killed: set[str] = set()
        self.silent = False
        self.locked: dict[str, Path] = {}
        self.environments: list[dict[str, str]] = []
        self.during: Callable[[str], None] = lambda _stack: None
        self._lock = threading.Lock()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Any = None,
        on_error: Any = None,
    ) -> CommandResult:
        """See PulumiCommand.run."""
        del cwd, on_output, on_error
        with self._lock:
            self.calls.append(tuple(args))
        match args:
            case ["stack", "ls", *_] if self.silent:
                raise create_command_error(CommandResult("", "error: the session expired", 255))
            case ["stack", "ls", *_]:
                return self._said(json.dumps([self._row(name) for name in self.stacks]))
            case ["stack", "init", name, *_]:
                self.stacks[name] = Stack()
                return self._said("")
            case ["stack", "export", "--stack", name, *_]:
                there = self.stacks[name]
                urns = [{"urn": urn} for urn in there.urns]
                state = {"pending_operations": there.pending, "resources": urns}
                return self._said(json.dumps({"deployment": state}))
            case ["refresh", *_]:
                self.stacks[_after(args, "--stack")].pending = []
                return self._said("")
            case _:
                self.environments.append(dict(additional_env))
                return self._operate(args)

    def ran(self, verb: str) -> list[str]:
        """The stacks that a verb ran, in that order."""
        return [_after(list(args), "--stack") for args in self.calls if args[0] == verb]

    def _operate(self, args: list[str]) -> CommandResult:
        stack, log = _after(args, "--stack"), Path(_after(args, "--event-log"))
        self.during(stack)
        lines = self.log.get(stack, [step("same", "core/v1:Namespace", "risk-fraud")])
        if stack in self.killed:
            log.write_text("\n".join(lines), "utf-8")
            raise create_command_error(CommandResult("", "", -9))
        log.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        if args[0] != "preview":
            with self._lock:
                self.stacks[stack].written += timedelta(seconds=1)
        held = self.locked.get(stack)
        if stack in self.fails and (held is None or held.exists()):
            raise create_command_error(CommandResult("", self.fails[stack], 255))
        return self._said("")

    def _row(self, name: str) -> dict[str, Any]:
        written = self.stacks[name].written.isoformat().replace("+00:00", "Z")
        count = self.stacks[name].count
        return {"name": name, "current": False, "lastUpdate": written, "resourceCount": count}

    @staticmethod
    def _said(text: str) -> CommandResult:
        return CommandResult(text, "", 0)


def _after(args: list[str], flag: str) -> str:
    return args[args.index(flag) + 1]
