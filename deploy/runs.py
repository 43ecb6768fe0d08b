"""A stack and those that stand on it, run in an order that is safe, several at a time.

A failure of one stack stops no other, but those that stand on it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from threading import Event
from typing import Any, Final, Protocol

from pulumi.automation.errors import CommandError

from deploy import orphans, recovery
from deploy.engine import Engine
from deploy.failures import command_failure, unforeseen
from deploy.journal import journals, left_behind, unfinished
from deploy.locks import is_dead, locks
from deploy.operations import Ended, Verb, operate
from deploy.records import Record, record, recorded
from deploy.tally import Tally
from deploy.workspace import ensure, stacks
from local.apply import ApiError

FAILED: Final = "failed"
DONE: Final = "done"


class Say(Protocol):
    """Tells the user one line about a stack, while others run."""

    def __call__(self, stack: str, line: str, /) -> None:
        """Tells it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done.

    `first` is the stack that the others stand on, or the only one; `digests` are those of stacks
    that hold tenants alone, by which it is known that nothing is to be done.
    """

    verb: Verb
    first: str
    others: Sequence[str] = ()
    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    everything: bool = False
    repair: bool = False
    parallel: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """Every stack."""
        return (self.first, *self.others)


def unchanged(
    engine: Engine, order: Order, there: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    """The stacks that are as they were applied from here last, by what the backend says of them."""
    if order.everything or order.repair or order.verb is Verb.DESTROY:
        return ()
    return tuple(name for name in order.names if _is_as_applied(engine, name, order, there))


def _is_as_applied(
    engine: Engine, stack: str, order: Order, there: Mapping[str, Mapping[str, Any]]
) -> bool:
    known, digest = there.get(stack), order.digests.get(stack)
    if known is None or digest is None or journals(engine.journals, stack):
        return False
    return recorded(engine.records, stack) == Record(digest, known.get("lastUpdate", ""))


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs orders with an engine. No other stack begins once `stopped` is set."""

    engine: Engine
    say: Say
    stopped: Event = field(default_factory=Event)
    _said: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def run(
        self, order: Order, tallies: Mapping[str, Tally], there: Mapping[str, Mapping[str, Any]]
    ) -> bool:
        """Whether all that was to be run has ended well."""
        ensure(self.engine, tallies, there)
        others = [name for name in order.others if name in tallies]
        stages = [[order.first] if order.first in tallies else [], others]
        if order.verb is Verb.DESTROY:
            stages.reverse()
        failed, why = False, ""
        for names in stages:
            if why:
                for name in names:
                    tallies[name].skip(why)
            elif not self._stage(names, order, tallies, there):
                failed, why = True, f"because what {_before(order.verb)} failed"
            elif order.verb is Verb.PREVIEW and not self._can_tell(there.get(order.first, {})):
                why = f"because {order.first} is not there yet, which tells it what it stands on"
        if order.verb is not Verb.PREVIEW:
            self._record(order, tallies)
        return not failed

    def _can_tell(self, first: Mapping[str, Any]) -> bool:
        """Whether those that stand on it find what it exports; on the local plane they ask not."""
        return self.engine.journals is not None or bool(first.get("resourceCount"))

    def _stage(
        self,
        names: Sequence[str],
        order: Order,
        tallies: Mapping[str, Tally],
        there: Mapping[str, Mapping[str, Any]],
    ) -> bool:
        with ThreadPoolExecutor(max_workers=max(1, order.parallel)) as pool:
            ended = [
                pool.submit(self._one, tallies[name], order, there.get(name)) for name in names
            ]
            return all(each.result() for each in ended)

    def _say(self, stack: str, line: str) -> None:
        """Once, whatever is tried again."""
        if (stack, line) not in self._said:
            self._said.add((stack, line))
            self.say(stack, line)

    def _one(self, tally: Tally, order: Order, known: Mapping[str, Any] | None) -> bool:
        if self.stopped.is_set():
            tally.skip("because it was told to stop")
            return False
        ended = self._operate(tally, order, known)
        if ended.failed and not tally.failures:
            local = self.engine.journals is not None
            tally.failures.append(command_failure(tally.stack, ended.told, local=local))
        tally.end(FAILED if ended.failed else DONE)
        return not ended.failed

    def _operate(self, tally: Tally, order: Order, known: Mapping[str, Any] | None) -> Ended:
        ended = self._tried(tally, order, known)
        held = locks(ended.told) if ended.failed else ()
        # A backend in the plane's folder is this machine's alone, so that the process can be asked.
        if self.engine.state is None or not held or not all(map(is_dead, held)):
            return ended
        self._say(tally.stack, f"a run that was killed left its lock ({held[0]}); taking it away")
        recovery.unlock(self.engine.state, held)
        return self._tried(tally, order, known)

    def _tried(self, tally: Tally, order: Order, known: Mapping[str, Any] | None) -> Ended:
        try:
            return self._attempt(tally, order, known)
        except CommandError as error:
            return Ended(failed=True, told=str(error))
        except (ApiError, OSError, HTTPException) as error:
            tally.failures.append(unforeseen(error))
            return Ended(failed=True)

    def _attempt(self, tally: Tally, order: Order, known: Mapping[str, Any] | None) -> Ended:
        stack, engine = tally.stack, self.engine
        killed = left_behind(engine.journals, stack)
        for journal in killed:
            orphans.end(str(journal))
        if order.verb is not Verb.PREVIEW:
            self._settle(tally, known)
        if killed:
            self._say(stack, f"{_cut_short(unfinished(killed))}; looking at all that is there")
        tally.begin(_PHASES[order.verb])
        ended = operate(
            engine, stack, order.verb, tally.hear,
            refresh=order.repair or bool(killed), force=order.repair,
        )  # fmt: skip
        if killed and not ended.failed and order.verb is not Verb.PREVIEW:
            for thing in recovery.sweep(engine, stack, killed):
                self._say(stack, f"{thing} was made by the run that was killed, and is gone now")
        return ended

    def _settle(self, tally: Tally, known: Mapping[str, Any] | None) -> None:
        """After a run of which nobody knows how it ended, looks at what it was about."""
        if known is None or self._is_ours(tally.stack, known):
            return
        tally.phase = "recovering"
        steps = recovery.pending(self.engine, tally.stack)
        if not steps:
            return
        self._say(tally.stack, f"{_cut_short(steps)}; looking at what is there")
        for step in recovery.settle(self.engine, tally.stack, steps):
            self._say(
                tally.stack,
                f"{step} was being made, and its name is not known: pulumi refresh --stack "
                f"{tally.stack} asks for it",
            )

    def _is_ours(self, stack: str, known: Mapping[str, Any]) -> bool:
        found = recorded(self.engine.records, stack)
        return found is not None and found.written == known.get("lastUpdate")

    def _record(self, order: Order, tallies: Mapping[str, Tally]) -> None:
        try:
            there = stacks(self.engine)
        except CommandError:
            return
        for name, tally in tallies.items():
            written = there.get(name, {}).get("lastUpdate", "")
            # What was written after it had ended is somebody else's.
            is_own = tally.at and written and datetime.fromisoformat(written) <= tally.at
            if tally.phase == DONE and is_own:
                digest = order.digests.get(name, "") if order.verb is Verb.UP else ""
                record(self.engine.records, name, Record(digest, written))


def _before(verb: Verb) -> str:
    """What is run before a stack, in words."""
    return "stands on it" if verb is Verb.DESTROY else "it stands on"


def _cut_short(steps: Sequence[object]) -> str:
    at = f" at {', '.join(map(str, steps[:_FEW]))}" if steps else ""
    more = f" and {len(steps) - _FEW} more" if len(steps) > _FEW else ""
    return f"a run was cut short{at}{more}"


_FEW: Final = 3
_PHASES: Final = {
    Verb.UP: "applying",
    Verb.PREVIEW: "comparing",
    Verb.DESTROY: "destroying",
}


def tallies(names: Iterable[str], expected: Callable[[str], int]) -> dict[str, Tally]:
    """A fresh one for each stack."""
    return {name: Tally(name, expected(name)) for name in names}
