"""What controllers made for an endpoint: its revisions, their Deployments and pods.

Knative's labels are in its `pkg/apis/serving/register.go` (0.48). Where people read it, a revision
is called by the number that Knative gives it: `card-screening-predictor-00002` is 00002.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from catalog.objects import Object
from deploy.status.causes.pods import PodView, pod_cause
from deploy.status.causes.revisions import deployment_cause, revision_cause, service_causes
from deploy.status.causes.words import warned_cause
from deploy.status.declared import DeclaredEndpoint
from deploy.status.differences import last_written
from deploy.status.fields import (
    FALSE,
    TRUE,
    condition,
    field,
    label,
    moment,
    name_of,
    number,
    rows,
    text,
)
from deploy.status.snapshot import Snapshot, event_time
from deploy.status.verdict import Cause

REVISION: Final = "serving.knative.dev/revision"
ASLEEP_REASON: Final = "NoTraffic"
TAKE_UP: Final = timedelta(seconds=5)
"""How long KServe may take to act on an edit. It keeps no generation of an InferenceService:
`status.observedGeneration` is that of what it made (`inference_service_status.go`, 0.20)."""


@dataclass(frozen=True)
class Workload:
    """The objects of one endpoint, without those that are going."""

    endpoint: DeclaredEndpoint
    main: Object
    observed: Snapshot

    def _made(self, kind: str) -> tuple[Object, ...]:
        return self.observed.made_for(kind, self.endpoint.namespace, self.endpoint.name)

    @cached_property
    def services(self) -> tuple[Object, ...]:
        """Its Knative Services: the predictor's, and an explainer's."""
        return self._made("KnativeService")

    @cached_property
    def newest(self) -> frozenset[str]:
        """The names of the revisions that were created last."""
        names = (text(each, "status", "latestCreatedRevisionName") for each in self.services)
        return frozenset(filter(None, names))

    @cached_property
    def answering(self) -> frozenset[str]:
        """The names of the newest revisions that are ready."""
        names = (text(each, "status", "latestReadyRevisionName") for each in self.services)
        return frozenset(filter(None, names))

    @property
    def is_replacing(self) -> bool:
        """Whether an older revision answers while a newer one is not ready."""
        return any(
            text(each, "status", "latestReadyRevisionName")
            not in {"", text(each, "status", "latestCreatedRevisionName")}
            for each in self.services
        )

    @cached_property
    def deployments(self) -> tuple[Object, ...]:
        """The Deployments of the newest revisions; all, where there are no revisions."""
        return tuple(each for each in self._made("Deployment") if self._is_newest(each))

    def _is_newest(self, obj: Object) -> bool:
        revision = label(obj, REVISION)
        return not revision or not self.newest or revision in self.newest

    @cached_property
    def is_taken_up(self) -> bool:
        """Whether the controllers have seen the newest edit."""
        observed = number(self.main, "status", "observedGeneration")
        generation = number(self.main, "metadata", "generation")
        if self.endpoint.kind == "llm" and observed is not None and observed != generation:
            return False
        made = self.services or self.deployments
        if any(_is_unobserved(each) for each in made):
            return False
        written, answered = last_written(self.main), [last_written(each) for each in made]
        if written is None or any(each >= written for each in answered if each is not None):
            return True
        return self.observed.taken - written > TAKE_UP

    @property
    def parts_ready(self) -> bool:
        """Whether all that it is made of is ready. KServe copies this a moment later."""
        return all(
            (ready := condition(each, "Ready")) is not None and ready.status == TRUE
            for each in self.services
        )

    @cached_property
    def is_asleep(self) -> bool:
        """Whether it is scaled to zero."""
        revisions = [r for r in self._made("Revision") if name_of(r) in self.answering]
        if revisions:
            return all(_is_inactive(each) for each in revisions)
        return bool(self.deployments) and all(
            number(each, "spec", "replicas") == 0 for each in self.deployments
        )

    @property
    def replicas(self) -> tuple[int | None, int | None]:
        """How many are ready of how many that are wanted now."""
        if not self.deployments:
            return None, None
        wanted = sum(number(each, "spec", "replicas") or 0 for each in self.deployments)
        ready = sum(number(each, "status", "readyReplicas") or 0 for each in self.deployments)
        return ready, wanted

    @property
    def is_updating(self) -> bool:
        """Whether a Deployment still replaces old pods by new ones."""
        return any(
            (number(each, "status", "replicas") or 0)
            > (number(each, "status", "updatedReplicas") or 0)
            for each in self.deployments
        )

    @property
    def split(self) -> str:
        """How revisions share the calls: `20 % to 00002, 80 % to 00001`; "" where one has all."""
        parts = [
            f"{percent} % to {short_revision(text(row, 'revisionName'))}"
            for each in self.services
            for row in rows(each, "status", "traffic")
            if (percent := number(row, "percent") or 0) not in {0, 100}
        ]
        return ", ".join(parts)

    def warned(self) -> Cause | None:
        """What a controller could not do since the last edit, where only an event says so."""
        kind, namespace, name = self.endpoint.identity
        involved = [(kind, name), *(("Configuration", name_of(each)) for each in self.services)]
        written = last_written(self.main)
        events = (
            event
            for event in self.observed.warnings(namespace, involved)
            if (seen := event_time(event)) is None or written is None or seen >= written
        )
        return warned_cause(tuple(events), self.endpoint.file)

    def causes(self) -> Iterator[Cause]:
        """Why the newest of it is not ready, the most telling first."""
        file = self.endpoint.file
        deployments = self.deployments
        for each in deployments:
            if (found := deployment_cause(each, file)) and found.code != "deadline":
                yield found
        for pod in self._pods():
            if found := pod_cause(pod):
                yield found
        revisions = [each for each in self._made("Revision") if name_of(each) in self.newest]
        for each in revisions:
            if found := revision_cause(each, file):
                yield found
        for each in deployments:
            if (found := deployment_cause(each, file)) and found.code == "deadline":
                yield found
        for each in self.services:
            yield from service_causes(each, file)

    def _pods(self) -> Iterator[PodView]:
        claims = self.observed.of("NodeClaim")
        for pod in self._made("Pod"):
            ready = condition(pod, "Ready")
            if not self._is_newest(pod) or (ready is not None and ready.status == TRUE):
                continue
            made = moment(pod, "metadata", "creationTimestamp")
            age = (self.observed.taken - made).total_seconds() if made else 0.0
            yield PodView(
                pod=pod,
                warnings=self.observed.warnings(self.endpoint.namespace, [("Pod", name_of(pod))]),
                node_claims=claims,
                file=self.endpoint.file,
                is_late=age > self.endpoint.patience,
            )


def short_revision(name: str) -> str:
    """The number of a revision; its name where it has none."""
    number_of = name.rpartition("-")[2]
    return number_of if number_of.isdecimal() else name


def _is_unobserved(obj: Object) -> bool:
    generation, observed = (
        number(obj, "metadata", "generation"),
        number(obj, "status", "observedGeneration"),
    )
    return generation is not None and generation != observed


def _is_inactive(revision: Object) -> bool:
    active = condition(revision, "Active")
    if active is not None and active.status == FALSE:
        return active.reason == ASLEEP_REASON
    return field(revision, "status", "actualReplicas") == 0
