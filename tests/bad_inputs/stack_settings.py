"""Stack files with a wrong setting: what each changes, and in a text file exactly what is told.

`python -m tests.bad_inputs.stack_settings` renews the text, to be reviewed as a diff.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from catalog.stacks import stacks_of
from tests.bad_inputs.case import Case
from tests.bad_inputs.repository import Content

TOLD = Path(__file__).with_suffix(".txt")
D = "Pulumi.dev.yaml"
TEAMS = ("risk",)

FULL = """config:
  slipway:environment:
    tiers: [dev, staging]
    domain: dev.example.com
    region: eu-west-1
    bucket: example-models
    edge: {advanced_certificates: true}
    identity:
      issuer: https://login.example.com/
      jwks: https://login.example.com/.well-known/jwks.json
  slipway:layers: [foundation, platform, edge, tenants]
  slipway:foundation:
    account: "111111111111"
    vpc_cidr: 10.16.0.0/16
    api_access: [203.0.113.0/24]
    admins: [arn:aws:iam::111111111111:role/platform-engineers]
    budget: {monthly_usd: 6000, notify: [platform@example.com]}
    log_days: 30
  slipway:platform:
    acme_email: platform@example.com
    replicas: 2
  slipway:edge:
    account: 0123456789abcdef0123456789abcdef
    zone: 89abcdef0123456789abcdef01234567
    zone_name: example.com
    access:
      team: example
      email_domains: [example.com]
"""
"""A stack with every layer and nothing wrong."""

LAYERS = "[foundation, platform, edge, tenants]"
ADMINS = "[arn:aws:iam::111111111111:role/platform-engineers]"
OPS = "arn:aws:iam::111111111111:role/ops"
ZONE = "zone: 89abcdef0123456789abcdef01234567"
DAYS = "    log_days: 30\n"
BUDGET = "    budget: {monthly_usd: 6000, notify: [platform@example.com]}\n"
REPLICAS = "    replicas: 2\n"
CERTIFICATES = "    edge: {advanced_certificates: true}\n"
HELD = FULL[FULL.index("  slipway:layers") :]
FOUNDATION = FULL[FULL.index("  slipway:foundation") : FULL.index("  slipway:platform")]
ABOVE = FULL[FULL.index("  slipway:platform") :]
EDGE = FULL[FULL.index("  slipway:edge") :]
LOCAL = "  slipway:layers: [platform, tenants]\n"
TENANTS = "  slipway:layers: [tenants]\n"
ON = "  slipway:platform_stack: organization/slipway/"
RISK = FULL.replace(HELD, f"{TENANTS}  slipway:team: risk\n{ON}dev\n")
"""A stack of one team's tenants, on the platform of the other."""

TOKEN = "n0t-a-r3al-t0ken-and-never-shown"  # noqa: S105 - it stands for one in the tests.
WEBHOOK = "https://hooks.slack.com/services/T0/B0/abcdefXYZ"
ROUTING_KEY = "e93facc04764012d7bfb002500d5d1a6"
SECRETS = (TOKEN, WEBHOOK, ROUTING_KEY)

CACHE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-dev"
HUB = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:ecr-pullthroughcache/docker-AbCdEf"
ELSEWHERE = HUB.replace("eu-west-1", "us-east-1")

Changes = tuple[tuple[str, str], ...]


def stack(*changes: tuple[str, str], of: str = FULL) -> str:
    """The right stack with texts replaced."""
    for old, new in changes:
        assert old in of, old
        of = of.replace(old, new)
    return of


def images(settings: str) -> tuple[str, str]:
    """The change that gives the environment these `images`."""
    return "    region:", f"    images: {{{settings}}}\n    region:"


TEST = stack(
    ("dev.example.com", "test.example.com"),
    ("bucket: example-models", "bucket: example-test"),
    ("10.16.", "10.17."),
    (ZONE, f"{ZONE}\n    zone_rules: false"),
)
"""A second stack that gets along with the first."""

ALONE: Mapping[str, Changes] = {
    "a VPC written with host bits": (("10.16.0.0/16", "10.16.0.1/16"),),
    "a VPC of public addresses": (("10.16.0.0/16", "11.16.0.0/16"),),
    "a VPC with an octet above 255": (("10.16.0.0/16", "10.300.0.0/16"),),
    "a VPC wider than AWS allows": (("10.16.0.0/16", "10.0.0.0/8"),),
    "the API open to the world": (("203.0.113.0/24", "0.0.0.0/0"),),
    "the API open to half of the world": (("203.0.113.0/24", "128.0.0.0/1"),),
    "the API open to private addresses": (("203.0.113.0/24", "10.1.0.0/16"),),
    "the API open to an address within a network": (("203.0.113.0/24", "203.0.113.7/24"),),
    "the API open to an address without a length": (("203.0.113.0/24", "203.0.113.7"),),
    "an account as a number": (('"111111111111"', "111111111111"),),
    "an account with too few digits": (('"111111111111"', '"1111"'),),
    "a key with a typo": (("slipway:foundation", "slipway:fundation"),),
    "a key with a capital": (("slipway:platform:", "slipway:Platform:"),),
    "a key like none": (("  slipway:layers", "  slipway:quux: 1\n  slipway:layers"),),
    "a key without its namespace": (("  slipway:edge:", "  edge:"),),
    "a setting with a typo": (("    vpc_cidr:", "    vpc_cdir:"),),
    "a setting that is missing": (("    acme_email: platform@example.com\n", ""),),
    "two settings that are missing": (('    account: "111111111111"\n', ""), (BUDGET, "")),
    "days that CloudWatch does not know": ((DAYS, "    log_days: 31\n"),),
    "days in quotes": ((DAYS, '    log_days: "30"\n'),),
    "an unknown word for nat": ((DAYS, "    nat: zone\n"),),
    "a Kubernetes version as a number": ((DAYS, "    kubernetes: 1.35\n"),),
    "a Kubernetes version that is too old": ((DAYS, '    kubernetes: "1.30"\n'),),
    "an instance type with a typo": ((DAYS, "    system_nodes: {instance_types: [m7i.xlagre]}\n"),),
    "system nodes with GPUs": ((DAYS, "    system_nodes: {instance_types: [g5.xlarge]}\n"),),
    "an instance type of another form": ((DAYS, "    system_nodes: {instance_types: [M7I]}\n"),),
    "a single system node": ((DAYS, "    system_nodes: {count: 1}\n"),),
    "protect as yes": ((DAYS, "    protect: yes\n"),),
    "protect in quotes": ((DAYS, "    protect: 'true'\n"),),
    "an admin by name alone": ((ADMINS, "[platform-engineers]"),),
    "admins as text": ((ADMINS, OPS),),
    "an admin listed twice": ((ADMINS, f"[{OPS}, {OPS}]"),),
    "a mail address without a domain": (("[platform@example.com]", "[platform]"),),
    "a budget below the system nodes": (("6000", "300"),),
    "a budget of nothing": (("6000", "0"),),
    "a zone by its name": ((ZONE, "zone: example.com"),),
    "a session with a unit in words": (("      team:", "      session: 12 hours\n      team:"),),
    "a foundation of one word": ((FOUNDATION, "  slipway:foundation: small\n"),),
    "layers out of order": ((LAYERS, "[platform, foundation, edge, tenants]"),),
    "a layer listed twice": ((LAYERS, "[foundation, platform, edge, tenants, edge]"),),
    "a layer with a typo": ((LAYERS, "[foundation, platfrom, edge, tenants]"),),
    "a layer without the one below": ((LAYERS, "[platform, edge, tenants]"), (FOUNDATION, "")),
    "a layer without its settings": ((EDGE, ""),),
    "a layer with nothing in its settings": ((EDGE, "  slipway:edge:\n"),),
    "settings of a layer that is not there": ((LAYERS, "[foundation, platform, tenants]"),),
    "layers as text": ((LAYERS, "foundation"),),
    "no layer in the list": ((LAYERS, "[]"),),
    "a team's stack that holds all layers": (
        ("  slipway:layers", "  slipway:team: risk\n  slipway:layers"),
    ),
    "another's platform beside an own one": (("  slipway:layers", f"{ON}prod\n  slipway:layers"),),
    "tenants without a platform": ((HELD, TENANTS),),
    "a stack on its own platform": ((HELD, f"{TENANTS}{ON}dev\n"),),
    "a platform's stack by its short name": ((HELD, f"{TENANTS}  slipway:platform_stack: prod\n"),),
    "a platform's stack that is not there": ((HELD, f"{TENANTS}{ON}prod\n"),),
    "a local cluster with a foundation": (
        ("    region: eu", "    cluster: local\n    region: eu"),
    ),
    "a local platform with settings": (
        ("    region: eu", "    cluster: local\n    region: eu"),
        (LAYERS, "[platform, tenants]"),
        (FOUNDATION, ""),
        (EDGE, ""),
    ),
    "a bucket too long for the others": (
        ("example-models", "example-models-of-the-whole-organisation-in-dublin-dev"),
    ),
    "a bucket with a prefix of S3's own": (("example-models", "xn--models"),),
    "the token in plain text": (
        ("  slipway:layers", f"  slipway:cloudflareToken: {TOKEN}\n  slipway:layers"),
    ),
    "an encrypted setting": ((ZONE, "zone: {secure: v1:AAAA:BBBB}"),),
    "an encrypted layer": ((EDGE, "  slipway:edge: {secure: v1:AAAA:BBBB}\n"),),
    "a webhook instead of a secret's name": (
        (REPLICAS, f"    alerts: {{slack_secret: {WEBHOOK}}}\n"),
    ),
    "a routing key instead of a secret's name": (
        (REPLICAS, f"    alerts: {{pagerduty_secret: {ROUTING_KEY}}}\n"),
    ),
    "production without protection": (("[dev, staging]", "[dev, production]"), (REPLICAS, "")),
    "five replicas": ((REPLICAS, "    replicas: 5\n"),),
    "a domain below the zone without certificates for it": ((CERTIFICATES, ""),),
    "a region with a typo": (("eu-west-1", "eu-wset-1"),),
    "a region like none": (("eu-west-1", "xx-nowhere-1"),),
    "a region with two zones": (("eu-west-1", "us-west-1"),),
    "a region of another partition": (("eu-west-1", "cn-north-1"),),
    "a zone instead of a region": (("eu-west-1", "eu-west-1a"),),
    "a tier listed twice": (("[dev, staging]", "[dev, dev]"),),
    "a database class with a typo": ((DAYS, "    database: {instance_class: db.m7g.lagre}\n"),),
    "a database class without its prefix": ((DAYS, "    database: {instance_class: m7g.large}\n"),),
    "a cache that is in no table": ((DAYS, "    rate_limits: {node_type: cache.x1.huge}\n"),),
    "a mirror beside other registries": (
        images(f"mirror: mirror.example.com, registries: {{quay.io: {CACHE}/quay}}"),
    ),
    "a registry that no image comes from": (images(f"registries: {{quay.oi: {CACHE}/quay}}"),),
    "a registry with its scheme": (images(f"registries: {{'https://quay.io': {CACHE}/quay}}"),),
    "a prefix with its scheme": (images(f"registries: {{quay.io: 'https://{CACHE}/quay'}}"),),
    "credentials for a registry that takes none": (
        (DAYS, f"    image_cache_credentials: {{quay.io: {HUB}}}\n"),
    ),
    "credentials in another region": (
        (DAYS, f"    image_cache_credentials: {{docker.io: {ELSEWHERE}}}\n"),
    ),
    "an access token instead of a secret's ARN": (
        (DAYS, f"    image_cache_credentials: {{docker.io: {TOKEN}}}\n"),
    ),
    "storage with a unit": ((DAYS, "    database: {storage_gb: 100GB}\n"),),
    "the host of Access as its team": (
        ("      team: example", "      team: example.cloudflareaccess.com"),
    ),
    "a namespace with a capital": (("  slipway:edge:", "  Slipway:edge:"),),
    "a namespace with a typo": (("  slipway:edge:", "  slipwy:edge:"),),
    "a namespace with a hyphen": (("  slipway:edge:", "  slipway-edge:"),),
    "keys inside a key": (("  slipway:edge:", "  slipway:"),),
    "an empty token": (("  slipway:layers", "  slipway:cloudflareDnsToken:\n  slipway:layers"),),
    "the token in plain text under another name": (
        ("  slipway:layers", f"  slipway:cloudflare_token: {TOKEN}\n  slipway:layers"),
    ),
    "settings of layers without layers": ((f"  slipway:layers: {LAYERS}\n", ""),),
    "a domain outside the zone": (("zone_name: example.com", "zone_name: example.org"),),
    "many wrong settings at once": (
        ("10.16.0.0/16", "10.16.0.1/16"),
        ("203.0.113.0/24", "0.0.0.0/0"),
        ("[dev, staging]", "[dev, production]"),
        (REPLICAS, "    replica: 1\n"),
        (ZONE, "zone: nope"),
        ("6000", "1"),
    ),
    "a missing setting hides no rule": (
        ('    account: "111111111111"\n', ""),
        ("    acme_email: platform@example.com\n", ""),
        ("[dev, staging]", "[dev, production]"),
        (REPLICAS, ""),
    ),
}
"""Changes to the one stack `dev`."""

UNREAD: Mapping[str, Mapping[str, Content]] = {
    "nothing below config": {D: "config:\n"},
    "no config at all": {D: FULL.replace("config:", "confg:")},
    "comments alone": {D: "# to be written\n"},
}
"""Files in which no setting is found."""

TOGETHER: Mapping[str, Mapping[str, Content]] = {
    "a stack's name too long for AWS": {D: None, "Pulumi.development-in-dublin.yaml": FULL},
    "a stack's name with two hyphens in a row": {D: None, "Pulumi.dev--eu.yaml": FULL},
    "a Gateway where the platform has none": {
        D: stack(("    region:", "    gateway: {namespace: ingress}\n    region:"))
    },
    "two VPCs that overlap": {D: FULL, "Pulumi.test.yaml": stack(("10.17.", "10.16."), of=TEST)},
    "two stacks that make one bucket": {
        D: FULL,
        "Pulumi.test.yaml": stack(("example-test", "example-models"), of=TEST),
    },
    "two owners of a zone": {
        D: FULL,
        "Pulumi.test.yaml": stack(("    zone_rules: false\n", ""), of=TEST),
    },
    "tenants in two stacks": {D: FULL, "Pulumi.risk.yaml": RISK},
    "two stacks of one team": {
        D: stack((LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": RISK,
        "Pulumi.risk-two.yaml": RISK,
    },
    "a team's stack with another domain": {
        D: stack((LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": stack(("dev.example.com", "risk.example.com"), of=RISK),
    },
    "a team's stack with other tiers, identity and gateway": {
        D: stack((LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": stack(
            ("[dev, staging]", "[staging, production]"),
            ("login.example.com", "sso.example.com"),
            ("    region:", "    gateway: {name: other}\n    region:"),
            of=RISK,
        ),
    },
    "a team's stack whose platform has a typo": {
        D: stack((LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": stack((f"{ON}dev", f"{ON}dve"), of=RISK),
    },
    "a team's stack that names no platform": {
        D: stack((LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": stack((f"{ON}dev\n", ""), of=RISK),
    },
    "a stack of an unknown team": {
        D: stack((LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": stack(("team: risk", "team: riks"), of=RISK),
    },
    "two stacks on one local control plane": {
        D: stack((HELD, LOCAL), ("    region: eu", "    cluster: local\n    region: eu")),
        "Pulumi.mine.yaml": stack(
            (HELD, LOCAL),
            ("    region: eu", "    cluster: local\n    region: eu"),
            ("dev.example.com", "mine.example.com"),
        ),
    },
    "a platform's stack without a platform": {
        D: stack((LAYERS, "[foundation]"), (ABOVE, "")),
        "Pulumi.risk.yaml": RISK,
    },
}
"""Stacks that do not go together."""

FILES: Mapping[str, Mapping[str, Content]] = {
    **{name: {D: stack(*changes)} for name, changes in ALONE.items()},
    **UNREAD,
    **TOGETHER,
}
_HEAD = re.compile(r"(?P<place>\S+): (?P<code>SLW[0-9]{3}) ")


def told(files: Mapping[str, Content]) -> list[str]:
    """What is told of these stack files, line by line."""
    texts = {file: text.encode() for file, text in files.items() if isinstance(text, str)}
    return [line for problem in stacks_of(texts, TEAMS).problems for line in problem.lines()]


def as_text() -> str:
    """Every case with what is told of it."""
    blocks = ("\n".join([f"# {name}", *told(files)]) for name, files in FILES.items())
    return "\n\n".join(blocks) + "\n"


def expected() -> dict[str, list[str]]:
    """By case the lines that have been reviewed."""
    blocks = (block.split("\n") for block in TOLD.read_text("utf-8").rstrip("\n").split("\n\n"))
    return {block[0].removeprefix("# "): block[1:] for block in blocks}


def _case(name: str, lines: list[str]) -> Case:
    heads = [(at, match) for at, line in enumerate(lines) if (match := _HEAD.match(line))]
    problems = tuple((match["code"], match["place"], lines[at + 1].strip()) for at, match in heads)
    return Case(name, FILES[name], problems, tuple(lines))


if __name__ == "__main__":
    TOLD.write_text(as_text(), "utf-8")
else:
    SETTINGS = tuple(_case(name, lines) for name, lines in expected().items())
