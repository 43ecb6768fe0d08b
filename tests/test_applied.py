"""The digest by which `slipway up` knows that a stack has nothing to do."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from catalog import applied
from catalog.applied import program_digest, stack_digest, tenant_digest
from catalog.disk import Disk
from catalog.side import Side
from catalog.survey import survey
from cli.cache import Cache
from infra import tenants
from tests.programs import ROOT
from tests.programs import settings as settings_of
from tests.whole import whole

TEAM = """config:
  slipway:environment:
    cluster: local
    tiers: [dev, staging, production]
    one_tier: true
    domain: slipway.localhost
    region: eu-west-1
    bucket: slipway-local-models
    certificate_issuer: local-ca
    images: {{mirror: registry.slipway.localhost, rebuilt: true}}
    identity:
      issuer: https://issuer.slipway.localhost/
      jwks: https://issuer.slipway.internal/jwks.json
  slipway:layers: [tenants]
  slipway:team: {team}
  slipway:platform_stack: organization/slipway/local
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The fleet of the repository, with a stack for each of two teams beside the platform's."""
    for name in ("components", "infra", "models"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for stack in ("dev", "local", "prod"):
        text = (ROOT / f"Pulumi.{stack}.yaml").read_text("utf-8")
        text = text.replace("layers: [platform, tenants]", "layers: [platform]")
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(text, "utf-8")
    for team in ("risk", "search"):
        (tmp_path / f"Pulumi.{team}.yaml").write_text(TEAM.format(team=team), "utf-8")
    return tmp_path


def digests(root: Path, *stacks: str, cache: Cache | None = None) -> dict[str, str]:
    kept = cache or Cache()
    side = Side(Disk(root, kept), kept, stacks)
    assert survey(side, None, kept).problems == ()
    return {stack: applied.applied(side, stack, root, kept) for stack in stacks}


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


STACKS = ("local", "risk", "search")


def changed(root: Path, before: dict[str, str]) -> set[str]:
    after = digests(root, *STACKS)
    return {name for name in STACKS if after[name] != before[name]}


def test_the_program_exports_what_the_command_works_out() -> None:
    assert whole("local").exports["digest"] == digests(ROOT, "local")["local"]


def test_a_team_has_its_stacks_digest(repository: Path) -> None:
    settings = settings_of("local", layers=["tenants"], team="risk").model_copy(
        update={"platform_stack": "organization/slipway/local"}
    )
    env = settings.environment.model_copy(update={"stack": "risk"})
    settings = settings.model_copy(update={"environment": env})
    exported = tenants.applied(settings, tenants.read(settings, repository), repository)
    assert exported == digests(repository, "risk")["risk"]


def test_an_edit_is_its_teams_alone(repository: Path) -> None:
    before = digests(repository, *STACKS)
    file = next(
        path for path in (repository / "models/risk").glob("*.yaml") if "team" not in path.name
    )
    edit(repository, f"models/risk/{file.name}", "description: ", "description: New ")
    assert changed(repository, before) == {"risk"}


def test_a_comment_is_no_change(repository: Path) -> None:
    before = digests(repository, *STACKS)
    for file in sorted((repository / "models").glob("*/*.yaml")):
        file.write_text(f"# A word.\n{file.read_text('utf-8')}", "utf-8")
    assert changed(repository, before) == set()


def test_settings_of_a_stack_are_its_own(repository: Path) -> None:
    before = digests(repository, *STACKS)
    edit(repository, "Pulumi.search.yaml", "tiers: [dev, staging", "tiers: [staging, dev")
    assert changed(repository, before) == {"search"}


def test_the_program_is_every_stacks(repository: Path) -> None:
    before = digests(repository, *STACKS)
    edit(repository, "components/tenant.py", '"""', '"""A word. ')
    assert changed(repository, before) == set(STACKS)


def test_the_platforms_parts_are_the_platforms(repository: Path) -> None:
    before = digests(repository, *STACKS)
    edit(repository, "infra/parts/kserve.py", '"""', '"""A word. ')
    assert changed(repository, before) == {"local"}


def test_files_of_a_model_and_its_address_count() -> None:
    one = next(each for each in tenants.read(settings_of("dev")) if each.uploads)
    assert tenant_digest(one.built, one.uploads) != tenant_digest(one.built, {})
    urls = replace(one.built.tenant, endpoints=one.built.tenant.endpoints[1:])
    assert tenant_digest(replace(one.built, tenant=urls), one.uploads) != tenant_digest(
        one.built, one.uploads
    )


def test_what_was_resolved_once_is_not_resolved_again(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache()
    before = digests(repository, *STACKS, cache=cache)
    monkeypatch.setattr(applied, "_resolved", lambda *_: pytest.fail("resolved again"))
    assert digests(repository, *STACKS, cache=cache) == before


def test_order_and_place_of_the_checkout_say_nothing(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(repository, other, ignore=shutil.ignore_patterns("elsewhere"))
    assert program_digest(repository, "") == program_digest(other, "")
    env = settings_of("local").environment
    assert stack_digest(ROOT, env, ["tenants"], "local", {"a": "1", "b": "2"}) == stack_digest(
        ROOT, env, ["tenants"], "local", {"b": "2", "a": "1"}
    )
