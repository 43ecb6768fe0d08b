"""What EC2 refuses: networks, the ways out of them, and who may talk to whom."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network, ip_network

from tests.cloud import aws_names as t
from tests.cloud.kinds import Call, Rule
from tests.cloud.rules import found, holds, named, refers, unique, values
from tests.cloud.store import Account, Thing

_EC2 = "EC2 API reference, Error codes"
_RULES_OF_A_GROUP = 60

_DESCRIPTION = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}"


def _network(call: Call, path: str = "cidrBlock") -> IPv4Network | None:
    try:
        found = ip_network(call.text(path))
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def _is_no_network(call: Call) -> str | None:
    path = "cidrIpv4" if call.type in {t.EGRESS, t.INGRESS} else "cidrBlock"
    absent = call.get(path) is None
    return None if absent or _network(call, path) else f"{call.text(path)} is no network"


def _has_another_size(call: Call) -> str | None:
    own = _network(call)
    if own is None or 16 <= own.prefixlen <= 28:
        return None
    return f"The CIDR '{own}' is invalid: its mask must be 16 to 28"


def _is_outside(call: Call) -> str | None:
    own, vpcs = _network(call), found(call, t.VPC, "vpcId")
    if own is None or not vpcs or own.subnet_of(IPv4Network(vpcs[0].inputs["cidrBlock"])):
        return None
    return f"The CIDR '{own}' is not in the VPC's {vpcs[0].inputs['cidrBlock']}"


def _overlaps(call: Call) -> str | None:
    own = _network(call)
    for other in call.others():
        same = other.inputs["vpcId"] == call.get("vpcId")
        if own and same and own.overlaps(IPv4Network(other.inputs["cidrBlock"])):
            return f"The CIDR '{own}' conflicts with another subnet"
    return None


def gateway_of(account: Account, vpc: str) -> Thing | None:
    """The internet gateway of a VPC."""
    return account.find(t.GATEWAY, vpc, "vpcId")


def vpcs_of(call: Call, path: str) -> set[str]:
    """The VPCs of the subnets or groups that an input names."""
    things = found(call, t.SUBNET, path) + found(call, t.GROUP, path)
    return {str(thing.inputs["vpcId"]) for thing in things}


def has_no_gateway(call: Call) -> str | None:
    path = "subnetId" if call.type == t.NAT else "subnets"
    if call.get("internal") or call.get("connectivityType") == "private":
        return None
    for vpc in vpcs_of(call, path):
        if gateway_of(call.account, vpc) is None:
            return f"Network {vpc} has no Internet gateway attached"
    return None


def _has_mapped_addresses(call: Call) -> str | None:
    vpc = call.text("vpcId")
    public = [*call.account.of(t.NAT)]
    public += [each for each in call.account.of(t.BALANCER) if not each.inputs.get("internal")]
    for each in public:
        if vpc in _networks(call.account, each):
            return f"Network {vpc} has some mapped public address(es): {each.id}"
    return None


def _networks(account: Account, thing: Thing) -> Iterator[str]:
    for path in ("subnetId", "subnets"):
        for subnet in values(thing.inputs, path):
            known = account.find(t.SUBNET, subnet)
            if known:
                yield known.inputs["vpcId"]


def zones_are_twice(call: Call) -> str | None:
    if call.type == t.ENDPOINT and call.get("vpcEndpointType") != "Interface":
        return None
    path = "subnets" if call.type == t.BALANCER else "subnetIds"
    zones = [subnet.inputs["availabilityZone"] for subnet in found(call, t.SUBNET, path)]
    return None if len(zones) == len(set(zones)) else f"two subnets are in one zone: {zones}"


def _has_not_one_source(call: Call) -> str | None:
    sources = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    if sum(each in call.inputs for each in sources) == 1:
        return None
    return f"exactly one of {', '.join(sources)} must be given"


def _rule(inputs: object) -> tuple[object, ...]:
    keys = ("securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4")
    keys += ("prefixListId", "referencedSecurityGroupId")
    return tuple(inputs.get(key) if isinstance(inputs, dict) else None for key in keys)


def _is_a_rule_twice(call: Call) -> str | None:
    own = _rule(dict(call.inputs))
    if any(_rule(other.inputs) == own for other in call.others()):
        return f"the specified rule {own} already exists"
    return None


def _has_too_many_rules(call: Call) -> str | None:
    own = call.get("securityGroupId")
    count = sum(each.inputs["securityGroupId"] == own for each in call.others())
    return None if count < _RULES_OF_A_GROUP else f"{own} has {count} rules already"


def _route_is_twice(call: Call) -> str | None:
    """S3's gateway is a route, too: one of a table."""
    if call.get("vpcEndpointType") == "Interface":
        return None
    for other in call.others():
        if other.inputs.get("serviceName") == call.get("serviceName"):
            tables = set(values(other.inputs, "routeTableIds"))
            both = tables & set(values(call.inputs, "routeTableIds"))
            if both:
                return f"route table {sorted(both)[0]} already has a route to the service"
    return None


def _name_is_taken(call: Call) -> str | None:
    if not call.get("privateDnsEnabled"):
        return None
    own = call.get("vpcId"), call.get("serviceName")
    for other in call.others():
        inputs = other.inputs
        if inputs.get("privateDnsEnabled") and (inputs["vpcId"], inputs["serviceName"]) == own:
            return f"there is already a conflicting DNS domain for {own[1]} in the VPC"
    return None


def _names_do_not_resolve(call: Call) -> str | None:
    for vpc in found(call, t.VPC, "vpcId"):
        whole = vpc.inputs.get("enableDnsHostnames") and vpc.inputs.get("enableDnsSupport", True)
        if call.get("privateDnsEnabled") and not whole:
            return "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames"
    return None


def _service_is_elsewhere(call: Call) -> str | None:
    own = call.text("serviceName")
    if own.startswith(f"com.amazonaws.{call.place.region}."):
        return None
    return f"The Vpc Endpoint Service '{own}' does not exist"


def _is_the_vpcs_own(call: Call) -> str | None:
    own = call.old.owner if call.old else ""
    if own.startswith(t.VPC) and call.get("name") == "default":
        return f"the specified group: {call.old.id if call.old else ''} is the VPC's default group"
    return None


def _gone(token: str, path: str, target: str, code: str) -> Rule:
    return refers(token, path, target, "id", code, _EC2)


def _held(token: str, path: str, target: str, code: str = "DependencyViolation") -> Rule:
    return holds(token, path, target, "id", code, _EC2)


def _made(
    what: str, token: str, code: str, finds: Callable[[Call], str | None], source: str = _EC2
) -> Rule:
    return Rule(what=what, types=(token,), on=("create",), code=code, source=source, finds=finds)


_NO_VPC, _NO_GROUP = "InvalidVpcID.NotFound", "InvalidGroup.NotFound"
_NO_SUBNET = "InvalidSubnetID.NotFound"

RULES: tuple[Rule, ...] = (
    named(t.GROUP, "name", r"(?!sg-)[^\n]{1,255}", "InvalidParameterValue", _EC2),
    named(t.GROUP, "description", _DESCRIPTION, "InvalidParameterValue", "CreateSecurityGroup"),
    named(t.INGRESS, "description", _DESCRIPTION, "InvalidParameterValue", "IpRange"),
    named(t.EGRESS, "description", _DESCRIPTION, "InvalidParameterValue", "IpRange"),
    named(t.TEMPLATE, "name", r"[a-zA-Z0-9().\-/_]{3,128}", "InvalidLaunchTemplateName", _EC2),
    named(t.FLOW_LOG, "maxAggregationInterval", "60|600", "InvalidParameter", "CreateFlowLogs"),
    named(t.SUBNET, "availabilityZone", r"[a-z]{2}-[a-z]+-\d[a-z]", "InvalidParameterValue", _EC2),
    Rule(what="networks are networks", types=(t.VPC, t.SUBNET, t.INGRESS, t.EGRESS),
         on=("check",), code="InvalidParameterValue", source=_EC2, finds=_is_no_network),
    Rule(what="a rule has one source", types=(t.INGRESS, t.EGRESS), on=("check",),
         code="InvalidParameterCombination", source="AuthorizeSecurityGroupIngress",
         finds=_has_not_one_source),
    _made("a VPC has a size", t.VPC, "InvalidVpc.Range", _has_another_size),
    _made("a subnet has a size", t.SUBNET, "InvalidSubnet.Range", _has_another_size),
    _gone(t.SUBNET, "vpcId", t.VPC, _NO_VPC),
    _made("a subnet is in its VPC", t.SUBNET, "InvalidSubnet.Range", _is_outside),
    _made("subnets do not overlap", t.SUBNET, "InvalidSubnet.Conflict", _overlaps),
    _gone(t.GROUP, "vpcId", t.VPC, _NO_VPC),
    unique(t.GROUP, "vpcId name", "InvalidGroup.Duplicate", _EC2),
    _gone(t.DEFAULT_GROUP, "vpcId", t.VPC, _NO_VPC),
    _gone(t.GATEWAY, "vpcId", t.VPC, _NO_VPC),
    unique(t.GATEWAY, "vpcId", "Resource.AlreadyAssociated", _EC2),
    _gone(t.ROUTE_TABLE, "vpcId", t.VPC, _NO_VPC),
    _gone(t.ROUTE, "routeTableId", t.ROUTE_TABLE, "InvalidRouteTableID.NotFound"),
    _gone(t.ROUTE, "gatewayId", t.GATEWAY, "InvalidGatewayID.NotFound"),
    _gone(t.ROUTE, "natGatewayId", t.NAT, "InvalidNatGatewayID.NotFound"),
    unique(t.ROUTE, "routeTableId destinationCidrBlock", "RouteAlreadyExists", _EC2),
    _gone(t.ASSOCIATION, "routeTableId", t.ROUTE_TABLE, "InvalidRouteTableID.NotFound"),
    _gone(t.ASSOCIATION, "subnetId", t.SUBNET, _NO_SUBNET),
    unique(t.ASSOCIATION, "subnetId", "Resource.AlreadyAssociated", _EC2),
    _gone(t.NAT, "subnetId", t.SUBNET, _NO_SUBNET),
    _gone(t.NAT, "allocationId", t.ADDRESS, "InvalidAllocationID.NotFound"),
    unique(t.NAT, "allocationId", "Resource.AlreadyAssociated", _EC2),
    _made("NAT needs the internet", t.NAT, "Gateway.NotAttached", has_no_gateway,
          "EC2 user guide, NAT gateway creation failures"),
    _gone(t.FLOW_LOG, "vpcId", t.VPC, _NO_VPC),
    unique(t.FLOW_LOG, "vpcId logDestination", "FlowLogAlreadyExists", _EC2),
    unique(t.TEMPLATE, "name", "InvalidLaunchTemplateName.AlreadyExistsException", _EC2),
    _gone(t.TAG, "resourceId", t.GROUP, "InvalidID"),
    _gone(t.INGRESS, "securityGroupId", t.GROUP, _NO_GROUP),
    _gone(t.INGRESS, "referencedSecurityGroupId", t.GROUP, _NO_GROUP),
    *(
        _gone(each, "prefixListId", t.PREFIX_LIST, "InvalidPrefixListID.NotFound")
        for each in (t.INGRESS, t.EGRESS)
    ),
    _gone(t.EGRESS, "securityGroupId", t.GROUP, _NO_GROUP),
    _gone(t.EGRESS, "referencedSecurityGroupId", t.GROUP, _NO_GROUP),
    Rule(what="there is one such rule", types=(t.INGRESS, t.EGRESS), on=("create",),
         code="InvalidPermission.Duplicate", source=_EC2, finds=_is_a_rule_twice),
    _made("a group has 60 rules", t.INGRESS, "RulesPerSecurityGroupLimitExceeded",
          _has_too_many_rules),
    _gone(t.ENDPOINT, "vpcId", t.VPC, _NO_VPC),
    _gone(t.ENDPOINT, "subnetIds", t.SUBNET, _NO_SUBNET),
    _gone(t.ENDPOINT, "routeTableIds", t.ROUTE_TABLE, "InvalidRouteTableID.NotFound"),
    _gone(t.ENDPOINT, "securityGroupIds", t.GROUP, _NO_GROUP),
    _made("the service is there", t.ENDPOINT, "InvalidServiceName", _service_is_elsewhere),
    _made("one address in a zone", t.ENDPOINT, "DuplicateSubnetsInSameZone", zones_are_twice),
    _made("names can resolve", t.ENDPOINT, "InvalidParameter", _names_do_not_resolve),
    _made("one private name in a VPC", t.ENDPOINT, "InvalidParameter", _name_is_taken),
    _made("one way to a service in a table", t.ENDPOINT, "RouteAlreadyExists", _route_is_twice),
    *(_held(each, "vpcId", t.VPC) for each in (
        t.SUBNET, t.GROUP, t.ROUTE_TABLE, t.GATEWAY, t.ENDPOINT)),
    _held(t.NAT, "subnetId", t.SUBNET),
    _held(t.BALANCER, "subnets", t.SUBNET),
    _held(t.ENDPOINT, "subnetIds", t.SUBNET),
    _held(t.CLUSTER, "vpcConfig.subnetIds", t.SUBNET),
    _held(t.NODES, "subnetIds", t.SUBNET),
    _held(t.ASSOCIATION, "routeTableId", t.ROUTE_TABLE),
    _held(t.NAT, "allocationId", t.ADDRESS, "InvalidIPAddress.InUse"),
    Rule(what="a gateway goes after public addresses", types=(t.GATEWAY,), on=("delete",),
         code="DependencyViolation", source="DetachInternetGateway", finds=_has_mapped_addresses),
    Rule(what="the default group goes with its VPC", types=(t.GROUP,), on=("delete",),
         code="CannotDelete", source=_EC2, finds=_is_the_vpcs_own),
    *(_held(each, "referencedSecurityGroupId", t.GROUP) for each in (t.INGRESS, t.EGRESS)),
    _held(t.BALANCER, "securityGroups", t.GROUP),
    _held(t.INGRESS, "prefixListId", t.PREFIX_LIST),
    _held(t.ENDPOINT, "securityGroupIds", t.GROUP),
    _held(t.DATABASE, "vpcSecurityGroupIds", t.GROUP),
    _held(t.CACHE, "securityGroupIds", t.GROUP),
)  # fmt: skip
