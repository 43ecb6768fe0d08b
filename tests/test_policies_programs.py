"""The programs of dev and prod break no mandatory rule, with and without unknowns."""

from typing import Any

import pytest

from infra.layers import build
from infra.settings import load
from infra.tenants import read
from policies.exemptions import EXEMPTIONS
from policies.registry import judge, judge_subject
from policies.rules.reading import UNKNOWN
from policies.scene import scene_of
from policies.subjects import Resource, of_resource
from tests.engine import UNKNOWN as NOT_TOLD
from tests.engine import Recorded, run
from tests.programs import ROOT, configuration
from tests.test_sample_fleet import STACKS, fleet


def program() -> None:
    settings = load()
    build(settings, read(settings))


def known(value: Any) -> Any:
    """A recorded input with the mark that rules know for what a preview does not."""
    if value is NOT_TOLD:
        return UNKNOWN
    if isinstance(value, dict):
        return {key: known(inner) for key, inner in value.items()}
    return [known(inner) for inner in value] if isinstance(value, list | tuple) else value


def resource(recorded: Recorded) -> Resource:
    props = known(dict(recorded.inputs))
    own = props.get("bucket") if recorded.type == "aws:s3/bucket:Bucket" else f"{recorded.name}-id"
    return Resource(
        type=recorded.type, name=recorded.name, props=props, protect=recorded.protect, id=own
    )


def registered(stack: str, *, preview: bool) -> list[Resource]:
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    graph = run(program, stack=stack, preview=preview, config=configuration(text))
    return [resource(each) for each in graph.resources]


# What is not resolved in the pin table keeps prod from anything but a preview.
@pytest.mark.parametrize(("stack", "preview"), [("dev", False), ("prod", True)])
def test_a_stack_breaks_no_mandatory_rule(stack: str, preview: bool) -> None:
    scene = scene_of(STACKS[stack].value, fleet().platform.value.registries)
    resources = registered(stack, preview=preview)
    assert len(resources) > 500
    assert [f for f in judge(resources, scene) if f.mandatory] == []
    subjects = {subject.name: subject for subject in map(of_resource, resources)}
    for each in EXEMPTIONS:
        subject = subjects[each.subject]
        subject.name = "the same without its exemption"
        broken = {finding.rule for finding in judge_subject(subject, scene) if finding.mandatory}
        assert broken == each.rules, each.subject
