"""Parliament, the linter of IAM documents, offline: unknown actions, resources that an action does
not take, conditions that do not exist."""

import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from catalog.objects import Object

# What EC2 and the rest can give no resource for: Service Authorization Reference, where each of
# these has an empty column "Resource types".
WITHOUT_RESOURCE = {
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVolumeStatus",
    "ec2:DescribeVolumes",
    "ec2:DescribeVolumesModifications",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "iam:ListInstanceProfiles",
    "logs:DescribeLogGroups",
    "pricing:GetProducts",
}
# Prices and instance profiles are of no region, and flow logs ask from AWS's own side.
EVERYWHERE = {"iam:ListInstanceProfiles", "logs:DescribeLogGroups", "pricing:GetProducts"}

# What parliament says and is wrong about. It looks at one statement at a time, while EC2 asks for
# every kind of resource that a call touches and the conditions on each kind differ; and its list
# of actions is older than some of what is used.
_SPLIT = "the call's other kinds of resources are in statements with other conditions"
_ALIASES = "KMS has had kms:ResourceAliases since 2021"
EXPLAINED: Mapping[tuple[str, str], str] = {
    ("RESOURCE_MISMATCH", "ec2:AttachVolume"): _SPLIT,
    ("RESOURCE_MISMATCH", "ec2:CreateFleet"): _SPLIT,
    ("RESOURCE_MISMATCH", "ec2:DetachVolume"): _SPLIT,
    ("RESOURCE_MISMATCH", "ec2:RunInstances"): _SPLIT,
    ("RESOURCE_MISMATCH", "s3:GetObject"): "it does not read policy variables in an ARN",
    ("RESOURCE_MISMATCH", "ssm:GetParameter"): "AWS's public parameters have no account",
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:Decrypt"): _ALIASES,
    ("UNKNOWN_CONDITION_FOR_ACTION", "kms:GenerateDataKey"): _ALIASES,
}


def findings(policy: Object) -> list[str]:
    """What parliament has to say against a role's policy; nothing at best."""
    analyze: Callable[[str], Any] = _parliament().analyze_policy_string
    return [str(finding) for finding in analyze(json.dumps(policy)).findings]


def listed(value: Any) -> list[Any]:
    """What IAM takes one of or a list of, as a list."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def allowed(policy: Object) -> Iterator[tuple[str, str, Object]]:
    """Each action with each resource that a policy allows it on, and its statement."""
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                for resource in listed(statement.get("Resource", [])):
                    yield action, resource, statement


def complaints(policy: Object) -> set[tuple[str, str]]:
    """Parliament's findings as issue and action."""
    return {
        (finding.partition(" ")[0], action)
        for finding in findings(policy)
        for action in re.findall(r"(?:'action': '|for action )([a-z0-9-]+:[A-Za-z]+)", finding)
        or ["?"]
    }


def _parliament() -> ModuleType:
    """Parliament 1.6 finds its data by `pkg_resources`, which setuptools dropped in 82.

    Its import also leaves files open and warns of its own escapes; what it finds does neither.
    """
    if "parliament" not in sys.modules:
        stand_in = ModuleType("pkg_resources")
        setattr(stand_in, "resource_filename", _beside)  # noqa: B010 - a module has no such field.
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore")
            patch.setitem(sys.modules, "pkg_resources", stand_in)
            import_module("parliament")
    return sys.modules["parliament"]


def _beside(package: str, name: str) -> str:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"{package} is not installed")
    return str(Path(spec.origin).parent / name)
