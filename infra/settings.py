"""The settings of the stack that runs: the only reader of Pulumi's configuration.

A wrong setting stops the program before anything is registered, in the words and with the places
of `slipway check`. What the engine was told is judged too, since a flag or another file may say
something else than `Pulumi.<stack>.yaml`.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.runtime.config import is_config_secret
from yaml.error import Mark
from yaml.nodes import MappingNode

from catalog.errors import Place, Problem
from catalog.settings import TOKENS, Layer, Settings
from catalog.stack import NAMESPACE, Stack, full_key
from catalog.stack_file import ENCRYPTED, PLAIN_KEYS, StackFile, encrypted_problem, read_stack_file
from catalog.stack_neighbours import team_problems
from catalog.stack_program import UNSET, program_problems, token_problem
from catalog.stacks import judge, load_environments
from catalog.yaml_document import Document

ROOT: Final = Path(__file__).resolve().parents[1]
"""The folder of Pulumi.yaml, its stacks and `models/`. The program itself runs in `infra/`."""

_TEXTS: Final = frozenset({"team", "platform_stack"})
"""Keys whose value is text; the engine hands every other one over as JSON."""


class SettingsError(pulumi.RunError):
    """Everything that is wrong with a stack's settings, which the engine shows as it is."""

    def __init__(self, stack: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        head = f"the settings of stack {stack} are wrong, and nothing was registered"
        super().__init__("\n".join([head, *(line for p in problems for line in p.lines())]))


def load(root: Path = ROOT) -> Settings:
    """The settings of the stack that runs; SettingsError where any is wrong."""
    name = pulumi.get_stack()
    file = f"Pulumi.{name}.yaml"
    teams = [path.parent.name for path in sorted(root.glob("models/*/team.yaml"))]
    offline = load_environments(root, teams).problems
    problems = [problem for problem in offline if problem.place.file == file]
    written = _written(root, file)
    stack, found = _told(name, written or StackFile(_nothing(file)))
    found += [*team_problems(stack, teams), *program_problems(stack, _secrets())]
    if written is None:
        found = [replace(problem, place=Place(file)) for problem in found]
    problems += (problem for problem in found if not _is_told(problem, problems))
    if problems:
        raise SettingsError(name, sorted(set(problems)))
    return Settings.model_validate(stack.document.data)


def _is_told(problem: Problem, told: Sequence[Problem]) -> bool:
    """Whether the file has the same problem; where a secret stands the file knows more exactly."""
    if problem.code in {ENCRYPTED, UNSET}:
        return any(
            each.code == problem.code and each.subject.startswith(problem.subject) for each in told
        )
    return any((each.place, each.subject) == (problem.place, problem.subject) for each in told)


def token(layer: Layer) -> pulumi.Output[str]:
    """The token that a layer needs at Cloudflare, secret from here on; SettingsError without."""
    key = TOKENS[layer]
    found = pulumi.Config(_PROJECT).get_secret(key)
    if found is None or key not in _secrets():
        name = pulumi.get_stack()
        raise SettingsError(name, [token_problem(name, key, Place(f"Pulumi.{name}.yaml"))])
    return found


_PROJECT: Final = NAMESPACE.removesuffix(":")


def _secrets() -> frozenset[str]:
    """The keys of the tokens that are there; an empty one is none."""
    config = pulumi.Config(_PROJECT)
    return frozenset(key for key in TOKENS.values() if (config.get(key) or "").strip())


def _written(root: Path, file: str) -> StackFile | None:
    """The keys of the stack's file by their places; None where there is none to be read."""
    try:
        raw = (root / file).read_bytes()
    except FileNotFoundError:
        return None
    read = read_stack_file(file, raw)
    return None if isinstance(read, list) else read


def _nothing(file: str) -> Document:
    start = Mark(file, 0, 0, 0, None, 0)
    return Document(file, {}, MappingNode("", [], start, start))


def _told(name: str, written: StackFile) -> tuple[Stack, list[Problem]]:
    """What the engine was told, at the places where the file says it."""
    config, places = pulumi.Config(_PROJECT), written.document
    raw = {key: config.get(key) for key in PLAIN_KEYS}
    encrypted = frozenset(key for key in PLAIN_KEYS if is_config_secret(full_key(key)))
    unread = encrypted | written.unread
    data = {
        key: _value(key, text)
        for key, text in raw.items()
        if text is not None and key not in unread
    }
    problems = tuple(
        encrypted_problem(places.place((key,), key=True), (key,)) for key in sorted(encrypted)
    )
    return judge(name, StackFile(replace(places, data=data), problems, unread))


def _value(key: str, text: str) -> Any:
    if key in _TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
