"""Loading: values, places, both forms, stacks, trees and codes."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog import yaml_loader
from catalog.codes import ALL, CODES, explain, explain_code
from catalog.discover import discover
from catalog.entry import ProjectFile
from catalog.errors import Problem
from catalog.load import Loaded, load_project
from catalog.spelling import name_fault, name_like
from catalog.stacks import load_environment, load_environments, stacks_of
from catalog.tree import FileEntry, WorkTree
from catalog.yaml_document import Document, parse
from catalog.yaml_plain import Trap, meaning
from tests.bad_inputs.repository import ENTRY, STACK

ROOT = Path(__file__).parent.parent
SHORT = """model:
  name: "image-classifier"
  version: "v1.0.0"
  framework: "pytorch"
  resources:
    cpu: "1000m"
    memory: "2Gi"
"""


def loaded(text: str) -> Loaded[ProjectFile]:
    found = load_project("p.yaml", text.encode())
    assert isinstance(found, Loaded), found
    return found


def document(text: str) -> Document:
    found = parse(text.encode(), "p.yaml")
    assert isinstance(found, Document), found
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("false", False), ("null", None), ("", None), ("0", 0), ("-3", -3),
        ("0.5", 0.5), ("-0.25", -0.25), ("1.2.3", "1.2.3"), ("v1", "v1"), ("500m", "500m"),
        ("2Gi", "2Gi"), ("dev", "dev"), ("10.0.0.1", "10.0.0.1"), ("./a", "./a"), ("-", "-"),
        ("1-2", "1-2"), ("30s", "30s"), ("nope", "nope"), ("yesterday", "yesterday"),
        ("2026-13", "2026-13"), ("9f2c1ab", "9f2c1ab"),
    ],
)  # fmt: skip
def test_an_unquoted_word_has_one_meaning(text: str, value: object):
    found = meaning(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "yes", "Yes", "YES", "no", "NO", "on", "On", "off", "OFF", "y", "Y", "n", "N", "True",
        "TRUE", "False", "NULL", "Null", "~", "010", "00", "08", "0o7", "0x1F", "0b1", "1_000",
        "1:30", "190:20:30", "2026-10-01", "2026-10-01T10:00:00Z", ".inf", "-.Inf", ".nan",
        ".NaN", "1e3", "1.5E+3", ".5", "5.", "+1", "1234567890123456789", "-01", "00.5",
    ],
)  # fmt: skip
def test_a_word_that_yaml_readers_dispute_is_a_trap(text: str):
    assert isinstance(meaning(text), Trap)


@pytest.mark.parametrize("loader", [yaml_loader.LOADER, yaml_loader.PureLoader])
def test_every_value_knows_its_place(
    loader: Callable[[str], yaml_loader.Loader], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(yaml_loader, "LOADER", loader)
    found = document("a:\n  b: [1, {c: é x}]\n  d:\n'e': |\n  text\n")
    assert found.data == {"a": {"b": [1, {"c": "é x"}], "d": None}, "e": "text\n"}
    places = {
        (): "1:1",
        ("a",): "2:3",
        ("a", "b"): "2:6",
        ("a", "b", 1): "2:10",
        ("a", "b", 1, "c"): "2:14",
        ("a", "d"): "3:5",
        ("e",): "4:6",
    }
    assert {path: str(found.place(path)).removeprefix("p.yaml:") for path in places} == places


def test_a_path_that_is_not_there_is_at_the_nearest_setting_above():
    found = document("a:\n  b: {c: 1}\n")
    assert str(found.place(("a", "b", "x", "y"))) == "p.yaml:2:3"
    assert str(found.place(("x",))) == "p.yaml:1:1"
    assert str(found.place(("a", "b", "c"), key=True)) == "p.yaml:2:7"


def test_the_short_form_means_the_standard_form():
    standard = (
        'version: "1"\ndeployments:\n  image-classifier:\n    model: mlflow://image-classifier/v1.0.0\n'
        "    framework: pytorch\n    tier: dev\n    resources: {cpu: 1000m, memory: 2Gi}\n"
    )
    assert loaded(SHORT).value == loaded(standard).value
    assert loaded(SHORT).document.data == loaded(standard).document.data


def test_the_short_form_keeps_its_places():
    found = loaded(SHORT).document
    base = ("deployments", "image-classifier")
    assert str(found.place(base, key=True)) == "p.yaml:2:9"
    assert str(found.place((*base, "model"))) == "p.yaml:3:12"
    assert str(found.place((*base, "framework"))) == "p.yaml:4:14"
    assert str(found.place((*base, "resources", "memory"))) == "p.yaml:7:13"
    assert str(found.place((*base, "tier"))) == "p.yaml:2:9"


def test_the_short_form_takes_a_uri_and_a_tier():
    text = "model: {name: a, uri: 's3://b/p', framework: onnx, tier: staging}\nlabels: {k: v}\n"
    found = loaded(text)
    assert found.value.deployments["a"].model == "s3://b/p"
    assert found.value.deployments["a"].tier == "staging"
    assert found.value.labels == {"k": "v"}
    assert str(found.document.place(("deployments", "a", "model"))) == "p.yaml:1:23"


def test_loading_is_a_function_of_the_bytes():
    assert loaded(ENTRY) == loaded(ENTRY)


def test_a_stack_is_named_by_its_file_and_keeps_its_places():
    found = load_environment("dev", STACK.encode())
    assert isinstance(found, Loaded)
    assert found.value.stack == "dev"
    assert str(found.document.place(("identity", "issuer"))) == "Pulumi.dev.yaml:8:15"


def test_what_pulumi_keeps_beside_the_settings_is_not_read():
    text = "encryptionsalt: v1:x:y==\n" + STACK + "  other:key:\n    secure: v1:no\n  a:b: yes\n"
    assert isinstance(load_environment("dev", text.encode()), Loaded)


def test_the_stacks_of_this_repository_load():
    stacks = load_environments(ROOT)
    assert stacks.problems == ()
    assert [env.stack for env in stacks.environments] == ["dev", "local", "prod"]


def test_an_unknown_stack_is_named_with_the_nearest():
    stacks = stacks_of({"Pulumi.prod.yaml": STACK.encode()})
    found = stacks.named("prd")
    assert isinstance(found, Problem)
    assert (found.code, found.remedy) == ("SLW806", "did you mean 'prod'?")
    assert stacks.named("prod") == stacks.loaded["prod"].value


@pytest.fixture
def tree(tmp_path: Path) -> WorkTree:
    for path in ("models/b/artifacts/m/x.bin", "models/b/team.yaml", "models/platform.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "models/b/team.yaml").chmod(0o755)
    (tmp_path / "models/out.yaml").symlink_to("/etc/hostname")
    (tmp_path / "models/in.yaml").symlink_to("platform.yaml")
    (tmp_path / "models/nothing.yaml").symlink_to("missing")
    (tmp_path / "models/loop").symlink_to("loop")
    (tmp_path / "models/folder").symlink_to("b")
    os.mkfifo(tmp_path / "models/pipe.yaml")
    return WorkTree(tmp_path)


def test_a_tree_lists_files_and_links_sorted(tree: WorkTree):
    entries = tree.files("models")
    assert [entry.path for entry in entries] == [
        "models/b/artifacts/m/x.bin", "models/b/team.yaml", "models/folder", "models/in.yaml",
        "models/loop", "models/nothing.yaml", "models/out.yaml", "models/platform.yaml",
    ]  # fmt: skip
    assert {e.path for e in entries if e.is_symlink} == {
        f"models/{name}" for name in ("folder", "in.yaml", "loop", "nothing.yaml", "out.yaml")
    }
    assert [e.path for e in entries if e.executable] == ["models/b/team.yaml"]
    assert tree.files("models/b/team.yaml") == [FileEntry("models/b/team.yaml", 18, False, True)]
    assert tree.files("nowhere") == []


def test_a_tree_never_leaves_itself(tree: WorkTree):
    escaping = {"models/out.yaml", "models/nothing.yaml", "models/loop"}
    links = [entry.path for entry in tree.files("models") if entry.is_symlink]
    assert {path for path in links if tree.escapes(path)} == escaping
    assert tree.files("models/folder/artifacts") == []
    assert tree.files("models/..") == tree.files("../..") == []
    for path in ("models/out.yaml", "models/in.yaml", "models/folder/team.yaml", "../x", "nowhere"):
        with pytest.raises(OSError, match=r".+"):
            tree.read(path)
    assert tree.read("models/platform.yaml") == b"models/platform.yaml"


def test_discovery_refuses_every_link(tree: WorkTree):
    found = discover(tree)
    assert [(p.code, p.place.file) for p in found.problems] == [
        ("SLW126", "models/folder"), ("SLW126", "models/in.yaml"), ("SLW125", "models/loop"),
        ("SLW125", "models/nothing.yaml"), ("SLW125", "models/out.yaml"),
    ]  # fmt: skip
    assert (found.platform, found.teams) == ("models/platform.yaml", {"b": "models/b/team.yaml"})


def test_every_code_in_use_is_registered_and_every_registered_code_is_in_use():
    used: set[str] = set()
    for path in (ROOT / "catalog").rglob("*.py"):
        if path.parent.name != "codes":
            used |= set(re.findall(r"SLW\d{3}", path.read_text(encoding="utf-8")))
    assert used == set(CODES)


def test_codes_are_sorted_and_complete():
    ids = [code.id for code in ALL]
    assert ids == sorted(set(ids))
    for code in ALL:
        assert all((code.title, code.why, code.wrong, code.right)), code.id
        assert not code.title.endswith("."), code.id
        assert code.wrong != code.right, code.id


def test_a_code_is_explained_by_any_spelling_and_an_unknown_one_by_the_nearest():
    assert explain("SLW105") is explain("slw105") is explain("105") is CODES["SLW105"]
    assert explain("SLW118").id == "SLW117"
    assert explain("nonsense") is ALL[0]
    assert explain_code("SLW105").startswith("A tab character\n\nYAML forbids")


def test_walking_files_and_explaining_codes_needs_no_pydantic():
    program = (
        "import sys, catalog.tree, catalog.errors, catalog.codes, catalog.discover\n"
        "print(*sorted({'pydantic', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("text", ["Fraud_Detector", "2nd model", "a" * 70, "-", "é", "x-", "a.b"])
def test_a_remedy_for_a_name_is_a_name(text: str):
    assert name_fault(text) is not None
    assert name_fault(name_like(text)) is None


@pytest.mark.parametrize("extension", ["yml", "json"])
def test_a_stack_under_another_extension_is_not_passed_over(extension: str) -> None:
    file = f"Pulumi.eu.{extension}"
    found = stacks_of({"Pulumi.dev.yaml": STACK.encode(), file: b""})
    assert [(p.place.file, p.code, p.remedy) for p in found.problems] == [
        (file, "SLW120", "rename the file to Pulumi.eu.yaml")
    ]
    assert list(found.loaded) == ["dev"]
