"""The network of the cloud: subnets, flow logs, security groups, the load balancer."""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import at, items, objects, text, texts, true, whole
from policies.rules.rule import About, Scene, Severity, Stack, Subject, rule, stack_rule

VPC: Final = "aws:ec2/vpc:Vpc"
FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
DEFAULT_GROUP: Final = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
OLD_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
BALANCER: Final = "aws:lb/loadBalancer:LoadBalancer"
LISTENER: Final = "aws:lb/listener:Listener"
WEB: Final = (80, 443)
USES_GROUPS: Final = (
    BALANCER,
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:efs/mountTarget:MountTarget",
    "aws:eks/cluster:Cluster",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:rds/instance:Instance",
)


@rule(
    About(
        id="subnet-private",
        title="A subnet gives no public addresses",
        severity=Severity.HIGH,
        why="A node that gets one by default is reachable by default.",
        remedy="Take mapPublicIpOnLaunch out; the load balancer and NAT bring their own addresses.",
        sources=("CKV_AWS_130", "CIS-5.4.3"),
    ),
    "aws:ec2/subnet:Subnet",
)
def subnet_private(subject: Subject, _scene: Scene) -> Iterator[str]:
    if true(subject.props, "mapPublicIpOnLaunch"):
        yield "gives public addresses"


@stack_rule(
    About(
        id="vpc-flow-logs",
        title="The VPC's traffic is written down",
        severity=Severity.MEDIUM,
        why="Where a model talked to, and what was refused, is nowhere else.",
        remedy="Add a FlowLog for all traffic of the VPC.",
        sources=("CKV2_AWS_11",),
    ),
    VPC, FLOW_LOG,
)  # fmt: skip
def flow_logs(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    kinds = [text(one.props, "trafficType") for one in stack.all(FLOW_LOG)]
    for vpc in stack.all(VPC):
        if "ALL" not in kinds:
            yield vpc, "has no flow log of all traffic"


@stack_rule(
    About(
        id="vpc-default-group",
        title="The VPC's default security group allows nothing",
        severity=Severity.MEDIUM,
        why="What is launched without a group gets it, and its members reach each other.",
        remedy="Register the DefaultSecurityGroup without ingress and egress.",
        sources=("CKV2_AWS_12",),
    ),
    VPC, DEFAULT_GROUP,
)  # fmt: skip
def default_group(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    groups = stack.all(DEFAULT_GROUP)
    for vpc in stack.all(VPC):
        if not groups:
            yield vpc, "leaves its default security group open"
    for group in groups:
        if items(group.props, "ingress") or items(group.props, "egress"):
            yield group, "allows traffic"


@rule(
    About(
        id="security-group-described",
        title="Security groups and their rules say what for",
        severity=Severity.LOW,
        why="Nobody dares to remove an opening whose reason nobody knows.",
        remedy="Give each a description.",
        sources=("CKV_AWS_23",),
    ),
    GROUP, INGRESS, EGRESS, OLD_RULE, "aws:elasticache/subnetGroup:SubnetGroup",
)  # fmt: skip
def described(subject: Subject, _scene: Scene) -> Iterator[str]:
    if text(subject.props, "description") in ("", "Managed by Pulumi"):
        yield "has no description"
    for way in ("ingress", "egress"):
        for opening in objects(subject.props, way) if subject.kind == GROUP else ():
            if not text(opening, "description"):
                yield f"has an {way} rule without a description"


def _openings(subject: Subject) -> Iterator[tuple[list[str], int | None, int | None]]:
    """The networks and ports that an ingress rule lets in, whatever form it has."""
    props = subject.props
    if subject.kind == GROUP:
        for one in objects(props, "ingress"):
            networks = [*texts(one, "cidrBlocks"), *texts(one, "ipv6CidrBlocks")]
            yield networks, whole(one, "fromPort"), whole(one, "toPort")
    elif subject.kind == INGRESS or text(props, "type") == "ingress":
        fields = ("cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks")
        networks = [network for field in fields for network in texts(props, field)]
        yield networks, whole(props, "fromPort"), whole(props, "toPort")


@rule(
    About(
        id="security-group-open",
        title="Nothing but the web's two ports is open to the world",
        severity=Severity.CRITICAL,
        why="Scanners find an open port within minutes.",
        remedy="Name networks, prefix lists or security groups.",
        sources=("CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_277"),
    ),
    GROUP, INGRESS, OLD_RULE,
)  # fmt: skip
def group_open(subject: Subject, _scene: Scene) -> Iterator[str]:
    for networks, first, last in _openings(subject):
        world = [network for network in networks if network.endswith("/0")]
        if world and (first != last or first not in WEB):
            ports = f"port {first}" if first == last and first is not None else "its ports"
            yield f"opens {ports} to {', '.join(world)}"


@stack_rule(
    About(
        id="security-group-front-door",
        title="Only the load balancer is open to the world",
        severity=Severity.CRITICAL,
        why="Whatever else listens for everyone is a way around the front door.",
        remedy="Open the group of the load balancer, and no other.",
        sources=("CKV_AWS_260", "slipway/front-door"),
    ),
    GROUP, INGRESS, OLD_RULE, BALANCER,
)  # fmt: skip
def group_front_door(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    doors = {group for one in stack.all(BALANCER) for group in texts(one.props, "securityGroups")}
    for opening in stack.all(INGRESS, OLD_RULE):
        world = any(n.endswith("/0") for networks, _, _ in _openings(opening) for n in networks)
        group = text(opening.props, "securityGroupId")
        if world and group not in doors:
            yield opening, "opens to the world what is not the load balancer's"


@stack_rule(
    About(
        id="security-group-used",
        title="Every security group is of something",
        severity=Severity.LOW,
        why="A group that nothing uses is an opening that waits for its first member.",
        remedy="Attach it, or remove it.",
        sources=("CKV2_AWS_5",),
        mandatory=False,
    ),
    GROUP, *USES_GROUPS,
)  # fmt: skip
def group_used(stack: Stack, _scene: Scene) -> Iterator[tuple[Subject, str]]:
    used: set[str] = set()
    for one in stack.all(*USES_GROUPS):
        for path in (("securityGroups",), ("securityGroupIds",), ("vpcSecurityGroupIds",),
                     ("vpcConfig", "securityGroupIds")):  # fmt: skip
            used.update(texts(one.props, *path))
    for group in stack.all(GROUP):
        if group.id and group.id not in used:
            yield group, "is of nothing"


@rule(
    About(
        id="load-balancer-kept",
        title="In production the load balancer cannot be deleted by mistake",
        severity=Severity.MEDIUM,
        why="Its address is in every record; a new one is another address.",
        remedy="Set enableDeletionProtection, by slipway:foundation.protect.",
        sources=("CKV_AWS_150",),
    ),
    BALANCER,
)
def balancer_kept(subject: Subject, scene: Scene) -> Iterator[str]:
    if scene.production and not true(subject.props, "enableDeletionProtection"):
        yield "may be deleted"


@rule(
    About(
        id="load-balancer-plain",
        title="The load balancer passes TLS on, or ends it well",
        severity=Severity.HIGH,
        why="A listener that speaks plain HTTP answers with a token in the clear.",
        remedy="Use TCP to Envoy, which redirects port 80, or TLS with a policy of TLS 1.2 up.",
        sources=("CIS-5.4.5", "CKV_AWS_103"),
    ),
    LISTENER, BALANCER,
)  # fmt: skip
def balancer_plain(subject: Subject, _scene: Scene) -> Iterator[str]:
    protocol = text(subject.props, "protocol")
    if protocol == "HTTP":
        action = [text(one, "type") for one in objects(subject.props, "defaultActions")]
        if action != ["redirect"]:
            yield "answers in plain HTTP"
    if protocol in ("HTTPS", "TLS") and "TLS13" not in text(subject.props, "sslPolicy"):
        yield "takes TLS older than 1.2"
    application = text(subject.props, "loadBalancerType") in ("", "application")
    if (
        subject.kind == BALANCER
        and application
        and not at(subject.props, "dropInvalidHeaderFields")
    ):
        yield "passes malformed headers on"


RULES = (
    balancer_kept,
    balancer_plain,
    default_group,
    described,
    flow_logs,
    group_front_door,
    group_open,
    group_used,
    subnet_private,
)
