"""The stand-ins by themselves, over the protocol: every type lives, every refusal acts."""

import ast
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import aws_names as t
from tests.cloud import samples
from tests.cloud.broken import Broken
from tests.cloud.client import Client, RefusedByStandInError
from tests.cloud.kinds import Rule
from tests.cloud.samples import Samples
from tests.cloud.store import Store
from tests.cloud.world import SIDES, told, world

KINDS = [(name, token) for name, (package, _, _) in SIDES.items() for token in package.kinds]
RULES = [
    pytest.param(name, rule, id=f"{name}: {rule.what}")
    for name, (package, _, _) in SIDES.items()
    for rule in package.rules
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_every_type_has_a_sample() -> None:
    for package, things, _ in SIDES.values():
        assert {token for token, _ in things.values()} == set(package.kinds)


@pytest.mark.parametrize(("name", "token"), KINDS)
def test_a_type_tells_what_its_typed_class_knows(name: str, token: str) -> None:
    own = next(own for own, (other, _) in SIDES[name][1].items() if other == token)
    kind, known = SIDES[name][0].kinds[token], _properties(token)
    given = {path.partition(".")[0] for path in f"{kind.replaces} {kind.needs}".split()}
    assert set(told(name)[own]) | given <= known
    computed = {"arn", "tagsAll"} & known
    assert computed <= set(told(name)[own])


def _properties(token: str) -> set[str]:
    """The outputs of a typed class, not imported: Cloudflare's take 400 MB for that."""
    package, module, name = token.split(":")
    place, _, file = module.partition("/")
    spec = importlib.util.find_spec(f"pulumi_{package}")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / ("" if place == "index" else place)
    source = (folder / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', file).lower()}.py").read_text("utf-8")
    tree = ast.parse(source)
    [found] = [e for e in tree.body if isinstance(e, ast.ClassDef) and e.name == name]
    return {
        str(decorator.keywords[0].value.value)  # pyright: ignore[reportAttributeAccessIssue]
        if isinstance(decorator, ast.Call)
        else each.name
        for each in found.body
        if isinstance(each, ast.FunctionDef)
        for decorator in each.decorator_list
        if "getter" in ast.dump(decorator)
    }


@pytest.mark.parametrize("name", SIDES)
def test_what_is_made_can_be_read_and_is_gone_once_deleted(name: str, store: Store) -> None:
    package, things, _ = SIDES[name]
    with Client(package, store) as client:
        for own, (token, inputs) in things.items():
            assert client.read(token, client.create(token, own, inputs)).id == client.ids[own]
        for own, (token, _) in reversed([*things.items()]):
            client.delete(token, own)
            assert not client.read(token, client.ids[own]).id
    assert store.resources() == []


def test_every_refusal_without_a_form_has_its_own_provocation() -> None:
    for package, _, provoked in SIDES.values():
        assert {rule.what for rule in package.rules if rule.form is None} == set(provoked)


def test_every_refusal_has_words_of_its_own() -> None:
    for package, _, _ in SIDES.values():
        assert len({rule.what for rule in package.rules}) == len(package.rules)
        assert all(rule.source and rule.code for rule in package.rules)


@pytest.mark.parametrize(("name", "rule"), RULES)
def test_a_refusal_acts(name: str, rule: Rule, tmp_path: Path) -> None:
    """By its rule alone, and by all of them together."""
    package, _, provoked = SIDES[name]
    for rules in ((rule,), package.rules):
        with world(name, tmp_path, replace(package, rules=rules)) as client:
            refusals = _provoke(client, rule, SIDES[name][1], provoked, Store(tmp_path))
        wanted = rule.code if len(rules) == 1 else ": "
        assert any(wanted in each for each in refusals), refusals
        if len(rules) == 1:
            assert all(each.startswith(f"{rule.code}: ") for each in refusals)


def _provoke(
    client: Client, rule: Rule, things: Samples, provoked: Mapping[str, Broken], store: Store
) -> list[str]:
    """What the stand-in said."""
    if rule.form == "held":
        said: list[str] = []
        before = store.read()
        for own in (own for own, (token, _) in things.items() if token in rule.types):
            said += _said(client.delete, rule.types[0], own)
            with store.change() as account:
                account.things[:] = before.things
        return said
    if rule.form is not None:
        own = _holder(rule, things)
        inputs = _changed(rule, client.known(things[own][1]))
        return _said(client.create, rule.types[0], "another", inputs)
    return _break(client, provoked[rule.what], things, store)


def _holder(rule: Rule, things: Samples) -> str:
    """A sample that has the input that a rule is about, or else any of the type."""
    head = rule.path.partition(".")[0].split()[0]
    mine = [own for own, (token, _) in things.items() if token in rule.types]
    return next((own for own in mine if head in things[own][1]), mine[0])


def _changed(rule: Rule, inputs: dict[str, Any]) -> dict[str, Any]:
    wrong: Mapping[str, Any] = {
        "form": "\n" * 2000,
        "range": 10**9,
        "there": "missing",
        "document": "{",
        "principal": samples.policy({"AWS": "arn:aws:iam::111111111111:role/nobody"}),
    }
    if rule.form == "one":
        return inputs
    return _put(inputs, rule.path, wrong[str(rule.form)])


def _put(inputs: Any, path: str, value: Any) -> Any:
    head, _, rest = path.partition(".")
    if head == "*":
        return [_put({}, rest, value)]
    if rest:
        return {**inputs, head: _put(inputs.get(head, {}), rest, value)}
    return {**inputs, head: [value] if isinstance(inputs.get(head), list) else value}


def _break(client: Client, how: Broken, things: Samples, store: Store) -> list[str]:
    for kind, own in how.there.items():
        store.add(kind, own)
    for own in how.lost:
        store.lose(things[own][0], client.ids[own])
    for own, changed in how.altered.items():
        store.alter(things[own][0], client.ids[own], **changed)
    token, inputs = things[how.sample]
    if how.deed == "delete":
        return _said(client.delete, t.GROUP if token == t.DEFAULT_GROUP else token, how.sample)
    if how.deed == "update":
        return _said(client.update, token, how.sample, {**inputs, **how.change})
    said: list[str] = []
    for number in range(how.times):
        changed = {k: str(v).format(number) if "{}" in str(v) else v for k, v in how.change.items()}
        said = _said(client.create, token, f"another-{number}", {**inputs, **changed})
    return said


def _said(deed: Any, *args: Any) -> list[str]:
    try:
        deed(*args)
    except RefusedByStandInError as refused:
        return [str(refused)]
    return []
