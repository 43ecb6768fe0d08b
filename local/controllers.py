"""The controllers of Knative and KServe, KWOK, and what they find in the API server."""

from collections.abc import Sequence
from typing import Final

from catalog.settings import Settings
from catalog.stacks import load_stack
from infra.parts.local import OF_THE_PLANE, local_context
from infra.parts.namespaces import NAMESPACES, namespace_object
from infra.parts.part import Context
from local import crds, knative, kserve, kwok, nodes, stages
from local.apply import Api, apply_all
from local.errors import LocalError
from local.etcd import Etcd
from local.place import Place
from local.steps import Apply, Launch, Step

BINARIES: Final = (*kwok.BINARIES, *knative.BINARIES, *kserve.BINARIES)
STACK: Final = "local"

_ETCD, _API_SERVER = "etcd", "kube-apiserver"
SEED: Final = "definitions kept"
"""The step that the API server comes after."""

_DEFINITIONS: Final = "definitions"
_NAMESPACES: Final = "namespaces"
_NODES: Final = "nodes"
_KNATIVE: Final = "knative"
_KNATIVE_CERTIFICATES: Final = "knative-certificates"
_KNATIVE_WEBHOOKS: Final = "knative-webhooks"
_KSERVE: Final = "kserve"
_KSERVE_WEBHOOKS: Final = "kserve-webhooks"


def steps(place: Place) -> Sequence[Step]:
    """All of them. LocalError where the settings of the stack cannot be read."""
    context = local_context(_settings(place))
    return (*_definitions(place), *_kwok(place, context), *_knative(place, context),
            *_kserve(place, context))  # fmt: skip


def _settings(place: Place) -> Settings:
    """Of the stack on the plane, which say how Knative and KServe are configured."""
    file = place.root / f"Pulumi.{STACK}.yaml"
    try:
        found = load_stack(STACK, file.read_bytes())
    except OSError as error:
        raise LocalError(f"{file.name} cannot be read: {error.strerror}.") from error
    problems = found if isinstance(found, list) else found[1]
    if isinstance(found, list) or problems or found[0].settings.environment is None:
        lines = "\n".join(line for problem in problems for line in problem.lines())
        raise LocalError(f"The stack {STACK} is not sound; `slipway check` says the same:\n{lines}")
    return Settings.model_construct(**dict(found[0].settings))  # It has been judged.


def _api(place: Place) -> Api:
    return Api.of(place.kubeconfig)


def _authority(place: Place) -> str:
    return place.authority.read_text("ascii")


def _definitions(place: Place) -> tuple[Step, ...]:
    kept = crds.remembered()
    known = kept.exists()

    def seed() -> None:
        if known:
            crds.put(Etcd(place.gate), kept, _authority(place))

    def define() -> None:
        api = _api(place)
        if not known:
            crds.create(api, _authority(place))
        crds.await_served(api)
        if not known:
            crds.remember(Etcd(place.gate), kept)

    return (
        Apply(name=SEED, run=seed, after=(_ETCD,)),
        Apply(name=_DEFINITIONS, run=define, after=(_API_SERVER,)),
    )


def _kwok(place: Place, context: Context) -> tuple[Step, ...]:
    region = context.settings.environment.region

    def apply() -> None:
        kwok.configuration(place).write_text(stages.configuration(), "utf-8")
        apply_all(_api(place), [*kwok.rights(), *nodes.nodes(region)])

    return (
        Apply(name=_NODES, run=apply, after=(_API_SERVER,)),
        Launch(process=kwok.process(place), after=(_NODES, _DEFINITIONS)),
    )


def _knative(place: Place, context: Context) -> tuple[Step, ...]:
    processes = knative.processes(place)

    def namespaces() -> None:
        apply_all(
            _api(place),
            [namespace_object(each) for each in NAMESPACES if each.name in OF_THE_PLANE],
        )

    def core() -> None:
        api = _api(place)
        apply_all(api, knative.core(context))
        knative.await_rights(api)

    def webhooks() -> None:
        api = _api(place)
        apply_all(api, knative.webhooks())
        knative.await_webhooks(api)

    return (
        Apply(name=_NAMESPACES, run=namespaces, after=(_API_SERVER,)),
        Apply(name=_KNATIVE, run=core, after=(_NAMESPACES, _DEFINITIONS)),
        Launch(process=processes[knative.WEBHOOK], after=(_KNATIVE,)),
        Launch(process=processes[knative.AUTOSCALER], after=(_KNATIVE,)),
        Launch(process=processes[knative.CONTROLLER], after=(knative.AUTOSCALER,)),
        Apply(
            name=_KNATIVE_CERTIFICATES,
            run=lambda: knative.await_certificates(_api(place)),
            after=(knative.WEBHOOK,),
        ),
        Apply(name=_KNATIVE_WEBHOOKS, run=webhooks, after=(_KNATIVE_CERTIFICATES,)),
    )


def _kserve(place: Place, context: Context) -> tuple[Step, ...]:
    processes = kserve.processes(place)

    def core() -> None:
        apply_all(_api(place), kserve.core(context))

    def webhooks() -> None:
        apply_all(_api(place), kserve.webhooks(_authority(place)))

    return (
        Apply(name=_KSERVE, run=core, after=(_NAMESPACES,)),
        Launch(process=processes[kserve.MANAGER], after=(_KSERVE, _DEFINITIONS)),
        Launch(process=processes[kserve.LLM], after=(_KSERVE, _DEFINITIONS)),
        Apply(name=_KSERVE_WEBHOOKS, run=webhooks, after=(kserve.MANAGER, kserve.LLM)),
    )
