"""Cloudflare: DNS records, zone rules, certificates at its edge, and who passes Access.

The only module that touches Cloudflare, and it registers by type token: importing the typed
classes takes 6 s and 390 MB, and every run of every stack would pay for it. A test holds each
token and property against those classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pulumi

from catalog.settings import EdgeSettings
from infra.edge_rules import API, CONSOLE, ZONE_SETTINGS, console_hosts, zone_rulesets

ACCESS_TYPE = "slipway:cloudflare:Access"
ZONE_TYPE = "slipway:cloudflare:Zone"
RECORDS_TYPE = "slipway:cloudflare:TenantRecords"
AUTOMATIC = 1
"""The TTL of a record whose answers are Cloudflare's own."""
SECONDS = 60
"""The TTL of the others, the shortest that every plan has: a new load balancer is found soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeArgs:
    """What the edge of one stack is made of."""

    stack: str
    domain: str
    edge: EdgeSettings
    proxied: bool


class _Resource(pulumi.CustomResource):
    """A Cloudflare resource by its type token; `aud` is what an Access application answers."""

    aud: pulumi.Output[str]

    def __init__(
        self, kind: str, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        token = f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"
        outputs = {"aud": None} if kind == "ZeroTrustAccessApplication" else {}
        super().__init__(token, name, {**props, **outputs}, opts)


def provider(token: pulumi.Input[str]) -> pulumi.ProviderResource:
    """Cloudflare's provider. The token stays a secret in the state."""
    opts = pulumi.ResourceOptions(version=version("pulumi-cloudflare"))
    return pulumi.ProviderResource(
        "cloudflare", "cloudflare", {"apiToken": pulumi.Output.secret(token)}, opts
    )


class Access(pulumi.ComponentResource):
    """Who passes Cloudflare Access, and an application for each of the platform's pages.

    `audiences` holds the audience tag of each page: the front door lets only tokens for it in, so
    that nobody comes around Access.
    """

    audiences: Mapping[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(ACCESS_TYPE, name, None, opts)
        child = _child(self)
        access = args.edge.access
        people = _Resource(
            "ZeroTrustAccessPolicy", f"{name}-people",
            {
                "accountId": args.edge.account,
                "decision": "allow",
                "includes": [{"emailDomain": {"domain": d}} for d in sorted(access.email_domains)],
                "name": f"slipway-{args.stack} people",
                "sessionDuration": access.session,
            },
            child,
        )  # fmt: skip
        self.audiences = {
            page: self._application(f"{name}-{page}", page, host, args, people).aud
            for page, host in console_hosts(args.domain).items()
        }
        self.register_outputs({"audiences": self.audiences})

    def _application(
        self, name: str, page: str, host: str, args: EdgeArgs, people: _Resource
    ) -> _Resource:
        props = {
            "accountId": args.edge.account,
            "appLauncherVisible": True,
            "domain": host,
            "httpOnlyCookieAttribute": True,
            "name": f"slipway-{args.stack} {page}",
            "policies": [{"id": people.id, "precedence": 1}],
            "sameSiteCookieAttribute": "lax",
            "sessionDuration": args.edge.access.session,
            "type": "self_hosted",
        }
        return _Resource("ZeroTrustAccessApplication", name, props, _child(self))


class Zone(pulumi.ComponentResource):
    """The platform's own hosts, and the rules that the zone has once.

    The platform's pages always pass Cloudflare's proxy, because Access is there.
    """

    def __init__(
        self,
        name: str,
        args: EdgeArgs,
        target: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(ZONE_TYPE, name, None, opts)
        for page in sorted((API, *CONSOLE)):
            proxied = page in CONSOLE or args.proxied
            _record(self, f"{name}-{page}", f"{page}.{args.domain}", proxied, args, target)
        if args.domain != args.edge.zone_name:
            hosts = [f"{page}.{args.domain}" for page in sorted((API, *CONSOLE))]
            _certificate(self, f"{name}-console", hosts, args)
        if args.edge.zone_rules:
            self._create_settings(name, args.edge)
            self._create_rules(name, args)
        self.register_outputs({})

    def _create_settings(self, name: str, edge: EdgeSettings) -> None:
        for setting, value in ZONE_SETTINGS.items():
            props = {"settingId": setting, "value": value, "zoneId": edge.zone}
            _Resource("ZoneSetting", f"{name}-{setting}", props, _child(self))

    def _create_rules(self, name: str, args: EdgeArgs) -> None:
        for ruleset in zone_rulesets(args.edge, args.domain):
            props = {
                "description": f"slipway-{args.stack}",
                "kind": "zone",
                "name": ruleset.name,
                "phase": ruleset.phase,
                "rules": list(ruleset.rules),
                "zoneId": args.edge.zone,
            }
            _Resource("Ruleset", f"{name}-{ruleset.phase}", props, _child(self))


class TenantRecords(pulumi.ComponentResource):
    """A wildcard record for each tenant's namespace, and its certificate where proxied.

    One record for all of `*.models.{domain}` would not do: the TXT record of a tenant's DNS-01
    challenge makes the name `{namespace}.models.{domain}` exist, and below a name that exists a
    wildcard of its parent no longer matches (RFC 4592, 2.2.2 and 3.3.1).
    """

    def __init__(
        self,
        name: str,
        args: EdgeArgs,
        namespaces: Sequence[str],
        target: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(RECORDS_TYPE, name, None, opts)
        for namespace in sorted(namespaces):
            host = f"*.{namespace}.models.{args.domain}"
            _record(self, f"{name}-{namespace}", host, args.proxied, args, target)
            if args.proxied:
                _certificate(self, f"{name}-{namespace}", [host], args)
        self.register_outputs({})


def _record(
    parent: pulumi.Resource,
    name: str,
    host: str,
    proxied: bool,  # noqa: FBT001 - the one word that Cloudflare has for it.
    args: EdgeArgs,
    target: pulumi.Input[str],
) -> None:
    props = {
        "comment": f"slipway-{args.stack}",
        "content": target,
        "name": host,
        "proxied": proxied,
        "ttl": AUTOMATIC if proxied else SECONDS,
        "type": "CNAME",
        "zoneId": args.edge.zone,
    }
    _Resource("DnsRecord", name, props, _child(parent))


def _certificate(parent: pulumi.Resource, name: str, hosts: Sequence[str], args: EdgeArgs) -> None:
    """Of Advanced Certificate Manager, for hosts deeper than the universal certificate goes."""
    props = {
        "certificateAuthority": "lets_encrypt",
        "hosts": [args.edge.zone_name, *hosts],
        "type": "advanced",
        "validationMethod": "txt",
        "validityDays": 90,
        "zoneId": args.edge.zone,
    }
    _Resource("CertificatePack", f"{name}-certificate", props, _child(parent))


def _child(parent: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=parent, version=version("pulumi-cloudflare"))
