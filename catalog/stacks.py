"""From the files of stacks to their settings, or everything that is wrong with them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from catalog.discover import STACK_FILE
from catalog.environment import CONFIG_KEY, Environment
from catalog.errors import Place, Problem
from catalog.load import Loaded, Stacks, stack_name
from catalog.spelling import name_fault, name_like
from catalog.stack import Stack, dotted, full_key
from catalog.stack_file import StackFile, plain_secrets, read_stack_file
from catalog.stack_neighbours import neighbour_problems, team_problems
from catalog.stack_rules import stack_problems
from catalog.stack_sound import sound
from catalog.yaml_document import Document


def load_environments(root: Path, teams: Collection[str] | None = None) -> Stacks:
    """The stacks of the folder that holds `Pulumi.<stack>.yaml` files; see `stacks_of`."""
    files: dict[str, bytes] = {}
    for path in sorted(p for p in root.glob("Pulumi.*") if STACK_FILE.fullmatch(p.name)):
        try:
            files[path.name] = path.read_bytes()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            found = Problem(
                Place(path.name), "SLW101", "", f"the file cannot be read: {why}",
                "mend its permissions",
            )  # fmt: skip
            return Stacks({}, (found,))
    return stacks_of(files, teams)


def stacks_of(files: Mapping[str, bytes], teams: Collection[str] | None = None) -> Stacks:
    """The stacks of `Pulumi.<stack>.yaml` files by their names.

    Another extension that Pulumi takes is a problem, and other names are passed over.

    `teams` are those of `models/`, where they are known.
    """
    loaded: dict[str, Loaded[Environment]] = {}
    stacks: dict[str, Stack] = {}
    problems: list[Problem] = []
    meant = [match for file in sorted(files) if (match := STACK_FILE.fullmatch(file))]
    problems += (_extension(match) for match in meant if match["extension"] != "yaml")
    matches = [match for match in meant if match["extension"] == "yaml"]
    for match in matches:
        found = load_stack(match["stack"], files[match[0]])
        if isinstance(found, list):
            problems += found
            continue
        stack, wrong = found
        problems += wrong
        stacks[stack.name] = stack
        if (env := _environment(stack)) is not None:
            loaded[stack.name] = env
    if not matches:
        problems.append(
            Problem(
                Place("Pulumi.yaml"), "SLW805", "", "no stack has settings",
                f"add Pulumi.dev.yaml with {CONFIG_KEY} below config",
            )
        )  # fmt: skip
    problems += neighbour_problems(stacks, [match["stack"] for match in matches])
    if teams is not None:
        problems += (p for stack in stacks.values() for p in team_problems(stack, teams))
    settings = {name: stack.settings for name, stack in stacks.items()}
    return Stacks(
        loaded,
        tuple(sorted(problems)),
        {
            n: stack_name(found.platform_stack)
            for n, found in settings.items()
            if found.platform_stack
        },
        {name: found.team for name, found in settings.items() if found.team},
        {name: tuple(found.layers) for name, found in settings.items()},
    )


def _extension(file: re.Match[str]) -> Problem:
    return Problem(
        Place(file[0]), "SLW120", "", f"stacks end in .yaml, and this ends in .{file['extension']}",
        f"rename the file to Pulumi.{file['stack']}.yaml",
    )  # fmt: skip


def load_environment(stack: str, raw: bytes) -> Loaded[Environment] | list[Problem]:
    """A stack as far as entries depend on it, or everything that is wrong with its file."""
    found = load_stack(stack, raw)
    if isinstance(found, list):
        return found
    read, problems = found
    return problems or _environment(read) or []


def _environment(stack: Stack) -> Loaded[Environment] | None:
    """What entries depend on, where all of it is sound."""
    value, whole = stack.settings.environment, stack.document
    if value is None or not stack.is_sound("environment"):
        return None
    part = Document(whole.file, whole.data["environment"], whole.root, ("environment",))
    return Loaded(value, part)


def load_stack(stack: str, raw: bytes) -> tuple[Stack, list[Problem]] | list[Problem]:
    """A stack by what is sound in its file, with what is not; or why nothing can be read."""
    file = f"Pulumi.{stack}.yaml"
    if (fault := name_fault(stack)) is not None:
        return [
            Problem(
                Place(file), "SLW802", stack, f"{stack!r} is the stack's name, and it {fault}",
                f"rename the file to Pulumi.{name_like(stack)}.yaml",
            )
        ]  # fmt: skip
    read = read_stack_file(file, raw)
    return read if isinstance(read, list) else judge(stack, read)


def judge(stack: str, file: StackFile) -> tuple[Stack, list[Problem]]:
    """What is sound of a stack's settings, and everything that is wrong with the stack alone."""
    data = dict(file.document.data)
    told = frozenset({*(key for key in data if data[key] is not None), *file.unread})
    problems = [*file.problems, *plain_secrets(file.document)]
    if isinstance(data.get("environment"), dict):
        environment = cast("dict[str, Any]", data["environment"])
        if "stack" in environment:
            place = file.document.place(("environment", "stack"), key=True)
            problems.append(
                Problem(
                    place, "SLW803", dotted(("environment", "stack")),
                    "the file's name says which stack it is", "remove the line",
                )
            )  # fmt: skip
        data["environment"] = {**environment, "stack": stack}
    document = replace(file.document, data=data)
    known = {problem.place for problem in problems}
    found = sound(document)
    fields = (replace(p, subject=full_key(p.subject)) for p in found.problems)
    problems += (p for p in fields if p.place not in known)
    judged = Stack(stack, found.settings, document, told, found.faulty)
    return judged, sorted([*problems, *stack_problems(judged)])
