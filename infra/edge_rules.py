"""What Cloudflare is told of a zone, as data: settings, WAF, rate limit and cache rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from catalog.settings import EdgeSettings

Rule = Mapping[str, Any]

CONSOLE: Final = ("grafana", "kiali", "mlflow")
"""The platform's own pages: each has a host below the stack's domain, behind Access."""

API: Final = "api"
"""The host below the stack's domain that tells clients how to call endpoints, and answers nothing
else (`infra/parts/api.py`)."""

# WAF managed rulesets by id: Cloudflare's documentation, WAF, managed rules.
MANAGED: Final = "efb7b8c949ac4650a09736fc376e9aee"
OWASP: Final = "4814384a9e5d4991b9815dcfc25d2f1f"

ZONE_SETTINGS: Final[Mapping[str, str]] = {
    "always_use_https": "on",
    "min_tls_version": "1.2",
    "ssl": "strict",
    "tls_1_3": "on",
}
"""By setting id (Cloudflare API, zone settings). `strict` checks the origin's certificate."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one phase of a zone; a zone has one such ruleset for each phase."""

    name: str
    phase: str
    rules: Sequence[Rule]


def console_hosts(domain: str) -> dict[str, str]:
    """The host of each of the platform's pages, by page."""
    return {page: f"{page}.{domain}" for page in CONSOLE}


def zone_rulesets(edge: EdgeSettings, domain: str) -> tuple[Ruleset, ...]:
    """The rules for the hosts of a stack, by phase."""
    models = f'ends_with(http.host, ".models.{domain}")'
    found = [
        Ruleset("Methods that no endpoint has", "http_request_firewall_custom", [_methods(models)]),
        Ruleset("Requests from one address", "http_ratelimit", [_rate(models, edge)]),
        Ruleset("Answers are not kept", "http_request_cache_settings", [_uncached(models, domain)]),
    ]
    if edge.managed_waf:
        found.append(Ruleset("Managed WAF", "http_request_firewall_managed", _managed(models)))
    return tuple(found)


def _methods(models: str) -> Rule:
    return {
        "action": "block",
        "description": "Endpoints are read and asked, nothing else",
        "enabled": True,
        "expression": (
            f'({models} and not http.request.method in {{"GET" "HEAD" "OPTIONS" "POST"}})'
        ),
    }


def _rate(models: str, edge: EdgeSettings) -> Rule:
    """Ten seconds are the one period, and the one penalty, that every plan has."""
    return {
        "action": "block",
        "description": "Hold off an address that asks too much",
        "enabled": True,
        "expression": f"({models})",
        "ratelimit": {
            "characteristics": ["cf.colo.id", "ip.src"],
            "mitigationTimeout": 10,
            "period": 10,
            "requestsPerPeriod": edge.requests_per_10s,
        },
    }


def _uncached(models: str, domain: str) -> Rule:
    """Predictions and signed-in pages differ by caller, whatever their headers say."""
    own = " ".join(f'"{page}.{domain}"' for page in sorted((API, *CONSOLE)))
    return {
        "action": "set_cache_settings",
        "actionParameters": {"cache": False},
        "description": "Keep no answer of an endpoint or of a signed-in page",
        "enabled": True,
        "expression": f"({models} or http.host in {{{own}}})",
    }


def _managed(models: str) -> list[Rule]:
    """Only logged on the hosts of models, and OWASP's scores left out there.

    Prompts and features are data of any kind, code and SQL among it.
    """
    return [
        {
            "action": "execute",
            "actionParameters": {"id": MANAGED},
            "description": "Cloudflare's managed rules",
            "enabled": True,
            "expression": f"(not {models})",
        },
        {
            "action": "execute",
            "actionParameters": {"id": MANAGED, "overrides": {"action": "log"}},
            "description": "Cloudflare's managed rules, only logged where text is data",
            "enabled": True,
            "expression": f"({models})",
        },
        {
            "action": "execute",
            "actionParameters": {"id": OWASP},
            "description": "OWASP's core rules",
            "enabled": True,
            "expression": f"(not {models})",
        },
    ]
