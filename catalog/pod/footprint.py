"""What a pod takes from its node and counts against a quota.

Kubernetes `k8s.io/component-helpers` `resource/helpers.go` (`PodRequests`, `PodLimits`); a request
that is left out is the limit, `pkg/apis/core/v1/defaults.go` (`SetDefaults_Pod`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from catalog.objects import Object
from catalog.quantity import parse_bytes, parse_cpu

Section: TypeAlias = Literal["requests", "limits"]
_Amounts: TypeAlias = dict[str, int]


@dataclass(frozen=True, slots=True)
class Footprint:
    """The effective request (or limit) of one pod, over all its containers."""

    cpu_millicores: int = 0
    memory_bytes: int = 0
    ephemeral_storage_bytes: int = 0
    accelerators: Mapping[str, int] = field(default_factory=dict[str, int])
    """By resource name, such as `nvidia.com/gpu`; none that is zero."""


def footprint(pod: Object, section: Section = "requests") -> Footprint:
    """The larger of running and starting, plus the pod's overhead.

    Containers and sidecars run together; init containers run one after the other, each beside the
    sidecars that started before it.
    """
    spec: Object = pod["spec"]
    running: _Amounts = {}
    for container in spec["containers"]:
        running = _sum(running, _amounts(container, section))
    sidecars: _Amounts = {}
    starting: _Amounts = {}
    for container in spec.get("initContainers", []):
        amounts = _amounts(container, section)
        if container.get("restartPolicy") == "Always":
            sidecars = _sum(sidecars, amounts)
            starting = _larger(starting, sidecars)
        else:
            starting = _larger(starting, _sum(sidecars, amounts))
    total = _larger(_sum(running, sidecars), starting)
    return _footprint(_sum(total, _parsed(spec.get("overhead", {}))))


def _footprint(amounts: _Amounts) -> Footprint:
    return Footprint(
        cpu_millicores=amounts.get("cpu", 0),
        memory_bytes=amounts.get("memory", 0),
        ephemeral_storage_bytes=amounts.get("ephemeral-storage", 0),
        accelerators={k: v for k, v in sorted(amounts.items()) if "/" in k and v},
    )


def _amounts(container: Object, section: Section) -> _Amounts:
    resources: Object = container.get("resources", {})
    limits: Object = resources.get("limits", {})
    if section == "limits":
        return _parsed(limits)
    return _parsed({**limits, **resources.get("requests", {})})


def _parsed(values: Object) -> _Amounts:
    return {name: _parse(name, str(value)) for name, value in values.items()}


def _parse(name: str, text: str) -> int:
    if name == "cpu":
        return parse_cpu(text)
    return parse_bytes(text)


def _sum(left: _Amounts, right: _Amounts) -> _Amounts:
    return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}


def _larger(left: _Amounts, right: _Amounts) -> _Amounts:
    return {name: max(left.get(name, 0), right.get(name, 0)) for name in {**left, **right}}
