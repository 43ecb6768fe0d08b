"""What AWS asks for the services that a stack keeps running, beside EC2 (`catalog/instances.py`).

US dollars by list price: no credits, free tiers, commitments nor taxes. A dash is a price that no
source gives; that of the reference region then stands in, and the result says so. What is billed
by use (traffic, requests, logs, objects) is not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from catalog.instances import REFERENCE_REGION, REGIONS
from catalog.price import HOURS_A_MONTH

Per = Literal["hour", "month", "GB-month"]


@dataclass(frozen=True, slots=True)
class ServicePrice:
    """Micro-dollars for one `per`, and the region that the price is of."""

    micro_usd: int
    per: Per
    region: str

    def a_month(self, count: int) -> int:
        """Micro-dollars of `count` for a month; of gigabytes where the price is by those."""
        return self.micro_usd * count * (HOURS_A_MONTH if self.per == "hour" else 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A price in each region where a source has it. `as_of` is the oldest of those sources."""

    name: str
    per: Per
    by_region: Mapping[str, int]
    as_of: str
    source: str


CONTROL_PLANE: Final = "EKS control plane"
NAT: Final = "NAT gateway"
BALANCER: Final = "Network Load Balancer"
ENDPOINT: Final = "interface endpoint, for each zone"
ADDRESS: Final = "public IPv4 address"
VOLUME: Final = "EBS gp3"
DATABASE_STORAGE: Final = "RDS gp3, one zone"
KEY: Final = "KMS key"
SECRET: Final = "secret in Secrets Manager"  # noqa: S105 - what it is called, no secret.
ALARM: Final = "CloudWatch alarm"

MULTI_AZ: Final = 2
"""Instances and storage of a Multi-AZ RDS instance: both are billed for the standby as well (RDS
user guide, "On-Demand DB instances for Amazon RDS")."""

# A line is a name, then dollars in each of REGIONS.
_HOURLY: Final = """
EKS control plane                    0.10    0.10    0.10    0.10    0.10
NAT gateway                         0.045   0.045   0.048       -   0.059
Network Load Balancer              0.0225  0.0225  0.0252   0.027       -
interface endpoint, for each zone    0.01       -   0.011   0.012       -
public IPv4 address                 0.005   0.005   0.005   0.005   0.005
"""
_GIGABYTES: Final = """
EBS gp3              0.08       -   0.088  0.0952       -
RDS gp3, one zone   0.115       -   0.127   0.137       -
"""
_MONTHLY: Final = """
KMS key                       1     1     1     1     1
secret in Secrets Manager  0.40  0.40  0.40  0.40  0.40
CloudWatch alarm           0.10  0.10  0.10  0.10  0.10
"""

# The Price List is AWS's own, by service and region. A bill is somebody's published one: dollars
# divided by the hours or gigabytes that it states.
_SOURCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        CONTROL_PLANE: (
            "2026-06",
            "EKS pricing, standard support, one price for all regions: $73 for 730 hours",
        ),
        NAT: (
            "2026-03",
            "VPC pricing page (2026-09-20); an architecture's cost sheet of us-west-2; Price List "
            "AmazonEC2, eu-west-1 (2026-09-25); a bill of ap-southeast-2 (March 2026)",
        ),
        BALANCER: (
            "2026-06",
            "ELB pricing page (2026-09-20); a cost sheet of us-west-2; bills of eu-west-1 "
            "(July 2026) and eu-central-1 (June 2026), where every kind of balancer has one rate",
        ),
        ENDPOINT: (
            "2026-06",
            "PrivateLink pricing, us-east-1 (2026-06-01); a bill of eu-west-1 ($42.24 for 3,840 "
            "hours); Price List AmazonVPC, eu-central-1 (2026-09-22)",
        ),
        ADDRESS: (
            "2026-08",
            "Price List AmazonVPC, eu-central-1 (2026-08-26); VPC pricing, one price for all",
        ),
        VOLUME: (
            "2026-08",
            "EBS pricing, us-east-1; Price List AmazonEC2, eu-west-1 and eu-central-1 (2026-08-26)",
        ),
        DATABASE_STORAGE: (
            "2026-06",
            "RDS pricing, us-east-1 (2026-06); bills of eu-west-1 (July 2026, 20 GiB) and "
            "eu-central-1 (June 2026, 20 GiB)",
        ),
        KEY: ("2026-06", "a bill of eu-central-1 (June 2026); KMS pricing, one price for all"),
        SECRET: ("2026-09-20", "Secrets Manager pricing page; a bill of eu-central-1 (June 2026)"),
        ALARM: ("2026-05", "CloudWatch pricing page, alarms of standard resolution"),
    }
)

_EC2_INSTANCES_INFO: Final = (
    "2025-05-28",
    "cristim/ec2-instances-info v0.0.0-20250528091325-32acf84f42eb",
)

# PostgreSQL in one zone: `rds-instances.json`.
_DATABASES: Final = """
db.t4g.micro      0.016   0.016   0.017   0.019   0.025
db.t4g.small      0.032   0.032   0.035   0.037   0.051
db.t4g.medium     0.065   0.065   0.069   0.074   0.102
db.t4g.large      0.129   0.129   0.138   0.149   0.203
db.t4g.xlarge     0.258   0.258   0.277   0.298   0.406
db.t4g.2xlarge    0.517   0.517   0.554   0.595   0.813
db.m7g.large      0.168   0.168   0.186   0.200   0.234
db.m7g.xlarge     0.337   0.337   0.372   0.401   0.468
db.m7g.2xlarge    0.674   0.674   0.745   0.801   0.937
db.m7g.4xlarge    1.348   1.348   1.490   1.602   1.874
db.r7g.large      0.239   0.239   0.268   0.291   0.287
db.r7g.xlarge     0.478   0.478   0.536   0.582   0.574
db.r7g.2xlarge    0.956   0.956   1.071   1.165   1.148
db.r7g.4xlarge    1.913   1.913   2.143   2.329   2.295
"""

# Valkey, which costs a fifth less than Redis on the same node: `elasticache-instances.json`.
_CACHES: Final = """
cache.t4g.micro    0.0128  0.0128  0.0136  0.0144  0.0192
cache.t4g.small    0.0256  0.0256  0.0272  0.0288  0.0384
cache.t4g.medium   0.0520  0.0520  0.0544  0.0576  0.0760
cache.m7g.large    0.1264  0.1264  0.1392  0.1504  0.1568
cache.m7g.xlarge   0.2520  0.2520  0.2776  0.3000  0.3128
cache.m7g.2xlarge  0.5032  0.5032  0.5544  0.5992  0.6256
cache.m7g.4xlarge  1.0056  1.0056  1.1088  1.1992  1.2512
cache.r7g.large    0.1752  0.1752  0.1944  0.2104  0.2104
cache.r7g.xlarge   0.3496  0.3496  0.3896  0.4200  0.4192
cache.r7g.2xlarge  0.6984  0.6984  0.7792  0.8400  0.8376
cache.r7g.4xlarge  1.3960  1.3960  1.5576  1.6800  1.6744
"""


def _micro_usd(dollars: str) -> int:
    whole, _, fraction = dollars.partition(".")
    return int(whole + fraction.ljust(6, "0"))


def _row(line: str, per: Per, source: tuple[str, str] | None) -> Row:
    cells = line.rsplit(maxsplit=len(REGIONS))
    name, columns = cells[0].strip(), cells[1:]
    known = {r: _micro_usd(p) for r, p in zip(REGIONS, columns, strict=True) if p != "-"}
    as_of, found = source or _SOURCES[name]
    return Row(name, per, MappingProxyType(known), as_of, found)


def _rows(text: str, per: Per, source: tuple[str, str] | None = None) -> tuple[Row, ...]:
    return tuple(_row(line, per, source) for line in text.strip().splitlines())


SERVICES: Final = (
    *_rows(_HOURLY, "hour"),
    *_rows(_GIGABYTES, "GB-month"),
    *_rows(_MONTHLY, "month"),
)
DATABASES: Final = _rows(_DATABASES, "hour", _EC2_INSTANCES_INFO)
CACHES: Final = _rows(_CACHES, "hour", _EC2_INSTANCES_INFO)

_BY_NAME: Final = MappingProxyType({row.name: row for row in (*SERVICES, *DATABASES, *CACHES)})


def service_price(name: str, region: str) -> ServicePrice | None:
    """The price of a service, of an RDS class or of an ElastiCache node type.

    That of the reference region where the region's is not known; None for a class without a row.
    """
    row = _BY_NAME.get(name)
    if row is None:
        return None
    known = region if region in row.by_region else REFERENCE_REGION
    return ServicePrice(row.by_region[known], row.per, known)
