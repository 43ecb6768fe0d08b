"""What a deployment costs a month: each replica pays for its share of a node.

What the figures assume:
- On-demand prices. Spot is not priced, since no source of the table has its prices; a deployment
  that gets spot nodes costs less.
- The month has 730 hours, and the replicas run through all of them: `at_min` is an idle month,
  `at_max` one at full load, and the truth is between them.
- A replica pays for the largest of its shares of a node's CPU, memory and GPUs, on the type of its
  pool where that is cheapest. So the rest of the node is somebody else's; a deployment that has a
  node to itself costs the whole node, `Placement.price`.
- Nodes only: neither load balancers, storage, traffic, logs nor the control plane.
- Where a region's price is not known that of us-east-1 stands in, and `priced_in` says so.
"""

from dataclasses import dataclass
from typing import Final

from catalog.placement import Ask, Fit, Placement

HOURS_A_MONTH: Final = 730
_MICRO_USD_A_CENT: Final = 10_000


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    """Cents a month at the fewest and at the most replicas; `priced_in` names a region."""

    at_min: int
    at_max: int
    priced_in: str


def monthly_cost(placement: Placement, min_replicas: int, max_replicas: int) -> MonthlyCost:
    """The cost of the placed ask at both ends of its scaling.

    Of two asks in the same pool the one that asks for more never costs less.
    """
    if not 0 <= min_replicas <= max_replicas:
        raise ValueError(f"not a range of replicas: {min_replicas} to {max_replicas}")
    fits = [fit for fit in placement.fits if fit.pool is placement.pool]
    replica, region = min((_micro_usd_a_month(placement.ask, f), f.price.region) for f in fits)
    return MonthlyCost(_cents(replica * min_replicas), _cents(replica * max_replicas), region)


def _micro_usd_a_month(ask: Ask, fit: Fit) -> int:
    """One replica's share of one node for a month, rounded up."""
    node = fit.instance.allocatable
    shares = [
        (ask.cpu_millicores, node.cpu_millicores),
        (ask.memory_bytes, node.memory_bytes),
        (ask.gpus, fit.instance.gpus),
    ]
    month = fit.price.micro_usd * HOURS_A_MONTH
    return max(-(-month * part // whole) for part, whole in shares if whole)


def _cents(micro_usd: int) -> int:
    return (micro_usd + _MICRO_USD_A_CENT // 2) // _MICRO_USD_A_CENT
