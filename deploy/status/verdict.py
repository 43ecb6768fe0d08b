"""What is said of an endpoint: a state, since when, why, and what to do."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """How an endpoint stands, in the order in which tables count them.

    - Ready: as declared, and it answers.
    - Asleep: ready, and scaled to zero until somebody calls.
    - Rolling out: the old revision answers while a new one comes, or both share the calls.
    - Waiting: on its way, and nothing is known to be in its way.
    - Out of date: the entry has been edited since the last `slipway up`.
    - Changed by hand: a field that the entry sets was set otherwise by somebody else.
    - Broken: something is in its way that a cause names.
    - Missing: it is declared, and the cluster has no such object.
    - Not declared: the cluster has it, and no entry does.
    """

    READY = "Ready"
    ASLEEP = "Asleep"
    ROLLING = "Rolling out"
    WAITING = "Waiting"
    OUTDATED = "Out of date"
    CHANGED = "Changed by hand"
    BROKEN = "Broken"
    MISSING = "Missing"
    UNDECLARED = "Not declared"


class Weight(StrEnum):
    """What a cause means for somebody who waits.

    - passing: a normal step on the way.
    - blocking: in the way, though the cluster may get over it by itself.
    - lasting: waiting does not mend it.
    """

    PASSING = "passing"
    BLOCKING = "blocking"
    LASTING = "lasting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why an endpoint is not as declared.

    `code` is a word for programs that does not change. `seen` says where it was read: kind, name
    and field.
    """

    code: str
    what: str
    remedy: str
    seen: str
    weight: Weight = Weight.BLOCKING


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one endpoint. `ready` of `wanted` replicas are ready where that is known.

    `condition` is the one that keeps it from being ready, `conditions` are all that are not as they
    should be with their messages, both in the cluster's own words.
    `serves` is whether calls are answered, perhaps by an older revision; `is_split` is whether
    revisions that are all ready share them as declared.
    """

    team: str
    project: str
    namespace: str
    name: str
    kind: str
    state: State
    since: datetime | None = None
    url: str = ""
    ready: int | None = None
    wanted: int | None = None
    progress: str = ""
    causes: tuple[Cause, ...] = ()
    condition: str = ""
    conditions: tuple[str, ...] = ()
    serves: bool = False
    is_split: bool = False

    @property
    def path(self) -> str:
        """`team/project/name`, as `slipway list` shows it."""
        return f"{self.team}/{self.project}/{self.name}"

    @property
    def ok(self) -> bool:
        """Whether nothing is to be done or waited for."""
        return self.is_split or self.state in {State.READY, State.ASLEEP}

    @property
    def is_lasting(self) -> bool:
        """Whether it is broken in a way that waiting does not mend."""
        return not self.ok and any(cause.weight is Weight.LASTING for cause in self.causes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """All that is said of a stack, sorted by path. `notes` tell what could not be read."""

    stack: str
    taken: datetime
    each: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every endpoint is as declared, and nothing is there that is not."""
        return all(verdict.ok for verdict in self.each)

    @property
    def is_settled(self) -> bool:
        """Whether waiting changes nothing any more: each is well, or broken in a lasting way."""
        return all(verdict.ok or verdict.is_lasting for verdict in self.each)

    @property
    def counts(self) -> Mapping[State, int]:
        """How many are in each state that occurs."""
        found = Counter(verdict.state for verdict in self.each)
        return {state: found[state] for state in State if found[state]}
