"""How a VPC's addresses are divided, and in which zones it lies. Arithmetic only."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import islice
from types import MappingProxyType
from typing import Final

from catalog.stack_region import TWO_ZONES

# Zones are named by letter: a letter is known before any call to AWS, so previews without an
# account are true, and a zone that AWS adds moves nothing. In AWS's oldest regions the letters of
# an account made before November 2025 stand for zones of its own (AWS "Availability Zones"), so
# there one of a, b and c can be a zone without EKS (eksctl-io/eksctl#7870). Then creating the
# cluster fails and names the zones that have it.
_USUAL: Final = "abc"
_UNUSUAL: Final = MappingProxyType({"ap-northeast-1": "acd", "ca-central-1": "abd"})
# `aws ec2 describe-availability-zones` shows new accounts a, c and d of ap-northeast-1, and a, b
# and d of ca-central-1.


@dataclass(frozen=True, slots=True)
class Subnets:
    """One zone's three subnets: of load balancers and NAT, of nodes and pods, of stores."""

    zone: str
    public: str
    private: str
    database: str


def zones_of(region: str) -> tuple[str, str, str]:
    """The three zones of a region, by name; ValueError for one without three."""
    if region in TWO_ZONES:
        raise ValueError(f"region {region} has two zones and the VPC lies in three")
    first, second, third = (f"{region}{letter}" for letter in _UNUSUAL.get(region, _USUAL))
    return first, second, third


def subnets_of(cidr: str, zones: tuple[str, str, str]) -> tuple[Subnets, ...]:
    """The subnets of a VPC, zone by zone.

    Three quarters of the VPC are the private subnets, because pods take their addresses there. Of
    the last quarter one half is for public subnets and one for databases, each with room for a
    fourth. In a /16 that is a /18, a /21 and a /21; in a /20 a /22, a /25 and a /25, where a load
    balancer needs a /27 (NLB user guide, "Network Load Balancers"). The settings hold the VPC to
    private networks between the two. ValueError when it is no network at all.
    """
    quarters = list(IPv4Network(cidr).subnets(prefixlen_diff=2))
    public, database = quarters[3].subnets(prefixlen_diff=1)
    return tuple(
        Subnets(zone, str(near), str(private), str(far))
        for zone, near, private, far in zip(
            zones,
            islice(public.subnets(prefixlen_diff=2), 3),
            quarters[:3],
            islice(database.subnets(prefixlen_diff=2), 3),
            strict=True,
        )
    )
