"""From what is declared and what a cluster holds to a verdict on each endpoint. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from deploy.status.causes.absence import absence_cause, going_cause, silence_cause, stopped_cause
from deploy.status.causes.doors import door_causes
from deploy.status.causes.drift import drift
from deploy.status.causes.models import is_refused, model_cause
from deploy.status.causes.words import headline, reconcile_cause, unhappy, unknown_causes
from deploy.status.declared import Declared, DeclaredEndpoint
from deploy.status.differences import differences
from deploy.status.fields import TRUE, condition, field, is_leaving, moment
from deploy.status.snapshot import Snapshot
from deploy.status.undeclared import undeclared
from deploy.status.verdict import Cause, State, Verdict, Verdicts, Weight
from deploy.status.workload import Workload, short_revision

PATIENCE: Final = timedelta(minutes=1)
"""How long a controller may take to say anything at all; they take a second."""
STOP: Final = "serving.kserve.io/stop"
"""The annotation that stops an endpoint (KServe `pkg/constants/constants.go`)."""
_NOT_LOCAL: Final = frozenset({"certificate", "gateway"})
"""What nobody answers for where there is no cert-manager and no gateway."""
_UNDATED: Final = frozenset({State.OUTDATED, State.CHANGED})
"""States that its conditions know nothing of, nor since when."""
_LEAST_TELLING: Final = ("unknown", "controller-error", "deadline")


def judge(declared: Declared, observed: Snapshot) -> Verdicts:
    """What is said of every endpoint that is asked about, and of those that nobody declares."""
    verdicts = [_verdict(declared, each, observed) for each in declared.endpoints]
    verdicts += undeclared(declared, observed)
    return Verdicts(
        stack=declared.stack,
        taken=observed.taken,
        each=tuple(sorted(verdicts, key=lambda each: (each.path, each.kind))),
        notes=tuple(f"{kind} {why}" for kind, why in sorted(observed.unreadable.items())),
    )


def _verdict(declared: Declared, endpoint: DeclaredEndpoint, observed: Snapshot) -> Verdict:
    kind, namespace, name = endpoint.identity
    said = _blank(endpoint)
    main = observed.one(kind, namespace, name)
    if main is None and kind in observed.unreadable:
        return replace(said, progress=f"{kind} may not be read")
    if main is None:
        cause = absence_cause(declared, endpoint, observed)
        return replace(said, state=State.MISSING, causes=(cause,))
    if is_leaving(main):
        since = moment(main, "metadata", "deletionTimestamp")
        cause = going_cause(main, observed.namespace(namespace), declared.repair)
        return replace(said, state=State.BROKEN, since=since, causes=(cause,))
    if field(main, "metadata", "annotations", STOP) == "true":
        return replace(said, state=State.BROKEN, causes=(stopped_cause(declared.repair, STOP),))
    work = Workload(endpoint, main, observed)
    if condition(main, "Ready") is None:
        return _unanswered(said, work)
    return _answered(said, declared, work)


def _unanswered(said: Verdict, work: Workload) -> Verdict:
    """No condition at all: the controller has not seen it, now or ever."""
    made = moment(work.main, "metadata", "creationTimestamp")
    if made is None or work.observed.taken - made <= PATIENCE:
        return replace(said, since=made, progress="KServe has not seen it yet")
    cause = silence_cause(work.endpoint)
    return replace(said, state=State.BROKEN, since=made, causes=(cause,))


def _answered(said: Verdict, declared: Declared, work: Workload) -> Verdict:
    ready = condition(work.main, "Ready")
    says_ready = ready is not None and ready.status == TRUE
    is_ready = says_ready and work.parts_ready and not work.is_replacing and work.is_taken_up
    serves = says_ready or bool(work.answering)
    if is_ready:
        state, causes = _when_ready(declared, work)
    else:
        state, causes = _when_not_ready(declared, work, serves=serves)
    count, wanted = work.replicas
    return replace(
        said,
        state=state,
        since=ready.since if ready and state not in _UNDATED else None,
        ready=count,
        wanted=wanted,
        serves=serves,
        is_split=is_ready and state is State.ROLLING and bool(work.split),
        progress=_progress(work, state),
        causes=_distinct(causes),
        condition="" if state in {State.READY, State.ASLEEP} else headline(work.main),
        conditions=() if state in {State.READY, State.ASLEEP} else unhappy(work.main),
    )


def _when_ready(declared: Declared, work: Workload) -> tuple[State, Iterable[Cause]]:
    """The state of what the controllers call ready: perhaps nobody can reach it, or it differs."""
    endpoint = work.endpoint
    refused = model_cause(work.main, endpoint.file)
    if is_refused(work.main) and refused is not None:
        return State.BROKEN, [refused]
    doors = [
        each
        for each in door_causes(work.observed, endpoint.namespace, endpoint.name, declared.repair)
        if not (declared.local and each.code in _NOT_LOCAL)
    ]
    if doors:
        return (State.BROKEN if _is_blocked(doors) else State.WAITING), doors
    found = differences(endpoint.main, work.main)
    if found:
        state, cause = drift(declared, endpoint, found)
        return state, [cause]
    if work.split or work.is_updating:
        return State.ROLLING, []
    if work.is_asleep:
        return State.ASLEEP, []
    return State.READY, [each for each in work.causes() if each.weight is not Weight.PASSING]


def _when_not_ready(
    declared: Declared, work: Workload, *, serves: bool
) -> tuple[State, Iterable[Cause]]:
    """On its way, or held up by what a cause names."""
    causes = list(_causes(work))
    if not causes and work.is_taken_up:
        kind, _, name = work.endpoint.identity
        causes = list(unknown_causes(work.main, f"{kind} {name}"))
    if _is_blocked(causes):
        state, changed = drift(declared, work.endpoint, differences(work.endpoint.main, work.main))
        return State.BROKEN, [*causes, changed] if state is State.CHANGED else causes
    return (State.ROLLING if serves else State.WAITING), causes


def _causes(work: Workload) -> Iterator[Cause]:
    if work.endpoint.kind == "model" and (found := model_cause(work.main, work.endpoint.file)):
        yield found
    kind, _, name = work.endpoint.identity
    if found := reconcile_cause(work.main, f"{kind} {name}", work.endpoint.file) or work.warned():
        yield found
    yield from work.causes()


def _is_blocked(causes: Iterable[Cause]) -> bool:
    return any(each.weight is not Weight.PASSING for each in causes)


def _progress(work: Workload, state: State) -> str:
    """What is under way, in a few words."""
    if work.is_replacing:
        new = ", ".join(sorted(short_revision(each) for each in work.newest - work.answering))
        old = ", ".join(sorted(short_revision(each) for each in work.answering - work.newest))
        return f"revision {new} comes, {old} answers"
    if state is State.ROLLING and work.split:
        return work.split
    if state in {State.ROLLING, State.WAITING} and not work.is_taken_up:
        return "the edit is being taken up"
    if state in {State.ROLLING, State.WAITING} and work.is_updating:
        return "new pods replace the old ones"
    return ""


def _distinct(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """The first of each code, so that ten pods with one trouble tell it once.

    What tells least stands only where nothing else is told. A missed deadline makes its reason
    lasting: nothing is tried again.
    """
    found: dict[str, Cause] = {}
    for cause in causes:
        found.setdefault(cause.code, cause)
    is_late = "deadline" in found
    for code in _LEAST_TELLING:
        if len(found) > 1:
            found.pop(code, None)
    if is_late:
        return tuple(replace(each, weight=Weight.LASTING) for each in found.values())
    return tuple(found.values())


def _blank(endpoint: DeclaredEndpoint) -> Verdict:
    return Verdict(
        team=endpoint.team,
        project=endpoint.project,
        namespace=endpoint.namespace,
        name=endpoint.name,
        kind=endpoint.kind,
        state=State.WAITING,
        url=endpoint.url,
    )
