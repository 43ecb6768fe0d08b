"""Which regions a stack may be in."""

import re
from collections.abc import Iterator
from typing import Final

from catalog.errors import Problem, did_you_mean
from catalog.stack import Stack

_KNOWN: Final = """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1
    ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5
    ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1
    eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1
    mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
"""
REGIONS_WITH_EKS: Final = tuple(_KNOWN.split())
"""Regions of the partition `aws` with EKS: botocore 1.44.5, `data/endpoints.json`. Those of China
and of GovCloud are partitions of their own, with other ARNs."""

TWO_ZONES: Final = frozenset({"us-west-1"})
"""Regions that show a new account two zones; a VPC lies in three (`components/addresses.py`)."""


def region_problems(stack: Stack) -> Iterator[Problem]:
    """What is wrong with the region of a stack in AWS."""
    env, path = stack.settings.environment, ("environment", "region")
    reads = (path, ("environment", "cluster"))
    if env is None or env.cluster == "local" or not all(stack.is_sound(*each) for each in reads):
        return
    region = env.region
    if region in TWO_ZONES:
        yield stack.problem(
            path, "SLW831", f"{region} shows a new account two zones, and the VPC lies in three",
            "choose another region, such as us-west-2",
        )  # fmt: skip
    elif re.match("(cn|us-gov|us-iso[a-z]?)-", region):
        yield stack.problem(
            path, "SLW831",
            f"{region} is outside AWS's commercial regions; its ARNs and endpoints are different",
            "choose a commercial region, such as eu-west-1",
        )  # fmt: skip
    elif region not in REGIONS_WITH_EKS:
        yield stack.problem(
            path, "SLW831", f"{region} is none of AWS's regions with EKS that are known here",
            did_you_mean(
                region, REGIONS_WITH_EKS,
                "write a region such as eu-west-1; a new one goes into catalog/stack_region.py",
            ),
        )  # fmt: skip
