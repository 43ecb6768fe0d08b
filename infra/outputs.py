"""What the foundation hands on: to the platform, the edge, the tenants, and to other stacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from catalog.parts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundationOutputs:
    """What stands on the foundation needs of it.

    `cluster_name`, `tenant_role_arn` and `account` are plain where the stack has the foundation
    itself. `front_door` is the host name of the load balancer. `ready` is what must exist before
    anything is put into the cluster: its nodes and add-ons. `image_cache` is for people: what
    stands in an image's name for each registry that the account caches.
    """

    account: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    cluster_endpoint: pulumi.Output[str]
    cluster_ca: pulumi.Output[str]
    tenant_role_arn: pulumi.Input[str]
    artifact_key_arn: pulumi.Output[str]
    front_door: pulumi.Output[str]
    image_cache: Mapping[str, str] = field(default_factory=dict[str, str])
    facts: Mapping[Fact, pulumi.Input[str]] = field(default_factory=dict[Fact, pulumi.Input[str]])
    ready: tuple[pulumi.Resource, ...] = ()


def export(outputs: FoundationOutputs) -> None:
    """Exports what a stack of tenants alone reads, and what people do. None of it is a secret."""
    pulumi.export("account", outputs.account)
    pulumi.export("clusterName", outputs.cluster_name)
    pulumi.export("clusterEndpoint", outputs.cluster_endpoint)
    pulumi.export("clusterCa", outputs.cluster_ca)
    pulumi.export("tenantRoleArn", outputs.tenant_role_arn)
    pulumi.export("artifactKeyArn", outputs.artifact_key_arn)
    pulumi.export("frontDoor", outputs.front_door)
    pulumi.export("imageCache", dict(outputs.image_cache))


def imported(platform_stack: str) -> FoundationOutputs:
    """What another stack exported; `up` fails with the missing name where it has not yet run."""
    other = pulumi.StackReference(platform_stack)
    return FoundationOutputs(
        account=other.require_output("account"),
        cluster_name=other.require_output("clusterName"),
        cluster_endpoint=other.require_output("clusterEndpoint"),
        cluster_ca=other.require_output("clusterCa"),
        tenant_role_arn=other.require_output("tenantRoleArn"),
        artifact_key_arn=other.require_output("artifactKeyArn"),
        front_door=other.require_output("frontDoor"),
    )
