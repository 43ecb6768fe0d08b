"""What is sound of a stack's settings, so that rules between them can be judged all the same."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from pydantic import ValidationError

from catalog.errors import Problem
from catalog.field_errors import field_problems
from catalog.setting import setting_at
from catalog.settings import SoundSettings
from catalog.spelling import Path
from catalog.yaml_document import Document

Data: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sound:
    """Settings with something else where one is faulty: its default, or an example.

    `faulty` are the paths of those; no rule may read them.
    """

    settings: SoundSettings
    faulty: frozenset[Path] = frozenset()
    problems: tuple[Problem, ...] = ()


def sound(document: Document) -> Sound:
    """A stack's settings, as far as each says what it may."""
    try:
        return Sound(SoundSettings.model_validate(document.data))
    except ValidationError as error:
        problems = field_problems(error, document, SoundSettings)
        faulty = frozenset(_paths(error))
    data = deepcopy(cast("Data", document.data))
    for mend in _MENDERS:
        try:
            return Sound(SoundSettings.model_validate(data), faulty, tuple(problems))
        except ValidationError as error:
            for path in _paths(error):
                mend(data, path)
    return Sound(SoundSettings.model_validate(data), faulty, tuple(problems))


def _paths(error: ValidationError) -> Iterable[Path]:
    return [raw["loc"] for raw in error.errors(include_url=False)]


def _leave_out(data: Data, path: Path) -> None:
    """Takes a faulty value away, with the whole of the list that it is in."""
    first_number = next((at for at, part in enumerate(path) if isinstance(part, int)), len(path))
    holder = _holder(data, path[:first_number])
    if holder is not None:
        holder.pop(cast("str", path[first_number - 1]), None)


def _put_example(data: Data, path: Path) -> None:
    """Puts an example where something is missing that has to be there."""
    holder, example = _holder(data, path), setting_at(SoundSettings, path).example
    if holder is not None and example is not None:
        holder[cast("str", path[-1])] = deepcopy(example)


def _leave_key_out(data: Data, path: Path) -> None:
    data.pop(cast("str", path[0]), None)


_MENDERS: Final[tuple[Callable[[Data, Path], None], ...]] = (
    _leave_out, _put_example, _leave_key_out
)  # fmt: skip


def _holder(data: Data, path: Path) -> Data | None:
    """The map that the last step of a path is in; None where there is no such map."""
    here: Any = data
    for part in path[:-1]:
        here = cast("Data", here).get(cast("str", part)) if isinstance(here, dict) else None
    return cast("Data", here) if isinstance(here, dict) else None
