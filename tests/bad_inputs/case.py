"""What a case of the table is, and the shortest ways to write one."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bad_inputs.repository import ENTRY, HEAD, PROJECT, Content


@dataclass(frozen=True)
class Case:
    """Files that differ from a right repository, and every problem that they must get.

    `told` are words that must stand below the message too: in the sum, the tables or the remedy.
    """

    id: str
    files: Mapping[str, Content]
    expected: tuple[tuple[str, str, str], ...]
    told: tuple[str, ...] = ()


def case(
    id_: str,
    files: Mapping[str, Content],
    *expected: tuple[str, str, str],
    told: tuple[str, ...] = (),
) -> Case:
    return Case(id_, files, expected, told)


def entry(lines: str) -> dict[str, Content]:
    """The right entry with further lines, from line 7 on."""
    return {PROJECT: ENTRY + lines}


def named(name: str) -> dict[str, Content]:
    """The right entry under another name."""
    return {PROJECT: ENTRY.replace("  fraud:", f"  {name}:")}


def fraud(*lines: str) -> dict[str, Content]:
    """The deployment `fraud` of these lines alone, from line 4 on."""
    return {PROJECT: f"{HEAD}  fraud:\n" + "".join(f"    {line}\n" for line in lines)}
