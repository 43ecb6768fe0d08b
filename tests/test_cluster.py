"""The cluster, its add-ons and first nodes, as the foundation registers them."""

import json
from functools import cache
from typing import Any

import pulumi
import pytest

from catalog.instances import DAEMONSETS, MIB
from catalog.node_pools import POOL_LABEL
from components.cluster import LOG_TYPES
from infra.aws import aws_provider
from infra.foundation import create_foundation
from infra.parts.node_pools import DISCOVERY_TAG
from tests.engine import run_both
from tests.engine_graph import Graph, Recorded
from tests.programs import context, settings

ADDON = "aws:eks/addon:Addon"
CLUSTER = "eks:index:Cluster"
ENTRY = "aws:eks/accessEntry:AccessEntry"
NODES = "aws:eks/nodeGroup:NodeGroup"
RULE = "aws:cloudwatch/eventRule:EventRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@cache
def foundation(stack: str, **changed: Any) -> Graph:
    """The graph of the layer; `changed` are other values of `slipway:foundation`."""
    own = settings(stack).foundation
    assert own is not None
    given = context(stack, foundation={**own.model_dump(), **changed})

    def program() -> None:
        provider = aws_provider(given.settings.environment, given.names.account)
        create_foundation(given, pulumi.ResourceOptions(providers=[provider]))

    known, _ = run_both(program, stack=stack)
    return known


def one(graph: Graph, type_: str, name: str | None = None) -> Recorded:
    found = [r for r in graph.resources if r.type == type_ and name in (None, r.name)]
    assert len(found) == 1, f"{len(found)} of {type_} {name or ''}"
    return found[0]


def every(graph: Graph, type_: str) -> dict[str, Recorded]:
    return {r.name: r for r in graph.resources if r.type == type_}


def named(graph: Graph, name: str) -> Recorded:
    found = [r for r in graph.resources if r.name == name and r.type.startswith("slipway:")]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_api_answers_only_the_networks_that_are_named(stack: str) -> None:
    cluster = one(foundation(stack), CLUSTER).inputs
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["endpointPublicAccess"] is True
    assert cluster["publicAccessCidrs"] == ["203.0.113.0/24"]


def test_without_a_named_network_the_api_has_no_public_address() -> None:
    cluster = one(foundation("dev", api_access=()), CLUSTER).inputs
    assert cluster["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in cluster


def test_the_control_plane_encrypts_secrets_and_logs_everything() -> None:
    graph = foundation("prod")
    cluster = one(graph, CLUSTER)
    assert cluster.inputs["encryptionConfigKeyArn"].endswith("secrets-key-key")
    assert cluster.inputs["enabledClusterLogTypes"] == list(LOG_TYPES)
    assert len(LOG_TYPES) == 5
    assert cluster.inputs["authenticationMode"] == "API"
    assert cluster.inputs["upgradePolicy"] == {"supportType": "STANDARD"}


def test_its_log_group_is_ours_before_eks_would_make_one() -> None:
    graph = foundation("prod")
    group = one(graph, "aws:cloudwatch/logGroup:LogGroup", "cluster-logs")
    assert group.inputs["name"] == "/aws/eks/slipway-prod/cluster"
    assert group.inputs["retentionInDays"] == 365
    assert group.inputs["kmsKeyId"].endswith("telemetry-key-key")
    assert graph.depends_on(one(graph, CLUSTER), group)


def test_the_control_plane_comes_with_nothing_that_is_made_apart() -> None:
    cluster = one(foundation("prod"), CLUSTER).inputs
    absent = ("bootstrapSelfManagedAddons", "createOidcProvider", "createInstanceRole")
    assert [cluster[each] for each in absent] == [False, False, False]
    assert cluster["skipDefaultNodeGroup"] is True
    assert cluster["useDefaultVpcCni"] is True
    assert cluster["kubeProxyAddonOptions"]["enabled"] is False
    assert "storageClasses" not in cluster


def test_it_never_asks_for_the_accounts_default_vpc() -> None:
    graph = foundation("dev")
    assert one(graph, CLUSTER).inputs["vpcId"].endswith("network-vpc")


def test_only_a_protected_stack_refuses_to_lose_its_cluster() -> None:
    kept, lost = one(foundation("prod"), CLUSTER), one(foundation("dev"), CLUSTER)
    assert (kept.protect, kept.inputs["deletionProtection"]) == (True, True)
    assert (lost.protect, lost.inputs["deletionProtection"]) == (False, False)


def test_administrators_and_nodes_are_let_in_and_nobody_else() -> None:
    entries = {
        e.inputs["principalArn"]: e.inputs["type"] for e in every(foundation("dev"), ENTRY).values()
    }
    assert entries == {
        "arn:aws:iam::111111111111:role/platform-engineers": "STANDARD",
        "arn:aws:iam::111111111111:role/slipway-dev-node": "EC2_LINUX",
    }


def test_karpenter_finds_the_security_group_and_the_front_door_reaches_through_it() -> None:
    graph = foundation("prod")
    tag = one(graph, "aws:ec2/tag:Tag").inputs
    assert tag == {"resourceId": "sg-cluster", "key": DISCOVERY_TAG, "value": "slipway-prod"}
    rules = [
        r.inputs
        for r in every(graph, INGRESS).values()
        if r.inputs["securityGroupId"] == "sg-cluster"
    ]
    assert sorted(r["fromPort"] for r in rules) == [10080, 10443]
    assert all("referencedSecurityGroupId" in r and "cidrIpv4" not in r for r in rules)


def test_add_ons_are_all_there_at_versions_of_the_clusters_minor() -> None:
    graph = foundation("prod")
    assert set(every(graph, ADDON)) == {
        "aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server",
        "vpc-cni",
    }  # fmt: skip
    asked = [args for token, args in graph.calls if token.endswith("getAddonVersion")]
    assert {args["kubernetesVersion"] for args in asked} == {"1.35"}
    assert all(addon.inputs["addonVersion"] for addon in every(graph, ADDON).values())


@pytest.mark.parametrize("name", ["eks-pod-identity-agent", "kube-proxy", "vpc-cni"])
def test_nodes_come_after_what_makes_them_ready(name: str) -> None:
    graph = foundation("prod")
    assert graph.depends_on(one(graph, NODES), one(graph, ADDON, name))
    assert graph.depends_on(one(graph, ADDON, name), one(graph, CLUSTER))


def test_nodes_go_before_their_way_out_of_the_vpc() -> None:
    graph = foundation("prod")
    ways = [*every(graph, "aws:ec2/route:Route").values(),
            *every(graph, "aws:ec2/natGateway:NatGateway").values()]  # fmt: skip
    assert len(ways) == 7
    assert [way.name for way in ways if not graph.depends_on(one(graph, NODES), way)] == []


@pytest.mark.parametrize("name", ["aws-ebs-csi-driver", "coredns", "metrics-server"])
def test_what_runs_on_nodes_comes_after_them(name: str) -> None:
    graph = foundation("prod")
    assert graph.depends_on(one(graph, ADDON, name), one(graph, NODES))


def test_a_daemonset_asks_for_what_placement_takes_off_a_node() -> None:
    assumed = {d.name: (d.cpu_millicores, d.memory_bytes // MIB) for d in DAEMONSETS}
    containers = {"vpc-cni": ("aws-node", 2), "kube-proxy": ("kube-proxy", 1),
                  "eks-pod-identity-agent": ("eks-pod-identity-agent", 1)}  # fmt: skip
    for addon, (daemonset, count) in containers.items():
        values = json.loads(one(foundation("dev"), ADDON, addon).inputs["configurationValues"])
        asked = values["resources"]["requests"]
        cpu, memory = asked["cpu"].removesuffix("m"), asked["memory"].removesuffix("Mi")
        assert (int(cpu) * count, int(memory) * count) == assumed[daemonset]


def test_network_policies_are_enforced() -> None:
    values = one(foundation("dev"), ADDON, "vpc-cni").inputs["configurationValues"]
    assert json.loads(values)["enableNetworkPolicy"] == "true"


def test_the_add_ons_that_act_in_aws_have_roles_of_their_own() -> None:
    roles = {
        name: [a["roleArn"].rpartition("/")[2] for a in addon.inputs["podIdentityAssociations"]]
        for name, addon in every(foundation("prod"), ADDON).items()
        if "podIdentityAssociations" in addon.inputs
    }
    assert roles == {
        "aws-ebs-csi-driver": ["slipway-prod-ebs-csi"], "vpc-cni": ["slipway-prod-vpc-cni"],
    }  # fmt: skip


def test_system_nodes_are_private_bottlerocket_and_carry_the_platforms_label() -> None:
    group = one(foundation("prod"), NODES).inputs
    assert group["amiType"] == "BOTTLEROCKET_x86_64"
    assert group["labels"] == {POOL_LABEL: "system"}
    assert group["version"] == "1.35"
    assert all("private" in subnet for subnet in group["subnetIds"])
    assert {"remoteAccess", "taints"}.isdisjoint(group)


def test_system_nodes_encrypt_their_disks_and_keep_their_credentials_to_themselves() -> None:
    template = one(foundation("prod"), "aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    disks = [mapping["ebs"] for mapping in template["blockDeviceMappings"]]
    assert [(d["encrypted"], d["volumeType"], d["volumeSize"]) for d in disks] == [
        ("true", "gp3", 4), ("true", "gp3", 100),
    ]  # fmt: skip


def test_a_nodes_rights_outlive_the_node() -> None:
    graph = foundation("prod")
    rights = [r for r in graph.below(named(graph, "system-node")) if r.custom]
    assert len(rights) == 4
    assert all(graph.depends_on(one(graph, NODES), right) for right in rights)


def test_karpenter_hears_of_every_kind_of_interruption_by_an_encrypted_queue() -> None:
    graph = foundation("prod")
    queue = one(graph, "aws:sqs/queue:Queue").inputs
    assert (queue["name"], queue["sqsManagedSseEnabled"]) == ("slipway-prod-interruption", True)
    rules = every(graph, RULE).values()
    assert len(rules) == 5
    assert all(r.inputs["name"].startswith("slipway-prod-") for r in rules)
    assert all(len(r.inputs["name"]) <= 64 for r in rules)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_everything_is_made_with_the_stacks_own_provider(stack: str) -> None:
    assert [r.urn for r in foundation(stack).without_provider()] == []
