"""Waits until a stack's endpoints are ready, or until waiting changes nothing any more."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from deploy.cluster import ClusterError
from deploy.status.declared import Declared
from deploy.status.judge import judge
from deploy.status.snapshot import Snapshot
from deploy.status.verdict import Verdict, Verdicts

SHORTEST: Final = 0.5
"""Seconds between two readings of a cluster that answers at once."""
SHARE: Final = 4
"""A reading is followed by a pause of so many times what it took, so that waiting for a large fleet
costs its API server a fifth of one client."""
LONGEST: Final = 5.0
"""Seconds between two readings at most, so that nobody waits for what is ready."""
AWAY: Final = 90.0
"""Seconds for which a cluster may be out of reach: three readings that nobody answers. An API
server is back after fifteen."""
CONFIRMED: Final = 2
"""Readings in a row that must agree before a wait ends on a broken endpoint: the first may have
caught the controllers between two steps."""


def wait(
    read: Callable[[Declared], Snapshot],
    declared: Declared,
    deadline: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Verdicts]:
    """What is said of the endpoints, each time that it changes; the last is how it ended.

    It ends when every endpoint is as declared or broken in a way that waiting does not mend, and
    after `deadline` seconds. Raises ClusterError where the cluster stays away for longer than
    `AWAY`.
    """
    read = patient(read, clock=clock, sleep=sleep)
    end = clock() + deadline
    said: tuple[object, ...] | None = None
    agreed = 0
    while True:
        began = clock()
        verdicts = judge(declared, read(declared))
        agreed = agreed + 1 if verdicts.is_settled else 0
        is_over = verdicts.ok or agreed >= CONFIRMED or clock() >= end
        now = tuple(_shown(each) for each in verdicts.each)
        if now != said or is_over:
            said = now
            yield verdicts
        if is_over:
            return
        pause = min(LONGEST, max(SHORTEST, SHARE * (clock() - began)))
        sleep(max(0.0, min(pause, end - clock())))


def patient(
    read: Callable[[Declared], Snapshot],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[Declared], Snapshot]:
    """The same, read again while an API server starts anew or has too much to do."""

    def read_again(declared: Declared) -> Snapshot:
        end = clock() + AWAY
        while True:
            try:
                return read(declared)
            except ClusterError:
                if clock() >= end:
                    raise
            sleep(SHORTEST)

    return read_again


def _shown(verdict: Verdict) -> tuple[object, ...]:
    """What of a verdict is worth telling again when it changes."""
    return (
        verdict.path,
        verdict.kind,
        verdict.state,
        verdict.ready,
        verdict.wanted,
        verdict.progress,
        tuple(cause.what for cause in verdict.causes),
    )
