"""What of the platform the local control plane holds: the objects that it can keep for real.

That plane is an API server with the definitions of every kind that the charts bring, and the
controllers of Kubernetes, Knative and KServe (`local/`). Nobody installs a chart there and nobody
answers for AWS or Cloudflare, so a part keeps its objects alone, and of those the ones that no row
below leaves out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from catalog.objects import Object
from catalog.quota import Allowance
from catalog.settings import Foundation, Platform, Settings
from infra.names import Names
from infra.parts.namespaces import NAMESPACES, namespace_object
from infra.parts.part import Context, Part
from infra.parts.table import parts

CONTEXT: Final = "slipway-local"
"""The context of the plane's kubeconfig. The stack names it, so that none other is ever used."""

NETWORK: Final = "10.99.0.0/16"
"""Where the plane's API server calls webhooks from."""

OF_THE_PLANE: Final = frozenset(
    {"cert-manager", "envoy-gateway-system", "knative-serving", "kserve"}
)
"""Namespaces that are there before the stack: the plane configures its controllers in them."""

ACCOUNT: Final = "000000000000"
"""Stands where an AWS account would; no object that is kept holds it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Kinds of a part that the stack does not hold, and why."""

    part: str
    kinds: frozenset[str]
    why: str


LEFT_OUT: Final = (
    LeftOut(
        "cert-manager",
        frozenset({"ClusterIssuer"}),
        "it asks Let's Encrypt to look at DNS records, and there are none",
    ),
    LeftOut(
        "external-secrets",
        frozenset({"ClusterSecretStore"}),
        "AWS Secrets Manager is behind it",
    ),
    LeftOut(
        "gateway",
        frozenset({"TargetGroupBinding"}),
        "AWS's load balancer is behind it",
    ),
    LeftOut(
        "knative",
        frozenset({"KnativeServing"}),
        "the plane runs Knative itself, configured from the same object, and no operator",
    ),
    LeftOut(
        "kserve-base",
        frozenset({"ConfigMap"}),
        "KServe reads it as it starts, so the plane holds it",
    ),
    LeftOut(
        "logging",
        frozenset({"Service"}),
        "its chart's pods are not there, and the engine would wait for them",
    ),
    LeftOut(
        "model-cache",
        frozenset({"ClusterRoleBinding", "DaemonSet", "ServiceAccount"}),
        "agents download to the disks of nodes, and the chart brings their rights",
    ),
    LeftOut(
        "node-pools",
        frozenset({"EC2NodeClass", "StorageClass"}),
        "EC2 launches the nodes and EBS holds the volumes",
    ),
)


def local_context(
    settings: Settings, quota: Allowance | None = None, registries: tuple[str, ...] = ()
) -> Context:
    """What parts are made from on the local plane.

    They read the settings of layers that it has none of; what these say ends in no object that is
    kept, but for the network, which is the plane's own.
    """
    env = settings.environment
    stand_in = {
        "account": ACCOUNT,
        "vpc_cidr": NETWORK,
        "admins": [f"arn:aws:iam::{ACCOUNT}:role/nobody"],
        "budget": {"monthly_usd": 1, "notify": [f"nobody@{env.domain}"]},
    }
    told = settings.model_copy(
        update={
            "foundation": Foundation.model_validate(stand_in),
            "platform": Platform.model_validate({"acme_email": f"nobody@{env.domain}"}),
        }
    )
    return Context(told, Names.of(env, ACCOUNT), quota or Allowance(), registries)


def local_parts(context: Context) -> tuple[Part, ...]:
    """The parts that keep any object, each after those of its `after` that do."""
    left_out: Mapping[str, frozenset[str]] = {row.part: row.kinds for row in LEFT_OUT}
    kept = {part.name: _kept(part, left_out.get(part.name, frozenset())) for part in parts(context)}
    held = {name for name, part in kept.items() if part.objects}
    return tuple(
        replace(part, after=tuple(name for name in part.after if name in held))
        for name, part in kept.items()
        if name in held
    )


def local_namespaces() -> tuple[Object, ...]:
    """The platform's namespaces that the stack makes."""
    return tuple(namespace_object(each) for each in NAMESPACES if each.name not in OF_THE_PLANE)


def _kept(part: Part, left_out: frozenset[str]) -> Part:
    objects = tuple(obj for obj in part.objects if obj["kind"] not in left_out)
    return replace(part, identities=(), releases=(), objects=objects)
