"""Valkey for the front door's rate limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.security_group import Rule, SecurityGroup, SecurityGroupArgs

TYPE: Final = "slipway:aws:RateLimitStore"

# ElastiCache user guide, "Engine versions"; Envoy's rate limit service asks for INCRBY and EXPIRE,
# which every version has.
_VERSION: Final = "8.2"
PORT: Final = 6379


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitStoreArgs:
    """`group` names the replication group; `clients` is whose members may connect."""

    group: str
    node_type: str
    replicas: int
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    clients: pulumi.Input[str]
    key_arn: pulumi.Input[str]


class RateLimitStore(pulumi.ComponentResource):
    """One shard of Valkey over TLS, with its replicas in other zones.

    It holds counters of seconds to a day, so it has no snapshots and is not protected: a lost one
    begins at nought. It has no password, which would stand in Pulumi's state and in a Secret: what
    may reach it is the cluster's security group, and inside the cluster the network policies, which
    open it to the rate limit service alone. The default parameter group evicts counters that
    expire, least recently used first, before it refuses a write.
    """

    host: pulumi.Output[str]
    node_ids: tuple[str, ...]

    def __init__(
        self, name: str, args: RateLimitStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        store = self._create_store(self._create_subnet_group(), self._create_security_group())
        self.host = store.primary_endpoint_address
        # What ElastiCache names the members, in CloudWatch's dimension CacheClusterId too.
        self.node_ids = tuple(f"{args.group}-{n:03}" for n in range(1, args.replicas + 2))
        self.register_outputs({"host": self.host})

    def _create_subnet_group(self) -> aws.elasticache.SubnetGroup:
        return aws.elasticache.SubnetGroup(
            f"{self._name}-subnets",
            name=self._args.group,
            description="The VPC's database subnets",
            subnet_ids=list(self._args.subnet_ids),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_security_group(self) -> SecurityGroup:
        clients = Rule(
            direction="in", port=PORT, description="Nodes and pods", group=self._args.clients
        )
        return SecurityGroup(
            f"{self._name}-access",
            SecurityGroupArgs(
                group_name=self._args.group,
                description="Valkey, from the cluster alone",
                vpc_id=self._args.vpc_id,
                rules={"clients": clients},
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_store(
        self, subnets: aws.elasticache.SubnetGroup, access: SecurityGroup
    ) -> aws.elasticache.ReplicationGroup:
        replicated = self._args.replicas > 0
        return aws.elasticache.ReplicationGroup(
            f"{self._name}-store",
            replication_group_id=self._args.group,
            description="Counters of the front door's rate limits",
            engine="valkey",
            engine_version=_VERSION,
            auto_minor_version_upgrade=True,
            node_type=self._args.node_type,
            num_cache_clusters=1 + self._args.replicas,
            automatic_failover_enabled=replicated,
            multi_az_enabled=replicated,
            port=PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[access.group_id],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=self._args.key_arn,
            maintenance_window="sun:03:30-sun:04:30",
            opts=pulumi.ResourceOptions(parent=self),
        )
