"""What the cluster has that no entry declares."""

from collections.abc import Iterator

from catalog.objects import Object
from deploy.status.declared import Declared
from deploy.status.fields import is_leaving, label, name_of, namespace_of
from deploy.status.snapshot import ENDPOINT_KINDS, OURS, Snapshot
from deploy.status.verdict import Cause, State, Verdict, Weight


def undeclared(declared: Declared, observed: Snapshot) -> Iterator[Verdict]:
    """Endpoints in tenants' namespaces that no entry makes."""
    tenants = {name_of(each): each for each in observed.of("Namespace")}
    for kind_of, kind in ENDPOINT_KINDS.items():
        for obj in observed.objects.get(kind, ()):
            namespace, name = namespace_of(obj), name_of(obj)
            if namespace not in tenants or (kind, namespace, name) in declared.known:
                continue
            home = tenants[namespace]
            team, project = label(home, "slipway.dev/team"), label(home, "slipway.dev/project")
            if declared.covers(team, project, name):
                yield Verdict(
                    team=team, project=project, namespace=namespace, name=name, kind=kind_of,
                    state=State.UNDECLARED, causes=(_nobody_declares(declared, kind, obj),),
                )  # fmt: skip


def _nobody_declares(declared: Declared, kind: str, obj: Object) -> Cause:
    key, _, value = OURS.partition("=")
    code, weight = "undeclared", Weight.LASTING
    what = f"the cluster has this {kind}, and no entry of the stack declares it"
    if is_leaving(obj):
        code, weight = "leaving", Weight.PASSING
        what, remedy = f"this {kind} is going, as no entry declares it", "wait until it is gone"
    elif label(obj, key) == value:
        remedy = f"{declared.command} removes it; to keep it, put its entry back"
    else:
        remedy = (
            "slipway did not make it and leaves it alone; declare it, or kubectl -n "
            f"{namespace_of(obj)} delete {kind.lower()} {name_of(obj)}"
        )
    seen = f"{kind} {namespace_of(obj)}/{name_of(obj)}"
    return Cause(code=code, what=what, remedy=remedy, seen=seen, weight=weight)
