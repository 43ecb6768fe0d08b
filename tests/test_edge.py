"""What the edge registers at Cloudflare, and that Cloudflare's provider knows all of it."""

import importlib
import inspect
import warnings
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, cast, get_args, get_type_hints

import pulumi
import pytest

from catalog.settings import Settings
from infra.dns import Access, EdgeArgs, TenantRecords, Zone, provider
from infra.edge_rules import CONSOLE
from tests.engine import Graph, Recorded, run_both
from tests.programs import settings

NAMESPACES = ("risk-payments", "growth-ads")
TARGET = "door.elb.example.com"


def _args(found: Settings, **changed: Any) -> EdgeArgs:
    env = found.environment
    assert found.edge is not None
    return EdgeArgs(
        stack=env.stack,
        domain=env.domain,
        edge=found.edge.model_copy(update=changed),
        proxied=env.edge.proxied,
    )


def _graph(args: EdgeArgs) -> Graph:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=provider("the-token"))
        access = Access("access", args, opts)
        Zone("zone", args, TARGET, opts)
        TenantRecords("tenants", args, NAMESPACES, TARGET, opts)
        pulumi.export("audiences", dict(access.audiences))

    known, _ = run_both(program, stack=args.stack)
    return known


@pytest.fixture(scope="module")
def dev() -> Graph:
    return _graph(_args(settings("dev")))


@pytest.fixture(scope="module")
def prod() -> Graph:
    return _graph(_args(settings("prod")))


@pytest.fixture(scope="module")
def proxied() -> Graph:
    edge = {"proxied": True, "advanced_certificates": True}
    found = settings("prod")
    env = found.environment.model_copy(
        update={"edge": found.environment.edge.model_copy(update=edge)}
    )
    return _graph(_args(found.model_copy(update={"environment": env})))


@pytest.fixture(scope="module")
def typed() -> ModuleType:
    """The typed classes: importing them says that some are deprecated, none of which is used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("pulumi_cloudflare")


def _records(graph: Graph) -> dict[str, Mapping[str, Any]]:
    found = graph.of_type("cloudflare:index/dnsRecord:DnsRecord")
    return {each.inputs["name"]: each.inputs for each in found}


def test_every_tenant_has_a_wildcard_record_of_its_own(dev: Graph) -> None:
    for namespace in NAMESPACES:
        record = _records(dev)[f"*.{namespace}.models.dev.example.com"]
        assert (record["type"], record["content"]) == ("CNAME", TARGET)
        assert (record["proxied"], record["ttl"]) == (False, 60)


def test_the_platforms_pages_always_pass_cloudflares_proxy_where_access_is(prod: Graph) -> None:
    for page in CONSOLE:
        assert _records(prod)[f"{page}.example.com"]["proxied"] is True
    assert _records(prod)["api.example.com"]["proxied"] is False


def test_each_page_has_an_application_and_its_audience_is_told(prod: Graph) -> None:
    found = prod.of_type("cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication")
    assert {each.inputs["domain"] for each in found} == {f"{p}.example.com" for p in CONSOLE}
    assert set(prod.exports["audiences"]) == set(CONSOLE)
    assert all(each.inputs["policies"][0]["precedence"] == 1 for each in found)


def test_access_lets_in_the_domains_of_the_settings_and_nobody_else(prod: Graph) -> None:
    (policy,) = prod.of_type("cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy")
    assert policy.inputs["decision"] == "allow"
    assert policy.inputs["includes"] == [{"emailDomain": {"domain": "example.com"}}]


def test_a_stack_that_shares_its_zone_leaves_what_the_zone_has_once(
    dev: Graph, prod: Graph
) -> None:
    once = ("cloudflare:index/ruleset:Ruleset", "cloudflare:index/zoneSetting:ZoneSetting")
    assert all(not dev.of_type(each) for each in once)
    assert all(prod.of_type(each) for each in once)


def test_a_zone_has_one_ruleset_of_each_phase(prod: Graph) -> None:
    phases = [r.inputs["phase"] for r in prod.of_type("cloudflare:index/ruleset:Ruleset")]
    assert sorted(phases) == [
        "http_ratelimit",
        "http_request_cache_settings",
        "http_request_firewall_custom",
        "http_request_firewall_managed",
    ]


def test_the_free_plan_gets_no_managed_rules() -> None:
    graph = _graph(_args(settings("prod"), managed_waf=False))
    phases = [r.inputs["phase"] for r in graph.of_type("cloudflare:index/ruleset:Ruleset")]
    assert "http_request_firewall_managed" not in phases


def test_managed_rules_only_log_where_prompts_are_data(prod: Graph) -> None:
    (managed,) = [
        r for r in prod.of_type("cloudflare:index/ruleset:Ruleset")
        if r.inputs["phase"] == "http_request_firewall_managed"
    ]  # fmt: skip
    for rule in managed.inputs["rules"]:
        on_models = not rule["expression"].startswith("(not ")
        assert ("overrides" in rule["actionParameters"]) == on_models


def test_hosts_deeper_than_the_universal_certificate_get_one_of_their_own(
    dev: Graph, prod: Graph, proxied: Graph
) -> None:
    token = "cloudflare:index/certificatePack:CertificatePack"  # noqa: S105 - a type token.
    assert [c.inputs["hosts"][1:] for c in dev.of_type(token)] == [
        [f"{page}.dev.example.com" for page in sorted(("api", *CONSOLE))]
    ]
    assert prod.of_type(token) == []
    assert {c.inputs["hosts"][1] for c in proxied.of_type(token)} == {
        f"*.{namespace}.models.example.com" for namespace in NAMESPACES
    }


def test_the_token_is_a_secret_in_the_state(prod: Graph) -> None:
    (found,) = prod.of_type("pulumi:providers:cloudflare")
    assert "apiToken" in found.secrets


def test_cloudflares_provider_knows_every_resource_and_property(
    dev: Graph, prod: Graph, proxied: Graph, typed: ModuleType
) -> None:
    for graph in (dev, prod, proxied):
        for resource in graph.resources:
            if resource.type.startswith("cloudflare:"):
                assert list(_faults(resource, typed)) == []


def test_a_misspelt_property_would_be_told(prod: Graph, typed: ModuleType) -> None:
    (policy,) = prod.of_type("cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy")
    includes = [{"emailDomains": {"domain": "example.com"}}]
    class_ = typed.ZeroTrustAccessPolicyArgs
    assert list(_unknown({**policy.inputs, "includes": includes}, class_, "")) == [
        ".includes[0].emailDomains"
    ]


def _faults(resource: Recorded, typed: ModuleType) -> Iterator[str]:
    """Properties that the typed class lacks, and required ones that are missing."""
    kind = resource.type.rpartition(":")[2]
    args = getattr(typed, f"{kind}Args")
    assert getattr(typed, kind).pulumi_type == resource.type
    given = {k: v for k, v in resource.inputs.items() if v is not None}
    yield from _unknown(given, args, kind)
    names = _names(args)
    for parameter in inspect.signature(args.__init__).parameters.values():
        if parameter.name not in {"__self__", "self"} and parameter.default is parameter.empty:
            wanted = {v: k for k, v in names.items()}[parameter.name]
            if wanted not in given:
                yield f"{kind}.{wanted} is missing"


def _unknown(value: Any, class_: type, path: str) -> Iterator[str]:
    names = _names(class_)
    hints = get_type_hints(class_.__init__, localns={"Output": pulumi.Output, "T": Any})
    for key, inner in cast("Mapping[str, Any]", value).items():
        if key not in names:
            yield f"{path}.{key}"
            continue
        nested = next(_inputs(hints[names[key]]), None)
        if nested is not None:
            whole = inner if isinstance(inner, list) else [inner]
            for number, each in enumerate(cast("list[Any]", whole)):
                place = f"{path}.{key}" + (f"[{number}]" if isinstance(inner, list) else "")
                yield from _unknown(each, nested, place)


def _names(class_: type) -> dict[str, str]:
    """Python's names of an input class by those on the wire."""
    found: dict[str, str] = {}
    for name, member in inspect.getmembers(class_, lambda m: isinstance(m, property)):
        found[getattr(member.fget, "_pulumi_name", name)] = name
    return found


def _inputs(hint: Any) -> Iterator[type]:
    """The input class inside a hint, wherever it stands."""
    if inspect.isclass(hint) and hint.__module__.startswith("pulumi_cloudflare"):
        yield hint
    for each in get_args(hint):
        yield from _inputs(each)
