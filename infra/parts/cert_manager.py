"""cert-manager, and the one ClusterIssuer that every certificate names.

Wildcards can only be proven by DNS-01, here by records in the Cloudflare zone. cert-manager renews
when a third of a certificate's life is left.

Let's Encrypt gives 50 new certificates a week for one registered domain and 5 for one same set of
names; renewals of the same names do not count (letsencrypt.org, rate limits). A tenant takes one
certificate, so a fleet grows by at most 50 tenants a week and domain, or uses the staging issuer.
"""

from typing import Final

from catalog import pins
from catalog.objects import Object
from infra.parts.common import SYSTEM, metadata, platform, replicas, resources, spread
from infra.parts.mirror import registry
from infra.parts.part import Context, Part, Release, Values

NAMESPACE: Final = "cert-manager"

TOKEN_SECRET: Final = "cloudflare-api-token"  # noqa: S105 - the name of a Secret, no secret.
"""The Secret in `NAMESPACE` that holds the zone's API token below `TOKEN_KEY`. The program that
reads `slipway:cloudflareDnsToken` registers it as a secret; it is no object of this part."""
TOKEN_KEY: Final = "api-token"  # noqa: S105 - the name of a key, no secret.

PRODUCTION: Final = "https://acme-v02.api.letsencrypt.org/directory"
STAGING: Final = "https://acme-staging-v02.api.letsencrypt.org/directory"

# A record that was asked for too early stays absent in the VPC's resolver for as long as the zone
# says; Cloudflare's own resolver, asked over HTTPS, sees its zones at once.
RESOLVER: Final = "https://1.1.1.1:443/dns-query"


def part(context: Context) -> Part:
    """The chart with its CRDs and its start-up check, so that the issuer finds a ready webhook."""
    release = Release(
        name="cert-manager", chart="cert-manager", namespace=NAMESPACE, values=_values(context)
    )
    return Part(
        name="cert-manager",
        after=("istio", "node-pools"),
        releases=(release,),
        objects=(_issuer(context),),
    )


def _values(context: Context) -> Values:
    count = replicas(context)
    webhook = {
        "app.kubernetes.io/component": "webhook",
        "app.kubernetes.io/instance": "cert-manager",
    }
    return {
        "crds": {"enabled": True, "keep": True},
        "imageRegistry": registry(context, pins.QUAY),
        "global": {
            "leaderElection": {"namespace": NAMESPACE},
            # The chart adds what each component has of its own, `kubernetes.io/os`.
            "nodeSelector": dict(SYSTEM),
        },
        "dns01RecursiveNameservers": RESOLVER,
        "dns01RecursiveNameserversOnly": True,
        "resources": resources("50m", "128Mi", "512Mi"),
        "webhook": {
            "replicaCount": count,
            "resources": resources("25m", "64Mi", "128Mi"),
            "topologySpreadConstraints": spread(webhook),
            "podDisruptionBudget": {"enabled": count > 1, "maxUnavailable": 1},
        },
        "cainjector": {
            "resources": resources("25m", "128Mi", "512Mi"),
        },
        "startupapicheck": {"resources": resources("10m", "32Mi")},
    }


def _issuer(context: Context) -> Object:
    env = context.settings.environment
    settings = platform(context)
    account = "staging" if settings.acme_staging else "production"
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": metadata(env.certificate_issuer),
        "spec": {
            "acme": {
                "server": STAGING if settings.acme_staging else PRODUCTION,
                "email": settings.acme_email,
                "privateKeySecretRef": {"name": f"{env.certificate_issuer}-{account}"},
                "solvers": [
                    {
                        "selector": {"dnsZones": [env.domain]},
                        "dns01": {
                            "cloudflare": {
                                "apiTokenSecretRef": {"name": TOKEN_SECRET, "key": TOKEN_KEY}
                            }
                        },
                    }
                ],
            }
        },
    }
