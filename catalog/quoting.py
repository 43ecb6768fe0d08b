"""Values and settings as messages quote them."""

import json
import re
from typing import Any, cast

from catalog.setting import Setting
from catalog.yaml_plain import meaning

_SHOWN = 60
_PLAIN = re.compile(r"[\w./][\w ./@:=+-]*[\w/]|\w")


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    if isinstance(value, dict):
        return "a map of settings"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…{text[-1]}"


def described(value: Any) -> str:
    """A value with its kind."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return shown(value)
    return f"the text {shown(value)}" if isinstance(value, str) else f"the number {value}"


def example_line(setting: Setting, name: str) -> str:
    """`name: value`, right and ready to paste, where the schema has an example."""
    example = setting.example
    if example is None and setting.words:
        example = setting.words[0]
    return f"{name}: {flow(example)}" if example is not None else f"{name}:"


def flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, cast("list[Any]", value))) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and meaning(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
