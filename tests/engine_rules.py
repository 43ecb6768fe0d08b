"""What the engine of the tests refuses in a single resource, and what there may be one of."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.objects import MANAGER
from tests.engine_graph import Recorded

TOP_LEVEL = ("slipway:", "pulumi:providers:", "pulumi:pulumi:")
"""What may stand directly below the stack; everything else is a child of a component."""

NAMED: Mapping[str, tuple[str, int]] = {
    "aws:cloudwatch/eventRule:EventRule": ("name", 64),
    "aws:cloudwatch/logGroup:LogGroup": ("name", 512),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", 255),
    "aws:ec2/launchTemplate:LaunchTemplate": ("name", 128),
    "aws:ec2/securityGroup:SecurityGroup": ("name", 255),
    "aws:eks/nodeGroup:NodeGroup": ("nodeGroupName", 63),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("replicationGroupId", 40),
    "aws:elasticache/subnetGroup:SubnetGroup": ("name", 255),
    "aws:iam/role:Role": ("name", 64),
    "aws:kms/alias:Alias": ("name", 256),
    "aws:lb/loadBalancer:LoadBalancer": ("name", 32),
    "aws:lb/targetGroup:TargetGroup": ("name", 32),
    "aws:rds/instance:Instance": ("identifier", 63),
    "aws:rds/parameterGroup:ParameterGroup": ("name", 255),
    "aws:rds/subnetGroup:SubnetGroup": ("name", 255),
    "aws:s3/bucket:Bucket": ("bucket", 63),
    "aws:sns/topic:Topic": ("name", 256),
    "aws:sqs/queue:Queue": ("name", 80),
    "eks:index:Cluster": ("name", 100),
}
"""The input that names a thing of the account, of which there is one, and the most characters that
it takes (AWS service quotas of each)."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PATH_SEGMENT = re.compile(r"[^/%]+")

_BY_KIND = {
    "ClusterRole": (_PATH_SEGMENT, 253),
    "ClusterRoleBinding": (_PATH_SEGMENT, 253),
    "Namespace": (_LABEL, 63),
    "Role": (_PATH_SEGMENT, 253),
    "RoleBinding": (_PATH_SEGMENT, 253),
    "Service": (_SERVICE, 63),
}


def illegal_names(obj: Mapping[str, Any]) -> Iterator[str]:
    """What an API server would refuse in the metadata of an object.

    Source: apimachinery `pkg/util/validation/validation.go`.
    """
    metadata = obj.get("metadata") or {}
    form, limit = _BY_KIND.get(obj["kind"], (_SUBDOMAIN, 253))
    name = metadata.get("name")
    if not isinstance(name, str) or len(name) > limit or not form.fullmatch(name):
        yield f"is named {name!r}"
    namespace = metadata.get("namespace")
    if namespace is not None and not _fits(namespace, _LABEL, 63):
        yield f"is in the namespace {namespace!r}"
    for key, value in (metadata.get("labels") or {}).items():
        prefix, _, last = key.rpartition("/")
        if not _fits(last, _QUALIFIED, 63) or (prefix and not _fits(prefix, _SUBDOMAIN, 253)):
            yield f"has the label {key!r}"
        if isinstance(value, str) and value and not _fits(value, _QUALIFIED, 63):
            yield f"has the label {key}={value!r}"
    for key in metadata.get("annotations") or {}:
        if not _fits(key.rpartition("/")[2], _QUALIFIED, 63):
            yield f"has the annotation {key!r}"


def _fits(text: object, form: re.Pattern[str], limit: int) -> bool:
    return isinstance(text, str) and len(text) <= limit and form.fullmatch(text) is not None


def faults(found: Recorded) -> Iterator[str]:
    """What is wrong with a resource by itself."""
    if not found.name or "::" in found.name:
        yield "has no name that a URN can hold"
    if not found.parent and not found.type.startswith(TOP_LEVEL):
        yield "stands directly below the stack"
    if len(name := name_of(found)) > NAMED.get(found.type, ("", len(name)))[1]:
        yield f"is named {name!r}, which has {len(name)} characters"
    if found.is_object:
        yield from illegal_names(found.inputs)
        if not MANAGER.items() <= (found.inputs["metadata"].get("annotations") or {}).items():
            yield "has a field manager that every run would name anew"
        holds = {"data", "stringData"} & set(found.inputs)
        if found.inputs["kind"] == "Secret" and not holds <= found.secrets:
            yield "is a Secret whose content everybody may read in the state"


def things(found: Recorded) -> Iterator[tuple[str, ...]]:
    """What exists once outside the program, so that two resources of it fight."""
    if found.is_object and "name" in found.inputs.get("metadata", {}):
        yield "the Kubernetes object", *(part for part in found.object_id if part), found.provider
    if name := name_of(found):
        yield found.type, name


def name_of(found: Recorded) -> str:
    """What a thing of the account is named; empty where the provider names it."""
    name = found.inputs.get(NAMED[found.type][0]) if found.type in NAMED else None
    return name if isinstance(name, str) else ""
