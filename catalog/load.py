"""From the bytes of a file to a value that the core can trust, or everything wrong with it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from catalog.entry import PlatformFile, ProjectFile, TeamFile
from catalog.environment import CONFIG_KEY, Environment
from catalog.errors import Place, Problem, did_you_mean, one_of
from catalog.field_errors import field_problems
from catalog.short_form import ShortFile, is_short, standard
from catalog.spelling import name_fault, name_like
from catalog.stack import Stack, dotted, full_key
from catalog.stack_file import StackFile, plain_secrets, read_stack_file
from catalog.stack_neighbours import neighbour_problems, team_problems
from catalog.stack_rules import stack_problems
from catalog.stack_sound import sound
from catalog.yaml_document import Document, read

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_STACK_FILE = re.compile(r"Pulumi\.(?P<stack>.+)\.yaml")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """A value with the document that it was read from, for the places of later problems."""

    value: T
    document: Document


def load_project(file: str, raw: bytes) -> Loaded[ProjectFile] | list[Problem]:
    """A project file in either form; the document is always in the standard form."""
    document, problems = read(raw, file)
    if document is None:
        return sorted(problems)
    if is_short(document.data):
        short = _checked(ShortFile, document, problems)
        if isinstance(short, list):
            return short
        if short.value.model.uri is None and short.value.model.version is None:
            return [_no_version(document)]
        document = standard(document)
    return _checked(ProjectFile, document, problems)


def load_team(file: str, raw: bytes) -> Loaded[TeamFile] | list[Problem]:
    """A team file."""
    return _load(TeamFile, file, raw)


def load_platform(file: str, raw: bytes) -> Loaded[PlatformFile] | list[Problem]:
    """The platform file."""
    return _load(PlatformFile, file, raw)


def _load(model: type[M], file: str, raw: bytes) -> Loaded[M] | list[Problem]:
    document, problems = read(raw, file)
    return sorted(problems) if document is None else _checked(model, document, problems)


def load_sound(file: str, raw: bytes) -> Loaded[ProjectFile] | None:
    """Of a faulty project file the deployments without a fault of their own.

    So the rules that need a whole deployment can judge these in the same run. Graphs are left out:
    a member that is at fault would look missing.
    """
    document, _ = read(raw, file)
    if document is None or not isinstance(document.data, dict):
        return None
    written = cast("dict[str, Any]", document.data).get("deployments")
    if not isinstance(written, dict):
        return None
    sound = {
        name: each
        for name, each in cast("dict[str, Any]", written).items()
        if _is_sound(name, each)
    }
    if not sound:
        return None
    value = ProjectFile.model_validate({"version": "1", "deployments": sound})
    return Loaded(value, document)


def _is_sound(name: str, data: Any) -> bool:
    try:
        alone = ProjectFile.model_validate({"version": "1", "deployments": {name: data}})
    except ValidationError:
        return False
    return alone.deployments[name].graph is None


def _checked(
    model: type[M], document: Document, problems: list[Problem]
) -> Loaded[M] | list[Problem]:
    """The document as a model. A place that already has a problem gets no second one."""
    try:
        value = model.model_validate(document.data)
    except ValidationError as error:
        known = {problem.place for problem in problems}
        found = field_problems(error, document, model)
        return sorted([*problems, *(p for p in found if p.place not in known)])
    return sorted(problems) if problems else Loaded(value, document)


def _no_version(document: Document) -> Problem:
    return Problem(
        document.place(("model",), key=True), "SLW203", "model.version",
        "version is missing: the registered version of the model",
        'add version: "1", or uri: with an address',
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stacks:
    """The stacks of a repository by name, and what is wrong with their files."""

    loaded: dict[str, Loaded[Environment]] = field(default_factory=dict[str, Loaded[Environment]])
    problems: tuple[Problem, ...] = ()

    @property
    def environments(self) -> tuple[Environment, ...]:
        """Every stack that could be read, by name."""
        return tuple(loaded.value for loaded in self.loaded.values())

    def named(self, stack: str) -> Environment | Problem:
        """One stack, or why there is none of that name."""
        if stack in self.loaded:
            return self.loaded[stack].value
        known = tuple(self.loaded)
        return Problem(
            Place(f"Pulumi.{stack}.yaml"), "SLW806", stack,
            f"there is no stack {stack!r}; known: {one_of(known) or 'none'}",
            did_you_mean(stack, known, f"add Pulumi.{stack}.yaml, or name another stack"),
        )  # fmt: skip


def load_environments(root: Path, teams: Collection[str] | None = None) -> Stacks:
    """The stacks of the folder that holds `Pulumi.<stack>.yaml` files; see `stacks_of`."""
    files: dict[str, bytes] = {}
    for path in sorted(root.glob("Pulumi.*.yaml")):
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
    """The stacks of `Pulumi.<stack>.yaml` files by their names; other names are passed over.

    `teams` are those of `models/`, where they are known.
    """
    loaded: dict[str, Loaded[Environment]] = {}
    stacks: dict[str, Stack] = {}
    problems: list[Problem] = []
    matches = [match for file in sorted(files) if (match := _STACK_FILE.fullmatch(file))]
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
    return Stacks(loaded, tuple(sorted(problems)))


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
