"""Text of entry files that `slipway new` writes; what is there already is never rewritten."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import click
import yaml
from yaml.nodes import MappingNode, Node

MODELINE = "# yaml-language-server: $schema=../../schemas/{kind}.schema.json\n"
_PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*", re.ASCII)
_WORDS = frozenset({"y", "yes", "n", "no", "true", "false", "on", "off", "null", ".inf", ".nan"})


def team_text(answers: Mapping[str, Any]) -> str:
    """A new team with a small quota, and the GPUs that its first deployment asks."""
    lines = [
        MODELINE.format(kind="team").rstrip(),
        'version: "1"',
        f"owners: [{_value(answers['owner'])}]",
        f"cost_center: {_value(answers['cost_center'])}",
        "quota:",
        '  cpu: "8"',
        "  memory: 16Gi",
    ]
    if answers.get("gpu") and answers.get("accelerator"):
        # A rollout runs a second replica beside the first.
        count = 2 * answers["gpu"] * (answers.get("most") or 1)
        lines.append(f"  accelerators: {{{answers['accelerator']}: {count}}}")
    return "\n".join(lines) + "\n"


def project_text(before: str | None, answers: Mapping[str, Any]) -> str:
    """A project file with one more deployment."""
    if before is None:
        head = MODELINE.format(kind="project") + 'version: "1"\ndeployments:\n'
        return head + _deployment(answers, 2)
    mapping = _deployments(before)
    names = [name for name, _ in _pairs(mapping)]
    lines = before.splitlines(keepends=True)
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    indent = names[0].start_mark.column
    at = _end(lines, mapping, indent)
    second = names[1].start_mark.line if len(names) > 1 else 0
    spaced = second and not lines[second - 1].strip()
    text = _deployment(answers, indent)
    return "".join([*lines[:at], "\n" if spaced else "", text, *lines[at:]])


def _deployment(answers: Mapping[str, Any], indent: int) -> str:
    settings: dict[str, Any] = {
        "model": answers.get("model"),
        "framework": answers["framework"],
        "tier": answers["tier"],
        "container": _some(image=answers.get("image")),
        "llm": _some(parameters=answers.get("parameters")),
        "resources": _some(gpu=answers.get("gpu"), accelerator=answers.get("accelerator")),
        "scaling": _some(min=answers.get("least"), max=answers.get("most")),
    }
    lines = [f"{_value(answers['name'])}:"]
    for key, value in _some(**settings).items():
        if isinstance(value, dict):
            inner = ", ".join(f"{k}: {_value(v)}" for k, v in _some(**value).items())
            lines.append(f"  {key}: {{{inner}}}")
        else:
            lines.append(f"  {key}: {_value(value)}")
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def _some(**settings: Any) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value not in (None, {})}


def _value(value: str | int) -> str:
    """A scalar of YAML; text in quotes wherever it could be taken for something else."""
    if isinstance(value, int):
        return str(value)
    bare = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return value if bare else json.dumps(value, ensure_ascii=False)


def _deployments(text: str) -> MappingNode:
    """Where a project file lists its deployments."""
    try:
        root: Node | None = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        root = None
    for key, value in _pairs(root) if isinstance(root, MappingNode) else ():
        if key.value == "deployments" and isinstance(value, MappingNode) and _is_block(value):
            return value
    raise click.UsageError(
        "the project file has no list of deployments to extend, one below the other under "
        "deployments:; slipway check says what is wrong with it"
    )


def _is_block(mapping: MappingNode) -> bool:
    """Whether it has entries, one below the other."""
    return bool(_pairs(mapping)) and not mapping.flow_style


def _pairs(mapping: MappingNode) -> list[tuple[Node, Node]]:
    return cast("list[tuple[Node, Node]]", mapping.value)


def _end(lines: list[str], mapping: MappingNode, indent: int) -> int:
    """The line behind the last deployment and the comments that belong to it."""
    last = _pairs(mapping)[-1][1]
    at = last.end_mark.line
    if last.end_mark.column or (isinstance(last, MappingNode) and last.flow_style):
        at += 1
    at = min(at, len(lines))
    while at > 0 and not lines[at - 1].strip():
        at -= 1
    while at > 0 and _outside(lines[at - 1], indent):
        at -= 1
    while at > 0 and not lines[at - 1].strip():
        at -= 1
    return at


def _outside(line: str, indent: int) -> bool:
    """Whether a line is a comment that stands further left than the deployments."""
    bare = line.lstrip(" ")
    return not bare.strip() or (bare.startswith("#") and len(line) - len(bare) < indent)
