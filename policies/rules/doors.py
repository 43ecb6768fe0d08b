"""The ways in: routes, who may pass them, listeners, and the grants between namespaces."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Fields, at, fields, items, objects, text, texts
from policies.rules.rule import About, Scene, Severity, Stack, Subject, rule, stack_rule

ROUTE: Final = "gateway.networking.k8s.io/HTTPRoute"
SECURITY_POLICY: Final = "gateway.envoyproxy.io/SecurityPolicy"
TRAFFIC_POLICY: Final = "gateway.envoyproxy.io/BackendTrafficPolicy"
KOURIER: Final = ("knative-serving", "kourier-internal")


def _targets(stack: Stack, kind: str) -> Iterator[tuple[tuple[str, str], Subject]]:
    """The routes, by namespace and name, that policies of a kind are for."""
    for policy in stack.all(kind):
        spec = fields(policy.props, "spec")
        for ref in (*objects(spec, "targetRefs"), fields(spec, "targetRef")):
            if text(ref, "kind") == "HTTPRoute":
                yield (policy.namespace, text(ref, "name")), policy


def _place(route: Subject) -> tuple[str, str]:
    return route.namespace, text(route.props, "metadata", "name")


@stack_rule(
    About(
        id="route-guarded",
        title="Every endpoint asks for a token",
        severity=Severity.CRITICAL,
        why="A route without a SecurityPolicy of its own is guarded by the Gateway's alone.",
        remedy="Add a SecurityPolicy whose targetRefs name the HTTPRoute.",
        sources=("slipway/front-door",),
    ),
    ROUTE, SECURITY_POLICY,
)  # fmt: skip
def route_guarded(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    guarded = {place for place, _ in _targets(stack, SECURITY_POLICY)}
    for route in stack.all(ROUTE):
        if route.tenant and _place(route) not in guarded:
            yield route, "has no SecurityPolicy"


@rule(
    About(
        id="security-policy-closed",
        title="A SecurityPolicy knows the caller and lets nobody in by default",
        severity=Severity.CRITICAL,
        why="Without an authentication, or with the default action Allow, it is a policy in name.",
        remedy="Set jwt, apiKeyAuth, basicAuth or oidc, and authorization.defaultAction: Deny.",
        sources=("slipway/front-door",),
    ),
    SECURITY_POLICY,
)
def policy_closed(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    ways = ("jwt", "apiKeyAuth", "basicAuth", "oidc", "extAuth")
    if subject.tenant and not any(fields(spec, way) for way in ways):
        yield "asks for no authentication"
    if text(spec, "authorization", "defaultAction") != "Deny":
        yield "lets callers in by default"
    if at(spec, "jwt", "optional") is True:
        yield "takes requests without a token"
    for provider in objects(spec, "jwt", "providers"):
        if not texts(provider, "audiences") or not text(provider, "issuer"):
            yield f"accepts any audience or issuer from {text(provider, 'name')}"


@stack_rule(
    About(
        id="route-bounded",
        title="Every endpoint has timeouts, and a limit for each caller",
        severity=Severity.MEDIUM,
        why="Without them one caller takes every replica, and a hung request its connection.",
        remedy="Add a BackendTrafficPolicy with timeout.http.requestTimeout and rateLimit.",
        sources=("slipway/front-door",),
        mandatory=False,
    ),
    ROUTE, TRAFFIC_POLICY,
)  # fmt: skip
def route_bounded(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    bounded: set[tuple[str, str]] = set()
    for place, policy in _targets(stack, TRAFFIC_POLICY):
        spec = fields(policy.props, "spec")
        if text(spec, "timeout", "http", "requestTimeout") and fields(spec, "rateLimit"):
            bounded.add(place)
    for route in stack.all(ROUTE):
        if route.tenant and _place(route) not in bounded:
            yield route, "has no BackendTrafficPolicy with a timeout and a rate limit"


@rule(
    About(
        id="route-own-host",
        title="A tenant's route has hosts of its own, and its own listener",
        severity=Severity.CRITICAL,
        why="A host of another tenant, or a wildcard, takes that tenant's requests and tokens.",
        remedy="Use {name}.{namespace}.models.{domain}, and the ListenerSet of the namespace.",
        sources=("kyverno/restrict-virtual-service-wildcard", "slipway/front-door"),
    ),
    ROUTE,
)
def route_own_host(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    hosts = texts(subject.props, "spec", "hostnames")
    if not hosts:
        yield "answers every host of its listener"
    for host in hosts:
        first, _, rest = host.partition(".")
        if first == "*" or not rest.startswith(f"{subject.namespace}.models."):
            yield f"answers {host}"
    for parent in objects(subject.props, "spec", "parentRefs"):
        space = text(parent, "namespace") or subject.namespace
        if (text(parent, "kind"), space) != ("ListenerSet", subject.namespace):
            yield f"hangs on {text(parent, 'kind') or 'Gateway'} {space}/{text(parent, 'name')}"


@rule(
    About(
        id="route-own-backend",
        title="A tenant's route leads to its own models",
        severity=Severity.CRITICAL,
        why="The ReferenceGrant lets every route of the namespace reach Kourier, which serves all "
        "tenants by host: only the rewrite tells whose model answers.",
        remedy="Send to a Service of the namespace, or to kourier-internal with the host rewritten "
        "to <service>.<namespace>.svc.cluster.local.",
        sources=("slipway/front-door", "C-0054"),
    ),
    ROUTE,
)
def route_own_backend(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    for opening in objects(subject.props, "spec", "rules"):
        hosts = [
            text(one, "urlRewrite", "hostname")
            for one in objects(opening, "filters")
            if text(one, "type") == "URLRewrite"
        ]
        own = any(host.endswith(f".{subject.namespace}.svc.cluster.local") for host in hosts)
        for backend in _backends(opening):
            place = (text(backend, "namespace") or subject.namespace, text(backend, "name"))
            if place == KOURIER and not own:
                yield "goes to Kourier without the host of its own model"
            elif place[0] != subject.namespace and place != KOURIER:
                yield f"goes to {'/'.join(place)}"
            elif text(backend, "kind") not in ("", "Service"):
                yield f"goes to a {text(backend, 'kind')}"


def _backends(opening: Fields) -> Iterator[Fields]:
    yield from objects(opening, "backendRefs")
    for one in objects(opening, "filters"):
        mirror = fields(one, "requestMirror", "backendRef")
        if mirror:
            yield mirror


@rule(
    About(
        id="reference-grant-narrow",
        title="A ReferenceGrant opens one Service to one namespace's routes",
        severity=Severity.HIGH,
        why="Without a name it opens every Service, or every Secret, of its namespace.",
        remedy="Name the Service in to, and one namespace's HTTPRoutes in from.",
        sources=("C-0054", "slipway/front-door"),
    ),
    "gateway.networking.k8s.io/ReferenceGrant",
)
def grant_narrow(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    for target in objects(spec, "to"):
        if text(target, "kind") != "Service" or not text(target, "name"):
            name = text(target, "name") or "of any name"
            yield f"opens {text(target, 'kind') or 'anything'} {name}"
    if any(text(source, "kind") != "HTTPRoute" for source in objects(spec, "from")):
        yield "opens it to more than HTTPRoutes"


@rule(
    About(
        id="listener-own",
        title="A tenant's listener has its own host, TLS, and its own routes",
        severity=Severity.HIGH,
        why="A listener for other hosts, in plain text, or for routes from elsewhere takes what is "
        "another tenant's.",
        remedy="Use *.{namespace}.models.{domain}, tls.mode: Terminate, and routes from: Same.",
        sources=("CIS-5.4.5", "slipway/front-door"),
    ),
    "gateway.networking.k8s.io/ListenerSet",
)
def listener_own(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    for listener in objects(subject.props, "spec", "listeners"):
        host = text(listener, "hostname")
        if f".{subject.namespace}.models." not in host:
            yield f"listens for {host or 'every host'}"
        if text(listener, "protocol") != "HTTPS":
            yield f"listens in {text(listener, 'protocol') or 'no protocol'}"
        if text(listener, "allowedRoutes", "namespaces", "from") != "Same":
            yield "takes routes of other namespaces"


@rule(
    About(
        id="gateway-listeners",
        title="A Gateway takes listeners of tenants only",
        severity=Severity.HIGH,
        why="Whoever may hang a listener on the front door gets its address and its port.",
        remedy="Choose namespaces by the label slipway.dev/tenant in allowedListeners.",
        sources=("slipway/front-door",),
    ),
    "gateway.networking.k8s.io/Gateway",
)
def gateway_listeners(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    if text(spec, "allowedListeners", "namespaces", "from") == "All":
        yield "takes listeners of every namespace"
    for listener in objects(spec, "listeners"):
        if text(listener, "allowedRoutes", "namespaces", "from") == "All":
            yield f"listener {text(listener, 'name')} takes routes of every namespace"


@rule(
    About(
        id="certificate-own",
        title="A tenant's certificate is for its own hosts",
        severity=Severity.HIGH,
        why="A certificate for another's host lets its holder answer in that name.",
        remedy="Ask for *.{namespace}.models.{domain} from a ClusterIssuer.",
        sources=("CIS-5.4.5", "slipway/front-door"),
    ),
    "cert-manager.io/Certificate",
)
def certificate_own(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    spec = fields(subject.props, "spec")
    for host in texts(spec, "dnsNames"):
        if f".{subject.namespace}.models." not in host:
            yield f"asks for {host}"
    if items(spec, "ipAddresses") or text(spec, "commonName") or at(spec, "isCA") is True:
        yield "asks for more than hosts"


RULES = (
    certificate_own,
    gateway_listeners,
    grant_narrow,
    listener_own,
    policy_closed,
    route_bounded,
    route_guarded,
    route_own_backend,
    route_own_host,
)
