"""Whatever the programs name, by whatever words, is there before and goes after.

The engine knows only what comes as another resource's output. A name that was written twice is no
such thing, and comes in the right order by luck alone.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import aws_names as t
from tests.cloud.aws import PACKAGE
from tests.cloud.kinds import Rule
from tests.cloud.rules import values
from tests.engine import Graph, Recorded
from tests.engine_outputs import outputs_of
from tests.whole import STACKS, Order, whole

COMPONENT = "eks:index:Cluster"
OWN_OF_EKS = (t.TAG, t.GROUP)
"""What is tagged is the cluster's own group."""
REFERENCES = [rule for rule in PACKAGE.rules if rule.form == "there"]


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_named_is_made_before_and_goes_after(stack: str) -> None:
    graph = whole(stack)
    order = Order(graph)
    assert not [
        f"{later.urn} depends on none of {[each.urn for each in named]}"
        for later, named in _named(graph)
        if not any(order.is_after(later, each) for each in named)
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_every_reference_of_the_programs_is_followed(stack: str) -> None:
    """A rule that finds nothing of what it is about would say nothing, for ever."""
    graph = whole(stack)
    seen = {(later.type, each.type) for later, named in _named(graph) for each in named}
    used = [r for r in REFERENCES for e in graph.of_type(r.types[0]) if any(_values(r, e))]
    kinds = {(rule.types[0], rule.target[0].replace(t.CLUSTER, COMPONENT)) for rule in used}
    assert kinds - {OWN_OF_EKS} <= seen


def _named(graph: Graph) -> Iterator[tuple[Recorded, list[Recorded]]]:
    """Each resource that names others, with those that one name may mean."""
    for rule in REFERENCES:
        targets = _of(graph, rule.target[0])
        for later in graph.of_type(rule.types[0]):
            for value in _values(rule, later):
                named = [each for each in targets if value in _names(each, rule.target[1])]
                if named:
                    yield later, named


def _values(rule: Rule, resource: Recorded) -> Iterator[str]:
    return values(dict(resource.inputs), rule.path)


def _of(graph: Graph, kind: str) -> list[Recorded]:
    """The component stands for the cluster, which is inside it, and for the cluster's group."""
    inside = graph.of_type(COMPONENT) if kind in {t.CLUSTER, t.GROUP} else []
    return [*graph.of_type(kind), *inside]


def _names(resource: Recorded, key: str) -> set[Any]:
    """By what a resource may be named: the property itself, or its name where that is the id."""
    told = {**resource.inputs, **outputs_of(resource.type, resource.name, resource.inputs)}
    if key != "id":
        return {told.get(key)}
    kind = PACKAGE.kinds.get(resource.type)
    own = told.get(kind.named if kind else "name"), told.get("clusterSecurityGroupId")
    return {told.get("id", f"{resource.name}-id"), *filter(None, own)}
