"""The load balancer in front of Envoy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pulumi
import pulumi_aws as aws

from components.network import ANYWHERE
from components.security_group import Rule, SecurityGroup, SecurityGroupArgs

TYPE: Final = "slipway:aws:LoadBalancer"


@dataclass(frozen=True, slots=True)
class _Port:
    """What clients connect to, and where Envoy listens for it.

    Envoy Gateway adds 10000 to ports that only root may open (gateway v1.8.1 internal/gatewayapi).
    """

    outside: int
    inside: int


PORTS: Final = MappingProxyType({"http": _Port(80, 10080), "https": _Port(443, 10443)})

# Seconds of silence after which the balancer forgets a connection, without telling either end. A
# model may think for as long as Knative's longest timeout, 3600 s; 350 is the default and 6000 the
# most (NLB user guide, "Connection idle timeout").
_IDLE_SECONDS: Final = 3660
_HEALTH_SECONDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerArgs:
    """`balancer` names it, its target groups and its security group.

    `sources` are the networks that may connect; none means everybody.
    """

    balancer: str
    vpc_id: pulumi.Input[str]
    vpc_cidr: str
    subnet_ids: Sequence[pulumi.Input[str]]
    sources: tuple[str, ...] = ()
    protect: bool = False


class LoadBalancer(pulumi.ComponentResource):
    """A public network load balancer that hands connections on as they come.

    TLS ends in Envoy, so the balancer has no certificate and, by AWS's rule, no access log: that
    exists for TLS listeners alone. Envoy logs every request and the VPC every flow. AWS Load
    Balancer Controller registers Envoy's pods by TargetGroupBindings. Clients' addresses are kept;
    a pod reaches its own balancer through NAT, with an address that is not its own. Outputs by
    `http` and `https`. A balancer without a security group can never get one, hence its own.
    """

    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    target_group_arns: Mapping[str, pulumi.Output[str]]
    target_group_suffixes: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.security_group_id = self._create_security_group().group_id
        balancer = self._create_balancer()
        groups = {kind: self._create_target_group(kind, port) for kind, port in PORTS.items()}
        for kind, group in groups.items():
            self._create_listener(kind, balancer, group)
        self.dns_name, self.zone_id = balancer.dns_name, balancer.zone_id
        self.arn_suffix = balancer.arn_suffix
        self.target_group_arns = {kind: group.arn for kind, group in groups.items()}
        self.target_group_suffixes = {kind: group.arn_suffix for kind, group in groups.items()}
        self.register_outputs({"dns_name": self.dns_name, "zone_id": self.zone_id})

    def _create_security_group(self) -> SecurityGroup:
        sources = self._create_sources()
        rules: dict[str, Rule] = {}
        for kind, port in PORTS.items():
            rules[f"{kind}-in"] = Rule(
                direction="in",
                port=port.outside,
                description="The proxy of Cloudflare" if sources else "Clients, from everywhere",
                network=None if sources else ANYWHERE,
                prefix_list=sources,
            )
            rules[f"{kind}-out"] = Rule(
                direction="out",
                port=port.inside,
                description="Pods of Envoy",
                network=self._args.vpc_cidr,
            )
        return SecurityGroup(
            f"{self._name}-access",
            SecurityGroupArgs(
                group_name=f"{self._args.balancer}-load-balancer",
                description="The front door",
                vpc_id=self._args.vpc_id,
                rules=rules,
            ),
            self._child,
        )

    def _create_sources(self) -> pulumi.Output[str] | None:
        """One list for both ports; as rules they would be thirty resources."""
        if not self._args.sources:
            return None
        return aws.ec2.ManagedPrefixList(
            f"{self._name}-sources",
            name=f"{self._args.balancer}-sources",
            address_family="IPv4",
            max_entries=len(self._args.sources),
            entries=[{"cidr": cidr} for cidr in self._args.sources],
            opts=self._child,
        ).id

    def _create_balancer(self) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            f"{self._name}-balancer",
            name=self._args.balancer,
            load_balancer_type="network",
            internal=False,
            ip_address_type="ipv4",
            subnets=list(self._args.subnet_ids),
            security_groups=[self.security_group_id],
            # A zone without a ready Envoy answers all the same.
            enable_cross_zone_load_balancing=True,
            enable_deletion_protection=self._args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )

    def _create_target_group(self, kind: str, port: _Port) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            f"{self._name}-{kind}",
            name=f"{self._args.balancer}-{kind}",
            vpc_id=self._args.vpc_id,
            target_type="ip",
            protocol="TCP",
            port=port.inside,
            preserve_client_ip="true",
            health_check={
                "enabled": True,
                "protocol": "TCP",
                "port": "traffic-port",
                "interval": _HEALTH_SECONDS,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            opts=self._child,
        )

    def _create_listener(
        self, kind: str, balancer: aws.lb.LoadBalancer, group: aws.lb.TargetGroup
    ) -> None:
        aws.lb.Listener(
            f"{self._name}-{kind}-listener",
            load_balancer_arn=balancer.arn,
            port=PORTS[kind].outside,
            protocol="TCP",
            tcp_idle_timeout_seconds=_IDLE_SECONDS,
            default_actions=[{"type": "forward", "target_group_arn": group.arn}],
            opts=self._child,
        )
