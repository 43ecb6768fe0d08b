"""What an endpoint may not be, beyond its schema: every rule a function, every refusal a place.

A rule takes a resolved draft and yields problems; it never stops at the first. Rules hold what the
cluster would refuse late, or accept and never make ready.
"""

from catalog.checks.base import Rule, Surroundings
from catalog.checks.capacity import resources_hold, scaling_holds
from catalog.checks.extras import (
    cache_helps,
    examples_differ,
    graph_joins,
    logging_reaches,
    names_fit,
    slo_is_measurable,
)
from catalog.checks.model import model_is_there
from catalog.checks.placing import llm_runs, placed
from catalog.checks.safety import (
    arguments_are_clean,
    callers_exist,
    environment_is_clean,
    images_allowed,
    labels_are_own,
    one_hub_token,
)
from catalog.checks.serving import (
    framework_fits,
    mode_can,
    server_can,
    timeouts_reach,
)
from catalog.checks.texts import nothing_is_a_template, texts_are_public
from catalog.errors import Problem
from catalog.resolve import Draft

__all__ = ["RULES", "Surroundings", "check"]

RULES: tuple[Rule, ...] = (
    names_fit,
    framework_fits,
    model_is_there,
    mode_can,
    scaling_holds,
    server_can,
    resources_hold,
    timeouts_reach,
    texts_are_public,
    nothing_is_a_template,
    environment_is_clean,
    arguments_are_clean,
    one_hub_token,
    images_allowed,
    callers_exist,
    labels_are_own,
    cache_helps,
    slo_is_measurable,
    examples_differ,
    graph_joins,
    logging_reaches,
    placed,
    llm_runs,
)


def check(draft: Draft, around: Surroundings) -> list[Problem]:
    """Every problem of one endpoint on one stack."""
    return [found for rule in RULES for found in rule(draft, around)]
