"""The reference is made from the code: a stale page, or a link that leads nowhere, fails."""

import re
from functools import cache
from pathlib import Path

import pytest

from catalog.explanations import BY_KIND
from catalog.load import load_platform, load_project, load_team
from catalog.stacks import load_environment, load_environments, stacks_of
from cli.pages.entry_sections import AROUND, DEPLOYMENT, LAYERS, PROJECT, SHORT, STACK, Section
from cli.pages.objects import OF_A_DEPLOYMENT, OF_A_PROJECT
from cli.reference import FOLDER, PAGES
from tests.fleets import read_fleet
from tests.reading import endpoint_of

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((?P<page>[a-z-]+\.md)?#(?P<anchor>[^)]+)\)")
ANCHOR = re.compile(r'<a id="(?P<name>[^"]+)"></a>')
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HTML = re.compile(r"(?<!\\)<[a-z][a-z -]*>")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)


@cache
def text_of(page: str) -> str:
    return PAGES[page]()


def anchors(page: str) -> set[str]:
    headings = (match["text"] for match in HEADING.finditer(text_of(page)))
    slugs = {re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-") for text in headings}
    return slugs | {match["name"] for match in ANCHOR.finditer(text_of(page))}


@pytest.mark.parametrize("page", PAGES)
def test_page_is_what_make_docs_writes(page: str) -> None:
    assert (FOLDER / page).read_text("utf-8") == text_of(page), "stale: run make docs"


def test_nothing_else_lies_beside_the_pages() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = [(match["page"] or page, match["anchor"]) for match in LINK.finditer(text_of(page))]
    assert [link for link in links if link[1] not in anchors(link[0])] == []


@pytest.mark.parametrize("page", PAGES)
def test_anchors_are_unique(page: str) -> None:
    names = [match["name"] for match in ANCHOR.finditer(text_of(page))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("page", PAGES)
def test_no_placeholder_vanishes_as_html(page: str) -> None:
    prose = CODE.sub("", text_of(page))
    assert HTML.findall(prose) == []


def project(section: Section) -> str:
    """The file that a section's example is of, or is a part of."""
    if section not in DEPLOYMENT:
        return section.example
    needed = {"tier": "tier: dev\n", "framework": "framework: onnx\n"}
    if "graph:" in section.example:
        del needed["framework"]
    missing = (line for name, line in needed.items() if f"{name}:" not in section.example)
    lines = [*section.example.splitlines(), *"".join(missing).splitlines()]
    return 'version: "1"\ndeployments:\n  one:\n' + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize("section", [*PROJECT, *DEPLOYMENT, *SHORT], ids=lambda s: s.path)
def test_example_of_an_entry_loads(section: Section) -> None:
    found = load_project("models/risk/cards.yaml", project(section).encode())
    assert not isinstance(found, list), found


@pytest.mark.parametrize("section", [*AROUND, STACK[0]], ids=lambda s: s.path)
def test_example_of_a_file_around_loads(section: Section) -> None:
    raw = section.example.encode()
    if section.path == "stack":
        found = load_environment("dev", raw)
    elif "cost_center" in section.example:
        found = load_team("models/risk/team.yaml", raw)
    else:
        found = load_platform("models/platform.yaml", raw)
    assert not isinstance(found, list), found


def test_example_of_what_a_stack_deploys_has_no_problem() -> None:
    deploys = LAYERS[0].example.removeprefix("config:\n  slipway:environment: …\n")
    text = STACK[0].example.replace("domain: dev.example.com", "domain: example.com") + deploys
    assert stacks_of({"Pulumi.dev.yaml": text.encode()}).problems == ()


def test_every_kind_that_the_sample_fleet_becomes_is_listed() -> None:
    files = {p.relative_to(ROOT).as_posix(): p for p in (ROOT / "models").rglob("*")}
    fleet = read_fleet({name: p.read_bytes() for name, p in files.items() if p.is_file()})
    stacks = load_environments(ROOT).environments
    objects = [obj for env in stacks for obj in fleet.build(env).objects]
    of_projects = {obj["kind"] for obj in objects if endpoint_of(obj) is None}
    of_deployments = {obj["kind"] for obj in objects if endpoint_of(obj) is not None}
    assert of_projects <= set(OF_A_PROJECT)
    assert of_deployments <= set(OF_A_DEPLOYMENT)


def test_every_explained_kind_is_listed() -> None:
    assert set(BY_KIND) == set(OF_A_DEPLOYMENT)
