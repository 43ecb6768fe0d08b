"""The rules that judge a preview judge a plan: what is mandatory stops it, advice stands in it."""

import copy
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cli.cache
from catalog import work
from catalog.diff import project_change
from catalog.errors import Place, Problem
from catalog.fleet import Built
from catalog.memory import MemoryTree
from catalog.objects import Object
from catalog.plan import Plan, make_plan
from catalog.resolve import Project
from catalog.side import NoSide, Side
from catalog.summary import from_line, to_line
from catalog.survey import Survey, survey
from catalog.verdict import Advice, Judge, Verdict, broken, decode_advice, encode_advice
from cli.cache import Cache, open_cache
from cli.formats.plan_json import plan_json
from cli.formats.plan_markdown import plan_markdown
from cli.formats.plan_table import plan_lines
from cli.formats.problems import as_sarif
from cli.output import plain
from cli.policy import OF_THE_PLATFORM, PolicyJudge
from cli.workspace import policy_judge
from policies.registry import judge_objects
from policies.scene import scene_of
from tests.fleets import DEV, FILE, IMAGE, REGISTRY, build_one, fleet_files, read_fleet, sklearn
from tests.golden import CASES
from tests.test_cli import ROOT, Slipway, edit, modules_after, repo, slipway
from tests.test_plan import Files, fleet, remote

__all__ = ["repo", "slipway"]

LATEST = f"{REGISTRY}/ml/part:latest@sha256:" + "5" * 64
REMEDY = "Set scaling.min to 2 or more in the entry."
LONELY = remote(tier="production", scaling={"min": 1})
"""In production with one replica, which a rule advises against."""


def custom(image: str, tier: str = "staging") -> dict[str, Any]:
    return {"framework": "custom", "tier": tier, "container": {"image": image}}


def surveyed(
    base: Files | None, head: Files, cache: Cache | None = None, judge: Any = policy_judge
) -> Survey:
    kept = cache or Cache()
    raw = [
        {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        for files in (head, base or {})
    ]
    after = Side(MemoryTree(raw[0]), kept, (), judge)
    before = NoSide(kept) if base is None else after.beside(MemoryTree(raw[1]))
    return survey(after, before, kept)


def planned(base: Files | None, head: Files, cache: Cache | None = None) -> Plan:
    found = surveyed(base, head, cache)
    assert found.problems == ()
    return make_plan("main (abc1234)", found.base, found.head, found.changes)


def judged(built: Built, project: Project) -> Verdict:
    return PolicyJudge()(built, project, DEV)


def altered(built: Built, change: Any) -> Built:
    """The same project, its objects and pods as a careless renderer would make them."""
    objects, pods = copy.deepcopy((built.objects, dict(built.pods)))
    for obj in (*objects, *(pod for each in pods.values() for pod in each)):
        change(obj)
    return replace(built, objects=objects, pods=pods)


TWO = fleet(risk_cards={"score": LONELY}, search_rank={"click": LONELY})
EDITED = {**TWO, **fleet(risk_cards={"score": {**LONELY, "timeout": "20s"}})}
EDITED["models/search/rank.yaml"] = TWO["models/search/rank.yaml"]


# What is mandatory


def test_an_entry_that_breaks_a_rule_is_an_error_at_its_line_on_every_stack() -> None:
    image = {"part": {**custom(LATEST), "tier": {"staging": {}, "production": {}}}}
    found = surveyed(None, fleet(risk_cards=image)).problems
    assert [(p.code, str(p.place), p.subject, p.remedy) for p in found] == [
        (
            "SLW901",
            "models/risk/cards.yaml:3:3",
            "image-tag Pod of InferenceService risk-cards/part, container kserve-container",
            "Name a version and its digest.",
        )
    ]
    assert found[0].message.startswith(f"names the latest {LATEST}")
    assert found[0].message.endswith("(stacks dev and prod)")


def test_check_and_plan_refuse_what_a_preview_would(repo: Path, slipway: Slipway) -> None:
    platform = repo / "models" / "platform.yaml"
    assert REGISTRY in platform.read_text()
    edit(
        repo,
        "    model: ./artifacts/sklearn   # small\n    framework: sklearn",
        f"    container: {{image: '{LATEST}'}}\n    framework: custom",
    )
    said = slipway("check", code=1).stdout
    assert "models/risk/cards.yaml:5:3: SLW901 image-tag Pod of InferenceService" in said
    assert f"    names the latest {LATEST} (stack dev)\n" in said
    assert "    → Name a version and its digest.\n" in said
    assert slipway("plan", code=1).stderr == said
    assert slipway("render", code=1).stderr == said
    for command in ("check", "plan"):
        whole = json.loads(slipway(command, "--format", "json", code=1).stdout)
        assert [(e["code"], e["line"]) for e in whole["errors"]] == [("SLW901", 5)]
        run = json.loads(slipway(command, "--format", "sarif", code=1).stdout)["runs"][0]
        assert [(r["ruleId"], r["level"]) for r in run["results"]] == [("SLW901", "error")]
    assert "image-tag" in slipway("plan", "--format", "markdown", code=1).stdout
    assert "title=SLW901 image-tag" in slipway("check", "--format", "github", code=1).stdout


def test_new_refuses_what_check_would(repo: Path, slipway: Slipway) -> None:
    flags = ("new", "--team", "risk", "--project", "loans", "--name", "part", "--tier", "dev",
             "--framework", "custom", "--image", LATEST)  # fmt: skip
    assert "SLW901 image-tag" in slipway(*flags, code=1).stderr
    assert not (repo / "models" / "risk" / "loans.yaml").exists()


def test_a_broken_rule_is_told_beside_other_errors_of_the_file() -> None:
    files = fleet(risk_cards={"part": custom(LATEST), "typo": remote(framework="sklern")})
    assert [p.code for p in surveyed(None, files).problems] == ["SLW901", "SLW208"]


def test_what_stands_in_no_entry_is_told_of_the_file() -> None:
    project = read_fleet(fleet_files({"fraud": sklearn()})).projects[0]
    built = build_one(sklearn()).built

    def careless(obj: Object) -> None:
        if obj["kind"] == "Namespace":
            del obj["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]

    problems, _ = judged(altered(built, careless), project)
    assert [(p.place, p.subject) for p in problems] == [
        (Place(FILE), "tenant-pod-security Namespace risk-scoring")
    ]


def test_a_rule_over_a_whole_tenant_is_told_of_the_object_that_it_names() -> None:
    project = read_fleet(fleet_files({"fraud": sklearn()})).projects[0]
    built = build_one(sklearn()).built
    objects = tuple(obj for obj in built.objects if obj["kind"] != "NetworkPolicy")
    problems, _ = judged(replace(built, objects=objects), project)
    assert {p.subject for p in problems} == {
        "tenant-default-deny Namespace risk-scoring", "tenant-dns Namespace risk-scoring"
    }  # fmt: skip


def test_the_pods_that_a_project_becomes_are_judged_at_the_line_of_their_endpoint() -> None:
    project = read_fleet(fleet_files({"fraud": sklearn()})).projects[0]
    built = build_one(sklearn()).built
    assert judged(built, project)[0] == ()

    def careless(obj: Object) -> None:
        if obj["kind"] == "Pod":
            obj["spec"]["hostNetwork"] = True

    problems, _ = judged(altered(built, careless), project)
    assert [(p.place, p.subject) for p in problems] == [
        (
            built.tenant.endpoints[0].place,
            "pod-host-namespaces Pod of InferenceService risk-scoring/fraud",
        )
    ]
    assert built.tenant.endpoints[0].place.line > 0


def test_a_base_that_breaks_a_rule_does_not_hide_what_is_right() -> None:
    wrong, right = fleet(risk_cards={"a": custom(LATEST)}), fleet(risk_cards={"a": custom(IMAGE)})
    found = surveyed(wrong, right)
    assert found.problems == ()
    assert [p.code for p in found.base_problems] == ["SLW901"]


# The judge


@pytest.mark.parametrize("name", CASES)
def test_a_plan_finds_what_the_pack_finds(name: str) -> None:
    """The judge is handed pods that were made already, and says of each what the rules say."""
    case = CASES[name]
    files = read_fleet(fleet_files(case.deployments))
    built = files.build(case.env).tenants[0]
    problems, advice = PolicyJudge()(built, files.projects[0], case.env)
    said = {(a.rule, a.subject, a.message, a.remedy) for a in advice}
    found = judge_objects(built.objects, scene_of(case.env, [REGISTRY]))
    assert problems == ()
    assert said == {
        (f.rule, f.subject, f.message, f.remedy) for f in found if f.rule not in OF_THE_PLATFORM
    }


def test_generated_fleets_become_the_pods_that_the_rules_would_make(tenants: list[Built]) -> None:
    for built in tenants:
        remade = judge_objects(built.objects, scene_of(DEV, [REGISTRY]))
        project = read_fleet(fleet_files({"fraud": sklearn()})).projects[0]
        problems, advice = judged(built, project)
        told = {(f.rule, f.subject) for f in remade if f.rule not in OF_THE_PLATFORM}
        assert {(a.rule, a.subject) for a in advice} | _named(problems) == told


def _named(problems: tuple[Problem, ...]) -> set[tuple[str, str]]:
    words = (p.subject.partition(" ") for p in problems)
    return {(rule, subject) for rule, _, subject in words}


def test_what_no_entry_can_keep_is_nothing_that_it_is_advised_of() -> None:
    own = {"container": {"image": IMAGE}, "framework": "custom", "tier": "staging"}
    files = read_fleet(fleet_files({"fraud": sklearn(), "own": own}))
    built = files.build(DEV).tenants[0]
    found = judge_objects(built.objects, scene_of(DEV, [REGISTRY]))
    assert {f.rule for f in found} >= OF_THE_PLATFORM
    assert judged(built, files.projects[0]) == ((), ())


def refusing(_built: Built, project: Project, env: Any) -> Verdict:
    """A judge that lets nothing pass, and advises besides."""
    place = Place(project.loaded.document.file, 2, 1)
    said = Advice("be-good", "everything", "is bad", "because", "be good", place)
    return (broken(said, env.stack),), (said,)


def advising(built: Built, project: Project, env: Any) -> Verdict:
    return (), refusing(built, project, env)[1]


def make(judge: Judge) -> Any:
    return lambda: judge


def test_any_judge_will_do_and_its_refusal_is_never_kept() -> None:
    cache = Cache()
    for _ in range(2):
        found = surveyed(None, TWO, cache, make(refusing))
        assert [(p.code, p.subject, p.detail) for p in found.problems] == [
            ("SLW901", "be-good everything", ("because",)),
            ("SLW901", "be-good everything", ("because",)),
        ]
    # `Judge` says so: another one needs another cache.
    assert surveyed(None, TWO, Cache(), make(advising)).problems == ()


def test_what_nobody_judged_is_never_taken_for_judged() -> None:
    cache = Cache()
    assert surveyed(None, TWO, cache, None).problems == ()
    assert surveyed(None, TWO, cache, make(refusing)).problems
    bare = surveyed(None, TWO, cache, None)
    assert bare.problems == ()
    assert not any(p.advice for state in bare.head.values() for p in state.projects)


def test_a_judge_is_made_only_when_there_is_something_to_judge() -> None:
    made: list[str] = []

    def maker() -> Judge:
        made.append("judge")
        return advising

    cache = Cache()
    surveyed(None, TWO, cache, maker)
    assert made == ["judge"]
    surveyed(None, TWO, cache, maker)
    assert made == ["judge"]


# Advice


def advised(plan: Plan) -> list[tuple[str, str, str]]:
    return [(s.stack, a.rule, a.subject) for s in plan.stacks for a in s.advice]


SCORE = ("prod", "production-replicas", "InferenceService risk-cards/score")
CLICK = ("prod", "production-replicas", "InferenceService search-rank/click")


def test_advice_is_given_for_what_changes_alone() -> None:
    assert advised(planned(None, TWO)) == [SCORE, CLICK]
    assert advised(planned(TWO, EDITED)) == [SCORE]
    assert advised(planned(TWO, dict(TWO))) == []
    gone = {path: text for path, text in TWO.items() if not path.startswith("models/risk/cards")}
    assert advised(planned(TWO, gone)) == []


def test_advice_names_the_line_of_its_endpoint() -> None:
    advice = planned(TWO, EDITED).stacks[1].advice[0]
    assert str(advice.place) == "models/risk/cards.yaml:3:3"
    assert advice.message == "has 1 at the least"
    assert advice.remedy == REMEDY


def test_advice_survives_the_cache(tmp_path: Path) -> None:
    anew = plan_json(planned(TWO, EDITED))
    for _ in range(2):
        cache = Cache(tmp_path / "plans")
        assert plan_json(planned(TWO, EDITED, cache)) == anew
        cache.save()


@pytest.mark.parametrize("files", [EDITED, {**TWO, **fleet(risk_cards={"a": custom(LATEST)})}])
def test_several_processes_judge_as_one_does(
    files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = surveyed(TWO, files)
    assert alone.problems or any(p.advice for s in alone.head.values() for p in s.projects)
    monkeypatch.setattr(work, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(work, "_cores", lambda: 2)
    beside = surveyed(TWO, files)
    assert beside.problems == alone.problems
    assert [s.projects for s in beside.head.values()] == [s.projects for s in alone.head.values()]


def test_several_processes_share_one_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it imports is imported once, before they part."""
    monkeypatch.setattr(work, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(work, "_cores", lambda: 2)
    made: list[str] = []

    def maker() -> Judge:
        made.append("judge")
        return advising

    plan = surveyed(None, TWO, None, maker)
    assert made == ["judge"]
    assert all(p.advised for state in plan.head.values() for p in state.projects)


def test_advice_and_summaries_survive_a_line_of_text() -> None:
    place = Place("models/a/b.yaml", 7, 3)
    advice = [
        Advice("a", "x", 'says "ü"\t\n', "why a", "do a", place),
        Advice("a", "y", "is bad", "why a", "do a", Place("models/a/b.yaml")),
        Advice("b", "x", "is bad", "why b", "do b", place),
    ]
    text = encode_advice(advice)
    assert list(decode_advice(text, "models/a/b.yaml")) == advice
    assert encode_advice([]) == ""
    summary = replace(build_one(sklearn()).built.summary, advice=text)
    assert "\n" not in to_line(summary)
    assert from_line(to_line(summary)) == summary


# Formats


def test_the_table_says_how_often_where_first_why_and_what_to_do() -> None:
    three: Mapping[str, Any] = {"a": LONELY, "b": LONELY, "c": LONELY}
    lines = [plain(line) for line in plan_lines(planned(None, fleet(risk_cards=three)))]
    at = lines.index("  policy: 3 findings, advice only")
    assert lines[at + 1 : at + 4] == [
        "    production-replicas  3  InferenceService risk-cards/a, InferenceService risk-cards/b, "
        "and 1 more",
        "      One replica is down while its node is replaced, and cold while it starts again.",
        f"      → {REMEDY}",
    ]
    assert sum("policy" in line for line in lines) == 1


def test_the_comment_folds_its_table_of_advice() -> None:
    text = plan_markdown(planned(TWO, EDITED))
    head, _, rest = text.partition("<details><summary>Policy on prod: 1 finding, advice only")
    table = rest.partition("</details>")[0].splitlines()
    assert "Policy" not in head
    assert table[4].split(" | ")[:3] == [
        "| `production-replicas`", "1", "`InferenceService risk-cards/score has 1 at the least`"
    ]  # fmt: skip
    assert table[4].endswith(f"| {REMEDY} |")


def test_the_json_has_every_finding_with_its_place() -> None:
    dev, prod = json.loads(plan_json(planned(TWO, EDITED)))["stacks"]
    assert dev["policy"] == []
    assert prod["policy"] == [
        {
            "rule": "production-replicas",
            "subject": "InferenceService risk-cards/score",
            "message": "has 1 at the least",
            "why": "One replica is down while its node is replaced, and cold while it starts "
            "again.",
            "remedy": REMEDY,
            "file": "models/risk/cards.yaml",
            "line": 3,
            "column": 3,
        }
    ]


def test_a_report_of_a_plan_notes_advice_in_its_margin() -> None:
    advice = planned(None, TWO).stacks[1].advice
    problem = broken(advice[0], "prod")
    run = json.loads(as_sarif([problem], "sub/", advice))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SLW901", "production-replicas"]
    assert rules[1]["defaultConfiguration"] == {"level": "note"}
    error, first, second = run["results"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [
        "SLW901", "production-replicas", "production-replicas"
    ]  # fmt: skip
    assert (error["level"], first["level"], second["level"]) == ("error", "note", "note")
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "sub/models/risk/cards.yaml"},
        "region": {"startLine": 3, "startColumn": 3},
    }
    assert REMEDY in first["message"]["text"]


@pytest.mark.parametrize("form", ["table", "markdown", "json", "sarif"])
def test_no_format_speaks_of_policies_where_nothing_is_advised(
    form: str, repo: Path, slipway: Slipway
) -> None:
    edit(repo, "tier: staging\n\n", "tier: staging\n    scaling: {max: 4}\n\n")
    text = slipway("plan", "--format", form).stdout
    if form == "json":
        assert [stack["policy"] for stack in json.loads(text)["stacks"]] == [[], []]
    elif form == "sarif":
        assert json.loads(text)["runs"][0]["results"] == []
    else:
        assert "olicy" not in text


def test_two_stacks_that_advise_the_same_note_it_once(repo: Path, slipway: Slipway) -> None:
    (repo / "Pulumi.eu.yaml").write_text(
        (repo / "Pulumi.prod.yaml").read_text().replace("prod.example", "eu.example")
    )
    edit(repo, "tier: {staging: , production: }", "tier: {production: {scaling: {min: 1}}}")
    stacks = json.loads(slipway("plan", "--format", "json").stdout)["stacks"]
    advised = {s["stack"] for s in stacks if s["policy"]}
    assert {"eu", "prod"} <= advised
    results = json.loads(slipway("plan", "--format", "sarif").stdout)["runs"][0]["results"]
    told = [(r["ruleId"], str(r["locations"]), r["message"]["text"]) for r in results]
    assert len(told) == len(set(told)) > 0


# Between runs


def test_a_second_run_says_the_same_and_imports_no_rule(repo: Path, slipway: Slipway) -> None:
    edit(repo, "tier: {staging: , production: }", "tier: {production: {scaling: {min: 1}}}")
    assert {"policies.registry", "cli.policy"} <= modules_after("plan", cwd=repo)
    first = slipway("plan", "--no-cache").stdout
    assert "production-replicas  1  InferenceService risk-cards/score" in first
    assert not modules_after("plan", cwd=repo) & {"policies", "cli.policy", "pydantic"}
    assert slipway("plan").stdout == first


@pytest.mark.parametrize("command", ["list", "check", "render"])
def test_whoever_comes_first_leaves_what_a_plan_needs(
    repo: Path, slipway: Slipway, command: str
) -> None:
    """An error is one for every command, so there is one kind of record, and it is judged."""
    edit(repo, "tier: {staging: , production: }", "tier: {production: {scaling: {min: 1}}}")
    slipway(command)
    assert "production-replicas  1" in slipway("plan").stdout


def test_another_rule_is_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ("cli/policy.py", "policies/rules/a.py", "catalog/b.py", "cli/other.py")
    for name in sources:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(cli.cache, "__file__", str(tmp_path / "cli" / "cache.py"))
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))

    def written() -> set[str]:
        cache = open_cache(tmp_path)
        cache.put("key", "text")
        cache.save()
        return {path.name for path in (tmp_path / "cache" / "plans").iterdir()}

    last = written()
    for name in sources:
        (tmp_path / name).write_text("# another")
        assert (written() == last) is (name == "cli/other.py"), name
        last = written()


def test_the_judge_needs_no_pulumi() -> None:
    program = "import cli.policy, sys; sys.exit('pulumi' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_change_says_nothing_of_the_judge() -> None:
    """So that a change that was kept is the same whoever judged its two sides."""
    built = build_one(sklearn()).built
    other = replace(built, summary=replace(built.summary, advice="[]"))
    assert project_change("dev", built, other).is_empty
