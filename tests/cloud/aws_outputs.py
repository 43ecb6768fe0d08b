"""What AWS tells of each type once it is there, by pulumi-aws v7, and what comes along."""

import hashlib
from collections.abc import Callable
from typing import Any

from tests.cloud import aws_names as t
from tests.cloud.kinds import Call
from tests.cloud.store import Thing

CA = "Y2VydGlmaWNhdGU="
NOW = "2026-01-01T00:00:00Z"

Outputs = Callable[[Call], dict[str, Any]]


def plain(prefix: str, service: str, what: str, *, owned: bool = True, **more: Any) -> Outputs:
    """An id and an ARN as EC2 makes them."""

    def told(call: Call) -> dict[str, Any]:
        own = call.numbered(prefix)
        arn = call.place.arn(service, f"{what}/{own}")
        owner = {"ownerId": call.place.account} if owned else {}
        return {"id": own, "arn": arn, **owner, **more}

    return told


def named(service: str, form: str, key: str = "name", *, region: bool = True) -> Outputs:
    """An id that is the name, and an ARN in which it stands."""

    def told(call: Call) -> dict[str, Any]:
        own = call.text(key)
        return {"id": own, "arn": call.place.arn(service, form.format(own), region=region)}

    return told


def joined(*keys: str, by: str = ":") -> Outputs:
    """An id of the inputs that it stands between, and nothing else."""
    return lambda call: {"id": by.join(call.text(key) for key in keys)}


def own(prefix: str) -> Outputs:
    return lambda call: {"id": call.numbered(prefix)}


def vpc(call: Call) -> dict[str, Any]:
    group, table = call.numbered("sg"), call.numbered("rtb")
    return {
        **plain("vpc", "ec2", "vpc")(call),
        "defaultNetworkAclId": call.numbered("acl"),
        "defaultRouteTableId": table,
        "defaultSecurityGroupId": group,
        "dhcpOptionsId": "dopt-00000000000000000",
        "mainRouteTableId": table,
    }


def with_default_group(call: Call, vpc: Thing) -> list[Thing]:
    group = vpc.outputs["defaultSecurityGroupId"]
    inputs = {"name": "default", "vpcId": vpc.id}
    return [Thing(t.GROUP, group, inputs, {}, owner=f"{t.VPC} {vpc.id}", serial=call.serial)]


def default_group(call: Call) -> dict[str, Any]:
    groups = [each for each in call.account.of(t.GROUP) if each.inputs.get("name") == "default"]
    own = next((g.id for g in groups if g.inputs["vpcId"] == call.get("vpcId")), "sg-default")
    return {
        "id": own,
        "arn": call.place.arn("ec2", f"security-group/{own}"),
        "description": "default t.VPC security group",
        "name": "default",
        "ownerId": call.place.account,
    }


def address(call: Call) -> dict[str, Any]:
    own, address = call.numbered("eipalloc"), f"203.0.113.{call.serial % 256}"
    arn = call.place.arn("ec2", f"elastic-ip/{own}")
    return {"id": own, "allocationId": own, "arn": arn, "publicIp": address}


def nat(call: Call) -> dict[str, Any]:
    return {
        "id": call.numbered("nat"),
        "networkInterfaceId": call.numbered("eni"),
        "publicIp": f"203.0.113.{call.serial % 256}",
    }


def template(call: Call) -> dict[str, Any]:
    last = int(call.old.outputs["latestVersion"]) if call.old else 0
    numbers = {"latestVersion": last + 1, "defaultVersion": last + 1}
    return {**plain("lt", "ec2", "launch-template", owned=False)(call), **numbers}


def route(call: Call) -> dict[str, Any]:
    digest = hashlib.sha256(call.text("destinationCidrBlock").encode()).hexdigest()[:10]
    own = f"r-{call.text('routeTableId')}{digest}"
    return {"id": own, "origin": "CreateRoute", "state": "active"}


def group_rule(call: Call) -> dict[str, Any]:
    own = call.numbered("sgr")
    arn = call.place.arn("ec2", f"security-group-rule/{own}")
    return {"id": own, "arn": arn, "securityGroupRuleId": own}


def endpoint(call: Call) -> dict[str, Any]:
    own = call.numbered("vpce")
    interfaces = [
        f"eni-{call.serial:015x}{n:02x}" for n, _ in enumerate(call.get("subnetIds") or [])
    ]
    more = {"networkInterfaceIds": interfaces, "state": "available"}
    return {**plain("vpce", "ec2", "vpc-endpoint")(call), **more, "id": own}


def role(call: Call) -> dict[str, Any]:
    name = call.text("name")
    return {
        "id": name,
        "arn": call.place.arn("iam", f"role/{name}", region=False),
        "createDate": NOW,
        "uniqueId": f"AROA{call.serial:016X}",
    }


def key(call: Call) -> dict[str, Any]:
    own = f"{call.serial:08x}-0000-4000-8000-000000000000"
    return {"id": own, "keyId": own, "arn": call.place.arn("kms", f"key/{own}")}


def alias(call: Call) -> dict[str, Any]:
    key = call.account.find(t.KEY, call.get("targetKeyId"))
    told = named("kms", "{}")(call)
    return {**told, "targetKeyArn": key.outputs["arn"] if key else ""}


def balancer(call: Call) -> dict[str, Any]:
    name, place = call.text("name"), call.place
    suffix = f"net/{name}/{call.serial:016x}"
    subnet = call.account.find(t.SUBNET, next(iter(call.get("subnets") or []), None))
    arn = place.arn("elasticloadbalancing", f"loadbalancer/{suffix}")
    return {
        "id": arn,
        "arn": arn,
        "arnSuffix": suffix,
        "dnsName": f"{name}-{call.serial:016x}.elb.{place.region}.amazonaws.com",
        "vpcId": subnet.inputs["vpcId"] if subnet else "",
        "zoneId": "Z2IFOLAFXWLO4F",
    }


def listener(call: Call) -> dict[str, Any]:
    suffix = call.text("loadBalancerArn").rpartition(":loadbalancer/")[2]
    arn = call.place.arn("elasticloadbalancing", f"listener/{suffix}/{call.serial:016x}")
    return {"id": arn, "arn": arn}


def targets(call: Call) -> dict[str, Any]:
    suffix = f"targetgroup/{call.text('name')}/{call.serial:016x}"
    arn = call.place.arn("elasticloadbalancing", suffix)
    return {"id": arn, "arn": arn, "arnSuffix": suffix}


def database(call: Call) -> dict[str, Any]:
    name, place = call.text("identifier"), call.place
    host = f"{name}.c{call.serial:011x}.{place.region}.rds.amazonaws.com"
    resource = f"db-{call.serial:026X}"
    password = {
        "kmsKeyId": call.text("masterUserSecretKmsKeyId"),
        "secretArn": place.arn("secretsmanager", f"secret:rds!{resource}-000000"),
        "secretStatus": "active",
    }
    return {
        "id": resource,
        "address": host,
        "arn": place.arn("rds", f"db:{name}"),
        "endpoint": f"{host}:{call.text('port')}",
        "engineVersionActual": f"{call.text('engineVersion')}.1",
        "hostedZoneId": "Z29XKXDKYMONMX",
        "masterUserSecrets": [password],
        "resourceId": resource,
        "status": "available",
    }


def with_password(call: Call, database: Thing) -> list[Thing]:
    if not call.get("manageMasterUserPassword"):
        return []
    secret = database.outputs["masterUserSecrets"][0]["secretArn"]
    return [Thing(t.SECRET, secret, {}, {"arn": secret}, owner=f"{t.DATABASE} {database.id}")]


def last_snapshot(call: Call) -> list[Thing]:
    if call.get("skipFinalSnapshot"):
        return []
    name = call.text("finalSnapshotIdentifier")
    return [Thing(t.SNAPSHOT, name, {"dbSnapshotIdentifier": name}, {})]


def cache(call: Call) -> dict[str, Any]:
    name = call.text("replicationGroupId")
    domain = f"{name}.{call.serial:06x}.euw1.cache.amazonaws.com"
    members = range(1, int(call.get("numCacheClusters") or 1) + 1)
    return {
        "id": name,
        "arn": call.place.arn("elasticache", f"replicationgroup:{name}"),
        "clusterEnabled": False,
        "configurationEndpointAddress": "",
        "engineVersionActual": f"{call.text('engineVersion')}.0",
        "memberClusters": [f"{name}-{number:03}" for number in members],
        "primaryEndpointAddress": f"master.{domain}",
        "readerEndpointAddress": f"replica.{domain}",
    }


def bucket(call: Call) -> dict[str, Any]:
    name, region = call.text("bucket"), call.place.region
    return {
        "id": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "hostedZoneId": "Z1BKCTXD74EZPE",
    }


def bucket_object(call: Call) -> dict[str, Any]:
    own = f"{call.text('bucket')}/{call.text('key')}"
    return {"id": own, "arn": f"arn:aws:s3:::{own}", "versionId": f"{call.serial:032x}"}


def subscription(call: Call) -> dict[str, Any]:
    arn = f"{call.text('topic')}:{call.serial:08x}-0000-4000-8000-000000000000"
    waiting = call.text("protocol") == "email"
    return {"id": arn, "arn": arn, "ownerId": call.place.account, "pendingConfirmation": waiting}


def topic(call: Call) -> dict[str, Any]:
    arn = call.place.arn("sns", call.text("name"))
    return {"id": arn, "arn": arn, "owner": call.place.account}


def queue(call: Call) -> dict[str, Any]:
    name, place = call.text("name"), call.place
    url = f"https://sqs.{place.region}.amazonaws.com/{place.account}/{name}"
    return {"id": url, "url": url, "arn": place.arn("sqs", name)}


def registry(*keys: str) -> Outputs:
    return lambda call: {**joined(*keys)(call), "registryId": call.place.account}
