"""Quotas: what is counted, at which level, and that neither too much nor too little is refused."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from catalog.node_pools import GPU_RESOURCE
from catalog.quantity import parse_bytes, parse_cpu
from tests.fleets import (
    DEV,
    IMAGE,
    PROD,
    BuiltFleet,
    Files,
    artifact_files,
    build_one,
    platform_yaml,
    project_yaml,
    read_fleet,
    sklearn,
    team_yaml,
)
from tests.reading import needed_by

GI = 2**30
QUEUE_CPU, QUEUE_MEMORY = 25, 64 * 2**20
TEAMS = ("a", "b")

amounts = st.fixed_dictionaries(
    {},
    optional={
        "cpu": st.sampled_from(["0", "2", "5", "9", "20"]),
        "memory": st.sampled_from(["0Gi", "4Gi", "9Gi", "30Gi"]),
        "accelerators": st.dictionaries(st.sampled_from(["l4", "t4"]), st.integers(0, 6)),
    },
)


@st.composite
def quotas(draw: DrawFn) -> dict[str, Any]:
    """A quota, maybe with other amounts on the stack that is built or on another."""
    stacks = draw(st.dictionaries(st.sampled_from(["dev", "prod"]), amounts, max_size=2))
    return {**draw(amounts), **({"stacks": stacks} if stacks else {})}


@st.composite
def held_fleets(draw: DrawFn) -> tuple[Files, dict[str, dict[str, Any]]]:
    """Two teams with quotas at every level, and the quotas by level."""
    levels: dict[str, dict[str, Any]] = {"platform": draw(quotas())}
    files: Files = {"models/platform.yaml": platform_yaml(quota=levels["platform"])}
    for team in TEAMS:
        levels[team] = draw(quotas())
        files[f"models/{team}/team.yaml"] = team_yaml(quota=levels[team])
        files |= artifact_files(team)
        for project in draw(st.sampled_from([["x"], ["x", "y"]])):
            entry = sklearn(
                resources={"cpu": draw(st.sampled_from(["500m", "1"])), "memory": "1Gi"},
                scaling={"max": draw(st.integers(1, 4))},
            )
            if draw(st.booleans()):
                entry |= {"framework": "onnx", "model": "./artifacts/onnx"}
                entry["resources"] |= {"gpu": 1, "accelerator": draw(st.sampled_from(["l4", "t4"]))}
            own: dict[str, Any] = {}
            if draw(st.booleans()):
                own["quota"] = levels[f"{team}/{project}"] = draw(quotas())
            files[f"models/{team}/{project}.yaml"] = project_yaml({"m": entry}, **own)
    return files, levels


def _allowed(quota: Mapping[str, Any] | None) -> dict[str, int]:
    """Every amount that a quota bounds on the stack `dev`; GPUs it does not name are 0 of it."""
    if quota is None:
        return {}
    said = {**quota, **quota.get("stacks", {}).get("dev", {})}
    found: dict[str, int] = {}
    if "cpu" in said:
        found["cpu"] = parse_cpu(said["cpu"])
    if "memory" in said:
        found["memory"] = parse_bytes(said["memory"])
    if "accelerators" in said:
        found |= {"l4": 0, "t4": 0, **said["accelerators"]}
    return found


def _expected(fleet: BuiltFleet, levels: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Code and resource of every level that is overrun, added up from the objects."""
    found: set[tuple[str, str]] = set()
    of_teams: dict[str, Counter[str]] = {team: Counter() for team in TEAMS}
    for one in fleet.tenants:
        endpoint = one.tenant.endpoints[0]
        taken = needed_by(one.objects)
        needs = {"cpu": taken["requests.cpu"], "memory": taken["requests.memory"]}
        needs[endpoint.resources.accelerator or "l4"] = taken[f"requests.{GPU_RESOURCE}"]
        own = _allowed(levels.get(f"{one.tenant.team}/{one.tenant.project}"))
        found |= {("SLW601", r) for r, n in needs.items() if n > own.get(r, n)}
        of_teams[one.tenant.team].update({**needs, **own})
    for team, taken in of_teams.items():
        bound = _allowed(levels[team])
        found |= {("SLW602", r) for r, n in taken.items() if n > bound.get(r, n)}
    platform = _allowed(levels["platform"])
    whole: Counter[str] = of_teams["a"] + of_teams["b"]
    found |= {("SLW603", r) for r, n in whole.items() if n > platform.get(r, n)}
    promised = Counter(_allowed(levels["a"])) + Counter(_allowed(levels["b"]))
    return found | {("SLW604", r) for r, n in promised.items() if n > platform.get(r, n)}


@settings(max_examples=120)
@given(held_fleets())
def test_a_quota_is_refused_just_when_the_sum_passes_it(
    drawn: tuple[Files, dict[str, dict[str, Any]]],
) -> None:
    files, levels = drawn
    fleet = read_fleet(files).build(DEV)
    assert not [p for one in fleet.tenants for p in one.problems]
    found = {(p.code, p.subject.split()[0].removeprefix("quota.")) for p in fleet.problems}
    assert found == _expected(fleet, levels)


@pytest.mark.parametrize(
    ("options", "env", "replicas"),
    [
        ({"scaling": {"min": 0, "max": 4}}, DEV, 4 + 1),
        ({"scaling": {"min": 3, "max": 4}}, DEV, 4 + 3),
        ({"tier": "production"}, PROD, 4 + 2),
        ({"serving": "standard", "scaling": {"min": 1, "max": 4}}, DEV, 4 + 1),
        ({"serving": "standard", "scaling": {"min": 1, "max": 5}}, DEV, 5 + 2),
    ],
    ids=["asleep", "awake", "by tier", "a quarter of four", "a quarter of five"],
)
def test_most_replicas_and_those_of_a_rollout_are_counted(
    options: dict[str, Any], env: Any, replicas: int
) -> None:
    one = build_one(sklearn(resources={"cpu": "1", "memory": "2Gi"}, **options), env)
    queue = options.get("serving") != "standard"
    needs = one.built.summary.needs
    assert needs.cpu == replicas * (1_000 + QUEUE_CPU * queue)
    assert needs.memory == replicas * (2 * GI + QUEUE_MEMORY * queue)


def test_what_runs_beside_the_model_is_counted() -> None:
    alone = build_one(sklearn(scaling={"max": 1}))
    both = build_one(
        sklearn(
            scaling={"max": 1},
            transformer={"image": IMAGE, "cpu": "300m", "memory": "256Mi"},
            logging={"payload": "all"},
        )
    )
    agent_cpu, agent_memory = 100, 100 * 2**20
    apart = both.built.summary.needs.cpu - alone.built.summary.needs.cpu
    assert apart == 2 * (300 + agent_cpu)
    apart = both.built.summary.needs.memory - alone.built.summary.needs.memory
    assert apart == 2 * (256 * 2**20 + agent_memory)


def test_an_explainer_is_counted_with_a_rollout_of_its_own() -> None:
    one = build_one(
        sklearn(
            scaling={"max": 1}, explainer={"image": IMAGE, "cpu": "1", "memory": "1Gi", "max": 3}
        )
    )
    assert one.built.summary.needs.cpu == 2 * 500 + (3 + 1) * 1_000


def test_a_namespace_without_a_quota_of_its_own_is_held_to_what_it_needs() -> None:
    one = build_one(sklearn(scaling={"max": 1}))
    hard = one.get("ResourceQuota")["spec"]["hard"]
    assert hard["requests.cpu"] == "1050m"
    assert parse_bytes(hard["requests.memory"]) == 2 * (GI + QUEUE_MEMORY)
    assert hard[f"requests.{GPU_RESOURCE}"] == "0"


def test_a_quota_of_its_own_is_what_the_namespace_is_held_to() -> None:
    one = build_one(sklearn(), quota={"cpu": "8", "stacks": {"dev": {"memory": "40Gi"}}})
    hard = one.get("ResourceQuota")["spec"]["hard"]
    assert (hard["requests.cpu"], hard["requests.memory"]) == ("8", "40Gi")


def test_a_refusal_shows_the_sum_line_by_line_and_who_has_room() -> None:
    files: Files = {
        "models/platform.yaml": platform_yaml(quota={"cpu": "100"}),
        "models/rich/team.yaml": team_yaml(quota={"cpu": "50"}),
        "models/poor/team.yaml": team_yaml(quota={"cpu": "2"}),
        "models/poor/x.yaml": project_yaml({"m": sklearn(), "n": sklearn(scaling={"max": 1})}),
        **artifact_files("poor"),
    }
    (problem,) = read_fleet(files).build(DEV).problems
    assert problem.code == "SLW602"
    assert str(problem.place).startswith("models/poor/team.yaml:")
    assert problem.message == "team poor needs 2.625 CPU, and its quota has 2: 0.625 too much"
    assert "team rich has 50 CPU to spare" in problem.remedy
    first, second, together = problem.detail
    assert "1.575  m (models/poor/x.yaml:3:3): 2 replicas + 1 in a rollout" in first
    assert "1.05  n (models/poor/x.yaml:7:3): 1 replica + 1 in a rollout" in second
    assert together.split() == ["2.625", "together"]
