"""A stack's settings: what is told offline and by the program, and that the two agree."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import given
from pulumi.runtime.config import set_all_config

from catalog.load import known_stacks
from catalog.settings import Layer, Settings, StackKeys
from catalog.stack_rules import STACK_LIMIT
from catalog.stacks import load_environments, load_stack, stacks_of
from infra.settings import SettingsError, load
from infra.settings import token as token_of
from tests.bad_inputs import stack_settings as wrong
from tests.bad_inputs.repository import STACK, Content
from tests.engine import run
from tests.programs import ROOT, SECRETS, TOKEN, configuration, settings, told
from tests.setting_strategies import Data, stack_data, stack_settings

OUR_STACKS = ("dev", "local", "prod")


def repository(root: Path, files: dict[str, Content]) -> Path:
    """A folder with these stack files and the one team."""
    (root / "models" / "risk").mkdir(parents=True)
    (root / "models" / "risk" / "team.yaml").write_text("")
    for name, content in files.items():
        if isinstance(content, str):
            (root / name).write_text(content, "utf-8")
    return root


def loaded(root: Path, stack: str, config: dict[str, str]) -> Settings:
    """What the program reads."""
    found: list[Settings] = []
    run(lambda: found.append(load(root)), stack=stack, config=config)
    return found[0]


def refused(root: Path, stack: str, config: dict[str, str]) -> list[str]:
    """What the program says instead of running, line by line."""
    with pytest.raises(SettingsError) as caught:
        loaded(root, stack, config)
    head, *lines = str(caught.value).split("\n")
    assert head == f"the settings of stack {stack} are wrong, and nothing was registered"
    return lines


def offline(files: dict[str, Content], stack: str) -> list[str]:
    """What `slipway check` says of one stack's file among these."""
    texts = {file: text.encode() for file, text in files.items() if isinstance(text, str)}
    problems = stacks_of(texts, wrong.TEAMS).problems
    return [line for p in problems if p.place.file == f"Pulumi.{stack}.yaml" for line in p.lines()]


@pytest.mark.parametrize("name", wrong.FILES)
def test_a_wrong_stack_file_is_told_in_exactly_these_words(name: str):
    assert wrong.told(wrong.FILES[name]) == wrong.expected()[name]


def test_every_case_has_been_reviewed_and_there_are_many():
    assert [*wrong.expected()] == [*wrong.FILES]
    assert len(wrong.FILES) >= 70


def test_the_right_stacks_of_the_table_have_no_problem():
    files: dict[str, Content] = {wrong.D: wrong.FULL, "Pulumi.test.yaml": wrong.TEST}
    assert wrong.told(files) == []
    files = {wrong.D: wrong.stack((wrong.LAYERS, "[foundation, platform, edge]"))}
    assert wrong.told({**files, "Pulumi.risk.yaml": wrong.RISK}) == []


@pytest.mark.parametrize("name", wrong.ALONE)
def test_the_program_says_what_check_says(name: str, tmp_path: Path):
    files: dict[str, Content] = {**wrong.FILES[name]}
    text = str(files[wrong.D])
    root = repository(tmp_path, files)
    assert refused(root, "dev", configuration(text)) == offline(files, "dev")


SEEN_IN_THE_TEXT_ALONE = {
    "a key with a typo", "a key with a capital", "a key like none", "a key without its namespace",
    "the token in plain text", "an encrypted setting", "an encrypted layer", "protect as yes",
    "a platform's stack that is not there", "a namespace with a capital",
    "a namespace with a typo", "a namespace with a hyphen", "keys inside a key", "an empty token",
    "the token in plain text under another name",
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in wrong.ALONE if n not in SEEN_IN_THE_TEXT_ALONE])
def test_without_the_file_the_program_names_the_stack_and_the_key(name: str, tmp_path: Path):
    config = configuration(str(wrong.FILES[name][wrong.D]))
    lines = refused(repository(tmp_path, {}), "dev", config)
    heads = sorted(line for line in lines if line[0] != " ")
    expected = (line.split(": ", 1)[1] for line in wrong.expected()[name] if line[0] != " ")
    assert heads == sorted(f"{wrong.D}: {head}" for head in expected)


@pytest.mark.parametrize("name", wrong.TOGETHER)
def test_a_stack_that_does_not_go_with_another_is_refused_by_the_program(name: str, tmp_path: Path):
    files = {**wrong.FILES[name]}
    file = wrong.expected()[name][0].split(":")[0]
    stack = file.removeprefix("Pulumi.").removesuffix(".yaml")
    root = repository(tmp_path, files)
    assert refused(root, stack, configuration(str(files[file]))) == offline(files, stack)


def test_what_the_engine_is_told_counts_even_where_the_file_is_right(tmp_path: Path):
    root = repository(tmp_path, {wrong.D: wrong.FULL})
    config = configuration(wrong.FULL)
    config["slipway:foundation"] = config["slipway:foundation"].replace("10.16.0.0", "10.16.0.9")
    assert refused(root, "dev", config)[0] == (
        "Pulumi.dev.yaml:14:15: SLW815 slipway:foundation.vpc_cidr"
    )


def test_a_file_that_is_no_yaml_is_told_with_its_place(tmp_path: Path):
    root = repository(tmp_path, {wrong.D: wrong.FULL.replace("  slipway:edge", "\tslipway:edge")})
    lines = refused(root, "dev", configuration(wrong.FULL))
    assert lines[0].startswith("Pulumi.dev.yaml:22:1: SLW105")


def test_a_stack_without_layers_is_right_for_a_plan_and_nothing_for_a_program(tmp_path: Path):
    files: dict[str, Content] = {wrong.D: STACK}
    assert offline(files, "dev") == []
    assert refused(repository(tmp_path, files), "dev", configuration(STACK)) == [
        "Pulumi.dev.yaml:2:3: SLW826 slipway:layers",
        "    the stack has no slipway:layers, so it holds nothing",
        "    → add slipway:layers: [foundation, platform, edge, tenants]",
    ]


@pytest.mark.parametrize("token", [None, "", "  "])
@pytest.mark.parametrize(
    ("layer", "key", "why"),
    [
        (
            "edge",
            "slipway:cloudflareToken",
            "records and rules are written at Cloudflare with a token of the zone",
        ),
        (
            "platform",
            "slipway:cloudflareDnsToken",
            "certificates are proven by DNS, with a token that may edit the zone's DNS",
        ),
    ],
)
def test_a_stack_that_needs_a_token_says_how_to_set_it(
    token: str | None, layer: Layer, key: str, why: str, tmp_path: Path
):
    root = repository(tmp_path, {wrong.D: wrong.FULL})
    config = configuration(wrong.FULL)
    del config[key]
    config |= {} if token is None else {key: token}
    assert refused(root, "dev", config) == [
        f"Pulumi.dev.yaml:2:3: SLW827 {key}",
        f"    {why}, and the stack has none",
        f"    → pulumi config set --secret {key} --stack dev",
    ]
    with pytest.raises(SettingsError, match="SLW827"):
        run(lambda: token_of(layer), config=config)


def test_a_stack_of_tenants_needs_no_token(tmp_path: Path):
    files: dict[str, Content] = {
        wrong.D: wrong.stack((wrong.LAYERS, "[foundation, platform, edge]")),
        "Pulumi.risk.yaml": wrong.RISK,
    }
    config = configuration(wrong.RISK)
    del config["slipway:cloudflareToken"], config["slipway:cloudflareDnsToken"]
    assert loaded(repository(tmp_path, files), "risk", config).team == "risk"


def test_the_token_is_a_secret_wherever_it_goes():
    def program() -> None:
        pulumi.ProviderResource("cloudflare", "zone", {"apiToken": token_of("edge")})

    provider = run(program, config=configuration(wrong.FULL)).one("pulumi:providers:cloudflare")
    assert provider.inputs["apiToken"] == TOKEN
    assert "apiToken" in provider.secrets


@pytest.mark.parametrize("stack", OUR_STACKS)
def test_a_stack_of_this_repository_is_right_offline_and_for_the_program(stack: str):
    assert load_environments(ROOT).problems == ()
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text("utf-8")
    assert loaded(ROOT, stack, configuration(text)) == settings(stack)


def test_an_encrypted_setting_is_named_and_not_shown_without_the_file(tmp_path: Path):
    config = configuration(wrong.FULL.replace(wrong.ZONE, f"zone: {wrong.TOKEN}"))

    def program() -> None:
        set_all_config(config, ["slipway:edge", "slipway:cloudflareToken"])
        load(repository(tmp_path, {}))

    with pytest.raises(SettingsError) as caught:
        run(program, config=config)
    assert "SLW809 slipway:edge" in str(caught.value)
    assert wrong.TOKEN not in str(caught.value)


TEXTS = (
    ("domain: dev.example.com", "domain: {}"),
    ("region: eu-west-1", "region: {}"),
    ("issuer: https://login.example.com/", "issuer: {}"),
    ("[dev, staging]", "[dev, {}]"),
    (wrong.LAYERS, "[foundation, {}]"),
    ('account: "111111111111"', "account: {}"),
    ("vpc_cidr: 10.16.0.0/16", "vpc_cidr: {}"),
    ("[203.0.113.0/24]", "[{}]"),
    (wrong.ADMINS, "[{}]"),
    ("monthly_usd: 6000", "monthly_usd: {}"),
    ("notify: [platform@example.com]", "notify: [{0}, {0}]"),
    ("log_days: 30", "log_days: {}"),
    ("acme_email: platform@example.com", "acme_email: {}"),
    ("replicas: 2", "replicas: {}"),
    (wrong.ZONE, "zone: {}"),
    ("team: example", "team: {}"),
    ("email_domains: [example.com]", "email_domains: [{}]"),
    ("log_days: 30", "kubernetes: {}"),
    ("log_days: 30", "nat: {}"),
    ("log_days: 30", "system_nodes: {{instance_types: [{}]}}"),
    ("replicas: 2", "alerts: {{slack_secret: {}}}"),
)


@pytest.mark.parametrize(("right", "wrongly"), TEXTS)
@pytest.mark.parametrize("secret", ["AKIAIOSFODNN7EXAMPLE", wrong.WEBHOOK])
def test_a_secret_in_any_place_is_refused_and_never_shown(
    right: str, wrongly: str, secret: str, tmp_path: Path
):
    text = wrong.stack((right, wrongly.format(secret)))
    files: dict[str, Content] = {wrong.D: text}
    lines = offline(files, "dev")
    assert any("SLW808" in line for line in lines)
    config = configuration(text)
    with_file = refused(repository(tmp_path / "with", files), "dev", config)
    without = refused(repository(tmp_path / "without", {}), "dev", config)
    assert secret not in "\n".join([*lines, *with_file, *without])


@given(stack_settings())
def test_valid_settings_fit_the_names_that_are_made_of_them(found: Settings):
    assert len(found.environment.stack) <= STACK_LIMIT
    assert len(f"slipway-{found.environment.stack}-https") <= 32
    assert len(f"{found.environment.bucket}-access-logs") <= 63


@given(stack_data())
def test_valid_settings_have_no_problem_and_reach_the_program_unchanged(data: Data):
    text = yaml.safe_dump({"config": {f"slipway:{key}": data[key] for key in data}})
    found = load_stack("any", text.encode())
    assert isinstance(found, tuple)
    stack, problems = found
    assert problems == []
    config = {**told(data), **told(SECRETS)}
    team = {key: value for key, value in config.items() if key != "slipway:team"}
    program = loaded(Path("/nonexistent"), "any", team)
    expected: dict[str, Any] = dict(stack.settings)
    assert dict(program) == {**expected, "team": None}


def test_false_and_zero_are_values_and_not_left_to_a_default(tmp_path: Path):
    text = wrong.stack(
        (wrong.DAYS, "    rate_limits: {replicas: 0}\n    protect: false\n"),
        (wrong.ZONE, f"{wrong.ZONE}\n    zone_rules: false\n    managed_waf: false"),
    )
    root = repository(tmp_path, {wrong.D: text})
    found = loaded(root, "dev", configuration(text))
    assert found.foundation is not None
    assert found.edge is not None
    assert found.foundation.rate_limits.replicas == 0
    assert (found.edge.zone_rules, found.edge.managed_waf) == (False, False)


@given(stack_data())
def test_what_was_right_before_is_read_the_same_without_being_judged(data: Data):
    text = yaml.safe_dump({"config": {f"slipway:{key}": data[key] for key in data}})
    files = {"Pulumi.any.yaml": text.encode()}
    known, judged = known_stacks(files), stacks_of(files)
    assert known.environments == judged.environments
    domain = ("identity", "issuer")
    places = [each.loaded["any"].document.place(domain) for each in (known, judged)]
    assert places[0] == places[1]


def test_pulumi_yaml_names_the_project_the_runtime_and_no_default_provider():
    project: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))
    assert project["name"] == "slipway"
    assert project["runtime"]["options"] == {"toolchain": "pip", "virtualenv": ".venv"}
    assert (ROOT / project["main"] / "__main__.py").is_file()
    disabled = project["config"]["pulumi:disable-default-providers"]["value"]
    assert disabled == ["aws", "cloudflare", "kubernetes"]


def test_every_key_of_a_stack_is_described():
    assert all(field.description for field in StackKeys.model_fields.values())
