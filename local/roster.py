"""Which processes a plane has and when each is ready, kept for whoever looks at it later."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from local.place import Place
from local.process import Process, Ready


def write(place: Place, processes: Iterable[Process]) -> None:
    """Of a plane that is about to start."""
    rows = {each.name: asdict(each.ready) if each.ready else None for each in processes}
    place.roster.write_text(json.dumps(rows), "utf-8")


def read(place: Place) -> Mapping[str, Ready | None]:
    """By the process's name; nothing where there is no plane."""
    try:
        rows = json.loads(place.roster.read_bytes())
    except FileNotFoundError:
        return {}
    return {name: Ready(**row) if row else None for name, row in rows.items()}
