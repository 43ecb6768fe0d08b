"""What the processes of a plane wrote."""

from typing import Final

from local.place import Place

_LINES: Final = 12


def end(place: Place, name: str) -> str:
    """The last lines of a process's log, to be put behind what is told of it."""
    try:
        text = place.log_of(name).read_text("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    if not text:
        return ", and wrote nothing"
    lines = "".join(f"\n    {line}" for line in text.splitlines()[-_LINES:])
    return f"; the end of its log:{lines}"
