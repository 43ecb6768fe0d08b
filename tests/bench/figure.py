"""One measurement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement. A ratio has the seconds of both sides; `target` is what it stays below."""

    name: str
    says: str
    value: float
    unit: str = "times"
    target: float | None = None
    seconds: float | None = None
    peer_seconds: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.target is None else self.value < self.target


def ratio(name: str, says: str, seconds: float, peer: float, target: float | None = None) -> Figure:
    """How many times as long as its peer something takes."""
    return Figure(
        name=name, says=says, value=seconds / peer, target=target,
        seconds=seconds, peer_seconds=peer,
    )  # fmt: skip
