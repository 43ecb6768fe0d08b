"""What pydantic refuses, as problems with their places."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from catalog.errors import Place, Problem
from catalog.refusals import Refusal, say
from catalog.spelling import Path
from catalog.yaml_document import Document

_KEY = "[key]"
"""What pydantic puts behind the name of a map's key that is itself at fault."""


def field_problems(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> list[Problem]:
    """One problem for each place that is wrong, sorted."""
    found: dict[tuple[Place, str], Problem] = {}
    refusals = list(_refusals(error, document.data, model))
    for refusal in refusals:
        if _follows(refusal, refusals):
            continue
        code, message, remedy = say(refusal)
        by_name = refusal.is_key or refusal.kind == "extra_forbidden"
        place = document.place(refusal.path, key=by_name)
        problem = Problem(place, code, subject_of(refusal.path), message, remedy)
        found.setdefault((place, problem.subject), problem)
    return sorted(found.values())


def _follows(refusal: Refusal, all_of_them: Sequence[Refusal]) -> bool:
    """Whether a list is too short only because items of it are wrong: pydantic counts the rest."""
    depth = len(refusal.path)
    return refusal.kind == "too_short" and any(
        len(other.path) > depth and other.path[:depth] == refusal.path for other in all_of_them
    )


def subject_of(path: Path) -> str:
    """`fraud-detector.scaling.schedule[0].start`: the path as people say it."""
    parts = path[1:] if len(path) > 1 and path[0] == "deployments" else path
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts)
    return text.removeprefix(".")


def _refusals(error: ValidationError, data: Any, model: type[BaseModel]) -> Iterator[Refusal]:
    for raw in error.errors(include_url=False):
        traced = _trace(raw["loc"], data)
        if traced is not None:
            path, is_key = traced
            yield Refusal(raw["type"], raw["input"], raw.get("ctx", {}), model, path, is_key)


def _branch(part: str) -> type:
    """What a branch of a union takes: `dict[…]` a map, `tuple[…]` a list, any other a word."""
    return {"dict": dict, "tuple": list}.get(part.partition("[")[0], str)


def _meant(value: Any) -> type:
    return next((kind for kind in (dict, list) if isinstance(value, kind)), str)


def _trace(location: tuple[int | str, ...], data: Any) -> tuple[Path, bool] | None:
    """The path of an error in the data; None for the branch of a union that was not meant.

    A location names such branches too (`dict[…]`). The only union of the schema is a word, a list
    or a map (`tier`), and what was meant shows in the value.
    """
    path: list[str | int] = []
    here: Any = data
    for part in location:
        inside = isinstance(here, dict) and part in here
        if part == _KEY and not inside:
            return tuple(path), True
        if not inside and isinstance(part, str) and part.endswith("]"):
            if _branch(part) is not _meant(here):
                return None
            continue
        here = cast("Any", here)[part] if inside or isinstance(here, list) else None
        path.append(part)
    return tuple(path), False
