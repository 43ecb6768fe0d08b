"""What a part of the platform is: Helm releases, objects, identities, and what it comes after."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from catalog.objects import Object

Values: TypeAlias = Mapping[str, Any]


class Fact(StrEnum):
    """What only AWS or Cloudflare can tell, once the foundation or the edge stands."""

    VPC_ID = "vpc id"
    RATE_LIMIT_HOST = "host of the rate limits' store"
    DATABASE_HOST = "host of MLflow's database"
    DATABASE_SECRET = "ARN of the database's secret"  # noqa: S105 - what it is called, no secret.
    TARGET_GROUP_HTTP = "ARN of the load balancer's target group for port 80"
    TARGET_GROUP_HTTPS = "ARN of the load balancer's target group for port 443"
    ACCESS_AUDIENCE_GRAFANA = "audience of Cloudflare Access's tokens for Grafana"
    ACCESS_AUDIENCE_KIALI = "audience of Cloudflare Access's tokens for Kiali"
    ACCESS_AUDIENCE_MLFLOW = "audience of Cloudflare Access's tokens for MLflow"


@dataclass(frozen=True, slots=True)
class Late:
    """Stands in values and objects for a fact; `{}` in the template is where it goes."""

    fact: Fact
    template: str = "{}"

    def filled(self, value: str) -> str:
        """The template with the fact in it; other braces stay."""
        return self.template.replace("{}", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A Helm release. `chart` is a row of the pin table; `values` may hold `Late`.

    `holds_crds` marks a chart that is installed for its CRDs, before all that uses them.
    """

    name: str
    chart: str
    namespace: str
    values: Values
    holds_crds: bool = False
    timeout_minutes: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An AWS identity of a ServiceAccount, by EKS Pod Identity: one role with these statements."""

    purpose: str
    namespace: str
    service_account: str
    statements: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the platform. Built after the parts named in `after`, destroyed before them.

    Inside a part releases come in order, then objects in order, those of a kind that stand together
    at once. Namespaces (`infra.parts.namespaces`) and identities are made beforehand.
    """

    name: str
    after: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    releases: tuple[Release, ...] = ()
    objects: tuple[Object, ...] = ()
