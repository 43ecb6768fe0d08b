"""What is declared for a stack, as far as its status is judged by it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from catalog.endpoint import Endpoint
from catalog.environment import Environment
from catalog.fleet import Built
from catalog.objects import Object
from deploy.status.fields import name_of
from deploy.status.snapshot import ENDPOINT_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredEndpoint:
    """An endpoint with the upstream object that it becomes. `file` is its entry's."""

    team: str
    project: str
    namespace: str
    name: str
    kind: str
    framework: str
    url: str
    file: str
    main: Object
    patience: float
    """The longest time in seconds from no node to ready."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Upstream kind, namespace and name."""
        return ENDPOINT_KINDS[self.kind], self.namespace, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The endpoints of a stack that are asked about. `local` is a cluster without a cloud.

    `known` are the identities of all that are declared, asked about or not, so that nothing of
    theirs is taken for what nobody declares.
    """

    stack: str
    local: bool
    endpoints: tuple[DeclaredEndpoint, ...]
    known: frozenset[tuple[str, str, str]]
    team: str | None = None
    project: str | None = None
    names: frozenset[str] = frozenset()

    @property
    def command(self) -> str:
        """What applies the stack."""
        return f"slipway up --stack {self.stack}"

    @property
    def repair(self) -> str:
        """What takes back what others changed or deleted; the engine looks for it only then."""
        return f"{self.command} --repair"

    @property
    def patience(self) -> float:
        """The longest time in seconds that any of the endpoints may take."""
        return max((each.patience for each in self.endpoints), default=0.0)

    def covers(self, team: str, project: str, name: str) -> bool:
        """Whether an endpoint is asked about."""
        return (
            self.team in {None, team}
            and self.project in {None, project}
            and (not self.names or bool(self.names & {name, f"{team}/{project}/{name}"}))
        )


def declared_of(
    tenants: Iterable[Built],
    env: Environment,
    *,
    team: str | None = None,
    project: str | None = None,
    names: Iterable[str] = (),
) -> Declared:
    """What is declared by these tenants of a stack, which have no problems.

    `names` are of endpoints, alone or as `team/project/name`.
    """
    everything = tuple(each for built in tenants for each in _endpoints(built))
    whole = Declared(
        stack=env.stack,
        local=env.cluster == "local",
        endpoints=everything,
        known=frozenset(each.identity for each in everything),
        team=team,
        project=project,
        names=frozenset(names),
    )
    asked = (each for each in everything if whole.covers(each.team, each.project, each.name))
    return replace(whole, endpoints=tuple(asked))


def _endpoints(built: Built) -> Iterable[DeclaredEndpoint]:
    mains = {
        (obj["kind"], name_of(obj)): obj
        for obj in built.objects
        if obj["kind"] in ENDPOINT_KINDS.values()
    }
    for endpoint in built.tenant.endpoints:
        yield _declared(endpoint, mains[ENDPOINT_KINDS[endpoint.kind], endpoint.name])


def _declared(endpoint: Endpoint, main: Object) -> DeclaredEndpoint:
    return DeclaredEndpoint(
        team=endpoint.team,
        project=endpoint.project,
        namespace=endpoint.namespace,
        name=endpoint.name,
        kind=endpoint.kind,
        framework=endpoint.framework,
        url=endpoint.url,
        file=endpoint.place.file,
        main=main,
        patience=endpoint.cold_start / 1_000,
    )
