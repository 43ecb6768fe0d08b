"""What pydantic refuses, in the words of the schema, with the way to mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from catalog.errors import did_you_mean, one_of
from catalog.quoting import described, example_line, flow, shown
from catalog.setting import Setting, setting_at
from catalog.spelling import (
    SYNONYMS,
    Path,
    folded,
    name_fault,
    name_like,
    unknown_setting,
)
from catalog.units import nearest_amount
from catalog.words import CRON, PARAMETERS
from catalog.yaml_text import name_of

_FEW = 8
_NAME_PATTERN = "^[a-z]([-a-z0-9]*[a-z0-9])?$"
_FORMS = {
    "^[A-Za-z_][A-Za-z0-9_]*$": "letters, digits and underscores, not beginning with a digit",
    "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$": "letters, digits, and - _ . between them",
    "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$": "letters, digits, and - _ . between them",
    PARAMETERS: "a number and M or B, for millions or billions",
    CRON: "five cron fields in numbers (minute, hour, day, month, weekday), one space between them",
    "^[a-z0-9][a-z0-9-]*/[A-Za-z0-9_.-]+$": "the secret, a slash, and the key in it",
    "^[0-9a-f]{7,40}$": "7 to 40 hexadecimal digits in lower case",
    r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$": "names with dots "
    "between them, in lower-case letters, digits and hyphens",
}
"""Patterns of the schema in words; of the others the description and the example say enough."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error of pydantic: what it is about, by path, and the setting that the schema has there.

    `is_key` says that the name of the setting is at fault, not its value.
    """

    kind: str
    value: Any
    context: Mapping[str, Any]
    model: type[BaseModel]
    path: Path
    is_key: bool

    @property
    def name(self) -> str:
        """How a message calls the setting."""
        words = [part for part in self.path if isinstance(part, str)]
        if not words:
            return "the file"
        of_a_list = isinstance(self.path[-1], int)
        plural = of_a_list and not words[-1].endswith("ss")
        return words[-1].removesuffix("s") if plural else words[-1]

    @property
    def setting(self) -> Setting:
        """The setting at the path."""
        return setting_at(self.model, self.path)

    @property
    def parent(self) -> Setting:
        """The setting above it."""
        return setting_at(self.model, self.path[:-1])


Said = tuple[str, str, str]
"""Code, message, remedy."""


def say(refusal: Refusal) -> Said:
    """The words for an error, whatever pydantic calls it."""
    if refusal.path == ("version",):
        return _version(refusal)
    return _SAYERS.get(refusal.kind, _wrong_kind)(refusal)


def _version(refusal: Refusal) -> Said:
    if refusal.kind == "missing":
        return (
            "SLW201", "the file does not say which version of the schema it is written in",
            'write version: "1" as its first line',
        )  # fmt: skip
    if str(refusal.value) in {"1", "1.0"}:
        return (
            "SLW202", f"the version is text, and {refusal.value} without quotes is a number",
            'write version: "1" with the quotes',
        )  # fmt: skip
    return (
        "SLW202", f"version {shown(refusal.value)} is not known here; known is '1'",
        'write version: "1", or use a release of slipway that knows the other',
    )  # fmt: skip


def _missing(refusal: Refusal) -> Said:
    setting = refusal.setting
    told = all(word in setting.says for word in setting.words)
    allowed = "" if told else f", one of {one_of(setting.words)}"
    return (
        "SLW203",
        f"{refusal.name} is missing: {setting.says}{allowed}",
        f"add {example_line(setting, refusal.name)}",
    )


def _unknown(refusal: Refusal) -> Said:
    name, where = str(refusal.path[-1]), refusal.path[:-1]
    if not where and isinstance(refusal.value, dict):
        settings = cast("dict[str, Any]", refusal.value)
        if name == "model":
            return (
                "SLW216", "a file is either model: or deployments:, not both",
                "move the model below deployments:",
            )  # fmt: skip
        if {"tier", "framework", "model"} & set(settings):
            return (
                "SLW205", f"{name!r} is no setting of this file, but looks like a deployment",
                "write it below deployments:, indented by two more spaces",
            )  # fmt: skip
    beside = setting_at(refusal.model, where[:2]).names if where[2:3] == ("tier",) else ()
    if len(where) == 4 and name in beside:
        return (
            "SLW205", f"{name} cannot differ between tiers", f"write {name} once, beside tier:"
        )  # fmt: skip
    return unknown_setting(name, where, refusal.parent.names)


def _not_one_of(refusal: Refusal) -> Said:
    setting = refusal.parent if refusal.is_key else refusal.setting
    words = setting.key_words if refusal.is_key else setting.words
    what = f"no name in {refusal.path[-2]}" if refusal.is_key else f"no {refusal.name}"
    if not refusal.is_key and isinstance(refusal.value, dict | list):
        return _wrong_kind(refusal)
    if all(word.isdigit() for word in words):
        return _not_one_of_the_numbers(refusal, words)
    return (
        "SLW208",
        f"{shown(refusal.value)} is {what}; allowed are {one_of(words)}",
        _nearest_word(str(refusal.value), words),
    )


def _not_one_of_the_numbers(refusal: Refusal, words: tuple[str, ...]) -> Said:
    if not isinstance(refusal.value, int) or isinstance(refusal.value, bool):
        known = str(refusal.value) in words
        return (
            "SLW207", f"{refusal.name} is a whole number, not {described(refusal.value)}",
            f"write {refusal.value} without quotes" if known else f"write {one_of(words)}",
        )  # fmt: skip
    close = min(words, key=lambda word: abs(int(word) - cast("int", refusal.value)))
    return (
        "SLW208", f"{refusal.name} cannot be {refusal.value}; allowed are {one_of(words)}",
        f"write {close}",
    )  # fmt: skip


def _nearest_word(value: str, words: tuple[str, ...]) -> str:
    meant = SYNONYMS.get(folded(value))
    if meant not in words:
        meant = next((w for w in words if value and w.startswith(value.casefold())), None)
    otherwise = f"write {one_of(words)}"
    return f"did you mean {meant!r}?" if meant else did_you_mean(value, words, otherwise)


_KINDS = {
    "string_type": "text", "int_type": "a whole number", "float_type": "a number",
    "bool_type": "true or false", "tuple_type": "a list", "dict_type": "a map of settings",
    "model_type": "a map of settings", "literal_error": "a word",
    "int_from_float": "a whole number", "int_parsing": "a whole number",
}  # fmt: skip


def _wrong_kind(refusal: Refusal) -> Said:
    wanted = _KINDS.get(refusal.kind, refusal.setting.says or "something else")
    message = f"{refusal.name} is {wanted}, not {described(refusal.value)}"
    return "SLW207", message, _as_wanted(refusal)


def _as_wanted(refusal: Refusal) -> str:
    value = refusal.value
    if refusal.kind == "string_type" and isinstance(value, int | float):
        return f'put it in quotes: "{shown(value)}"'
    if refusal.kind.startswith(("int", "float")):
        if isinstance(value, str) and value.replace(".", "", 1).isdigit():
            return f"write {value} without quotes"
        if isinstance(value, float) and value.is_integer():
            return f"write {int(value)}"
    if refusal.kind == "tuple_type" and isinstance(value, str | int):
        return f"write {refusal.name}: [{value}]"
    names = refusal.setting.names
    if refusal.kind == "model_type" and 0 < len(names) <= _FEW:
        return f"write its settings below it: {one_of(names)}"
    if refusal.kind == "model_type":
        return f"write its settings below it, indented, or remove {refusal.name}:"
    if refusal.kind == "dict_type" and refusal.setting.example is None:
        return f"write {refusal.name}: and below it, indented, each entry with a name of its own"
    return f"write {example_line(refusal.setting, refusal.name)}"


def _boolean(refusal: Refusal) -> Said:
    code, message, _ = _wrong_kind(refusal)
    quoted = refusal.value in ("true", "false")
    return (
        code,
        message,
        f"write {refusal.value} without quotes" if quoted else "write true or false",
    )


def _out_of_range(refusal: Refusal) -> Said:
    least, most = refusal.setting.range("minimum", "maximum")
    allowed = f"from {least} to {most}" if most is not None else f"{least} or more"
    bound = least if refusal.kind.startswith("greater") else most
    return (
        "SLW209", f"{refusal.value} is outside what {refusal.name} can be: {allowed}",
        f"write {bound}, or a value between",
    )  # fmt: skip


def _pattern(refusal: Refusal) -> Said:
    text = str(refusal.value)
    what = refusal.path[-1] if refusal.is_key else refusal.name
    if refusal.context.get("pattern", _NAME_PATTERN) == _NAME_PATTERN:
        fault = name_fault(text)
        if fault is not None:
            return (
                "SLW212", f"{text!r} is no name: it {fault}",
                f"names are lower-case letters, digits and hyphens: {name_like(text)}",
            )  # fmt: skip
    setting = refusal.parent if refusal.is_key else refusal.setting
    holder = f"a name in {refusal.path[-2]}" if refusal.is_key else what
    pattern: str = refusal.context.get("pattern", "")
    example = setting.example
    return (
        "SLW210",
        f"{shown(text)} has not the form of {holder}: {_FORMS.get(pattern, setting.says)}",
        f"write {_FORMS.get(pattern, f'what matches {pattern}')}"
        if example is None
        else f"write it like {flow(example)}",
    )  # fmt: skip


def _too_long(refusal: Refusal) -> Said:
    if refusal.is_key and isinstance(refusal.value, str) and name_fault(refusal.value.lower()):
        return _pattern(refusal)
    least, most = _bounds(refusal)
    unit = "characters" if isinstance(refusal.value, str) else "entries"
    bounds = f"at most {most}" if most else f"at least {least}"
    allowed = f"{least} to {most}" if least and most else bounds
    return (
        "SLW211", f"{refusal.name} has {len(refusal.value)} {unit}; allowed are {allowed}",
        "shorten it" if refusal.kind.endswith("long") else f"write at least {least}",
    )  # fmt: skip


def _bounds(refusal: Refusal) -> tuple[int | None, int | None]:
    suffix = "Length" if isinstance(refusal.value, str) else "Items"
    if isinstance(refusal.value, dict):
        suffix = "Properties"
    return refusal.setting.range(f"min{suffix}", f"max{suffix}")


def _quantity(refusal: Refusal) -> Said:
    expected: str = refusal.context["expected"]
    code = "SLW214" if expected.startswith("a duration") else "SLW213"
    close = nearest_amount(refusal.value, of_time=code == "SLW214")
    remedy = (
        f"did you mean {close}?"
        if close
        else f"write {example_line(refusal.setting, refusal.name)}"
    )
    return code, f"{shown(refusal.value)} is not understood: {expected}", remedy


def _image(refusal: Refusal) -> Said:
    return (
        "SLW215",
        f"{shown(refusal.value)} is not registry/path@sha256:… : an image is named with its "
        "registry and its digest, so that what was reviewed runs",
        "name the digest that the registry shows for the tag",
    )


def _rule(refusal: Refusal) -> Said:
    """The words that the rule has found itself."""
    told = refusal.context
    return told["code"], told["message"], told["remedy"]


def _hidden(refusal: Refusal) -> Said:
    character = chr(int(refusal.context["point"], 16))
    return "SLW104", f"{refusal.name} holds {name_of(character)}", "delete the character"


_SAYERS: dict[str, Callable[[Refusal], Said]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _not_one_of,
    "bool_type": _boolean,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "string_pattern_mismatch": _pattern,
    "string_too_long": _too_long,
    "string_too_short": _too_long,
    "too_long": _too_long,
    "too_short": _too_long,
    "not_a_quantity": _quantity,
    "not_an_image": _image,
    "hidden_character": _hidden,
    "setting_rule": _rule,
}
