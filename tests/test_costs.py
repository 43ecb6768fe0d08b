"""What a stack costs idle: counts are those of the programs, prices have a source."""

import re
from functools import cache
from typing import Any

import pulumi
import pytest

from catalog.instances import GIB, REFERENCE_REGION, REGIONS
from catalog.parts import Part, Release
from catalog.service_prices import (
    ADDRESS,
    ALARM,
    BALANCER,
    CACHES,
    DATABASES,
    ENDPOINT,
    KEY,
    NAT,
    SERVICES,
    ServicePrice,
    service_price,
)
from catalog.settings import Settings
from cli.reference import FOLDER, GUIDES
from infra.aws import aws_provider
from infra.costs import Line, idle_cost, more_nodes, total
from infra.footprint import Footprint, footprint, requests_of
from infra.foundation import create_foundation
from infra.parts.table import parts
from tests.engine import run
from tests.engine_graph import Graph
from tests.programs import context, settings

STACKS = ("dev", "prod")
LINK = re.compile(r"\]\((?P<file>[^)#:]+)(?:#[^)]*)?\)")
ENDPOINTS = "aws:ec2/vpcEndpoint:VpcEndpoint"


@cache
def foundation(stack: str) -> Graph:
    given = context(stack)

    def program() -> None:
        provider = aws_provider(given.settings.environment, given.names.account)
        create_foundation(given, pulumi.ResourceOptions(providers=[provider]))

    return run(program, stack=stack)


def changed(stack: str, part: str, **values: Any) -> Settings:
    given = settings(stack)
    return settings(stack, **{part: {**getattr(given, part).model_dump(), **values}})


def counted(given: Settings, what: str) -> int:
    return sum(line.count for line in idle_cost(given) if line.what == what)


def line(given: Settings, start: str) -> Line:
    found = [line for line in idle_cost(given) if line.what.startswith(start)]
    assert len(found) == 1, f"{len(found)} lines begin with {start}"
    return found[0]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (NAT, "aws:ec2/natGateway:NatGateway"),
        (BALANCER, "aws:lb/loadBalancer:LoadBalancer"),
        (KEY, "aws:kms/key:Key"),
        (ALARM, "aws:cloudwatch/metricAlarm:MetricAlarm"),
    ],
)
def test_what_is_counted_is_what_the_program_registers(stack: str, what: str, kind: str) -> None:
    registered = [each for each in foundation(stack).resources if each.type == kind]
    assert counted(settings(stack), what) == len(registered)


@pytest.mark.parametrize("stack", STACKS)
def test_an_address_is_counted_for_each_gateway_and_each_zone_of_the_balancer(stack: str) -> None:
    resources = foundation(stack).resources
    own = [each for each in resources if each.type == "aws:ec2/eip:Eip"]
    (balancer,) = (each for each in resources if each.type == "aws:lb/loadBalancer:LoadBalancer")
    assert counted(settings(stack), ADDRESS) == len(own) + len(balancer.inputs["subnets"])


@pytest.mark.parametrize("stack", STACKS)
def test_an_interface_endpoint_is_counted_in_each_of_its_zones(stack: str) -> None:
    kinds = [each.inputs for each in foundation(stack).resources if each.type == ENDPOINTS]
    zones = sum(len(one["subnetIds"]) for one in kinds if one["vpcEndpointType"] == "Interface")
    assert counted(settings(stack), ENDPOINT) == zones


@pytest.mark.parametrize("stack", STACKS)
def test_nodes_and_volumes_are_those_of_the_node_group(stack: str) -> None:
    resources = foundation(stack).resources
    (group,) = (each for each in resources if each.type == "aws:eks/nodeGroup:NodeGroup")
    (form,) = (each for each in resources if each.type == "aws:ec2/launchTemplate:LaunchTemplate")
    disks = sum(each["ebs"]["volumeSize"] for each in form.inputs["blockDeviceMappings"])
    nodes = line(settings(stack), "system nodes")
    assert nodes.count == group.inputs["scalingConfig"]["desiredSize"]
    assert nodes.what.endswith(group.inputs["instanceTypes"][0])
    assert line(settings(stack), "volumes of the system nodes").count == nodes.count * disks


@pytest.mark.parametrize("stack", STACKS)
def test_every_line_of_the_sample_stacks_has_a_price(stack: str) -> None:
    assert [each.what for each in idle_cost(settings(stack)) if each.price is None] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_sum_is_that_of_the_lines_in_whole_micro_dollars(stack: str) -> None:
    lines = idle_cost(settings(stack))
    assert total(lines) == sum(
        each.count * each.price.micro_usd * (730 if each.price.per == "hour" else 1)
        for each in lines
        if each.price is not None
    )
    assert all(type(each.a_month) is int for each in lines)


def test_a_month_of_a_known_line() -> None:
    nat = line(settings("dev"), NAT)
    assert nat == Line(NAT, 1, ServicePrice(48_000, "hour", "eu-west-1"))
    assert nat.a_month == 35_040_000


@pytest.mark.parametrize(
    ("part", "values", "start"),
    [
        ("foundation", {"system_nodes": {"count": 6}}, "system nodes"),
        ("foundation", {"database": {"storage_gb": 100}}, "storage of Postgres"),
        ("foundation", {"database": {"multi_az": True}}, "Postgres, "),
        ("foundation", {"database": {"multi_az": True}}, "storage of Postgres"),
        ("foundation", {"rate_limits": {"replicas": 1}}, "Valkey, "),
    ],
)
def test_a_setting_doubled_doubles_its_line(part: str, values: dict[str, Any], start: str) -> None:
    before, after = line(settings("dev"), start), line(changed("dev", part, **values), start)
    assert after.a_month == 2 * before.a_month


def test_more_metrics_are_a_larger_volume_and_nothing_else() -> None:
    before, after = settings("dev"), changed("dev", "platform", metrics_gb=150)
    volumes = "volumes of the platform's pods"
    assert line(after, volumes).count - line(before, volumes).count == 100
    assert total(idle_cost(after)) - total(idle_cost(before)) == 100 * 88_000


def test_one_nat_gateway_spares_the_endpoints_too() -> None:
    single = changed("prod", "foundation", nat="single")
    assert counted(single, NAT) == 1
    assert counted(single, ENDPOINT) == 0


def test_a_class_without_a_row_has_no_price_and_is_not_guessed() -> None:
    found = settings("dev")
    assert found.foundation is not None
    database = found.foundation.database.model_copy(update={"instance_class": "db.x2g.large"})
    foundation = found.foundation.model_copy(update={"database": database})
    unknown = line(found.model_copy(update={"foundation": foundation}), "Postgres, ")
    assert unknown.price is None
    assert unknown.a_month == 0


def test_a_stack_of_tenants_alone_keeps_nothing_on() -> None:
    assert idle_cost(settings("local")) == ()


@pytest.mark.parametrize("stack", STACKS)
def test_nodes_are_added_until_the_pods_fit(stack: str) -> None:
    given = context(stack)
    own = given.settings.foundation
    assert own is not None
    asked = footprint(given, parts(given))
    assert asked.cpu > 5_000
    assert asked.memory > 15 * GIB
    _, few = more_nodes(asked, own)
    _, many = more_nodes(asked.times(4), own)
    assert more_nodes(Footprint(), own)[1] == 0
    assert few < many


def made_of(name: str, path: str) -> Part:
    asked = {"requests": {"cpu": "1", "memory": "1Gi"}}
    release = Release(name=name, chart=name, namespace="a", values={path: {"resources": asked}})
    return Part(name="a", releases=(release,))


@pytest.mark.parametrize(
    ("name", "path", "pods"),
    [
        ("istiod", "pilot", 3),
        ("karpenter", "controller", 2),
        ("mlflow", "server", 2),
        ("loki", "singleBinary", 1),
        ("ztunnel", "daemon", 0),
        ("velero", "upgradeJobResources", 0),
    ],
)
def test_a_container_is_counted_for_each_of_its_pods(name: str, path: str, pods: int) -> None:
    prod = context("prod")
    with_it, without = footprint(prod, [made_of(name, path)]), footprint(prod, [])
    assert with_it.cpu - without.cpu == pods * 1000
    assert with_it.memory - without.memory == pods * GIB


def test_every_release_that_runs_pods_is_seen() -> None:
    seen = {
        place.partition("/")[0]
        for part in parts(context("prod"))
        for place, asked in requests_of(part)
        if asked.cpu
    }
    quiet = {
        release.name
        for part in parts(context("prod"))
        for release in part.releases
        if not release.holds_crds and release.name not in seen
    }
    assert quiet == set()


def test_prices_are_known_where_prices_of_instances_are() -> None:
    for row in (*SERVICES, *DATABASES, *CACHES):
        assert REFERENCE_REGION in row.by_region, row.name
        assert set(row.by_region) <= set(REGIONS)
        assert all(price > 0 for price in row.by_region.values())
        assert row.source
        assert row.as_of[:2] == "20"


def test_a_price_borrowed_from_the_reference_region_says_so() -> None:
    borrowed = service_price(NAT, "eu-north-1")
    assert borrowed == ServicePrice(45_000, "hour", REFERENCE_REGION)


@pytest.mark.parametrize("page", GUIDES)
def test_page_is_what_make_docs_writes(page: str) -> None:
    written = (FOLDER.parent / page).read_text("utf-8")
    assert written == GUIDES[page](), "stale: run make docs"


@pytest.mark.parametrize("page", [*GUIDES, "install.md", "destroy.md", "disaster-recovery.md"])
def test_links_of_the_guides_lead_to_files(page: str) -> None:
    folder = FOLDER.parent
    links = LINK.findall((folder / page).read_text("utf-8"))
    assert links
    assert [link for link in links if not (folder / link).exists()] == []
