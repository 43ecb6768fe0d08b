"""From what is written to what is meant: tiers, defaults, overrides, and choices that are made."""

from typing import Any

import pytest

from catalog.endpoint import Endpoint, Scaling
from catalog.resolve import hosted_tier, tiers_of
from tests.fleets import (
    DEV,
    IMAGE,
    LOCAL,
    PROD,
    build_fleet,
    build_one,
    draft_one,
    environment,
    fleet_files,
    read_fleet,
    sklearn,
)

SECOND = 1_000
GI = 2**30


def resolved(entry: dict[str, Any], env: Any = DEV, **settings: Any) -> Endpoint:
    """The endpoint of an entry without a problem."""
    one = build_one(entry, env, **settings)
    assert one.problems == ()
    return one.endpoint


def vllm(**options: Any) -> dict[str, Any]:
    """A large language model of 7B, and any option over it."""
    entry = {"model": "hf://example/model@9f2c1ab4", "framework": "vllm", "tier": "staging"}
    return {**entry, "llm": {"parameters": "7B"}, **options}


@pytest.mark.parametrize(
    ("tier", "env", "scaling", "cpu", "memory", "timeout", "capacity"),
    [
        ("dev", DEV, (0, 1), 500, GI, 120, "spot"),
        ("staging", DEV, (0, 2), 500, GI, 120, "spot"),
        ("production", PROD, (2, 4), 1_000, 2 * GI, 60, "on-demand"),
    ],
)
def test_five_lines_mean_what_their_tier_means(
    tier: str,
    env: Any,
    scaling: tuple[int, int],
    cpu: int,
    memory: int,
    timeout: int,
    capacity: str,
) -> None:
    e = resolved(sklearn(tier=tier), env)
    assert (e.scaling.min, e.scaling.max) == scaling
    assert (e.resources.cpu, e.resources.memory, e.resources.gpus) == (cpu, memory, 0)
    assert (e.timeout, e.capacity) == (timeout * SECOND, capacity)
    assert (e.serving, e.protocol, e.kind, e.runtime) == (
        "knative", "rest", "model", "slipway-sklearn",
    )  # fmt: skip
    assert (e.scaling.metric, e.scaling.target, e.requests_per_minute) == ("concurrency", 10, 100)
    assert (e.teams, e.clients, e.owner) == (("risk",), (), "risk-ml")
    assert e.host == f"fraud.risk-scoring.models.{env.domain}"


def test_the_nearest_layer_that_says_something_wins() -> None:
    platform = {"tiers": {"staging": {"timeout": "45s", "limits": {"requests": 7}}}}
    entry = sklearn(
        tier={"staging": {"limits": {"requests": 9}}}, limits={"requests": 8}, env={"A": "1"}
    )
    e = resolved(entry, platform=platform)
    assert (e.timeout, e.requests_per_minute) == (45 * SECOND, 9)
    del entry["tier"]["staging"]["limits"]
    assert resolved(entry, platform=platform).requests_per_minute == 8
    del entry["limits"]
    assert resolved(entry, platform=platform).requests_per_minute == 7


def test_maps_are_settled_key_by_key_and_everything_else_whole() -> None:
    entry = sklearn(
        env={"A": "1", "B": "1"},
        labels={"use": "fraud"},
        examples=[{"request": {"n": 1}}, {"request": {"n": 2}}],
        tier={"staging": {"env": {"B": "2"}, "examples": [{"request": {"n": 3}}]}},
    )
    e = resolved(entry, labels={"area": "risk", "use": "none"})
    assert e.env == {"A": "1", "B": "2"}
    assert e.labels == {"area": "risk", "use": "fraud"}
    assert [example.request for example in e.examples] == [{"n": 3}]


def test_promotion_adds_production_and_leaves_staging_as_it_is() -> None:
    before = build_one(sklearn())
    promoted = sklearn(tier={"staging": None, "production": {"scaling": {"max": 9}}})
    after = build_one(promoted)
    assert [o for o in after.objects if o["kind"] != "Namespace"] == [
        o for o in before.objects if o["kind"] != "Namespace"
    ]
    assert resolved(promoted, PROD).scaling.max == 9


def test_a_stack_hosts_its_own_tiers_and_local_the_one_nearest_to_production() -> None:
    fleet = read_fleet(fleet_files({"fraud": sklearn(tier=["dev", "production"])}))
    (deployment,) = fleet.projects[0].loaded.value.deployments.values()
    assert tiers_of(deployment) == ("dev", "production")
    assert hosted_tier(deployment, DEV) == ("dev",)
    assert hosted_tier(deployment, PROD) == ("production",)
    assert hosted_tier(deployment, LOCAL) == ("production",)
    assert len(fleet.build(LOCAL).tenants) == 1


def test_a_stack_that_hosts_none_of_a_projects_tiers_builds_nothing_of_it() -> None:
    fleet = read_fleet(fleet_files({"fraud": sklearn(tier="dev")}))
    assert fleet.build(PROD).tenants == ()


def test_two_tiers_on_one_stack_are_an_error() -> None:
    assert build_one(sklearn(tier={"dev": None, "staging": None})).codes == ["SLW521"]


@pytest.mark.parametrize(
    "options",
    [
        {"protocol": "both"},
        {"explainer": {"image": IMAGE}},
        {"scaling": {"metric": "cpu"}},
        {"scaling": {"metric": "memory"}},
        {
            "scaling": {
                "max": 3,
                "schedule": [{"start": "0 8 * * *", "end": "0 9 * * *", "replicas": 3}],
            }
        },
    ],
    ids=["both protocols", "explainer", "cpu", "memory", "schedule"],
)
def test_what_needs_standard_serving_gets_it(options: dict[str, Any]) -> None:
    e = resolved(sklearn(**options))
    assert (e.serving, e.scaling.min) == ("standard", 1)


def test_standard_serving_scales_by_cpu_and_keeps_one_replica() -> None:
    scaling = resolved(sklearn(serving="standard")).scaling
    assert scaling == Scaling(min=1, max=2, metric="cpu", target=70, window=None)


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [({"min": 3}, 3, 4), ({"min": 5}, 5, 5), ({"max": 1}, 1, 1), ({"max": 9}, 2, 9)],
)
def test_a_number_alone_moves_the_default_of_the_other(
    written: dict[str, int], least: int, most: int
) -> None:
    scaling = resolved(sklearn(tier="production", scaling=written), PROD).scaling
    assert (scaling.min, scaling.max) == (least, most)


@pytest.mark.parametrize(
    ("metric", "target", "serving"),
    [("concurrency", 10, "knative"), ("rps", 50, "knative"), ("cpu", 70, "standard"),
     ("memory", 70, "standard"), ("rps", 50, "standard")],
)  # fmt: skip
def test_each_metric_has_a_target(metric: str, target: int, serving: str) -> None:
    entry = sklearn(serving=serving, scaling={"metric": metric})
    assert resolved(entry).scaling.target == target


def test_a_server_that_needs_more_than_the_tier_gives_gets_it_unless_written() -> None:
    entry = sklearn(framework="huggingface", model="./artifacts/huggingface")
    e = resolved(entry)
    assert (e.resources.cpu, e.resources.memory) == (1_000, 4 * GI)
    e = resolved({**entry, "resources": {"memory": "3Gi"}})
    assert (e.resources.cpu, e.resources.memory) == (1_000, 3 * GI)


def test_a_language_model_gets_the_fewest_and_cheapest_gpus_that_hold_it() -> None:
    there = environment("dev", region="us-east-1")
    small = resolved(vllm(llm={"parameters": "1.5B", "concurrency": 1}), there)
    assert (small.resources.gpus, small.resources.accelerator) == (1, "l4")
    large = resolved(vllm(llm={"parameters": "70B", "context": 4096, "concurrency": 4}))
    assert large.resources.gpus > 1
    assert large.placement is not None
    assert large.placement.pool.accelerator == large.resources.accelerator


def test_without_a_named_accelerator_none_is_chosen_that_lacks_the_number_format() -> None:
    facts = {"parameters": "0.5B", "context": 256, "concurrency": 1}
    assert resolved(vllm(llm=facts)).resources.accelerator != "t4"
    half = {**facts, "dtype": "float16"}
    assert resolved(vllm(llm=half)).resources.accelerator == "t4"


def test_a_language_model_that_never_sleeps_is_an_llm_service() -> None:
    assert resolved(vllm()).kind == "model"
    assert resolved(vllm(scaling={"min": 1})).kind == "llm"
    assert resolved(vllm(scaling={"min": 1}, serving="knative")).kind == "model"
    assert resolved(vllm(tier="production"), PROD).kind == "llm"


def test_a_language_model_scales_by_the_requests_that_it_has_room_for() -> None:
    facts = {"parameters": "1.5B", "concurrency": 6}
    scaling = resolved(vllm(llm=facts, scaling={"min": 1})).scaling
    assert (scaling.metric, scaling.target) == ("concurrency", 6)


def test_an_artifact_is_addressed_by_what_is_in_it() -> None:
    first = resolved(sklearn()).model
    assert first is not None
    assert first.digest is not None
    assert first.uri == f"s3://{DEV.bucket}/risk-scoring/fraud/{first.digest}"
    assert (first.size, first.is_artifact) == (len(b"sklearn"), True)
    files = fleet_files({"fraud": sklearn()})
    files["models/risk/artifacts/sklearn/model.joblib"] = b"sklearn, trained again"
    again = read_fleet(files).build(DEV).tenants[0].tenant.endpoints[0].model
    assert again is not None
    assert again.digest != first.digest


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ("hf://org/name@abc123", "hf://org/name:abc123"),
        ("mlflow://churn/3", "mlflow://churn/3"),
        ("pvc://claim/a/b", "pvc://claim/a/b"),
        (f"s3://{DEV.bucket}/risk-scoring/x/", f"s3://{DEV.bucket}/risk-scoring/x"),
        (f"oci://{IMAGE}", f"oci+native://{IMAGE}"),
    ],
)
def test_an_address_is_handed_on_as_kserve_reads_it(source: str, uri: str) -> None:
    model = resolved(sklearn(model=source)).model
    assert model is not None
    assert (model.source, model.uri, model.digest) == (source, uri, None)


def test_a_cold_start_grows_with_the_model_and_the_node() -> None:
    small = resolved(sklearn())
    large = resolved(vllm())
    assert small.cold_start < large.cold_start


def test_quotas_and_tiers_of_one_stack_say_nothing_of_another() -> None:
    entry = sklearn(tier={"staging": {"timeout": "30s"}, "production": {"timeout": "40s"}})
    assert resolved(entry).timeout == 30 * SECOND
    assert resolved(entry, PROD).timeout == 40 * SECOND


def test_a_caller_may_be_of_another_team_or_a_client_by_name() -> None:
    files = fleet_files({"fraud": sklearn(access={"teams": ["checkout"], "clients": ["b", "a"]})})
    files["models/checkout/team.yaml"] = files["models/risk/team.yaml"]
    fleet = read_fleet(files).build(DEV)
    assert fleet.problems == ()
    e = fleet.tenants[0].tenant.endpoints[0]
    assert (e.teams, e.clients) == (("checkout", "risk"), ("a", "b"))


def test_a_draft_keeps_the_line_of_every_problem_to_come() -> None:
    draft = draft_one(sklearn(scaling={"max": 3}))
    assert str(draft.layers.place("scaling", "max")).endswith(":8:12")
    assert str(draft.layers.place("slo")).endswith(":3:3")


def test_a_graph_is_served_by_knative_whatever_the_tier_prefers() -> None:
    platform = {"tiers": {"staging": {"serving": "standard"}}}
    graph = {"type": "sequence", "steps": [{"deployment": "other"}]}
    entry = {"tier": "staging", "graph": graph}
    e = resolved(entry, others={"other": sklearn()}, platform=platform)
    assert (e.kind, e.serving, e.framework) == ("graph", "knative", "graph")


def test_an_unknown_region_still_places_and_prices() -> None:
    fleet = build_fleet({"fraud": sklearn()}, environment("dev", region="ap-south-2"))
    assert fleet.problems == ()
    assert fleet.tenants[0].tenant.endpoints[0].placement is not None
