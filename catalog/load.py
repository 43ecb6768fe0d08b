"""From the bytes of a file to a value that the core can trust, or everything wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from catalog.entry import PlatformFile, ProjectFile, TeamFile
from catalog.environment import CONFIG_KEY, Environment
from catalog.errors import Place, Problem, did_you_mean, one_of
from catalog.field_errors import field_problems
from catalog.short_form import ShortFile, is_short, standard
from catalog.spelling import name_fault, name_like
from catalog.yaml_document import Document, compose, construct, read
from catalog.yaml_text import decode

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


def load_environments(root: Path) -> Stacks:
    """The stacks of the folder that holds `Pulumi.<stack>.yaml` files."""
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
    return stacks_of(files)


def stacks_of(files: Mapping[str, bytes]) -> Stacks:
    """The stacks of `Pulumi.<stack>.yaml` files by their names; other names are passed over."""
    loaded: dict[str, Loaded[Environment]] = {}
    problems: list[Problem] = []
    for file, raw in sorted(files.items()):
        match = _STACK_FILE.fullmatch(file)
        if match is None:
            continue
        found = load_environment(match["stack"], raw)
        if isinstance(found, list):
            problems += found
        else:
            loaded[match["stack"]] = found
    if not loaded and not problems:
        problems.append(
            Problem(
                Place("Pulumi.yaml"), "SLW805", "", "no stack has settings",
                f"add Pulumi.dev.yaml with {CONFIG_KEY} below config",
            )
        )  # fmt: skip
    problems += [*_shared_domains(loaded), *_uncovered_edges(loaded)]
    return Stacks(loaded, tuple(sorted(problems)))


def load_environment(stack: str, raw: bytes) -> Loaded[Environment] | list[Problem]:
    """A stack from `Pulumi.<stack>.yaml`; everything else in that file is Pulumi's own."""
    file = f"Pulumi.{stack}.yaml"
    if (fault := name_fault(stack)) is not None:
        return [
            Problem(
                Place(file), "SLW802", stack, f"{stack!r} is the stack's name, and it {fault}",
                f"rename the file to Pulumi.{name_like(stack)}.yaml",
            )
        ]  # fmt: skip
    found = _settings(file, raw)
    if isinstance(found, list):
        return found
    document, problems = found
    if not isinstance(document.data, dict):
        return [*problems, _no_settings(document.place(()))]
    data = cast("dict[str, Any]", document.data)
    if "stack" in data:
        problems.append(
            Problem(
                document.place(("stack",), key=True), "SLW803", "stack",
                "the file's name says which stack it is", "remove the line",
            )
        )  # fmt: skip
    named = Document(file, {**data, "stack": stack}, document.root, document.base)
    return _checked(Environment, named, problems)


def _settings(file: str, raw: bytes) -> tuple[Document, list[Problem]] | list[Problem]:
    """The part of a stack's file that is read here, with the problems of that part alone."""
    text, problems = decode(raw, file)
    root, found = compose(text, file) if text is not None else (None, [])
    if root is None:
        return sorted([*problems, *found])
    base = ("config", CONFIG_KEY)
    whole = Document(file, None, root)
    part = whole.node(base)
    if part is None:
        return [*problems, *found, _no_settings(whole.place(base))]
    data, wrong = construct(part, file)
    return Document(file, data, root, base), [*problems, *found, *wrong]


def _no_settings(place: Place) -> Problem:
    return Problem(
        place, "SLW801", CONFIG_KEY, f"the stack has no {CONFIG_KEY} below config",
        "add it with tiers, domain, region, bucket and identity",
    )  # fmt: skip


def _uncovered_edges(loaded: Mapping[str, Loaded[Environment]]) -> list[Problem]:
    return [
        Problem(
            found.document.place(("edge", "proxied")), "SLW807", "edge.proxied",
            "Cloudflare's universal certificate stops one level below the domain, and endpoints "
            f"are deeper: *.<namespace>.{found.value.models_domain}",
            "order Advanced Certificate Manager for the zone and write advanced_certificates: "
            "true, or write proxied: false",
        )
        for found in loaded.values()
        if found.value.edge.proxied and not found.value.edge.advanced_certificates
    ]  # fmt: skip


def _shared_domains(loaded: Mapping[str, Loaded[Any]]) -> list[Problem]:
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for stack, found in loaded.items():
        domain: str = found.value.domain
        if owners.setdefault(domain, stack) != stack:
            problems.append(
                Problem(
                    found.document.place(("domain",)), "SLW804", "domain",
                    f"{domain} is already the domain of stack {owners[domain]}",
                    "give every stack a domain of its own",
                )
            )  # fmt: skip
    return problems
