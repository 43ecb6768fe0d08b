"""Every generated field of an endpoint with where it comes from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.environment import Environment
from catalog.explanations import BY_KIND, COMMON, Because
from catalog.layers import Layers
from catalog.objects import Object


@dataclass(frozen=True, slots=True)
class Explained:
    """A field of an object: its path, its value, the settings behind it, and the rule."""

    kind: str
    name: str
    path: str
    value: str
    origins: tuple[str, ...]
    rule: str


def explain_objects(
    objects: Sequence[Object], layers: Layers, env: Environment, team_file: str
) -> Iterator[Explained]:
    """Every leaf of every object, in order. An unexplained field is a KeyError: a defect here."""
    for obj in objects:
        for path, value in leaves(obj):
            because = because_of(obj["kind"], path)
            yield Explained(
                kind=obj["kind"],
                name=obj["metadata"]["name"],
                path=path,
                value=value,
                origins=tuple(_origin(s, layers, env, team_file) for s in because.settings),
                rule=because.rule,
            )


def because_of(kind: str, path: str) -> Because:
    """The explanation with the longest prefix of a path."""
    known = {**COMMON, **BY_KIND[kind]}
    found = [prefix for prefix in known if path.startswith(prefix)]
    if not found:
        raise KeyError(f"{kind} {path} is not explained")
    return known[max(found, key=len)]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths and values of everything that is not a map or a list."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(inner, f"{path}.{key}" if path else str(key))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= 60 and "\n" not in text else f"{text.splitlines()[0][:57]}…"


def _origin(setting: str, layers: Layers, env: Environment, team_file: str) -> str:
    scope, _, name = setting.rpartition(":")
    if scope == "env":
        return f"{name} in Pulumi.{env.stack}.yaml"
    if scope == "team":
        return f"{name} in {team_file}"
    names = tuple(setting.split("."))
    value, origin = layers.find(*names)
    if origin.path is not None:
        return f"{setting} in {layers.document.place(origin.path)}"
    if value is None:
        return f"{setting} not set"
    return f"{setting}: {origin.layer}"
