"""What is written down of an error code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """An error: a title, why it is one, and an example before and after."""

    id: str
    title: str
    why: str
    wrong: str
    right: str

    @property
    def number(self) -> int:
        """The number in its id."""
        return int(self.id[3:])
