"""The command as people and pipelines run it, in real repositories."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from cli.commands.new import EXAMPLES
from cli.main import COMMANDS, LazyGroup, main
from cli.output import coloured
from tests.fleets import artifact_files, platform_yaml, project_yaml, sklearn, team_yaml
from tests.test_git import commit, git
from tests.test_plan import HF, STACK, remote

Slipway = Callable[..., Result]

ROOT = Path(__file__).parents[1]
PROJECT = """\
# What the cards team runs.
version: "1"
deployments:
  # Found by the fraud squad.
  fraud:
    model: ./artifacts/sklearn   # small
    framework: sklearn
    tier: staging

  score:
    model: hf://acme/model@0000000000000000000000000000000000000000
    framework: sklearn
    tier: {staging: , production: }
    # belongs to score

# The end.
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    files: dict[str, str | bytes] = {
        "Pulumi.dev.yaml": STACK.format(name="dev", tiers="dev, staging"),
        "Pulumi.prod.yaml": STACK.format(name="prod", tiers="production"),
        "Pulumi.local.yaml": STACK.format(name="local", tiers="dev, staging, production").replace(
            "    region", "    cluster: local\n    one_tier: true\n    region"
        ),
        "models/platform.yaml": platform_yaml(quota={"cpu": "200"}),
        "models/risk/team.yaml": team_yaml(quota={"cpu": "100", "accelerators": {"l4": 8}}),
        "models/risk/cards.yaml": PROJECT,
        **artifact_files("risk"),
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    commit(root)
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    return root


@pytest.fixture
def slipway(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Slipway:
    monkeypatch.chdir(repo)

    def run(*arguments: str, code: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, prog_name="slipway")
        assert result.exit_code == code, result.output
        return result

    return run


def edit(root: Path, before: str, after: str) -> None:
    path = root / "models" / "risk" / "cards.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


# check


def test_check_says_in_one_line_that_all_is_well(slipway: Slipway) -> None:
    result = slipway("check")
    assert result.stdout == ("2 deployments in 1 project of 1 team: no errors (stacks dev, prod)\n")
    assert result.stderr == ""


def test_check_tells_every_error_sorted_and_counts_them(repo: Path, slipway: Slipway) -> None:
    edit(repo, "framework: sklearn\n    tier: staging", "framework: sklern\n    tier: staging")
    (repo / "models" / "risk" / "team.yaml").write_text("version: '1'\n")
    (repo / "models" / "zoo.yml").write_text("")
    result = slipway("check", code=1)
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    places = [line.split(": ")[0] for line in lines if line.startswith("models/")]
    assert places == sorted(places)
    assert len({place.split(":")[0] for place in places}) == 3
    assert "did you mean 'sklearn'?" in result.stdout
    assert lines[-1].startswith(f"{len(places)} errors in 3 files; slipway explain SLW")


def test_check_has_formats_for_programs(repo: Path, slipway: Slipway) -> None:
    assert json.loads(slipway("check", "--format", "json").stdout) == {
        "version": 1, "valid": True, "errors": []
    }  # fmt: skip
    edit(repo, "sklearn   # small", "nothing")
    told = slipway("check", "--format", "json", code=1)
    assert told.stderr == ""
    document = json.loads(told.stdout)
    assert document["errors"][0]["code"] == "SLW403"
    assert document["errors"][0]["line"] == 6
    sarif = json.loads(slipway("check", "--format", "sarif", code=1).stdout)
    assert sarif["version"] == "2.1.0"
    github = slipway("check", "--format", "github", code=1).stdout
    assert github.startswith("::error file=models/risk/cards.yaml,title=SLW403 fraud.model,line=6,")


# plan


def test_a_plan_of_an_unchanged_tree_changes_nothing(slipway: Slipway) -> None:
    result = slipway("plan", "--detailed-exitcode")
    assert "No changes since main (" in result.stdout
    assert result.stderr == ""


def test_a_plan_shows_what_the_working_tree_changes(repo: Path, slipway: Slipway) -> None:
    edit(repo, "tier: staging\n\n", "tier: staging\n    scaling: {max: 4}\n\n")
    extra = repo / "models" / "risk" / "loans.yaml"
    extra.write_text(project_yaml({"limit": remote()}))
    result = slipway("plan", "--detailed-exitcode", code=2)
    assert "~ risk/cards/fraud  scaling only" in result.stdout
    assert "+ risk/loans/limit  added" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Plan since main (")
    assert "): 1 to add, 1 to change, 0 to remove" in result.stdout
    assert result.stdout.count("quota counts a rollout under way") == 1
    commit(repo)
    assert "No changes since main" in slipway("plan").stdout
    assert ": 1 to add, 1 to change" in slipway("plan", "--base", "HEAD~1").stdout
    assert "Plan: 4 to add" in slipway("plan", "--base", "none").stdout


def test_a_stack_that_is_removed_shows_what_goes_with_it(repo: Path, slipway: Slipway) -> None:
    (repo / "Pulumi.prod.yaml").unlink()
    edit(repo, "tier: {staging: , production: }", "tier: staging")
    assert "- risk/cards/score  destroyed" in slipway("plan").stdout


def test_a_plan_of_an_invalid_tree_is_its_errors(repo: Path, slipway: Slipway) -> None:
    edit(repo, "tier: staging\n\n", "tier: stagin\n\n")
    result = slipway("plan", "--detailed-exitcode", code=1)
    assert result.stdout == ""
    assert "models/risk/cards.yaml:8:11: SLW" in result.stderr
    comment = slipway("plan", "--format", "markdown", code=1)
    assert comment.stderr == ""
    assert comment.stdout.startswith("<!-- slipway-plan -->")
    assert json.loads(slipway("plan", "--format", "json", code=1).stdout)["valid"] is False
    assert json.loads(slipway("plan", "--format", "sarif", code=1).stdout)["runs"][0]["results"]


def test_an_invalid_base_is_one_line_and_the_rest_is_planned(repo: Path, slipway: Slipway) -> None:
    good = (repo / "models" / "risk" / "cards.yaml").read_text()
    edit(repo, "tier: staging\n\n", "tier: stagin\n\n")
    commit(repo)
    (repo / "models" / "risk" / "cards.yaml").write_text(good)
    result = slipway("plan")
    assert len(result.stderr.splitlines()) == 1
    assert "has 1 error itself (the first at models/risk/cards.yaml:8:11)" in result.stderr
    assert "): 3 to add" in result.stdout


def test_outside_a_repository_everything_is_added(repo: Path, slipway: Slipway) -> None:
    shutil.rmtree(repo / ".git")
    result = slipway("plan")
    assert len(result.stderr.splitlines()) == 1
    assert "no commit to compare with" in result.stderr
    assert "Plan: 3 to add" in result.stdout


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_a_plan_with_a_warm_cache_is_the_same_to_the_byte(
    repo: Path, slipway: Slipway, form: str
) -> None:
    edit(repo, "tier: staging\n\n", "tier: staging\n    scaling: {max: 4}\n\n")
    options = ("plan", "--format", form)
    anew = slipway(*options, "--no-cache").stdout
    assert not (repo.parent / "cache").exists()
    assert slipway(*options).stdout == anew
    assert list((repo.parent / "cache" / "plans").iterdir())
    assert slipway(*options).stdout == anew


def test_the_local_stack_is_planned_only_when_it_is_named(repo: Path, slipway: Slipway) -> None:
    assert "\nlocal · " not in "\n" + slipway("plan", "--base", "none").stdout
    local = slipway("plan", "--base", "none", "--stack", "local").stdout
    assert local.startswith("local · 2 to add")
    for name in ("dev", "prod"):
        (repo / f"Pulumi.{name}.yaml").unlink()
    assert slipway("plan", "--base", "none").stdout.startswith("local · 2 to add")


# usage errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "--stack", "prd"), "there is no stack 'prd': did you mean 'prod'?"),
        (("list", "--team", "riks"), "there is no team 'riks': did you mean 'risk'?"),
        (("render", "--project", "card"), "there is no project 'card': did you mean 'cards'?"),
        (("chek",), "there is no command 'chek': did you mean 'check'?"),
        (("explain", "SLW30"), "there is no endpoint 'SLW30'"),
        (("explain", "SLW998"), "there is no error SLW998; docs/reference/errors.md has them all"),
        (("explain", "fraud", "--stack", "prod"), "fraud is on dev, not on prod"),
        (("pins", "resolve", "--timeout", "0"), "0.0 is not in the range x>0"),
        (("explain", "frad"), "there is no endpoint 'frad': did you mean 'fraud'?"),
        (("schema", "proyect"), "there is no schema 'proyect': did you mean 'project'?"),
        (("check", "--root", "models"), "there is no models/ folder in models"),
        (("new", "--team", "risk"), "missing: --project, --name, --framework, --tier"),
    ],
)
def test_a_mistake_on_the_command_line_exits_2_and_names_the_nearest(
    slipway: Slipway, arguments: tuple[str, ...], said: str
) -> None:
    assert said in slipway(*arguments, code=2).stderr


def test_the_root_is_found_from_below(
    repo: Path, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "models" / "risk")
    assert "no errors" in slipway("check").stdout


# render and list


def test_render_prints_the_objects_in_the_order_of_kubectl(slipway: Slipway) -> None:
    text = slipway("render", "--stack", "dev").stdout
    kinds = [obj["kind"] for obj in yaml.safe_load_all(text)]
    assert kinds[:3] == ["Namespace", "ResourceQuota", "LimitRange"]
    assert kinds.index("NetworkPolicy") < kinds.index("InferenceService")
    assert kinds.index("InferenceService") < kinds.index("HTTPRoute")
    assert kinds.count("InferenceService") == 2
    assert slipway("render", "--stack", "dev", "--no-cache").stdout == text
    assert "&id" not in text


def test_render_in_json_is_what_it_is_in_yaml(slipway: Slipway) -> None:
    whole = json.loads(slipway("render", "--stack", "prod", "-o", "json").stdout)
    assert whole["kind"] == "List"
    text = slipway("render", "--stack", "prod").stdout
    assert list(yaml.safe_load_all(text)) == whole["items"]
    both = json.loads(slipway("render", "-o", "json").stdout)
    assert list(both) == ["dev", "prod"]
    assert both["prod"] == whole
    assert "# stack prod\n---\n" in slipway("render").stdout


def test_render_refuses_a_fleet_with_errors(repo: Path, slipway: Slipway) -> None:
    edit(repo, "tier: staging\n\n", "tier: stagin\n\n")
    assert slipway("render", code=1).stdout == ""


def test_list_shows_every_endpoint_with_its_address(slipway: Slipway) -> None:
    lines = slipway("list").stdout.splitlines()
    assert lines[0].split() == [
        "ENDPOINT", "STACK", "TIER", "FRAMEWORK", "ACCELERATOR", "OWNER", "URL"
    ]  # fmt: skip
    assert [line.split()[:2] for line in lines[1:]] == [
        ["risk/cards/fraud", "dev"], ["risk/cards/score", "dev"], ["risk/cards/score", "prod"]
    ]  # fmt: skip
    assert lines[1].endswith("https://fraud.risk-cards.models.dev.example.com")
    rows = json.loads(slipway("list", "--stack", "prod", "--format", "json").stdout)
    assert [row["url"] for row in rows] == ["https://score.risk-cards.models.prod.example.com"]


# explain and schema


def test_explain_knows_codes_and_endpoints(slipway: Slipway) -> None:
    assert "quota" in slipway("explain", "slw602").stdout
    assert slipway("explain", "208").stdout == slipway("explain", "SLW208").stdout
    text = slipway("explain", "risk/cards/fraud").stdout
    assert "InferenceService fraud on dev" in text
    assert "models/risk/cards.yaml:6:12" in text


def test_schema_prints_one_or_writes_all(repo: Path, slipway: Slipway) -> None:
    assert json.loads(slipway("schema").stdout)["$schema"].endswith("draft-07/schema#")
    written = slipway("schema", "--write").stdout.split()
    assert "schemas/project.schema.json" in written
    assert all((repo / path).is_file() for path in written)


# new

FLAGS = (
    "new", "--team", "risk", "--name", "limit", "--framework", "sklearn", "--tier", "dev",
    "--model", HF,
)  # fmt: skip


def test_new_extends_a_file_and_touches_nothing_else(repo: Path, slipway: Slipway) -> None:
    slipway(*FLAGS, "--project", "cards", "--max", "3")
    text = (repo / "models" / "risk" / "cards.yaml").read_text()
    added = f"""
  limit:
    model: {HF}
    framework: sklearn
    tier: dev
    scaling: {{max: 3}}
"""
    head, end = PROJECT.split("\n# The end.")
    assert text == f"{head}{added}\n# The end.{end}"
    assert "no errors" in slipway("check").stdout


LAYOUTS = (
    """\
version: "1"
deployments:
    a:
        model: hf://acme/a@0000000000000000000000000000000000000000
        framework: onnx
        tier: staging""",
    """\
deployments:
  a: {model: hf://acme/a@0000000000000000000000000000000000000000, framework: onnx, tier: staging}
version: "1"
""",
    """\
deployments:
  a:
    model: hf://acme/a@0000000000000000000000000000000000000000
    tier: staging
    framework: onnx



version: "1"
""",
    """\
version: "1"
deployments:
  a:
    tier: staging
    framework: onnx
    model:
      hf://acme/a@0000000000000000000000000000000000000000
""",
)


@pytest.mark.parametrize("text", LAYOUTS)
def test_new_extends_files_of_every_layout(repo: Path, slipway: Slipway, text: str) -> None:
    path = repo / "models" / "risk" / "loans.yaml"
    path.write_text(text)
    slipway(*FLAGS, "--project", "loans")
    data = yaml.safe_load(path.read_text())
    assert list(data["deployments"]) == ["a", "limit"]
    kept = [line for line in text.splitlines() if line]
    assert [line for line in path.read_text().splitlines() if line in kept] == kept


def test_new_creates_a_project_with_its_schema_and_a_team(repo: Path, slipway: Slipway) -> None:
    flags = [*FLAGS, "--project", "loans", "--owner", "credit-ml", "--cost-center", "4711"]
    flags[2] = "credit"
    result = slipway(*flags)
    assert result.stdout == "wrote models/credit/team.yaml\nwrote models/credit/loans.yaml\n"
    text = (repo / "models" / "credit" / "loans.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=../../schemas/project.schema.json\n")
    team = yaml.safe_load((repo / "models" / "credit" / "team.yaml").read_text())
    assert (team["owners"], team["cost_center"]) == (["credit-ml"], "4711")
    assert "3 deployments in 2 projects of 2 teams" in slipway("check").stdout


def test_new_writes_what_every_framework_needs(slipway: Slipway) -> None:
    common = ("new", "--team", "risk", "--project", "chat", "--tier", "dev")
    slipway(*common, "--name", "talk", "--framework", "vllm", "--model", HF, "--parameters", "7B",
            "--gpu", "2", "--accelerator", "l4")  # fmt: skip
    assert "no errors" in slipway("check").stdout


def test_new_refuses_what_check_would_refuse_unless_forced(repo: Path, slipway: Slipway) -> None:
    flags = ("new", "--team", "risk", "--project", "loans", "--name", "limit", "--framework",
             "sklearn", "--tier", "dev", "--model", "./artifacts/later")  # fmt: skip
    result = slipway(*flags, code=1)
    assert "SLW403" in result.stderr
    assert "--force" in result.stderr
    path = repo / "models" / "risk" / "loans.yaml"
    assert not path.exists()
    assert "SLW403" in slipway(*flags, "--force").stderr
    assert path.exists()
    assert "SLW403" in slipway("check", code=1).stdout
    duplicate = ("new", "--team", "risk", "--project", "cards", "--name", "fraud", "--framework",
                 "sklearn", "--tier", "dev", "--model", HF)  # fmt: skip
    slipway(*duplicate, code=1)
    assert (repo / "models" / "risk" / "cards.yaml").read_text() == PROJECT


def test_new_does_not_mind_errors_that_are_there_already(repo: Path, slipway: Slipway) -> None:
    (repo / "models" / "risk" / "other.yaml").write_text("version: 1\n")
    slipway(*FLAGS, "--project", "cards")
    assert slipway("check", code=1).stdout.count("models/risk/cards.yaml") == 0


def test_new_asks_on_a_terminal_for_what_is_missing(
    repo: Path, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.new.is_terminal", lambda: True)
    answers = ["risk", "loans", "limit", "sklearn", "dev", HF]
    slipway("new", stdin="\n".join(answers) + "\n")
    assert "limit:" in (repo / "models" / "risk" / "loans.yaml").read_text()


def test_new_asks_again_where_an_answer_is_close_or_wrong(
    repo: Path, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.new.is_terminal", lambda: True)
    answers = ["riks", "y", "loans", "limit", "sklearn", "dev", "http://x", HF]
    said = slipway("new", stdin="\n".join(answers) + "\n").output
    assert "Team (risk, a new one): " in said
    assert "did you mean risk?" in said
    assert "Tier (dev, staging, production): " in said
    assert "Error: " in said
    assert "limit:" in (repo / "models" / "risk" / "loans.yaml").read_text()


@pytest.mark.parametrize("name", ["y", "n", "on", "off", "yes", "no", "null", "true"])
def test_new_quotes_a_name_that_yaml_reads_as_something_else(
    repo: Path, slipway: Slipway, name: str
) -> None:
    flags: list[str] = list(FLAGS)
    flags[4] = name
    slipway(*flags, "--project", "loans")
    assert f'  "{name}":\n' in (repo / "models" / "risk" / "loans.yaml").read_text()
    assert "no errors" in slipway("check").stdout


def test_the_examples_of_new_pass_in_this_repository(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = repo.parent / "sample"
    shutil.copytree(ROOT / "models", sample / "models")
    for file in ROOT.glob("Pulumi.*.yaml"):
        shutil.copy(file, sample)
    monkeypatch.chdir(sample)
    joined = EXAMPLES.replace("\\\n", " ").splitlines()
    commands = [line.split()[1:] for line in joined if "--team" in line]
    commands.append([*FLAGS[:2], "legal", *FLAGS[3:], "--project", "contracts", "--owner", "a",
                     "--cost-center", "b"])  # fmt: skip
    assert len(commands) == 3
    for command in commands:
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", ["../risk", "A", "a/b", ""])
def test_new_takes_no_name_that_leads_elsewhere(repo: Path, name: str) -> None:
    before = sorted(repo.parent.rglob("*.yaml"))
    for option in ("--team", "--project"):
        flags = dict(zip(FLAGS[1::2], FLAGS[2::2], strict=True))
        flags |= {"--project": "cards", "--owner": "x", "--cost-center": "x", option: name}
        result = CliRunner().invoke(main, ["new", *(x for pair in flags.items() for x in pair)])
        assert result.exit_code in {1, 2}, result.output
    assert sorted(repo.parent.rglob("*.yaml")) == before


# the command itself


def modules_after(*arguments: str, cwd: Path = ROOT) -> set[str]:
    """The modules that a run has imported when it ends."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('MODULES', *sys.modules, file=sys.stderr))\n"
        f"from cli.main import main; main({list(arguments)!r}, prog_name='slipway')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("MODULES")[2].split())


HEAVY = {"pydantic", "yaml", "rich", "concurrent.futures", "urllib.request", "pulumi", "policies"}


def test_help_imports_nothing_that_it_does_not_need() -> None:
    assert not modules_after("--help") & {*HEAVY, "catalog", "subprocess"}


@pytest.mark.parametrize("command", [("plan",), ("check",), ("list",), ("plan", "--base", "none")])
def test_a_second_run_on_an_unchanged_fleet_resolves_nothing(
    repo: Path, command: tuple[str, ...]
) -> None:
    assert {"pydantic", "yaml"} <= modules_after(*command, cwd=repo)
    assert not modules_after(*command, cwd=repo) & {*HEAVY, "catalog.entry", "catalog.builder"}


def test_every_command_has_help_with_examples_and_the_line_of_the_list() -> None:
    assert isinstance(main, LazyGroup)
    context = click.Context(main, info_name="slipway")
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        text = command.get_help(click.Context(command, context, info_name=name))
        assert "Examples:" in text, name
        assert f"slipway {name}" in text, name


def test_completion_knows_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli"],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "_SLIPWAY_COMPLETE": "bash_complete", "COMP_WORDS": "slipway pl",
             "COMP_CWORD": "1"},
    )  # fmt: skip
    assert done.stdout == "plain,plan\n"


def test_what_is_piped_has_no_colours_and_a_terminal_has(
    slipway: Slipway, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in slipway("plan", "--base", "none").output
    monkeypatch.setattr("cli.output.coloured", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    text = slipway("plan", "--base", "none").output
    assert "\x1b[32m+ risk/cards/fraud\x1b[0m" in text
    assert "…" not in text
    assert text.count(" a month") == 4
    assert "https://fraud.risk-cards.models.dev.example.com" in slipway("list").output
    assert "default of tier staging: at least 1" in slipway("explain", "fraud").output


def test_a_terminal_that_wants_no_colours_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured()


def test_output_that_cannot_be_written_is_one_line(repo: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli", "render", "--root", str(repo)],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write the output: No space left on device\n"


@pytest.mark.parametrize(
    "arguments", [("--base", "nowhere"), ("--root", "models"), ("--stack", "prd")]
)
def test_where_2_means_a_change_a_plan_that_cannot_be_made_exits_1(
    slipway: Slipway, arguments: tuple[str, ...]
) -> None:
    slipway("plan", "--detailed-exitcode", *arguments, code=1)


def test_an_unknown_base_is_one_line(slipway: Slipway) -> None:
    said = slipway("plan", "--base", "nowhere", code=1).stderr
    assert said.startswith("Error: git knows no commit 'nowhere'")


def test_a_long_list_of_names_is_cut(repo: Path, slipway: Slipway) -> None:
    many = {f"m{at}": remote(resources={"cpu": "50m"}) for at in range(9)}
    (repo / "models" / "risk" / "loans.yaml").write_text(project_yaml(many))
    said = slipway("explain", "zzz", code=2).stderr
    assert "known are fraud, m0, m1, m2, m3, m4, m5, m6, … see slipway list" in said


def test_an_endpoint_of_a_common_name_is_asked_for_by_its_path(
    repo: Path, slipway: Slipway
) -> None:
    (repo / "models" / "risk" / "loans.yaml").write_text(project_yaml({"fraud": sklearn()}))
    result = slipway("explain", "fraud", code=2)
    assert "risk/cards/fraud, risk/loans/fraud" in result.stderr
    assert "on dev" in slipway("explain", "risk/loans/fraud").stdout


TEAM_STACK = """\
config:
  slipway:layers: [tenants]
  slipway:team: {team}
  slipway:platform_stack: organization/slipway/dev
"""


def team_stack(repo: Path, team: str) -> None:
    """A stack `dev-<team>` with that team's tenants alone, on the platform of `dev`."""
    environment = (repo / "Pulumi.dev.yaml").read_text().partition("config:\n")[2]
    head = TEAM_STACK.format(team=team)
    (repo / f"Pulumi.dev-{team}.yaml").write_text(head + environment)


def test_a_stack_of_one_team_holds_no_endpoint_more(repo: Path, slipway: Slipway) -> None:
    before = slipway("list").output
    team_stack(repo, "risk")
    for _ in range(2):  # Files that were found right before are only read.
        assert slipway("list").output == before


def test_a_stack_of_one_team_renders_that_team_alone(repo: Path, slipway: Slipway) -> None:
    (repo / "models" / "ads").mkdir()
    (repo / "models" / "ads" / "team.yaml").write_text(team_yaml())
    team_stack(repo, "ads")
    for _ in range(2):
        assert slipway("render", "--stack", "dev-ads").output == ""
    (repo / "models" / "ads" / "team.yaml").unlink()
    (repo / "Pulumi.dev-ads.yaml").unlink()
    team_stack(repo, "risk")
    rendered = slipway("render", "--stack", "dev-risk").output
    assert rendered == slipway("render", "--stack", "dev").output


def test_a_stack_of_one_team_is_counted_under_its_platforms_stack(
    repo: Path, slipway: Slipway
) -> None:
    team_stack(repo, "risk")
    edit(repo, "deployments:", "quota: {cpu: 90, stacks: {dev: {cpu: 4}}}\ndeployments:")
    first = slipway("render", "--stack", "dev-risk").output
    assert first == slipway("render", "--stack", "dev").output
    edit(repo, "dev: {cpu: 4}", "dev: {cpu: 5}")
    assert slipway("render", "--stack", "dev-risk").output != first
