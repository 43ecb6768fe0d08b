"""docs/costs.md: what the stacks of this repository cost while nobody calls."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from catalog.instances import REFERENCE_REGION, REGIONS
from catalog.price import HOURS_A_MONTH
from catalog.service_prices import CACHES, DATABASES, SERVICES, Row, ServicePrice
from catalog.settings import Settings
from catalog.stacks import load_stack
from cli.pages.markdown import page, table
from infra.costs import Line, idle_cost, total

ROOT: Final = Path(__file__).resolve().parents[2]

INTRO: Final = f"""\
What a stack is billed while no model runs and nobody calls: what its settings keep switched on, at
AWS's list prices for {HOURS_A_MONTH} hours. The counts come from the settings in
`Pulumi.<stack>.yaml`; `make docs` writes this page anew when they change.

Models come on top, and `slipway plan` shows what each costs at its fewest and most replicas. One
that scales to zero costs nothing at rest; one with `scaling.min: 1` pays for its share of a node
all month."""

LEFT_OUT: Final = f"""\
- **By use, so not here:** traffic out and between zones, NAT by the gigabyte, capacity units of the
  load balancer, requests to KMS and S3, objects in S3, images in ECR, and CloudWatch Logs. The last
  is what surprises: flow logs and the control plane's logs are billed by the gigabyte written.
- **Cloudflare's plan:** `edge.managed_waf` needs one above Free, and Advanced Certificate Manager
  is billed for each zone.
- **Nodes that Karpenter adds for the platform** are the fewest whose CPU and memory hold what the
  pods ask for. Spreading over zones may take one node more.
- A price with a star is that of {REFERENCE_REGION}, because no source has the region's own.
- KMS asks for another dollar a key after each of the first two yearly renewals; ten alarms of an
  account are free; credits, commitments and taxes are left out."""

LOWER: Final = """\
| setting | what it does to the bill |
| --- | --- |
| `foundation.nat: single` | one NAT gateway instead of three, and no interface endpoints |
| `foundation.database.multi_az: false` | half of the database and of its storage |
| `foundation.rate_limits.replicas: 0` | one Valkey node |
| `foundation.system_nodes` | two nodes are the fewest; Karpenter adds what they do not hold |
| `platform.replicas` | fewer pods, so fewer nodes; production takes two or three |
| `platform.metrics_gb` | the volume of Prometheus |
| `foundation.log_days` | days that CloudWatch keeps what it was sent |

A Savings Plan covers the system nodes and those of models; these prices are without one."""


def costs() -> str:
    """The page."""
    return page(
        "What it costs idle",
        "`infra/costs.py`, `catalog/service_prices.py`, `catalog/instances.py` and the stacks",
        INTRO,
        *(block for name, settings in _stacks() for block in _stack(name, settings)),
        "## What is not in these sums",
        LEFT_OUT,
        "## What makes it cheaper",
        LOWER,
        "## Prices and where they come from",
        "Prices of EC2 are in [node pools](reference/node-pools.md).",
        _services(),
        _classes("RDS for PostgreSQL in one zone, an hour", DATABASES),
        _classes("ElastiCache for Valkey, an hour", CACHES),
    )


def _stacks() -> Iterator[tuple[str, Settings]]:
    """The stacks with a foundation; ValueError for one whose settings are wrong."""
    for path in sorted(ROOT.glob("Pulumi.*.yaml")):
        name = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        found = load_stack(name, path.read_bytes())
        if isinstance(found, list) or found[1]:
            raise ValueError(f"{path.name} is wrong; `slipway check` says how")
        settings = Settings.model_validate(found[0].document.data)
        if settings.foundation is not None:
            yield name, settings


def _stack(name: str, settings: Settings) -> Iterator[str]:
    lines, region = idle_cost(settings), settings.environment.region
    unknown = [line.what for line in lines if line.price is None]
    yield f"## {name}"
    yield f"**{_usd(total(lines))} a month**, in {region}." + (
        f" Without {', '.join(unknown)}, of which no price is known." if unknown else ""
    )
    head = ("what is always on", "count", "price", "per", "a month")
    yield table(head, (_line(line, region) for line in lines), right=(1, 2, 4))


def _line(line: Line, region: str) -> tuple[str, ...]:
    if line.price is None:
        return line.what, str(line.count), "?", "", "?"
    price = _price(line.price, region)
    return line.what, f"{line.count:,}", price, line.price.per, _usd(line.a_month)


def _price(price: ServicePrice, region: str) -> str:
    star = "" if price.region == region else "*"
    return f"${_fraction(price.micro_usd)}{star}"


def _fraction(micro_usd: int) -> str:
    """Dollars to the last digit that counts, two at least."""
    whole, rest = divmod(micro_usd, 1_000_000)
    return f"{whole:,}.{f'{rest:06}'.rstrip('0').ljust(2, '0')}"


def _usd(micro_usd: int) -> str:
    cents = (micro_usd + 5_000) // 10_000
    return f"${cents // 100:,}.{cents % 100:02}"


def _services() -> str:
    head = ("service", "per", *REGIONS, "as of", "source")
    rows = ((row.name, row.per, *_regions(row), row.as_of, row.source) for row in SERVICES)
    return table(head, rows, right=range(2, 2 + len(REGIONS)))


def _classes(title: str, rows: Sequence[Row]) -> str:
    body = table(
        ("class", *REGIONS), ((row.name, *_regions(row)) for row in rows), right=range(1, 6)
    )
    return f"### {title}\n\n{body}\n\nAs of {rows[0].as_of}: {rows[0].source}."


def _regions(row: Row) -> Iterator[str]:
    for region in REGIONS:
        known = row.by_region.get(region)
        yield f"${_fraction(known)}" if known is not None else ""
