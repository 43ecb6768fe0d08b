"""The programs of dev and prod break no mandatory rule, with and without unknowns."""

from typing import Any

import pytest

from policies.exemptions import EXEMPTIONS
from policies.registry import judge, judge_subject
from policies.rules.reading import UNKNOWN
from policies.scene import scene_of
from policies.subjects import Resource, of_resource
from tests.engine import UNKNOWN as NOT_TOLD
from tests.engine import Recorded
from tests.test_sample_fleet import STACKS, fleet
from tests.whole import STACKS as DEPLOYED
from tests.whole import whole


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


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("stack", DEPLOYED)
def test_a_stack_breaks_no_mandatory_rule(stack: str, preview: bool) -> None:
    scene = scene_of(STACKS[stack].value, fleet().platform.value.registries)
    resources = [resource(each) for each in whole(stack, preview=preview).resources]
    assert len(resources) > 500
    assert [f for f in judge(resources, scene) if f.mandatory] == []
    subjects = {subject.name: subject for subject in map(of_resource, resources)}
    for each in EXEMPTIONS:
        subject = subjects[each.subject]
        subject.name = "the same without its exemption"
        broken = {finding.rule for finding in judge_subject(subject, scene) if finding.mandatory}
        assert broken == each.rules, each.subject
