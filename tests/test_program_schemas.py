"""Every Kubernetes object of the whole programs is what the API servers accept, strictly."""

from collections.abc import Mapping

import pytest

from infra.parts.namespaces import NAMESPACES
from tests.checkers import kubeconform, pod_security
from tests.engine import UNKNOWN, Recorded
from tests.whole import STACKS, whole

pytestmark = pytest.mark.checkers

WITHOUT_SCHEMA: Mapping[tuple[str, str], str] = {
    (
        "elbv2.k8s.aws/v1beta1",
        "TargetGroupBinding",
    ): "its CRD is in a chart alone, and what schemas are made from are Go modules",
}
"""Kinds that the schemas lack, and why."""


MAKERS = {"DaemonSet", "Deployment", "Job", "StatefulSet"}


def objects(stack: str) -> list[Recorded]:
    return [r for r in whole(stack).resources if r.is_object]


def kind(each: Recorded) -> tuple[str, str]:
    return each.inputs["apiVersion"], each.inputs["kind"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_object_passes_the_strict_schema_of_its_kind(stack: str) -> None:
    found = [dict(each.inputs) for each in objects(stack) if kind(each) not in WITHOUT_SCHEMA]
    assert len(found) > 300
    assert kubeconform(found) == []


@pytest.mark.parametrize("stack", STACKS)
def test_only_what_no_schema_knows_is_left_out(stack: str) -> None:
    kinds = {kind(each) for each in objects(stack)}
    assert set(WITHOUT_SCHEMA) <= kinds
    for each in objects(stack):
        if kind(each) in WITHOUT_SCHEMA:
            assert "could not find schema" in kubeconform([dict(each.inputs)])[0]


def test_pods_of_the_platform_are_as_restricted_as_their_namespace_says() -> None:
    levels = {each.name: each.level for each in NAMESPACES}
    strict = ("restricted", "baseline", "privileged")
    makers = [r for r in objects("prod") if r.inputs["kind"] in MAKERS]
    pods = [{**r.inputs["spec"]["template"], "apiVersion": "v1", "kind": "Pod"} for r in makers]
    assert pods
    for maker, verdict in zip(makers, pod_security(pods), strict=True):
        level = levels[maker.object_id[2]]
        assert strict.index(verdict.level) <= strict.index(level), (maker, verdict)


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_preview_does_not_know_of_an_object_is_what_aws_will_tell(stack: str) -> None:
    unknown = {
        each.inputs["kind"]
        for each in whole(stack, preview=True).resources
        if each.is_object and repr(UNKNOWN) in repr(each.inputs)
    }
    assert unknown <= {"EnvoyProxy", "ExternalSecret", "SecurityPolicy", "TargetGroupBinding"}
