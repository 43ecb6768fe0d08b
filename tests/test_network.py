"""The network: who can reach whom, and that no address is given twice."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.addresses import subnets_of, zones_of
from components.cloudflare_addresses import CLOUDFLARE_IPV4
from components.endpoints import INTERFACES
from components.security_group import Rule, SecurityGroupArgs
from infra.network import create_load_balancer, create_network
from infra.stores import create_keys
from tests.engine import Graph, Recorded, run, run_both
from tests.programs import context

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@st.composite
def vpcs(draw: st.DrawFn) -> IPv4Network:
    """A network that a VPC may have: private, and a /16 to a /20."""
    prefix = draw(st.integers(16, 20))
    around = IPv4Network(draw(st.sampled_from(PRIVATE)))
    count = 2 ** (prefix - around.prefixlen)
    start = int(around.network_address) + draw(st.integers(0, count - 1)) * 2 ** (32 - prefix)
    return IPv4Network((start, prefix))


def program(stack: str, *, proxied: bool = False) -> Callable[[], None]:
    """The network and the front door of a stack."""
    found = context(stack)
    env = found.settings.environment
    env = env.model_copy(update={"edge": env.edge.model_copy(update={"proxied": proxied})})
    found = replace(found, settings=found.settings.model_copy(update={"environment": env}))

    def build() -> None:
        network = create_network(found, create_keys(found).telemetry)
        create_load_balancer(found, network)

    return build


@pytest.fixture(scope="module", params=["dev", "prod"])
def graph(request: pytest.FixtureRequest) -> Graph:
    return run(program(request.param))


@pytest.fixture(scope="module")
def dev() -> Graph:
    return run(program("dev"))


@pytest.fixture(scope="module")
def prod() -> Graph:
    return run(program("prod"))


def of_kind(graph: Graph, kind: str) -> list[Recorded]:
    return [s for s in graph.of_type(SUBNET) if s.name.startswith(f"network-{kind}-")]


def default_routes(graph: Graph) -> dict[str, Mapping[str, Any]]:
    """The way out of each subnet, by its id."""
    tables = {route.inputs["routeTableId"]: route.inputs for route in graph.of_type(ROUTE)}
    return {
        association.inputs["subnetId"]: tables.get(association.inputs["routeTableId"], {})
        for association in graph.of_type(ASSOCIATION)
    }


class TestAddresses:
    @given(vpcs())
    def test_no_two_subnets_of_any_vpc_share_an_address(self, vpc: IPv4Network) -> None:
        networks = [
            IPv4Network(cidr)
            for zone in subnets_of(str(vpc), ZONES)
            for cidr in (zone.public, zone.private, zone.database)
        ]
        assert len(networks) == 9
        assert all(network.subnet_of(vpc) for network in networks)
        assert not any(one.overlaps(other) for one, other in combinations(networks, 2))

    @pytest.mark.parametrize("prefix", range(16, 21))
    def test_each_subnet_is_large_enough_for_what_lies_in_it(self, prefix: int) -> None:
        for zone in subnets_of(f"10.16.0.0/{prefix}", ZONES):
            public, private = IPv4Network(zone.public), IPv4Network(zone.private)
            assert public.prefixlen <= 27  # A load balancer.
            assert IPv4Network(zone.database).prefixlen <= 27
            assert private.num_addresses * 4 == 2 ** (32 - prefix)

    def test_the_subnets_of_a_16_are_these(self) -> None:
        first, second, third = subnets_of("10.16.0.0/16", ZONES)
        assert (first.public, first.private, first.database) == (
            "10.16.192.0/21",
            "10.16.0.0/18",
            "10.16.224.0/21",
        )
        assert (second.zone, third.private) == ("eu-west-1b", "10.16.128.0/18")

    def test_a_vpc_with_host_bits_is_refused(self) -> None:
        with pytest.raises(ValueError, match="host bits"):
            subnets_of("10.16.0.1/16", ZONES)

    @pytest.mark.parametrize(
        ("region", "letters"),
        [("eu-west-1", "abc"), ("ap-northeast-1", "acd"), ("ca-central-1", "abd")],
    )
    def test_a_region_has_the_zones_that_it_has(self, region: str, letters: str) -> None:
        assert zones_of(region) == tuple(f"{region}{letter}" for letter in letters)

    def test_a_region_with_two_zones_is_refused(self) -> None:
        with pytest.raises(ValueError, match="us-west-1 has two zones"):
            zones_of("us-west-1")


class TestNetwork:
    def test_unknowns_change_nothing_that_is_registered(self) -> None:
        run_both(program("dev"))

    def test_every_kind_of_subnet_lies_in_three_zones(self, graph: Graph) -> None:
        for kind in ("public", "private", "database"):
            zones = [subnet.inputs["availabilityZone"] for subnet in of_kind(graph, kind)]
            assert sorted(zones) == sorted(ZONES)

    def test_nothing_gets_a_public_address_by_lying_somewhere(self, graph: Graph) -> None:
        assert not any(s.inputs["mapPublicIpOnLaunch"] for s in graph.of_type(SUBNET))

    def test_the_default_security_group_admits_nothing(self, graph: Graph) -> None:
        group = graph.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
        assert (group.inputs["ingress"], group.inputs["egress"]) == ([], [])

    def test_only_public_subnets_reach_the_internet_directly(self, graph: Graph) -> None:
        ways = default_routes(graph)
        assert len(ways) == 9
        for kind, way in (("public", "gatewayId"), ("private", "natGatewayId"), ("database", None)):
            for subnet in of_kind(graph, kind):
                route = ways[f"{subnet.name}-id"]
                assert {key for key in route if key.endswith("ewayId")} == ({way} if way else set())

    def test_dev_has_one_nat_gateway_for_all_zones(self, dev: Graph) -> None:
        ways = default_routes(dev)
        nats = {ways[f"{subnet.name}-id"]["natGatewayId"] for subnet in of_kind(dev, "private")}
        assert nats == {"network-nat-eu-west-1a-id"}

    def test_prod_has_a_nat_gateway_in_each_zone(self, prod: Graph) -> None:
        ways = default_routes(prod)
        for subnet in of_kind(prod, "private"):
            zone = subnet.inputs["availabilityZone"]
            assert ways[f"{subnet.name}-id"]["natGatewayId"] == f"network-nat-{zone}-id"
            assert prod.one("aws:ec2/natGateway:NatGateway", f"network-nat-{zone}").inputs[
                "subnetId"
            ] == (f"network-public-{zone}-id")

    def test_nat_gateways_go_before_the_internet_gateway(self, graph: Graph) -> None:
        internet = graph.one("aws:ec2/internetGateway:InternetGateway")
        for nat in graph.of_type("aws:ec2/natGateway:NatGateway"):
            assert graph.depends_on(nat, internet)

    def test_load_balancers_and_karpenter_find_their_subnets(self, graph: Graph) -> None:
        for subnet in of_kind(graph, "public"):
            assert subnet.inputs["tags"]["kubernetes.io/role/elb"] == "1"
            assert "karpenter.sh/discovery" not in subnet.inputs["tags"]
        for subnet in of_kind(graph, "private"):
            assert subnet.inputs["tags"]["kubernetes.io/role/internal-elb"] == "1"
            assert subnet.inputs["tags"]["karpenter.sh/discovery"].startswith("slipway-")

    def test_models_come_from_s3_without_nat(self, graph: Graph) -> None:
        gateway = graph.one(ENDPOINT, "endpoints-s3")
        assert gateway.inputs["vpcEndpointType"] == "Gateway"
        assert gateway.inputs["serviceName"] == "com.amazonaws.eu-west-1.s3"
        assert set(gateway.inputs["routeTableIds"]) == {
            f"network-private-{zone}-routes-id" for zone in ZONES
        }

    def test_only_a_stack_that_outlives_a_nat_gateway_pays_for_endpoints(
        self, dev: Graph, prod: Graph
    ) -> None:
        assert len(dev.of_type(ENDPOINT)) == 1
        interfaces = [e for e in prod.of_type(ENDPOINT) if e.name != "endpoints-s3"]
        services = {
            e.inputs["serviceName"].removeprefix("com.amazonaws.eu-west-1.") for e in interfaces
        }
        assert services == set(INTERFACES)
        assert all(e.inputs["privateDnsEnabled"] for e in interfaces)

    def test_only_the_vpc_calls_the_endpoints(self, prod: Graph) -> None:
        rule = prod.one(INGRESS, "endpoints-callers-vpc")
        assert (rule.inputs["cidrIpv4"], rule.inputs["fromPort"]) == ("10.32.0.0/16", 443)

    def test_every_flow_is_logged_encrypted_and_for_a_time(self, graph: Graph) -> None:
        log = graph.one("aws:ec2/flowLog:FlowLog")
        group = graph.one("aws:cloudwatch/logGroup:LogGroup", "flow-logs-group")
        assert log.inputs["trafficType"] == "ALL"
        assert group.inputs["kmsKeyId"].endswith("key/key-telemetry-key-key")
        assert group.inputs["retentionInDays"] in {30, 365}
        (right,) = (e for e in graph.of_type("aws:iam/rolePolicy:RolePolicy"))
        assert graph.depends_on(log, right)

    def test_every_rule_says_why_it_is_there(self, graph: Graph) -> None:
        rules = [*graph.of_type(INGRESS), *graph.of_type(EGRESS)]
        assert rules
        assert all(rule.inputs["description"] for rule in rules)
        assert all(
            g.inputs["description"] for g in graph.of_type("aws:ec2/securityGroup:SecurityGroup")
        )

    @pytest.mark.parametrize("ends", [{}, {"network": "10.0.0.0/8", "group": "sg-1"}])
    def test_a_rule_names_exactly_one_other_end(self, ends: Mapping[str, str]) -> None:
        with pytest.raises(ValueError, match="not exactly one"):
            Rule(direction="in", port=1, description="both", **ends)

    @pytest.mark.parametrize("description", ["Envoy's pods", "a > b", "", "x" * 256])
    def test_a_description_that_ec2_refuses_is_an_error_here(self, description: str) -> None:
        with pytest.raises(ValueError, match="EC2 takes no description"):
            Rule(direction="in", port=1, description=description, group="sg-1")
        with pytest.raises(ValueError, match="EC2 takes no description"):
            SecurityGroupArgs(group_name="g", description=description, vpc_id="vpc-1", rules={})


class TestLoadBalancer:
    def test_it_passes_connections_on_with_their_clients_addresses(self, graph: Graph) -> None:
        balancer = graph.one("aws:lb/loadBalancer:LoadBalancer")
        assert balancer.inputs["loadBalancerType"] == "network"
        assert balancer.inputs["internal"] is False
        assert set(balancer.inputs["subnets"]) == {f"network-public-{zone}-id" for zone in ZONES}
        listeners = graph.of_type("aws:lb/listener:Listener")
        assert sorted(each.inputs["port"] for each in listeners) == [80, 443]
        # Longer than Knative's longest timeout.
        assert all(each.inputs["tcpIdleTimeoutSeconds"] > 3600 for each in listeners)
        groups = graph.of_type("aws:lb/targetGroup:TargetGroup")
        assert sorted(each.inputs["port"] for each in groups) == [10080, 10443]
        for group in groups:
            assert (group.inputs["protocol"], group.inputs["targetType"]) == ("TCP", "ip")
            assert group.inputs["preserveClientIp"] == "true"

    def test_it_comes_after_the_internet_gateway_and_goes_before_it(self, graph: Graph) -> None:
        balancer = graph.one("aws:lb/loadBalancer:LoadBalancer")
        gateway = graph.one("aws:ec2/internetGateway:InternetGateway")
        assert graph.depends_on(balancer, gateway)

    def test_it_reaches_envoy_and_nothing_else(self, graph: Graph) -> None:
        out = [rule.inputs for rule in graph.of_type(EGRESS)]
        assert sorted(rule["toPort"] for rule in out) == [10080, 10443]
        assert not any(rule["cidrIpv4"] == "0.0.0.0/0" for rule in out)

    def test_everybody_may_knock_at_a_door_without_a_proxy(self, graph: Graph) -> None:
        doors = [r.inputs for r in graph.of_type(INGRESS) if r.name.startswith("load-balancer")]
        assert [(d["cidrIpv4"], d["fromPort"]) for d in doors] == [
            ("0.0.0.0/0", 80),
            ("0.0.0.0/0", 443),
        ]

    def test_behind_cloudflare_only_cloudflare_may_knock(self) -> None:
        found = run(program("dev", proxied=True))
        listed = found.one("aws:ec2/managedPrefixList:ManagedPrefixList")
        assert [entry["cidr"] for entry in listed.inputs["entries"]] == list(CLOUDFLARE_IPV4)
        assert listed.inputs["maxEntries"] == len(CLOUDFLARE_IPV4)
        doors = [r.inputs for r in found.of_type(INGRESS) if r.name.startswith("load-balancer")]
        assert len(doors) == 2
        assert all(d["prefixListId"] and "cidrIpv4" not in d for d in doors)

    def test_cloudflares_ranges_are_whole_and_apart(self) -> None:
        networks = [IPv4Network(cidr) for cidr in CLOUDFLARE_IPV4]
        assert all(network.is_global for network in networks)
        assert not any(one.overlaps(other) for one, other in combinations(networks, 2))

    def test_prod_refuses_to_lose_it_and_dev_does_not(self, dev: Graph, prod: Graph) -> None:
        for found, kept in ((dev, False), (prod, True)):
            balancer = found.one("aws:lb/loadBalancer:LoadBalancer")
            assert (balancer.protect, balancer.inputs["enableDeletionProtection"]) == (kept, kept)

    def test_its_names_are_known_to_the_stack(self) -> None:
        def build() -> None:
            found = context("dev")
            network = create_network(found, create_keys(found).telemetry)
            balancer = create_load_balancer(found, network)
            for kind, arn in balancer.target_group_arns.items():
                pulumi.export(kind, arn)
            pulumi.export("dns", balancer.dns_name)

        told = run(build).exports
        assert told["dns"].startswith("slipway-dev-")
        assert "targetgroup/slipway-dev-https" in told["https"]
