"""The engine of the tests refuses what a deployment would trip over, and orders what it keeps."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.objects import MANAGER
from tests.engine import UNKNOWN, Graph, RefusedError, run, run_both

Make = Callable[["Holder"], object]


class Holder(pulumi.ComponentResource):
    """A component of whatever a test puts into it."""

    def __init__(
        self,
        name: str,
        make: Make = lambda _: None,
        opts: pulumi.ResourceOptions | None = None,
        ends: int = 1,
    ) -> None:
        super().__init__("slipway:test:Holder", name, None, opts)
        make(self)
        for _ in range(ends):
            self.register_outputs({})


def custom(
    parent: pulumi.Resource | None, token: str, name: str, /, *after: pulumi.Resource, **inputs: Any
) -> pulumi.CustomResource:
    opts = pulumi.ResourceOptions(parent=parent, depends_on=list(after))
    return pulumi.CustomResource(token, name, inputs, opts)


class Bucket(pulumi.CustomResource):
    """With an output that only AWS tells."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, parent: pulumi.Resource) -> None:
        opts = pulumi.ResourceOptions(parent=parent)
        super().__init__("aws:s3/bucket:Bucket", name, {"bucket": name, "arn": None}, opts)


def thing(parent: pulumi.Resource, kind: str, name: str, **more: Any) -> pulumi.CustomResource:
    metadata: dict[str, Any] = {"name": name} | more.pop("metadata", {})
    metadata["annotations"] = {**MANAGER, **metadata.get("annotations", {})}
    obj = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}
    return custom(parent, f"kubernetes:core/v1:{kind}", name, **obj)


def held(make: Make) -> Graph:
    return run(lambda: Holder("holder", make))


def test_a_name_that_is_taken_under_the_same_parent_is_refused() -> None:
    def twice(holder: Holder) -> None:
        custom(holder, "aws:sns/topic:Topic", "alarms")
        custom(holder, "aws:sns/topic:Topic", "alarms")

    with pytest.raises(RefusedError, match=r"Topic::alarms is registered twice"):
        held(twice)


def test_one_name_is_free_under_another_type_of_parent() -> None:
    def nested(holder: Holder) -> None:
        custom(holder, "aws:sns/topic:Topic", "alarms")
        custom(custom(holder, "aws:kms/key:Key", "key"), "aws:sns/topic:Topic", "alarms")

    urns = [each.urn for each in held(nested).of_type("aws:sns/topic:Topic")]
    prefix = "urn:pulumi:dev::slipway::slipway:test:Holder$"
    assert urns == [
        f"{prefix}aws:kms/key:Key$aws:sns/topic:Topic::alarms",
        f"{prefix}aws:sns/topic:Topic::alarms",
    ]


def test_a_child_without_a_component_is_refused() -> None:
    with pytest.raises(RefusedError, match="directly below the stack"):
        run(lambda: custom(None, "aws:sns/topic:Topic", "alarms"))


@pytest.mark.parametrize("ends", [0, 2])
def test_outputs_are_registered_exactly_once(ends: int) -> None:
    with pytest.raises(RefusedError, match=f"registers its outputs {ends} times"):
        run(lambda: Holder("holder", ends=ends))


def test_two_resources_of_one_kubernetes_object_are_refused() -> None:
    def twice(holder: Holder) -> None:
        thing(holder, "ConfigMap", "a", metadata={"namespace": "n"})
        about = {"name": "a", "namespace": "n", "annotations": MANAGER}
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about}
        custom(holder, "kubernetes:core/v1:ConfigMap", "other", **obj)

    with pytest.raises(RefusedError, match="both the Kubernetes object ConfigMap n a"):
        held(twice)


def test_two_roles_of_one_name_are_refused() -> None:
    def twice(holder: Holder) -> None:
        for name in ("one", "two"):
            custom(holder, "aws:iam/role:Role", name, name="slipway-dev-nodes")

    with pytest.raises(RefusedError, match="both aws:iam/role:Role slipway-dev-nodes"):
        held(twice)


def test_a_name_that_its_service_does_not_take_is_refused() -> None:
    def long(holder: Holder) -> None:
        custom(holder, "aws:lb/targetGroup:TargetGroup", "door", name="s" * 33)

    with pytest.raises(RefusedError, match="which has 33 characters"):
        held(long)


@pytest.mark.parametrize(
    ("kind", "name", "metadata"),
    [
        ("ConfigMap", "Upper", {}),
        ("ConfigMap", "a" * 254, {}),
        ("Namespace", "a.b", {}),
        ("Service", "1st", {}),
        ("ConfigMap", "a", {"namespace": "a" * 64}),
        ("ConfigMap", "a", {"labels": {"slipway.dev/team": "two words"}}),
        ("ConfigMap", "a", {"labels": {"slipway.dev/" + "a" * 64: "b"}}),
        ("ConfigMap", "a", {"annotations": {"a b": "c"}}),
    ],
)
def test_names_that_kubernetes_does_not_take_are_refused(
    kind: str, name: str, metadata: dict[str, Any]
) -> None:
    with pytest.raises(RefusedError, match=r"is named|is in the namespace|has the"):
        held(lambda holder: thing(holder, kind, name, metadata=metadata))


def test_an_object_without_a_field_manager_of_one_name_is_refused() -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    with pytest.raises(RefusedError, match="has a field manager that every run"):
        held(lambda holder: custom(holder, "kubernetes:core/v1:ConfigMap", "a", **obj))


def test_an_open_secret_is_refused() -> None:
    with pytest.raises(RefusedError, match="everybody may read"):
        held(lambda holder: thing(holder, "Secret", "token", stringData={"token": "t"}))


def test_a_closed_secret_is_kept_as_one() -> None:
    def make(holder: Holder) -> None:
        thing(holder, "Secret", "token", stringData={"token": pulumi.Output.secret("t")})

    graph = held(make)
    assert graph.object("Secret", "token").secrets == {"stringData"}


def test_what_a_program_raises_comes_out_as_it_is() -> None:
    def fails() -> None:
        raise LookupError("no such chart")

    with pytest.raises(LookupError, match="no such chart"):
        run(fails)


def test_what_only_the_cloud_tells_is_unknown_in_a_preview() -> None:
    def program() -> None:
        def make(holder: Holder) -> None:
            arn = Bucket("example", holder).arn
            thing(holder, "ConfigMap", "a", data={"arn": arn})

        Holder("holder", make)

    known, preview = run_both(program)
    data = [each.object("ConfigMap", "a").inputs["data"]["arn"] for each in (known, preview)]
    assert data == ["arn:aws:s3:::example", UNKNOWN]


def test_a_resource_within_an_apply_is_found_by_its_absence_in_a_preview() -> None:
    def make(holder: Holder) -> None:
        def late(arn: str) -> None:
            thing(holder, "ConfigMap", "late", data={"arn": arn})

        Bucket("example", holder).arn.apply(late)

    with pytest.raises(RefusedError, match="ConfigMap::late"):
        run_both(lambda: Holder("holder", make))


def test_an_output_in_an_f_string_raises() -> None:
    with pytest.raises(Exception, match="not supported"):
        held(lambda holder: pulumi.export("arn", f"{Bucket('example', holder).arn}"))


def test_order_follows_dependencies_parents_and_components() -> None:
    def program() -> None:
        first = Holder("first", lambda holder: thing(holder, "ConfigMap", "a"))
        after = pulumi.ResourceOptions(depends_on=[first])
        Holder("second", lambda holder: thing(holder, "ConfigMap", "b"), after)

    graph = run(program)
    a, b = graph.object("ConfigMap", "a"), graph.object("ConfigMap", "b")
    second = graph.one("slipway:test:Holder", "second")
    assert graph.depends_on(b, a)
    assert not graph.depends_on(a, b)
    assert second.dependencies == {a.urn}
    assert graph.children(second) == [b]
    order = graph.destroy_order()
    assert order.index(b) < order.index(second) < order.index(a)


def test_outputs_that_are_inputs_make_dependencies() -> None:
    def make(holder: Holder) -> None:
        bucket = Bucket("example", holder)
        thing(holder, "ConfigMap", "a", data={"arn": bucket.arn})

    graph = held(make)
    bucket = graph.one("aws:s3/bucket:Bucket")
    assert graph.object("ConfigMap", "a").dependencies == {bucket.urn}


def test_what_is_made_without_a_provider_of_its_own_is_told() -> None:
    def program() -> None:
        provider = pulumi.ProviderResource("aws", "aws", {})
        explicit = pulumi.ResourceOptions(providers=[provider])
        Holder("ours", lambda holder: custom(holder, "aws:kms/key:Key", "a"), explicit)
        Holder("ambient", lambda holder: custom(holder, "aws:kms/key:Key", "b"))

    graph = run(program)
    assert [each.name for each in graph.without_provider()] == ["b"]
    assert graph.depends_on(graph.one("aws:kms/key:Key", "a"), graph.one("pulumi:providers:aws"))


def test_other_stacks_answer_with_what_they_export() -> None:
    def program() -> None:
        other = pulumi.StackReference("organization/slipway/prod")
        pulumi.export("name", other.require_output("clusterName"))

    stacks = {"organization/slipway/prod": {"clusterName": "slipway-prod"}}
    assert run(program, stacks=stacks).exports == {"name": "slipway-prod"}
    with pytest.raises(RefusedError, match="there is no stack organization/slipway/dev"):
        run(lambda: pulumi.StackReference("organization/slipway/dev"))


def test_warnings_and_configuration_pass_through() -> None:
    def program() -> None:
        pulumi.log.warn(f"{pulumi.get_stack()} {pulumi.Config('slipway').require('team')}")

    assert run(program, stack="prod", config={"team": "risk"}).warnings == ("prod risk",)
