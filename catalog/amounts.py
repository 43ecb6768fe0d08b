"""Amounts of what a cluster has: CPU, memory and GPUs by kind.

Imports nothing heavy: a plan of an unchanged fleet adds amounts and does nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Amounts:
    """CPU in millicores, memory in bytes, GPUs by accelerator; absent kinds are zero."""

    cpu: int = 0
    memory: int = 0
    accelerators: Mapping[str, int] = field(default_factory=dict[str, int])

    def __add__(self, other: "Amounts") -> "Amounts":
        return total((self, other))

    def __mul__(self, times: int) -> "Amounts":
        return Amounts(
            self.cpu * times,
            self.memory * times,
            {kind: count * times for kind, count in self.accelerators.items()},
        )


def total(amounts: Iterable[Amounts]) -> Amounts:
    """The sum, its kinds of accelerator sorted."""
    cpu = memory = 0
    kinds: dict[str, int] = {}
    for each in amounts:
        cpu += each.cpu
        memory += each.memory
        for kind, count in each.accelerators.items():
            kinds[kind] = kinds.get(kind, 0) + count
    return Amounts(cpu, memory, dict(sorted(kinds.items())))
