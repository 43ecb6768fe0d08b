"""Plain data as YAML that the strict loader reads back: every ambiguous word in quotes."""

from collections.abc import Mapping
from typing import Any

import yaml

from catalog.yaml_plain import meaning


class _Dumper(yaml.SafeDumper):
    """PyYAML's, with the words that only some readers take for something else than text quoted."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = meaning(text) == text and text[0] not in "&*"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def dump(data: Mapping[str, Any]) -> str:
    """One file."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
