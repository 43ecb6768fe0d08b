"""The controllers of Knative and KServe, KWOK, and what they find in the API server."""

from collections.abc import Sequence
from typing import Final

from catalog.settings import Settings
from catalog.stacks import load_stack
from infra.parts.local import OF_THE_PLANE
from infra.parts.namespaces import NAMESPACES, namespace_object
from infra.parts.part import Context
from local import crds, knative, kserve, kwok, node_steps, nodes, stages
from local.api_step import api_step
from local.apply import Api, apply_all
from local.errors import LocalError
from local.etcd import Etcd
from local.place import Place
from local.steps import Apply, Launch, Step

BINARIES: Final = (*kwok.BINARIES, *knative.BINARIES, *kserve.BINARIES)
STACK: Final = "local"
"""Its settings say how Knative and KServe are configured."""

DEFINED: Final = "custom-resources-defined"
"""The step that the API server comes after."""

_ETCD, _API_SERVER = "etcd", "kube-apiserver"
_SERVED: Final = node_steps.SERVED
_DESCRIBED: Final = "api-described"
_NAMESPACES: Final = node_steps.NAMESPACES
_NODES: Final = "nodes"
_KNATIVE: Final = "knative"
_KNATIVE_CERTIFICATES: Final = "knative-certificates"
_KNATIVE_WEBHOOKS: Final = "knative-webhooks"
_KSERVE: Final = "kserve"
_KSERVE_WEBHOOKS: Final = "kserve-webhooks"


def steps(place: Place, context: Context, *, node: bool) -> Sequence[Step]:
    """All of them; `node` says whether there is a real one.

    Upstream's manifests are read here, before anything is started. LocalError where the settings of
    the stack are not sound, ToolchainError where a manifest cannot be had.
    """
    return (
        *_for_all(place),
        *_kwok(place, context, node=node),
        *_knative(place, context, node=node),
        *_kserve(place, context),
        *(node_steps.steps(place, context) if node else ()),
    )


def settings(place: Place) -> Settings:
    """Of the stack `local`, judged. LocalError where they are not sound."""
    file = place.root / f"Pulumi.{STACK}.yaml"
    try:
        found = load_stack(STACK, file.read_bytes())
    except OSError as error:
        raise LocalError(f"{file.name} cannot be read: {error.strerror}.") from error
    problems = found if isinstance(found, list) else found[1]
    if isinstance(found, list) or problems:
        lines = [line for problem in problems for line in problem.lines()]
        raise LocalError("\n".join([f"The stack {STACK} is not ready:", *lines]))
    return Settings.model_construct(**dict(found[0].settings))  # It has been judged.


def _authority(place: Place) -> str:
    return place.authority.read_text("ascii")


def _for_all(place: Place) -> tuple[Step, ...]:
    definitions = crds.definitions()

    def define() -> None:
        crds.put(Etcd(place.gate), definitions, _authority(place))

    def served(api: Api) -> None:
        crds.await_served(api, definitions)

    def namespaces(api: Api) -> None:
        apply_all(api, (namespace_object(n) for n in NAMESPACES if n.name in OF_THE_PLANE))

    def described(api: Api) -> None:
        # Put together when it is first asked for, which takes longer than the provider waits on a
        # busy machine; it is the first thing that the provider asks for.
        api.get("/openapi/v2")

    return (
        Apply(name=DEFINED, run=define, after=(_ETCD,)),
        api_step(place, _SERVED, served, _API_SERVER),
        api_step(place, _DESCRIBED, described, _SERVED),
        api_step(place, _NAMESPACES, namespaces, _API_SERVER),
    )


def _kwok(place: Place, context: Context, *, node: bool) -> tuple[Step, ...]:
    region = context.settings.environment.region
    answered = stages.answers(node=node)

    def apply(api: Api) -> None:
        kwok.configuration(place).write_text(stages.configuration(answered), "utf-8")
        apply_all(api, [*kwok.rights(answered), *nodes.nodes(region)])

    return (
        api_step(place, _NODES, apply, _API_SERVER),
        Launch(process=kwok.process(place), after=(_NODES, _SERVED)),
    )


def _knative(place: Place, context: Context, *, node: bool) -> tuple[Step, ...]:
    processes, objects = knative.processes(place), knative.core(context, node=node)

    def core(api: Api) -> None:
        apply_all(api, objects)
        knative.await_rights(api)

    def webhooks(api: Api) -> None:
        apply_all(api, knative.webhooks())
        knative.await_webhooks(api)

    return (
        api_step(place, _KNATIVE, core, _NAMESPACES, _SERVED),
        Launch(process=knative.idle()),
        Launch(process=processes[knative.WEBHOOK], after=(_KNATIVE,)),
        Launch(process=processes[knative.AUTOSCALER], after=(_KNATIVE,)),
        Launch(process=processes[knative.CONTROLLER], after=(knative.AUTOSCALER,)),
        api_step(place, _KNATIVE_CERTIFICATES, knative.await_certificates, knative.WEBHOOK),
        api_step(place, _KNATIVE_WEBHOOKS, webhooks, _KNATIVE_CERTIFICATES),
    )


def _kserve(place: Place, context: Context) -> tuple[Step, ...]:
    objects = kserve.core(context)

    def core(api: Api) -> None:
        apply_all(api, objects)

    def webhooks(api: Api) -> None:
        apply_all(api, kserve.webhooks(_authority(place)))

    return (
        api_step(place, _KSERVE, core, _NAMESPACES),
        *(
            Launch(process=process, after=(_KSERVE, _SERVED))
            for process in kserve.processes(place).values()
        ),
        api_step(place, _KSERVE_WEBHOOKS, webhooks, *kserve.BINARIES),
    )
