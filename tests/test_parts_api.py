"""What the host `api` tells clients: true of the stack, open to anyone, and all that it answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from catalog.objects import Object
from infra.edge_rules import API
from infra.parts import api
from infra.parts.part import Context
from infra.parts.table import parts
from tests.checkers import kubeconform
from tests.contract import Stack, stack
from tests.programs import context, settings

STACKS = ("dev", "prod")
BARE = ("foundation", "platform", "tenants")
BODY_LIMIT = 4096
"""Bytes of a direct response that Envoy takes (`max_direct_response_body_size_bytes`)."""


@pytest.fixture(params=STACKS)
def on(request: pytest.FixtureRequest) -> Stack:
    return stack(request.param)


def the(kind: str, of: Context) -> Any:
    [found] = [obj for obj in api.part(of).objects if obj["kind"] == kind]
    return found["spec"]


def told(of: Context) -> Any:
    """The document as a client reads it."""
    return json.loads(the("HTTPRouteFilter", of)["directResponse"]["body"]["inline"])


def with_audience(audience: str) -> Context:
    made = context("dev")
    env = made.settings.environment
    identity = env.identity.model_copy(update={"audience": audience})
    env = env.model_copy(update={"identity": identity})
    return replace(made, settings=made.settings.model_copy(update={"environment": env}))


@pytest.mark.checkers
@pytest.mark.parametrize("name", STACKS)
def test_every_object_passes_the_strict_schemas(name: str) -> None:
    assert kubeconform(api.part(context(name)).objects) == []


def test_a_client_is_told_whose_token_the_door_takes() -> None:
    identity = context("dev").settings.environment.identity
    assert told(context("dev"))["identity"] == {
        "issuer": identity.issuer,
        "audience": identity.audience,
        "team_claim": identity.team_claim,
    }


def test_every_endpoints_host_is_of_the_form_that_is_told(on: Stack) -> None:
    form = told(on.context)["endpoints"]
    routes = on.theirs("HTTPRoute")
    assert routes
    for route in routes:
        host = route["spec"]["hostnames"][0]
        name = host.partition(".")[0]
        namespace = route["metadata"]["namespace"]
        assert form.format(name=name, namespace=namespace) == f"https://{host}"


def test_every_path_that_is_told_leads_to_some_endpoint(on: Stack) -> None:
    served = [
        (route["metadata"]["name"], match["path"])
        for route in on.theirs("HTTPRoute")
        for rule in route["spec"]["rules"]
        for match in rule["matches"]
    ]
    for path in paths(on.context):
        assert any(leads(path.format(name=name), match) for name, match in served), path


def paths(of: Context) -> Iterator[str]:
    for protocol in told(of)["protocols"]:
        yield from protocol["paths"]


def leads(path: str, match: Object) -> bool:
    if match["type"] == "Exact":
        return path == match["value"]
    return f"{path}/".startswith(f"{match['value']}/")


def test_the_answer_is_json_that_envoy_takes_as_it_is() -> None:
    for made in (context("prod"), with_audience("50%REQ(COOKIE)%")):
        answer = the("HTTPRouteFilter", made)["directResponse"]
        assert (answer["statusCode"], answer["contentType"]) == (200, "application/json")
        assert "%" not in answer["body"]["inline"]
        assert len(answer["body"]["inline"].encode()) < BODY_LIMIT
    assert told(with_audience("50%REQ(COOKIE)%"))["identity"]["audience"] == "50%REQ(COOKIE)%"


def test_nothing_but_reading_the_root_is_answered_and_by_the_door_itself() -> None:
    spec = the("HTTPRoute", context("dev"))
    [rule] = spec["rules"]
    assert rule["matches"] == [{"path": {"type": "Exact", "value": "/"}, "method": "GET"}]
    assert "backendRefs" not in rule
    [answer] = rule["filters"]
    assert answer["extensionRef"]["name"] == API
    assert spec["hostnames"] == ["api.dev.example.com"]


def test_anyone_reads_it_and_all_else_stays_denied() -> None:
    spec = the("SecurityPolicy", context("dev"))
    assert [target["kind"] for target in spec["targetRefs"]] == ["HTTPRoute"]
    assert spec["authorization"]["defaultAction"] == "Deny"
    [rule] = spec["authorization"]["rules"]
    assert rule["operation"] == {"methods": ["GET"]}
    assert rule["principal"] == {"clientCIDRs": ["0.0.0.0/0", "::/0"]}


def test_its_route_hangs_on_a_listener_with_its_certificate(on: Stack) -> None:
    [parent] = the("HTTPRoute", on.context)["parentRefs"]
    env = on.context.settings.environment
    gateway = on.the(parent["kind"], parent["name"], env.gateway.namespace)["spec"]
    [listener] = [each for each in gateway["listeners"] if each["name"] == parent["sectionName"]]
    certificate = the("Certificate", on.context)
    assert certificate["dnsNames"] == [listener["hostname"]] == [f"api.{env.domain}"]
    assert listener["tls"]["certificateRefs"][0]["name"] == certificate["secretName"]


def test_only_a_stack_with_the_record_has_it() -> None:
    bare = replace(context("dev"), settings=settings("dev", layers=BARE, edge=None))
    assert API in {part.name for part in parts(context("dev"))}
    assert API not in {part.name for part in parts(bare)}
    with pytest.raises(ValueError, match="no layer `edge`"):
        api.part(bare)
