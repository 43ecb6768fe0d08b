"""Why an endpoint that runs cannot be called: its route, its listener, its certificate.

Conditions are the Gateway API's (`apis/v1/shared_types.go`, `listenerset_types.go`), as Envoy
Gateway 1.9 sets them, and cert-manager's (`pkg/apis/certmanager/v1/types_certificate.go`, 1.21).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from catalog.objects import Object
from catalog.render.common import LISTENER_SET
from deploy.status.fields import FALSE, TRUE, condition, conditions, moment, name_of, rows
from deploy.status.snapshot import Snapshot
from deploy.status.verdict import Cause, Weight

PATIENCE: Final = timedelta(minutes=1)
"""How long a controller may take to look at an object for the first time; they take seconds."""

_ROUTE: Final = {
    "BackendNotFound": "the Service that it leads to comes with the endpoint; wait for that",
    "RefNotPermitted": "a ReferenceGrant of the platform is missing; run slipway up for its stack",
    "NoMatchingParent": "the tenant's ListenerSet is missing; run {up}",
    "NotAllowedByListeners": "the tenant's ListenerSet does not take routes from here; run {up}",
    "NoMatchingListenerHostname": "the host is not below the listener's domain; run {up}",
}


def door_causes(observed: Snapshot, namespace: str, name: str, up: str) -> Iterator[Cause]:
    """What stands between callers and an endpoint. `up` is the command that applies the stack."""
    if "HTTPRoute" not in observed.unreadable and "HTTPRoute" in observed.objects:
        route = observed.one("HTTPRoute", namespace, name)
        if route is None:
            yield Cause(
                code="no-route",
                what="it has no HTTPRoute, so nobody can call it",
                remedy=f"run {up}",
                seen=f"HTTPRoute {name}: not there",
                weight=Weight.LASTING,
            )
        else:
            yield from _route(route, observed.taken, up)
    listeners = observed.one("ListenerSet", namespace, LISTENER_SET)
    if listeners is not None:
        yield from _listeners(listeners, observed.taken, up)
    for certificate in observed.of("Certificate", namespace):
        yield from _certificate(certificate)


def _route(route: Object, now: datetime, up: str) -> Iterator[Cause]:
    parents = rows(route, "status", "parents")
    if not parents:
        yield from _unanswered("HTTPRoute", route, now)
    for parent in parents:
        for each in conditions(parent, "conditions"):
            if each.status == FALSE and each.type in {"Accepted", "ResolvedRefs"}:
                is_pending = each.reason == "Pending"
                yield Cause(
                    code="route",
                    what=f"the gateway does not take its route: {each.said}"
                    + (f": {' '.join(each.message.split())}" if each.message else ""),
                    remedy=_ROUTE.get(
                        each.reason, "the platform's team must look at the gateway"
                    ).format(up=up),
                    seen=f"HTTPRoute {name_of(route)}: status.parents[].{each.type}",
                    weight=Weight.PASSING if is_pending else Weight.BLOCKING,
                )


def _listeners(listeners: Object, now: datetime, up: str) -> Iterator[Cause]:
    found = conditions(listeners)
    if not found:
        yield from _unanswered("ListenerSet", listeners, now)
    for each in found:
        if each.status == FALSE and each.type in {"Accepted", "Programmed"}:
            is_pending = each.reason == "Pending"
            yield Cause(
                code="listener",
                what=f"the gateway does not listen for the namespace: {each.said}"
                + (f": {' '.join(each.message.split())}" if each.message else ""),
                remedy="its certificate comes first; wait for it"
                if each.reason == "ListenersNotValid"
                else f"run {up}; if it stays, the platform's team must look at the gateway",
                seen=f"ListenerSet {name_of(listeners)}: {each.type}",
                weight=Weight.PASSING if is_pending else Weight.BLOCKING,
            )


def _certificate(certificate: Object) -> Iterator[Cause]:
    ready = condition(certificate, "Ready")
    if ready is None or ready.status == TRUE:
        return
    issuing = condition(certificate, "Issuing")
    is_failed = issuing is not None and issuing.status == FALSE
    said = issuing if issuing is not None and is_failed else ready
    yield Cause(
        code="certificate",
        what=f"the namespace's certificate is not there yet: {' '.join(said.message.split())}",
        remedy="the platform's team must look at cert-manager's Issuer and DNS token"
        if is_failed
        else "wait; proving a domain by DNS takes a minute or two",
        seen=f"Certificate {name_of(certificate)}: {said.type} is {said.status}",
        weight=Weight.BLOCKING if is_failed else Weight.PASSING,
    )


def _unanswered(kind: str, obj: Object, now: datetime) -> Iterator[Cause]:
    """Nobody has looked at it: normal at first, later a gateway that is not there."""
    made = moment(obj, "metadata", "creationTimestamp")
    is_late = made is not None and now - made > PATIENCE
    yield Cause(
        code="gateway",
        what=f"no gateway has looked at its {kind}",
        remedy="the platform's team must look at Envoy Gateway: kubectl -n envoy-gateway-system "
        "get pods"
        if is_late
        else "wait a moment",
        seen=f"{kind} {name_of(obj)}: no status",
        weight=Weight.BLOCKING if is_late else Weight.PASSING,
    )
