"""All parts of the platform, in an order in which they can be made."""

from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Final

from catalog.errors import did_you_mean
from infra.parts import (
    admission,
    api,
    cert_manager,
    console,
    external_secrets,
    gateway,
    istio,
    karpenter,
    keda,
    kiali,
    knative,
    kserve,
    kserve_base,
    kyverno,
    load_balancer_controller,
    logging,
    mlflow,
    model_cache,
    monitoring,
    node_pools,
    opencost,
    tracing,
    velero,
    vertical_pod_autoscaler,
)
from infra.parts.part import Context, Part

PARTS: Final[tuple[Callable[[Context], Part], ...]] = (
    admission.part,
    api.part,
    cert_manager.part,
    console.part,
    external_secrets.part,
    gateway.part,
    istio.part,
    karpenter.part,
    keda.part,
    kiali.part,
    knative.part,
    kserve.part,
    kserve_base.part,
    kyverno.part,
    load_balancer_controller.part,
    logging.part,
    mlflow.part,
    model_cache.part,
    monitoring.part,
    node_pools.part,
    opencost.part,
    tracing.part,
    velero.part,
    vertical_pod_autoscaler.part,
)


def parts(context: Context) -> tuple[Part, ...]:
    """Every part of the stack, each after those that it names; see `ordered` for what is refused.

    Without the layer `edge` the platform's own hosts have no record, and nobody signs in to pages.
    """
    left_out = () if context.settings.has("edge") else (api.part, console.part)
    return ordered(make(context) for make in PARTS if make not in left_out)


def ordered(made: Iterable[Part]) -> tuple[Part, ...]:
    """Parts so that each follows those of its `after`, else by name.

    Raises ValueError for two parts of a name, an unknown name in `after`, and a circle.
    """
    known: dict[str, Part] = {}
    for part in sorted(made, key=lambda each: each.name):
        if part.name in known:
            raise ValueError(f"two parts are named {part.name}")
        known[part.name] = part
    for part in known.values():
        for name in part.after:
            if name not in known:
                remedy = did_you_mean(name, known, "add it to infra/parts/table.py")
                raise ValueError(f"part {part.name} comes after {name}, which is no part; {remedy}")
    sorter = TopologicalSorter({name: sorted(part.after) for name, part in known.items()})
    try:
        return tuple(known[name] for name in sorter.static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise ValueError(f"parts come after each other: {' → '.join(circle)}") from error
