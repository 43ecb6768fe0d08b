"""Cloudflare: records, rules of the zone, and who passes Access."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Fields, at, items, objects, text, true, whole
from policies.rules.rule import About, Scene, Severity, Stack, Subject, rule, stack_rule


def _token(kind: str) -> str:
    return f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"


RECORD: Final = _token("DnsRecord")
APPLICATION: Final = _token("ZeroTrustAccessApplication")
ACCESS_POLICY: Final = _token("ZeroTrustAccessPolicy")
RULESET: Final = _token("Ruleset")
SETTING: Final = _token("ZoneSetting")
PAGES: Final = ("grafana", "kiali", "mlflow")
SETTINGS: Final = {
    "always_use_https": ("on",),
    "min_tls_version": ("1.2", "1.3"),
    "ssl": ("strict", "origin_pull"),
}
DAY: Final = 24 * 60


def _page(record: Subject) -> str:
    first = text(record.props, "name").partition(".")[0]
    return first if first in PAGES else ""


@rule(
    About(
        id="dns-proxied",
        title="The platform's own pages are behind Cloudflare's proxy",
        severity=Severity.CRITICAL,
        why="Access asks for a sign-in at the proxy; past it the page answers anyone.",
        remedy="Set proxied: true for grafana, kiali and mlflow.",
        sources=("slipway/front-door",),
    ),
    RECORD,
)
def proxied(subject: Subject, _scene: Scene) -> Iterator[str]:
    if _page(subject) and not true(subject.props, "proxied"):
        yield "is not proxied"


@rule(
    About(
        id="dns-record",
        title="A record names one place by name, and not everyone's",
        severity=Severity.HIGH,
        why="A wildcard over the whole domain answers for every host that nobody has made; an "
        "address outlives the machine that had it.",
        remedy="Use CNAME, or A and AAAA of an alias; keep wildcards below a tenant's namespace.",
        sources=("kyverno/restrict-virtual-service-wildcard", "slipway/front-door"),
    ),
    RECORD,
)
def record(subject: Subject, _scene: Scene) -> Iterator[str]:
    name, kind = text(subject.props, "name"), text(subject.props, "type")
    if name.startswith("*.") and ".models." not in name:
        yield f"answers every host below {name[2:]}"
    if kind in ("A", "AAAA"):
        yield "names an address"


@stack_rule(
    About(
        id="page-access",
        title="Whoever reads the platform's own pages has signed in",
        severity=Severity.CRITICAL,
        why="Grafana, MLflow and Kiali show every tenant's traffic, data and experiments.",
        remedy="Add a ZeroTrustAccessApplication for the host.",
        sources=("slipway/front-door",),
    ),
    RECORD, APPLICATION,
)  # fmt: skip
def page_access(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    guarded = {text(one.props, "domain") for one in stack.all(APPLICATION)}
    for one in stack.all(RECORD):
        if _page(one) and text(one.props, "name") not in guarded:
            yield one, "has no Access application"


@rule(
    About(
        id="access-people",
        title="Access names people, and ends",
        severity=Severity.HIGH,
        why="A policy for everyone, or that bypasses, is none; a session for weeks outlives the "
        "person's job.",
        remedy="Include email domains, emails or groups; keep sessions to a day.",
        sources=("slipway/front-door",),
    ),
    ACCESS_POLICY, APPLICATION,
)  # fmt: skip
def people(subject: Subject, _scene: Scene) -> Iterator[str]:
    if subject.kind == ACCESS_POLICY:
        if text(subject.props, "decision") in ("bypass", "non_identity"):
            yield f"decides {text(subject.props, 'decision')}"
        if any("everyone" in one for one in objects(subject.props, "includes")):
            yield "lets everyone in"
    elif not items(subject.props, "policies"):
        yield "has no policy"
    minutes = _minutes(text(subject.props, "sessionDuration"))
    if minutes > DAY:
        yield f"keeps a session for {text(subject.props, 'sessionDuration')}"


def _minutes(duration: str) -> int:
    number, unit = duration[:-1], duration[-1:]
    return int(number) * {"h": 60, "m": 1}.get(unit, 0) if number.isdecimal() else 0


@rule(
    About(
        id="zone-tls",
        title="The zone speaks TLS both ways, and checks the origin",
        severity=Severity.HIGH,
        why="With a weaker mode Cloudflare talks to whoever answers at the origin's address.",
        remedy="Set ssl: strict, min_tls_version: 1.2, always_use_https: on.",
        sources=("CIS-5.4.5",),
    ),
    SETTING,
)
def zone_tls(subject: Subject, _scene: Scene) -> Iterator[str]:
    name, value = text(subject.props, "settingId"), at(subject.props, "value")
    allowed = SETTINGS.get(name)
    if allowed is not None and value not in allowed:
        yield f"sets {name} to {value}"


@rule(
    About(
        id="zone-rules-hold",
        title="A rule of the zone blocks, and is on",
        severity=Severity.MEDIUM,
        why="A rule that is off, that skips the others, or that limits nothing protects in name.",
        remedy="Enable it; block or challenge; give a rate limit a number and a period.",
        sources=("slipway/front-door",),
    ),
    RULESET,
)
def zone_rules(subject: Subject, _scene: Scene) -> Iterator[str]:
    for one in objects(subject.props, "rules"):
        said = text(one, "description") or text(one, "action")
        if at(one, "enabled") is False:
            yield f"its rule {said!r} is off"
        if text(one, "action") == "skip" and text(one, "expression") in ("true", "(true)"):
            yield f"its rule {said!r} skips for everyone"
        if "ratelimit" in one and not _limits(one):
            yield f"its rule {said!r} limits nothing"


def _limits(one: Fields) -> bool:
    numbers = (whole(one, "ratelimit", "period"), whole(one, "ratelimit", "requestsPerPeriod"))
    return all(number and number > 0 for number in numbers)


RULES = (
    page_access,
    people,
    proxied,
    record,
    zone_rules,
    zone_tls,
)
