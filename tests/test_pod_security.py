"""Every pod passes the API server's own Pod Security library, and no field of it is for show."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.fleet import Built
from catalog.objects import Object
from catalog.render.platform import known_objects
from tests.checkers import pod_security
from tests.golden import CASES, objects_of
from tests.reading import pods_of

pytestmark = pytest.mark.checkers

NOT_RESTRICTED: dict[str, str] = {}
"""Pods that reach baseline only, by the kind and name of what they come from, with the reason.

There are none: an exception belongs here, and into the labels of the namespace.
"""


def test_every_pod_of_the_sample_is_restricted(tenants: list[Built]) -> None:
    made = [pair for one in tenants for pair in pods_of(one.objects)]
    assert len(made) > 200
    verdicts = pod_security([pod for _, pod in made])
    for (obj, _), verdict in zip(made, verdicts, strict=True):
        whose = f"{obj['kind']}/{obj['metadata']['name']}"
        assert (verdict.level == "restricted") == (whose not in NOT_RESTRICTED), (whose, verdict)


def test_the_sample_uses_every_runtime(tenants: list[Built]) -> None:
    used = {
        obj["spec"]["predictor"]["model"]["runtime"]
        for one in tenants
        for obj in one.objects
        if obj["kind"] == "InferenceService" and "model" in obj["spec"]["predictor"]
    }
    runtimes = {n for n, o in known_objects().items() if o["kind"] == "ClusterServingRuntime"}
    assert used == runtimes


GOLDEN_PODS: dict[str, Object] = {
    f"{name}: {pod['metadata']['name']}": pod
    for name, case in CASES.items()
    for _, pod in pods_of(objects_of(case))
}

Change = Callable[[Object], None]


def _container_changes(at: str, index: int) -> Iterator[tuple[str, Change]]:
    def on(change: Callable[[Any], Any]) -> Change:
        def apply(pod: Object) -> None:
            change(pod["spec"][at][index].setdefault("securityContext", {}))

        return apply

    name = f"{at}[{index}]"
    yield f"{name} privileged", on(lambda c: c.update(privileged=True))
    yield f"{name} may escalate", on(lambda c: c.update(allowPrivilegeEscalation=True))
    yield f"{name} escalation not said", on(lambda c: c.pop("allowPrivilegeEscalation"))
    yield f"{name} capabilities kept", on(lambda c: c["capabilities"].pop("drop"))
    yield f"{name} some capabilities kept", on(lambda c: c["capabilities"].update(drop=["CHOWN"]))
    yield f"{name} capability added", on(lambda c: c["capabilities"].update(add=["SYS_ADMIN"]))
    yield f"{name} unconfined", on(lambda c: c.update(seccompProfile={"type": "Unconfined"}))
    yield f"{name} as root", on(lambda c: c.update(runAsUser=0))
    yield f"{name} root not forbidden", on(lambda c: c.update(runAsNonRoot=False))
    yield f"{name} proc unmasked", on(lambda c: c.update(procMount="Unmasked"))
    yield f"{name} SELinux", on(lambda c: c.update(seLinuxOptions={"type": "spc_t"}))
    yield f"{name} AppArmor off", on(lambda c: c.update(appArmorProfile={"type": "Unconfined"}))

    def host_port(pod: Object) -> None:
        pod["spec"][at][index]["ports"] = [{"containerPort": 8080, "hostPort": 8080}]

    yield f"{name} port of the host", host_port


def _pod_changes() -> Iterator[tuple[str, Change]]:
    def at(**fields: Any) -> Change:
        return lambda pod: pod["spec"].update(copy.deepcopy(fields))

    for field in ("hostNetwork", "hostPID", "hostIPC"):
        yield field, at(**{field: True})

    def host_path(pod: Object) -> None:
        volumes = pod["spec"].setdefault("volumes", [])
        volumes.append({"name": "host", "hostPath": {"path": "/"}})

    yield "hostPath", host_path
    yield "sysctl", _context(lambda c: c.update(sysctls=[{"name": "kernel.msgmax", "value": "1"}]))
    yield "pod as root", _context(lambda c: c.update(runAsUser=0))
    yield "pod unconfined", _context(lambda c: c.update(seccompProfile={"type": "Unconfined"}))
    yield "pod Windows host", _context(lambda c: c.update(windowsOptions={"hostProcess": True}))


def _context(change: Callable[[Any], Any]) -> Change:
    return lambda pod: change(pod["spec"].setdefault("securityContext", {}))


def _without(pod: Object, field: str) -> Object:
    """The pod where nobody says the field, neither the pod nor any container."""
    changed = copy.deepcopy(pod)
    changed["spec"].get("securityContext", {}).pop(field, None)
    for at in ("containers", "initContainers"):
        for container in changed["spec"].get(at, []):
            container["securityContext"].pop(field, None)
    return changed


def mutations(pod: Object) -> Iterator[tuple[str, Object]]:
    """The pod with one security field after the other dropped or turned."""
    changes = [*_pod_changes()]
    for at in ("containers", "initContainers"):
        for index in range(len(pod["spec"].get(at, []))):
            changes += _container_changes(at, index)
    for name, change in changes:
        changed = copy.deepcopy(pod)
        change(changed)
        yield name, changed
    for field in ("runAsNonRoot", "seccompProfile"):
        yield f"{field} said nowhere", _without(pod, field)


def test_turning_any_one_security_field_of_a_golden_pod_turns_the_verdict() -> None:
    named = [
        (f"{pod_name}: {change}", changed)
        for pod_name, pod in GOLDEN_PODS.items()
        for change, changed in mutations(pod)
    ]
    assert len(named) > 300
    verdicts = pod_security([pod for _, pod in named])
    passed = [n for (n, _), v in zip(named, verdicts, strict=True) if v.level == "restricted"]
    assert passed == []


def test_golden_pods_are_restricted_before_they_are_turned() -> None:
    assert {v.level for v in pod_security(list(GOLDEN_PODS.values()))} == {"restricted"}
