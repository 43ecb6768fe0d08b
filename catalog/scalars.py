"""The scalar types of an entry: each accepts one canonical spelling and says so when refused."""

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from catalog.duration import parse_duration
from catalog.quantity import parse_cpu, parse_memory


def _parsed(parse: Callable[[str], int], expected: str) -> Callable[[Any], int]:
    """A validator that takes a string, or a bare YAML number, and hands it to `parse`."""

    def validate(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise PydanticCustomError("not_a_quantity", "{expected}", {"expected": expected})
        try:
            return parse(str(value))
        except ValueError:
            raise PydanticCustomError(
                "not_a_quantity", "{expected}", {"expected": expected}
            ) from None

    return validate


def _plain(value: Any) -> Any:
    """Refuses characters that a reviewer cannot see: control, bidirectional and zero-width."""
    if isinstance(value, str):
        hidden = [c for c in value if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
        if hidden:
            raise PydanticCustomError(
                "hidden_character",
                "holds the invisible character U+{point}",
                {"point": f"{ord(hidden[0]):04X}"},
            )
    return value


_SEEN = (
    r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]*$"
)
"""The characters that `_plain` lets pass, as far as a pattern for editors can say it."""


def _number_or_text(pattern: str, description: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": pattern}, {"type": "number", "minimum": 0}],
            "description": description,
            "examples": list(examples),
        }
    )


Cpu: TypeAlias = Annotated[
    int,
    BeforeValidator(_parsed(parse_cpu, "CPU is cores (2, 0.5) or millicores (500m)")),
    _number_or_text(
        r"^([0-9]{1,22}m|[0-9]{1,19}(\.[0-9]{1,19})?)$", "Cores or millicores.", "500m", "2"
    ),
]
"""Millicores, written `500m`, `2` or `0.5`."""

Memory: TypeAlias = Annotated[
    int,
    BeforeValidator(_parsed(parse_memory, "memory is a whole number and a unit: 512Mi, 2Gi")),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[0-9]{1,19}(Ki|Mi|Gi|Ti|k|M|G|T)$",
            "description": "A whole number with a unit.",
            "examples": ["512Mi", "2Gi"],
        }
    ),
]
"""Bytes, written `512Mi` or `2Gi`."""

Duration: TypeAlias = Annotated[
    int,
    BeforeValidator(_parsed(parse_duration, "a duration is a whole number and ms, s, m or h: 30s")),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(0|[1-9][0-9]{0,8})(ms|s|m|h)$",
            "description": "A whole number with a unit.",
            "examples": ["30s", "5m"],
        }
    ),
]
"""Milliseconds, written `500ms`, `30s`, `5m` or `2h`."""

Name: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=63)
]
"""An RFC 1035 label, as Kubernetes Services and KServe want it."""

Text: TypeAlias = Annotated[
    str,
    BeforeValidator(_plain),
    StringConstraints(max_length=1024),
    WithJsonSchema({"type": "string", "maxLength": 1024, "pattern": _SEEN}),
]
"""Free text that a reviewer can read whole."""

LabelKey: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=63)
]
"""The name part of a label. The platform adds its own prefix."""

LabelValue: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)
]
"""A label's value."""

EnvName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)
]
"""The name of an environment variable."""

Domain: TypeAlias = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$",
        max_length=200,
    ),
]
"""A DNS domain in lower case, without the final dot."""

Registry: TypeAlias = Annotated[
    str,
    StringConstraints(
        pattern=r"^(localhost|([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]*[a-z0-9])?)"
        r"(:[0-9]{1,5})?$",
        max_length=200,
    ),
]
"""A container registry: a domain or `localhost`, with its port where that is not 443."""

IMAGE_FORM = re.compile(
    r"(?P<registry>[a-z0-9.-]+\.[a-z0-9.-]+(:[0-9]+)?|localhost(:[0-9]+)?)/"
    r"(?P<path>(?=[^@:]{2})[a-z0-9]+([._/-]+[a-z0-9]+)*)(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"@(?P<digest>sha256:[0-9a-f]{64})",
    re.ASCII,
)


def _image(value: Any) -> Any:
    if not isinstance(value, str) or IMAGE_FORM.fullmatch(value) is None:
        raise PydanticCustomError(
            "not_an_image",
            "an image is registry/path@sha256:… with its digest, so that what was reviewed runs",
            {},
        )
    return value


ImageReference: TypeAlias = Annotated[
    str,
    BeforeValidator(_image),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([a-z0-9.-]+\.[a-z0-9.-]+|localhost)(:[0-9]+)?"
            r"/(?=[^@:]{2})[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[0-9a-f]{64}$",
            "examples": ["registry.example.com/ml/ranker@sha256:" + "0" * 64],
        }
    ),
]
"""A container image with registry and digest."""
