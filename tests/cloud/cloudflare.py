"""The stand-in for Cloudflare's provider: `python -m tests.cloud.cloudflare ENGINE`.

Outputs are those of pulumi-cloudflare v6; `replaces` is RequiresReplace in
terraform-provider-cloudflare v5 (`internal/services/*/schema.go`).
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.cloud.kinds import Call, Kind, Package, Rule
from tests.cloud.rules import holds, named, refers, unique
from tests.cloud.serving import serve

CERTIFICATE = "cloudflare:index/certificatePack:CertificatePack"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
RULESET = "cloudflare:index/ruleset:Ruleset"
APPLICATION = "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication"
POLICY = "cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy"
SETTING = "cloudflare:index/zoneSetting:ZoneSetting"

NOW = "2026-01-01T00:00:00Z"
_API = "Cloudflare API reference"
_MOST_HOSTS = 50
_LABEL = r"(?=.{1,63}(\.|$))[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_HOST = rf"(?=.{{1,255}}$)(\*|{_LABEL})(\.{_LABEL})+"


def _told(**more: Any) -> Callable[[Call], dict[str, Any]]:
    return lambda call: {"id": f"{call.serial:032x}", **more}


def _application(call: Call) -> dict[str, Any]:
    own = f"{call.serial:08x}-0000-4000-8000-000000000000"
    return {"id": own, "aud": hashlib.sha256(own.encode()).hexdigest()}


KINDS: Mapping[str, Kind] = {
    CERTIFICATE: Kind(
        outputs=_told(
            certificates=[],
            primaryCertificate="0",
            status="active",
            validationErrors=[],
            validationRecords=[],
        ),
        needs="certificateAuthority type validationMethod validityDays zoneId",
        replaces="certificateAuthority hosts type validationMethod validityDays zoneId",
        tagged=False,
    ),
    RECORD: Kind(
        outputs=_told(createdOn=NOW, modifiedOn=NOW, proxiable=True, meta="{}"),
        needs="name ttl type zoneId",
        replaces="zoneId",
        tagged=False,
    ),
    RULESET: Kind(
        outputs=_told(lastUpdated=NOW, version="1"),
        needs="kind name phase",
        replaces="accountId kind phase zoneId",
        tagged=False,
    ),
    APPLICATION: Kind(outputs=_application, replaces="accountId zoneId", tagged=False),
    POLICY: Kind(
        outputs=_told(appCount=0, createdAt=NOW, reusable=True, updatedAt=NOW),
        needs="accountId decision name",
        replaces="accountId",
        tagged=False,
    ),
    SETTING: Kind(
        outputs=lambda call: {
            "id": f"{call.text('zoneId')}/{call.text('settingId')}",
            "editable": True,
            "modifiedOn": NOW,
            "timeRemaining": 0,
        },
        needs="settingId zoneId",
        replaces="settingId zoneId",
        tagged=False,
    ),
}


def _record(inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(inputs.get(key) for key in ("zoneId", "name", "type", "content"))


def _is_the_same(call: Call) -> str | None:
    if any(_record(other.inputs) == _record(call.inputs) for other in call.others()):
        return "An identical record already exists."
    return None


def _stands_beside_an_alias(call: Call) -> str | None:
    for other in call.others():
        here = _record(other.inputs)[:2] == _record(call.inputs)[:2]
        if here and "CNAME" in {other.inputs["type"], call.get("type")}:
            return "An A, AAAA, or CNAME record with that host already exists."
    return None


def _lives_too_long(call: Call) -> str | None:
    ttl = call.get("ttl")
    if ttl is None or ttl == 1 or 60 <= ttl <= 86_400:
        return None
    return f"Invalid TTL {ttl}. Must be between 60 and 86400 seconds, or 1 for Automatic."


def _leaves_its_zone_out(call: Call) -> str | None:
    """All hosts of a certificate are below one of them, the zone itself, or it is refused."""
    hosts = call.get("hosts") or []
    roots = [host for host in hosts if all(f".{each}".endswith(f".{host}") for each in hosts)]
    if roots and len(hosts) <= _MOST_HOSTS:
        return None
    return f"hosts must contain the zone apex and no more than {_MOST_HOSTS} hosts: {hosts}"


def _refuses_a_host(call: Call) -> str | None:
    wrong = [host for host in call.get("hosts") or [] if not re.fullmatch(_HOST, host)]
    return f"{wrong} are no host names" if wrong else None


def _rule(what: str, token: str, code: str, finds: Callable[[Call], str | None]) -> Rule:
    return Rule(
        what=what,
        types=(token,),
        on=("create", "update"),
        code=code,
        source=f"{_API}, {token.rpartition(':')[2]}",
        finds=finds,
    )


RULES: tuple[Rule, ...] = (
    named(RECORD, "name", _HOST, "9000", f"{_API}, DNS records: DNS name is invalid"),
    named(CERTIFICATE, "validityDays", "14|30|90|365", "400", f"{_API}, certificate packs"),
    named(
        CERTIFICATE,
        "certificateAuthority",
        "google|lets_encrypt|ssl_com",
        "400",
        f"{_API}, certificate packs",
    ),
    _rule("a TTL has its range", RECORD, "9021", _lives_too_long),
    _rule("a record is one", RECORD, "81058", _is_the_same),
    _rule("an alias stands alone", RECORD, "81053", _stands_beside_an_alias),
    _rule("hosts are names", CERTIFICATE, "400", _refuses_a_host),
    _rule("a certificate has its zone", CERTIFICATE, "400", _leaves_its_zone_out),
    unique(RULESET, "zoneId phase", "20217", f"{_API}, zone rulesets: maximum for a phase"),
    unique(APPLICATION, "accountId domain", "11010", f"{_API}, application_already_exists"),
    refers(APPLICATION, "policies.*.id", POLICY, "id", "12130", f"{_API}, invalid_request"),
    holds(APPLICATION, "policies.*.id", POLICY, "id", "12130", f"{_API}, reusable policies"),
)

PACKAGE = Package(name="cloudflare", kinds=KINDS, rules=RULES, answers={})

if __name__ == "__main__":
    serve(PACKAGE)
