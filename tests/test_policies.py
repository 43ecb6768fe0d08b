"""Every rule lets a good case pass, and says of a bad one exactly what is wrong."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.registry import RULES, Finding, judge, judge_objects, judge_subject, rules_of
from policies.rules.reading import UNKNOWN
from policies.rules.rule import ANY_OBJECT, SERVER, Rule, Scene, Subject
from policies.subjects import Resource, of_resource, within
from tests.policies.case import Bad, changed
from tests.policies.cases import CASES
from tests.policies.world import SCENE, of_object, world

WORLD = world()
SYNTHESIZED = ("container-liveness", "image-resolved")
"""Advice on pods of KServe's own: some images are not resolved, and its router has no probe."""


def found(resources: object, scene: Scene = SCENE) -> list[Finding]:
    assert isinstance(resources, dict)
    return [
        finding
        for finding in judge(resources.values(), scene)
        if not (finding.rule in SYNTHESIZED and finding.subject.startswith("Pod of "))
    ]


def test_the_good_world_breaks_no_rule() -> None:
    assert found(WORLD) == []


def test_the_good_world_has_a_subject_for_every_rule() -> None:
    subjects = [of_resource(one) for one in WORLD.values()]
    kinds = {part.kind for subject in subjects for part in (subject, *within(subject))}
    assert [r.about.id for r in RULES if not {*r.kinds} & {*kinds, ANY_OBJECT}] == []


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}: {c.thing} {c.where}")
def test_a_bad_case_is_found_in_these_words(case: Bad) -> None:
    findings = [f for f in found(case.apply(WORLD)) if f.rule == case.rule]
    assert sorted(f.message for f in findings) == sorted(case.says)
    assert {f.remedy for f in findings} == {findings[0].about.remedy}


def test_every_rule_has_a_bad_case() -> None:
    cased = {case.rule for case in CASES}
    assert sorted({rule.about.id for rule in RULES} - cased) == ["security-group-used"]
    assert cased <= {rule.about.id for rule in RULES}


def test_a_security_group_of_nothing_is_found() -> None:
    alone = Resource(
        type="aws:ec2/securityGroup:SecurityGroup",
        name="alone",
        props={"description": "Nothing"},
        id="alone-id",
    )
    assert [(f.rule, f.subject, f.message) for f in found({**WORLD, "alone": alone})] == [
        ("security-group-used", "SecurityGroup alone", "is of nothing")
    ]


def test_rules_have_ids_of_their_own_and_say_why_and_what_to_do() -> None:
    assert [i for i, n in Counter(rule.about.id for rule in RULES).items() if n > 1] == []
    assert len(RULES) >= 60
    for rule in RULES:
        about = rule.about
        assert about.id == about.id.lower()
        assert about.sources
        assert about.why.endswith(".")
        assert about.remedy.endswith(".")
        assert not about.title.endswith(".")


def test_only_production_must_be_protected() -> None:
    emptied = changed(WORLD["bucket"], "forceDestroy", True)
    dev = Scene(production=False, registries=SCENE.registries, unresolved=SCENE.unresolved)
    assert found({**WORLD, "bucket": emptied}, dev) == []


def test_pods_of_a_workload_are_judged_with_it() -> None:
    pod = WORLD["Pod plain"].props
    template = {"metadata": pod["metadata"], "spec": {**pod["spec"], "hostNetwork": True}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**pod["metadata"], "name": "web"},
        "spec": {"template": template},
    }
    findings = judge_objects([deployment], SCENE)
    assert [(f.subject, f.rule) for f in findings] == [
        ("Pod of Deployment risk-scoring/web", "pod-host-namespaces")
    ]


MAY_BE_UNKNOWN = [c for c in CASES if c.where not in ("", "protect")]


@pytest.mark.parametrize("case", MAY_BE_UNKNOWN, ids=lambda c: f"{c.rule}: {c.thing} {c.where}")
def test_what_is_not_known_yet_is_not_found(case: Bad) -> None:
    findings = found(Bad(case.rule, case.thing, case.where, UNKNOWN, ()).apply(WORLD))
    # The name of an annotation is known, whatever its value will be.
    said = case.says if case.rule == "model-annotations" else ()
    assert tuple(f.message for f in findings if f.rule == case.rule) == said


KINDS = sorted({kind for rule in RULES for kind in rule.kinds} | {SERVER})
SINGLE = [rule for rule in RULES if isinstance(rule, Rule)]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(UNKNOWN)
)
WORDS = st.sampled_from(
    [
        "metadata", "spec", "containers", "policy", "rules", "labels", "annotations", "env",
        "securityContext", "volumes", "Statement", "Principal", "template", "predictor", "data",
    ]
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), JSON, JSON, st.booleans())
def test_rules_are_total(kind: str, value: object, owner: object, tenant: bool) -> None:
    props = value if isinstance(value, dict) else {"spec": value}
    subject = Subject(kind, "any", props, "risk-scoring" if tenant else "", tenant)
    subject.owner = owner if isinstance(owner, dict) else None
    assert all(isinstance(f, Finding) for f in judge_subject(subject, Scene()))
    assert rules_of(kind) is not None


@given(st.sampled_from(sorted(WORLD)), st.data())
def test_rules_are_total_on_what_nearly_is_right(name: str, data: st.DataObject) -> None:
    props = torn(WORLD[name].props, data)
    torn_one = Resource(
        type=WORLD[name].type, name=name, props=props if isinstance(props, dict) else {}
    )
    judge([*(one for key, one in WORLD.items() if key != name), torn_one], SCENE)


def torn(value: object, data: st.DataObject) -> object:
    """The value with one thing in it replaced by anything."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: torn(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], torn(value[index], data), *value[index + 1 :]]
    return data.draw(JSON)


def test_the_engine_and_the_plan_judge_an_object_alike() -> None:
    objects = [one.props for one in WORLD.values() if "apiVersion" in one.props]
    resources = [of_object(obj) for obj in objects]
    assert judge_objects([dict(obj) for obj in objects], SCENE) == judge(resources, SCENE)
