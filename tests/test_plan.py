"""The plan is a function of two sets of files, however it is come by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from catalog import work
from catalog.memory import MemoryTree
from catalog.plan import (
    Action,
    Effect,
    Plan,
    QuotaLine,
    change_from_text,
    change_to_text,
    make_plan,
)
from catalog.side import NoSide, Side
from catalog.summary import Bill, from_line, to_line
from catalog.survey import Survey, survey
from cli.cache import Cache
from cli.formats.plan_json import plan_json
from cli.formats.plan_markdown import LONGEST, MARKER, errors_markdown, plan_markdown
from cli.formats.plan_table import plan_lines, summary
from cli.formats.problems import as_github, as_sarif, as_text
from cli.output import plain
from tests.fleets import artifact_files, build_one, platform_yaml, project_yaml, sklearn, team_yaml

Files = Mapping[str, str | bytes]

STACK = """\
config:
  slipway:environment:
    tiers: [{tiers}]
    domain: {name}.example.com
    region: eu-west-1
    bucket: example-{name}-models
    identity:
      issuer: https://login.example.com/
      jwks: https://login.example.com/keys
"""
HF = "hf://acme/model@" + "0" * 40


def remote(**options: Any) -> dict[str, Any]:
    return sklearn(model=HF, **options)


def fleet(**projects: Mapping[str, Any]) -> dict[str, str | bytes]:
    """Projects `<team>_<project>` with their deployments, on the stacks dev and prod."""
    files: dict[str, str | bytes] = {
        "Pulumi.dev.yaml": STACK.format(name="dev", tiers="dev, staging"),
        "Pulumi.prod.yaml": STACK.format(name="prod", tiers="production"),
        "models/platform.yaml": platform_yaml(quota={"cpu": "100", "accelerators": {"l4": 8}}),
    }
    for name, deployments in projects.items():
        team, project = name.split("_")
        quota = {"cpu": "20", "accelerators": {"l4": 4}}
        files[f"models/{team}/team.yaml"] = team_yaml(quota=quota)
        files[f"models/{team}/{project}.yaml"] = project_yaml(deployments)
    return files


def side(files: Files, cache: Cache) -> Side:
    raw = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return Side(MemoryTree(raw), cache)


def surveyed(base: Files | None, head: Files, cache: Cache | None = None) -> Survey:
    cache = cache or Cache()
    before = NoSide(cache) if base is None else side(base, cache)
    return survey(side(head, cache), before, cache)


def planned(base: Files | None, head: Files, cache: Cache | None = None) -> Plan:
    found = surveyed(base, head, cache)
    assert found.problems == ()
    return make_plan("main (abc1234)", found.base, found.head, found.changes)


def effects(plan: Plan) -> list[tuple[str, str, str]]:
    return [
        (stack.stack, change.name, change.effect)
        for stack in plan.stacks
        for project in stack.projects
        for change in project.endpoints
    ]


ONE = fleet(risk_cards={"fraud": remote(), "score": remote(tier="production")})
TWO = fleet(
    risk_cards={
        "fraud": remote(scaling={"max": 3}),
        "ranker": remote(framework="onnx", resources={"gpu": 1, "accelerator": "l4"}),
    },
    search_rank={"click": remote()},
)


def test_nothing_changes_between_a_fleet_and_itself() -> None:
    plan = planned(ONE, dict(ONE))
    assert plan.is_empty
    assert plan.before == plan.after
    assert summary(plan).startswith("No changes since main (abc1234) · GPUs 0 at most · $")


def test_endpoints_are_added_changed_and_removed_each_on_its_stack() -> None:
    plan = planned(ONE, TWO)
    assert effects(plan) == [
        ("dev", "fraud", Effect.SCALING),
        ("dev", "ranker", Effect.ADDED),
        ("dev", "click", Effect.ADDED),
        ("prod", "score", Effect.DESTROYED),
    ]
    assert [plan.count(action) for action in Action] == [2, 1, 1]
    assert summary(plan).startswith(
        "Plan since main (abc1234): 2 to add, 1 to change, 1 to remove · GPUs 0 → 2 at most · $"
    )


def test_everything_is_added_to_an_empty_fleet() -> None:
    plan = planned(None, TWO)
    assert {effect for _, _, effect in effects(plan)} == {Effect.ADDED}
    assert plan.before == Bill()


def test_the_bill_and_the_quotas_move_with_the_plan() -> None:
    plan = planned(ONE, TWO)
    dev = plan.stacks[0]
    gpus = next(q for q in dev.quotas if (q.name, q.resource) == ("risk", "l4"))
    # Two replicas at most, and one more in a rollout.
    assert gpus == QuotaLine(
        level="team", name="risk", resource="l4",
        used_before=0, used_after=3, allowed_before=4, allowed_after=4,
    )  # fmt: skip
    assert gpus.changed
    assert dev.after.gpus_at_most == 2
    assert plan.after.cents_at_most - plan.before.cents_at_most == sum(
        s.after.cents_at_most - s.before.cents_at_most for s in plan.stacks
    )


def test_a_quota_that_is_overrun_is_told_with_its_sum() -> None:
    crowded = fleet(
        risk_cards={
            "a": remote(framework="onnx", resources={"gpu": 1, "accelerator": "l4"}),
            "b": remote(framework="onnx", resources={"gpu": 1, "accelerator": "l4"}),
        }
    )
    found = surveyed(None, crowded)
    assert [p.code for p in found.problems] == ["SLW602"]
    assert len(found.problems[0].detail) == 3


@pytest.mark.parametrize("path", [None, "plans"])
def test_a_plan_from_the_cache_is_the_plan_without_one(tmp_path: Path, path: str | None) -> None:
    anew = plan_json(planned(ONE, TWO))
    file = tmp_path / path if path else None
    for _ in range(2):
        cache = Cache(file)
        assert plan_json(planned(ONE, TWO, cache)) == anew
        cache.save()
        assert plan_json(planned(TWO, dict(TWO), cache)) == plan_json(planned(TWO, dict(TWO)))


def test_what_did_not_change_is_not_resolved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache()
    planned(ONE, TWO, cache)
    resolved: list[tuple[str, str]] = []
    resolve = work.resolve

    def watched(at: tuple[str, str], head: Side, base: Side | None) -> work.Answer:
        resolved.append(at)
        return resolve(at, head, base)

    monkeypatch.setattr(work, "resolve", watched)
    planned(ONE, TWO, cache)
    assert resolved == []
    edited = {**TWO, "models/search/rank.yaml": project_yaml({"click": remote(tier="dev")})}
    planned(TWO, edited, cache)
    assert resolved == [("search", "rank")]


def test_what_an_entry_depends_on_is_part_of_its_key() -> None:
    """Each of these edits leaves the project file as it is, and must not be missed."""
    cache = Cache()
    local = {**fleet(risk_cards={"fraud": sklearn()}), **artifact_files("risk")}
    surveyed(local, dict(local), cache)
    edits: dict[str, str | bytes] = {
        "Pulumi.dev.yaml": str(local["Pulumi.dev.yaml"]).replace("eu-west-1", "us-east-1"),
        "models/platform.yaml": platform_yaml(tiers={"staging": {"timeout": "10s"}}),
        "models/risk/team.yaml": team_yaml(cost_center="cc-2"),
        "models/risk/artifacts/sklearn/model.joblib": b"another model",
    }
    for path, text in edits.items():
        changed = dict(local)
        changed[path] = text
        found = surveyed(local, changed, cache)
        assert found.problems == (), path
        told = [change for change in found.changes if not change.is_empty]
        # Another region has other prices, and the same objects.
        assert told or found.head["dev"].bill != found.base["dev"].bill, path
    # A deployment that names a team is wrong once the team is gone.
    named = fleet(risk_cards={"fraud": remote(access={"teams": ["search"]})}, search_rank={})
    del named["models/search/rank.yaml"]
    assert surveyed(None, named, cache).problems == ()
    del named["models/search/team.yaml"]
    assert [p.code for p in surveyed(None, named, cache).problems] == ["SLW523"]


def test_a_wrong_entry_is_told_every_time_and_never_kept() -> None:
    cache = Cache()
    wrong = fleet(risk_cards={"fraud": remote(scaling={"min": 5, "max": 2})})
    first = surveyed(ONE, wrong, cache)
    assert [p.code for p in first.problems] == ["SLW505"]
    assert surveyed(ONE, wrong, cache).problems == first.problems


@pytest.mark.parametrize(
    "wrong", ["deployments: 7\n", project_yaml({"click": remote(scaling={"min": 5, "max": 2})})]
)
def test_a_base_that_is_wrong_does_not_hide_what_is_right(wrong: str) -> None:
    found = surveyed({**TWO, "models/search/rank.yaml": wrong}, TWO)
    assert found.problems == ()
    assert {p.place.file for p in found.base_problems} == {"models/search/rank.yaml"}
    plan = make_plan("main", found.base, found.head, found.changes)
    assert effects(plan) == [("dev", "click", Effect.ADDED)]


def test_a_project_takes_from_its_team_what_it_reserves() -> None:
    files = fleet(risk_cards={"fraud": remote()}, risk_loans={"limit": remote()})
    files["models/risk/cards.yaml"] = project_yaml({"fraud": remote()}, quota={"cpu": "19500m"})
    problems = surveyed(None, files).problems
    assert [p.code for p in problems] == ["SLW602"]
    assert "19.5  project cards (models/risk/cards.yaml:2:1)" in problems[0].detail[0]


def test_a_stack_that_comes_adds_its_endpoints() -> None:
    before = {path: text for path, text in ONE.items() if path != "Pulumi.prod.yaml"}
    before["models/risk/cards.yaml"] = project_yaml({"fraud": remote()})
    assert effects(planned(before, ONE)) == [("prod", "score", Effect.ADDED)]


def test_a_stack_that_goes_destroys_its_endpoints() -> None:
    after = {path: text for path, text in ONE.items() if path != "Pulumi.prod.yaml"}
    after["models/risk/cards.yaml"] = project_yaml({"fraud": remote()})
    assert effects(planned(ONE, after)) == [("prod", "score", Effect.DESTROYED)]


def test_the_order_of_files_does_not_matter() -> None:
    backwards = dict(reversed(TWO.items()))
    assert plan_json(planned(ONE, TWO)) == plan_json(planned(ONE, backwards))


def test_several_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = plan_json(planned(ONE, TWO))
    monkeypatch.setattr(work, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(work, "_cores", lambda: 2)
    assert plan_json(planned(ONE, TWO)) == alone


def test_summaries_and_changes_survive_a_line_of_text() -> None:
    built = build_one(sklearn(description="Ünïcode: a # b"), quota={"cpu": "8"}).built
    line = to_line(built.summary)
    assert "\n" not in line
    assert from_line(line) == built.summary
    assert from_line(line).endpoints == built.summary.endpoints
    for stack in planned(ONE, TWO).stacks:
        for change in stack.projects:
            assert change_from_text(change_to_text(change)) == change


def test_the_json_of_a_plan_has_the_documented_keys() -> None:
    document = json.loads(plan_json(planned(ONE, TWO)))
    assert list(document) == ["version", "valid", "base", "summary", "stacks"]
    assert list(document["stacks"][0]) == [
        "stack", "summary", "endpoints", "projects", "objects", "object_changes", "quotas", "policy"
    ]  # fmt: skip
    assert document["summary"]["add"] == 2
    assert document["stacks"][0]["objects"]["created"]["InferenceService"] == 2
    fields = {f["field"] for e in document["stacks"][0]["endpoints"] for f in e["fields"]}
    assert fields == {"scaling.max"}


def test_the_table_shows_marks_fields_quotas_and_a_last_line() -> None:
    lines = [plain(line) for line in plan_lines(planned(ONE, TWO))]
    text = "\n".join(lines)
    assert any(line.startswith("  + risk/cards/ranker ") for line in lines)
    assert any(line.startswith("  ~ risk/cards/fraud ") for line in lines)
    assert any(line.startswith("  - risk/cards/score ") for line in lines)
    assert "scaling.max  2  →  3" in text
    assert "0 → 3 of 4" in text
    assert lines[-1].startswith("Plan since main (abc1234): 2 to add")
    assert not any(line.endswith(" ") for line in lines)


def test_a_long_list_is_cut_with_a_word_on_the_rest() -> None:
    many = fleet(risk_cards={f"m{i}": remote(resources={"cpu": "50m"}) for i in range(80)})
    many["models/risk/team.yaml"] = team_yaml()
    text = "\n".join(plain(line) for line in plan_lines(planned(None, many)))
    assert "… and 20 more endpoints; --format json shows all" in text


def test_the_comment_fits_and_says_what_it_leaves_out() -> None:
    many = fleet(**{f"risk_p{i}": {"fraud": remote(env={"A": "x" * 900})} for i in range(150)})
    more = fleet(**{f"risk_p{i}": {"fraud": remote(env={"A": "y" * 900})} for i in range(150)})
    for files in (many, more):
        files["models/risk/team.yaml"] = team_yaml()
        files["models/platform.yaml"] = platform_yaml()
    text = plan_markdown(planned(many, more))
    assert text.startswith(MARKER)
    assert len(text) < LONGEST
    assert "more endpoints._" in text
    assert "left out, for lack of room" in text
    assert text.count("<details>") == text.count("</details>")


def test_what_users_wrote_cannot_be_markup() -> None:
    hostile = "`</details>` | @everyone <!-- ```"
    after = fleet(risk_cards={"fraud": remote(env={"A": hostile}), "score": remote()})
    text = plan_markdown(planned(fleet(risk_cards={"fraud": remote(), "score": remote()}), after))
    row = next(line for line in text.splitlines() if "env.A" in line and line.startswith("|"))
    assert "`` `</details>` \\| @everyone <!-- ``` ``" in row or "```` " in row
    diff = text.split("```diff")[1].split("```")[0]
    assert "@everyone" in diff


def test_errors_are_told_in_every_format() -> None:
    wrong = fleet(risk_cards={"fraud": remote(scaling={"min": 5, "max": 2}, timeout="1h1")})
    wrong["models/risk/notes.txt"] = ""
    problems = surveyed(ONE, wrong).problems
    assert len(problems) == 2
    assert as_text(problems).splitlines()[-1] == (
        f"2 errors in 2 files; slipway explain {problems[0].code} says more"
    )
    assert MARKER in errors_markdown(problems)
    run = json.loads(as_sarif(problems, "sub/"))["runs"][0]
    assert {r["id"] for r in run["tool"]["driver"]["rules"]} == {p.code for p in problems}
    for result, problem in zip(run["results"], problems, strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == f"sub/{problem.place.file}"
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == problem.code
    annotations = as_github(problems).splitlines()
    assert len(annotations) == 2
    assert annotations[0].startswith("::error file=models/risk/")


def test_a_cache_that_is_damaged_or_torn_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "plans" / "x"
    cache = Cache(file)
    plan = plan_json(planned(ONE, TWO, cache))
    cache.save()
    whole = file.read_bytes()
    for content in (b"", b"\xff\xfe", whole[: len(whole) // 2], b"a\tb\t.\n" + whole[100:]):
        file.write_bytes(content)
        assert plan_json(planned(ONE, TWO, Cache(file))) == plan


def test_a_run_adds_to_the_cache_what_is_new(tmp_path: Path) -> None:
    file = tmp_path / "x"
    first = Cache(file)
    first.put("a", "1")
    first.save()
    file.write_bytes(file.read_bytes() + b"torn\tli")
    second = Cache(file)
    second.put("b", "2")
    second.save()
    third = Cache(file)
    assert (third.get("a"), third.get("b"), third.get("torn")) == ("1", "2", None)
    third.save()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "below")
    cache.put("a", "1")
    cache.save()
