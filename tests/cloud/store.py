"""The account of the stand-ins: what exists, in one JSON file that all of their processes share.

It outlives runs of the engine, so a test reads here what a `destroy` left, changes things behind
the engine's back, and orders faults.
"""

import fcntl
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

FOLDER = "SLIPWAY_CLOUD"
"""The environment variable that tells the stand-ins where the account is."""

Deed = Literal["throttle", "fail", "hang", "kill"]
"""`throttle` and `fail` are answered as the API's errors, `hang` never, `kill` ends the process."""
Method = Literal["create", "read", "update", "delete", "construct", "invoke"]


@dataclass(slots=True)
class Thing:
    """One resource, the `serial`th of its account; `owner` is `type id` of what takes it along."""

    type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    owner: str = ""
    serial: int = 0

    def get(self, path: str) -> Any:
        """A property by its dotted path: `id`, an output, or an input."""
        if path == "id":
            return self.id
        return at(self.outputs if path.partition(".")[0] in self.outputs else self.inputs, path)


@dataclass(slots=True)
class Fault:
    """What befalls one call of a type, once, after `skip` others; `late` is after it was done."""

    type: str
    method: Method
    deed: Deed
    skip: int = 0
    late: bool = False


@dataclass(slots=True)
class Account:
    """Everything that exists. `made` counts what ever was, so that no id comes twice."""

    made: int = 0
    things: list[Thing] = field(default_factory=list[Thing])

    def of(self, *types: str) -> list[Thing]:
        """Everything of these types."""
        return [thing for thing in self.things if thing.type in types]

    def find(self, kind: str, value: Any, key: str = "id") -> Thing | None:
        """The thing of a type by its id or another property."""
        return next((thing for thing in self.of(kind) if thing.get(key) == value), None)

    def number(self) -> int:
        """A number that no other thing has."""
        self.made += 1
        return self.made

    def remove(self, thing: Thing) -> None:
        """Takes a thing away, and what belongs to it."""
        self.things.remove(thing)
        for owned in [each for each in self.things if each.owner == f"{thing.type} {thing.id}"]:
            self.remove(owned)


class Store:
    """The account in a folder, for tests and for the processes of the stand-ins."""

    def __init__(self, folder: Path) -> None:
        self._file, self._faults = folder / "account.json", folder / "faults.json"
        self._lock = folder / "lock"
        self._kept: tuple[object, Account] = (None, Account())
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def of_environment(cls) -> "Store":
        """The one that the environment names."""
        return cls(Path(os.environ[FOLDER]))

    @contextmanager
    def change(self) -> Generator[Account]:
        """The account, alone with it; kept unless the block raises."""
        with self._alone():
            # What this process wrote last it need not read again.
            account = self._kept[1] if self._kept[0] == self._mark() else self.read()
            self._kept = (object(), account)
            yield account
            _write(self._file, {"made": account.made, "things": list(map(_plain, account.things))})
            self._kept = (self._mark(), account)

    def read(self) -> Account:
        """The account as it is now."""
        if not self._file.exists():
            return Account()
        told = json.loads(self._file.read_text("utf-8"))
        return Account(told["made"], [Thing(**each) for each in told["things"]])

    def order(self, fault: Fault) -> None:
        """Lets a call fail; several faults of one call come one after the other."""
        with self._alone():
            _write(self._faults, [*self._ordered(), _plain(fault)])

    def fault(self, kind: str, method: Method, *, late: bool) -> Deed | None:
        """What shall befall this call, which is counted."""
        if not self._faults.exists():
            return None
        with self._alone():
            faults = [Fault(**each) for each in self._ordered()]
            mine = (f for f in faults if (f.type, f.method, f.late) == (kind, method, late))
            fault = next(mine, None)
            if fault is None:
                return None
            fault.skip -= 1
            left = [each for each in faults if each.skip >= 0]
            _write(self._faults, list(map(_plain, left)))
            return fault.deed if fault.skip < 0 else None

    def _ordered(self) -> list[dict[str, Any]]:
        return json.loads(self._faults.read_text("utf-8")) if self._faults.exists() else []

    @contextmanager
    def _alone(self) -> Generator[None]:
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _mark(self) -> object:
        """Changes with the file."""
        if not self._file.exists():
            return None
        told = self._file.stat()
        return told.st_ino, told.st_mtime_ns, told.st_size

    def resources(self, kind: str = "") -> list[Thing]:
        """Everything that exists, or everything of a type."""
        return [thing for thing in self.read().things if kind in {"", thing.type}]

    def add(self, kind: str, own_id: str, **inputs: Any) -> None:
        """Makes a thing behind the engine's back."""
        with self.change() as account:
            account.things.append(Thing(kind, own_id, inputs, {}, serial=account.number()))

    def lose(self, kind: str, own_id: str) -> None:
        """Deletes a thing behind the engine's back, whatever needs it."""
        with self.change() as account:
            account.remove(_known(account, kind, own_id))

    def alter(self, kind: str, own_id: str, **changed: Any) -> None:
        """Changes inputs of a thing behind the engine's back."""
        with self.change() as account:
            thing = _known(account, kind, own_id)
            thing.inputs.update(changed)
            thing.outputs.update(changed)


def at(values: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path; a `*` is every item of a list. None where nothing stands."""
    head, _, rest = path.partition(".")
    found = values.get(head)
    if not rest or found is None:
        return found
    if rest.startswith("*."):
        return [at(each, rest.removeprefix("*.")) for each in found]
    return at(found, rest)


def _plain(value: Thing | Fault) -> dict[str, Any]:
    return {key: getattr(value, key) for key in value.__slots__}


def _write(file: Path, value: object) -> None:
    """Whole or not at all."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(value), "utf-8")
    new.replace(file)


def _known(account: Account, kind: str, own_id: str) -> Thing:
    thing = account.find(kind, own_id)
    if thing is None:
        raise KeyError(f"there is no {kind} {own_id}")
    return thing
