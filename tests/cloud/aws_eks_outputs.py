"""What EKS tells, and the security group that comes and goes with a cluster."""

from typing import Any

from tests.cloud import aws_names as t
from tests.cloud.aws_outputs import CA, NOW
from tests.cloud.kinds import Call
from tests.cloud.store import Thing


def cluster(call: Call) -> dict[str, Any]:
    name, place = call.text("name"), call.place
    own = f"{call.serial:032X}"
    issuer = f"https://oidc.eks.{place.region}.amazonaws.com/id/{own}"
    return {
        "id": name,
        "arn": place.arn("eks", f"cluster/{name}"),
        "certificateAuthority": {"data": CA},
        "createdAt": NOW,
        "endpoint": f"https://{own}.gr7.{place.region}.eks.amazonaws.com",
        "identities": [{"oidcs": [{"issuer": issuer}]}],
        "platformVersion": "eks.1",
        "status": "ACTIVE",
        "vpcConfig": {
            **(call.get("vpcConfig") or {}),
            "clusterSecurityGroupId": call.numbered("sg"),
            "vpcId": vpc_of(call),
        },
    }


def vpc_of(call: Call) -> str:
    for subnet in call.get("vpcConfig.subnetIds") or []:
        found = call.account.find(t.SUBNET, subnet)
        if found:
            return str(found.inputs["vpcId"])
    return ""


def with_cluster_group(call: Call, cluster: Thing) -> list[Thing]:
    network = cluster.outputs["vpcConfig"]
    inputs = {"name": f"eks-cluster-sg-{cluster.id}-{call.serial}", "vpcId": network["vpcId"]}
    own = network["clusterSecurityGroupId"]
    return [Thing(t.GROUP, own, inputs, {}, owner=f"{t.CLUSTER} {cluster.id}", serial=call.serial)]


def access(call: Call) -> dict[str, Any]:
    cluster, principal = call.text("clusterName"), call.text("principalArn")
    arn = call.place.arn("eks", f"access-entry/{cluster}/role/{call.serial:032x}")
    own = {"id": f"{cluster}:{principal}", "accessEntryArn": arn}
    return {**own, "createdAt": NOW, "modifiedAt": NOW}


def addon(call: Call) -> dict[str, Any]:
    cluster, name = call.text("clusterName"), call.text("addonName")
    arn = call.place.arn("eks", f"addon/{cluster}/{name}/{call.serial:032x}")
    return {"id": f"{cluster}:{name}", "arn": arn, "createdAt": NOW, "modifiedAt": NOW}


def nodes(call: Call) -> dict[str, Any]:
    cluster, name = call.text("clusterName"), call.text("nodeGroupName")
    arn = call.place.arn("eks", f"nodegroup/{cluster}/{name}/{call.serial:032x}")
    scaling = {"autoscalingGroups": [{"name": f"eks-{name}-{call.serial}"}]}
    return {"id": f"{cluster}:{name}", "arn": arn, "resources": [scaling], "status": "ACTIVE"}


def pod_identity(call: Call) -> dict[str, Any]:
    own = call.numbered("a")
    arn = call.place.arn("eks", f"podidentityassociation/{call.text('clusterName')}/{own}")
    return {"id": own, "associationId": own, "associationArn": arn}


def held_group(call: Call) -> list[Thing]:
    """The cluster's group stays where rules of others still name it, and holds up the t.VPC."""
    own = call.old.outputs["vpcConfig"]["clusterSecurityGroupId"] if call.old else ""
    rules = call.account.of(t.EGRESS, t.INGRESS)
    if not any(rule.inputs.get("referencedSecurityGroupId") == own for rule in rules):
        return []
    inputs = {"name": "held", "vpcId": call.old.outputs["vpcConfig"]["vpcId"] if call.old else ""}
    return [Thing(t.GROUP, own, inputs, {})]
