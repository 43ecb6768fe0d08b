"""Names at their limits: what upstream derives from them decides, in each mode."""

from typing import Any

import pytest

from catalog.names import LABEL_LIMIT, derived_names
from tests.fleets import DEV, build_fleet, environment, fleet_files, read_fleet, sklearn

STANDARD = sklearn(serving="standard")
AWAKE = {
    "model": "hf://example/model@9f2c1ab4",
    "framework": "vllm",
    "llm": {"parameters": "1.5B"},
    "scaling": {"min": 1},
    "tier": "staging",
}
GRAPH = {"tier": "staging", "graph": {"type": "ensemble", "steps": [{"deployment": "a"}]}}

LONGEST = {
    "knative": (sklearn(), LABEL_LIMIT - len("-predictor-00001-private")),
    "standard": (STANDARD, LABEL_LIMIT - len("isvc.-predictor")),
    "explainer": (
        sklearn(explainer={"image": "registry.example.com/ml/part@sha256:" + "5" * 64}),
        LABEL_LIMIT - len("isvc.-predictor"),
    ),
    "llm": (AWAKE, LABEL_LIMIT - len("-kserve-workload-svc")),
    "graph": (GRAPH, LABEL_LIMIT - len("-00001-private")),
}


def codes(name: str, entry: dict[str, Any]) -> list[str]:
    """What is wrong with a deployment of this name."""
    fleet = build_fleet({name: entry, "a": sklearn()}, DEV)
    return [problem.code for problem in fleet.problems]


@pytest.mark.parametrize("mode", LONGEST)
def test_a_name_may_be_as_long_as_its_longest_derivative_allows(mode: str) -> None:
    entry, longest = LONGEST[mode]
    assert codes("n" * longest, entry) == []
    assert codes("n" * (longest + 1), entry) == ["SLW301"]


def test_a_refusal_shows_the_arithmetic() -> None:
    fleet = build_fleet({"n" * 40: sklearn()}, DEV)
    (problem,) = fleet.problems
    assert problem.message == "the name has 40 characters, 1 too many for what is made from it"
    assert "39 characters" in problem.remedy
    assert any(line.endswith("40 + 24 = 64 characters, of at most 63") for line in problem.detail)


def test_a_host_is_as_long_as_dns_allows() -> None:
    domain = ".".join(["d" * 63, "d" * 63, "d" * 60, "example"])
    fleet = build_fleet({"fraud": sklearn()}, environment("dev", domain=domain))
    host = f"fraud.risk-scoring.models.{domain}"
    assert (len(host) > 253) == bool(fleet.problems)


@pytest.mark.parametrize("ending", ["-predictor", "-transformer", "-explainer", "-canary"])
def test_a_name_that_upstream_could_derive_from_another_is_refused(ending: str) -> None:
    assert codes(f"fraud{ending}", sklearn()) == ["SLW302"]


@pytest.mark.parametrize(
    ("team", "project", "code"),
    [
        ("kube", "system", "SLW303"),
        ("istio", "system", "SLW303"),
        ("knative", "eventing", "SLW303"),
        ("cert", "manager", "SLW303"),
        ("t" * 31, "p" * 31, None),
        ("t" * 32, "p" * 31, "SLW301"),
        ("kubernetes", "models", None),
    ],
)
def test_a_namespace_is_neither_too_long_nor_the_platforms(
    team: str, project: str, code: str | None
) -> None:
    files = {
        path.replace("/risk/", f"/{team}/").replace("/scoring.", f"/{project}."): content
        for path, content in fleet_files({"a": sklearn()}).items()
    }
    found = [problem.code for problem in read_fleet(files).build(DEV).problems]
    assert found == ([] if code is None else [code])


def test_two_projects_never_share_a_namespace() -> None:
    files = fleet_files({"a": sklearn()})
    for team, project in (("a", "b-c"), ("a-b", "c")):
        for path, content in fleet_files({"m": sklearn()}).items():
            if path != "models/platform.yaml":
                renamed = path.replace("/risk/", f"/{team}/").replace("/scoring.", f"/{project}.")
                files[renamed] = content
    (problem,) = read_fleet(files).build(DEV).problems
    assert problem.code == "SLW304"
    assert {"models/a/b-c.yaml", "models/a-b/c.yaml"} == {
        problem.place.file,
        next(word for word in problem.message.split() if word.startswith("models/")),
    }


def test_every_kind_of_derived_name_is_told_apart() -> None:
    found = derived_names(
        "fraud", "risk", "models.example.com", serving="standard", kind="model", explainer=True
    )
    texts = [derived.text for derived in found]
    assert len(texts) == len(set(texts))
    assert "fraud-explainer" in texts
