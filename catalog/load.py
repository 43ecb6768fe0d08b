"""From the bytes of a file to a value that the core can trust, or everything wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from catalog.discover import STACK_FILE
from catalog.entry import PlatformFile, ProjectFile, TeamFile
from catalog.environment import (
    CONFIG_KEY,
    LAYERS_KEY,
    PLATFORM_STACK_KEY,
    TEAM_KEY,
    Environment,
)
from catalog.errors import Place, Problem, did_you_mean, one_of
from catalog.field_errors import field_problems
from catalog.short_form import ShortFile, is_short, standard
from catalog.yaml_document import Document, compose, construct, read
from catalog.yaml_text import decode

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


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
    """The stacks of a repository by name, and what is wrong with their files.

    `platforms` has, of each stack that holds tenants alone, the name of the one that holds their
    platform, whose quotas are theirs; `teams` says whose tenants, where they are one team's;
    `layers` are what each holds, none where it is there for plans.
    """

    loaded: dict[str, Loaded[Environment]] = field(default_factory=dict[str, Loaded[Environment]])
    problems: tuple[Problem, ...] = ()
    platforms: Mapping[str, str] = field(default_factory=dict[str, str])
    teams: Mapping[str, str] = field(default_factory=dict[str, str])
    layers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def quotas_of(self, stack: str) -> str:
        """The stack under whose name quotas count what a stack holds."""
        return self.platforms.get(stack, stack)

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


def known_stacks(files: Mapping[str, bytes]) -> Stacks:
    """The stacks of files that an earlier run found right in everything: only read, not judged.

    Judging them anew would cost more than all else that a plan does after one edit.
    """
    loaded: dict[str, Loaded[Environment]] = {}
    platforms: dict[str, str] = {}
    teams: dict[str, str] = {}
    layers: dict[str, tuple[str, ...]] = {}
    for file, raw in sorted(files.items()):
        match = STACK_FILE.fullmatch(file)
        text, _ = decode(raw, file)
        root, _ = compose(text, file) if text is not None else (None, [])
        if match is None or root is None:
            continue
        whole, stack = Document(file, None, root), match["stack"]
        base = ("config", CONFIG_KEY)
        data: dict[str, Any] = _read(whole, base) or {}
        value = Environment.model_validate({**data, "stack": stack})
        loaded[stack] = Loaded(value, Document(file, data, root, base))
        if (platform := _read(whole, ("config", PLATFORM_STACK_KEY))) is not None:
            platforms[stack] = stack_name(platform)
        if (team := _read(whole, ("config", TEAM_KEY))) is not None:
            teams[stack] = team
        layers[stack] = tuple(_read(whole, ("config", LAYERS_KEY)) or ())
    return Stacks(loaded, (), platforms, teams, layers)


def stack_name(full: str) -> str:
    """`prod` of `organization/slipway/prod`."""
    return full.rpartition("/")[2]


def _read(whole: Document, path: tuple[str, ...]) -> Any:
    node = whole.node(path)
    return None if node is None else construct(node, whole.file)[0]
