"""What a change of entries changes, and what it does not, on fleets drawn over every option."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.objects import Object, identity
from catalog.render.common import KNATIVE_NAMESPACE
from catalog.yaml_document import Document, parse
from tests.fleets import BuiltFleet, Files, read_fleet
from tests.reading import endpoint_of
from tests.strategies import Generated, fleets
from tests.yaml_dump import dump

ROOT = Path(__file__).resolve().parent.parent


def built(fleet: Generated) -> BuiltFleet:
    """The fleet on its stack, which must have no problem."""
    result = read_fleet(fleet.files).build(fleet.env)
    assert not result.problems, "\n".join(line for p in result.problems for line in p.lines())
    return result


def text_of(fleet: Generated) -> str:
    """Everything that is rendered, as bytes would be."""
    return json.dumps(built(fleet).objects, ensure_ascii=False)


@settings(max_examples=60)
@given(fleets())
def test_a_valid_entry_has_no_problem_and_becomes_its_objects(fleet: Generated):
    for one in built(fleet).tenants:
        kinds = Counter(obj["kind"] for obj in one.objects)
        served = ("InferenceService", "LLMInferenceService", "InferenceGraph")
        endpoints = len(one.tenant.endpoints)
        assert sum(kinds[kind] for kind in served) == endpoints
        for kind in ("HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy"):
            assert kinds[kind] == endpoints


@given(fleets())
def test_rendering_is_a_function_of_the_set_of_entries(fleet: Generated):
    backwards = Generated(dict(reversed(fleet.files.items())), fleet.env)
    assert text_of(fleet) == text_of(backwards)
    turned: Files = {}
    for path, content in fleet.files.items():
        data = _project(path, content)
        if data is None:
            turned[path] = content
        else:
            turned[path] = dump(
                {**data, "deployments": dict(reversed(data["deployments"].items()))}
            )
    assert text_of(fleet) == text_of(Generated(turned, fleet.env))


def _project(path: str, content: str | bytes) -> dict[str, Any] | None:
    if path.count("/") != 2 or path.endswith("/team.yaml"):
        return None
    data = read_fleet_data(content)
    assert isinstance(data["deployments"], dict)
    return data


def read_fleet_data(content: str | bytes) -> dict[str, Any]:
    """A file as plain data, by the strict reader."""
    document = parse(content if isinstance(content, bytes) else content.encode(), "file.yaml")
    assert isinstance(document, Document), document
    return document.data


@given(fleets())
def test_what_is_dumped_is_what_is_loaded(fleet: Generated):
    for path, content in fleet.files.items():
        if path.endswith(".yaml"):
            data = read_fleet_data(content)
            assert read_fleet_data(dump(data)) == data
            assert dump(data) == content


DIGESTS = """
import hashlib, json, sys
from tests.fleets import environment, read_fleet
for stack, files in json.load(sys.stdin):
    data = {path: text.encode() for path, text in files.items()}
    objects = read_fleet(data).build(environment(stack)).objects
    print(hashlib.sha256(json.dumps(objects).encode()).hexdigest())
"""


def _digests(sample: list[Any], cwd: Path, **changed: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        input=json.dumps(sample),
        env={**os.environ, "PYTHONPATH": str(ROOT), **changed},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


def test_bytes_do_not_depend_on_the_process_that_renders_them(tmp_path: Path, sample: list[Generated]):
    told: list[Any] = []
    for fleet in sample[:40]:
        files = {p: t if isinstance(t, str) else t.decode() for p, t in fleet.files.items()}
        told.append((fleet.env.stack, files))
    here = _digests(told, ROOT, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    there = _digests(told, tmp_path, PYTHONHASHSEED="2", TZ="Asia/Kolkata", LC_ALL="C")
    assert len(here) == len(told)
    assert here == there


def owner_of(obj: Object) -> str:
    """The namespace of the tenant that an object belongs to."""
    if obj["kind"] == "ReferenceGrant":
        assert obj["metadata"]["namespace"] == KNATIVE_NAMESPACE
        return obj["metadata"]["name"]
    if obj["kind"] == "Namespace":
        return obj["metadata"]["name"]
    return obj["metadata"]["namespace"]


def by_identity(fleet: Generated) -> dict[tuple[str, ...], Object]:
    """Objects by what makes two of them the same; no two may be."""
    objects = built(fleet).objects
    found = {identity(obj): obj for obj in objects}
    assert len(found) == len(objects), Counter(map(identity, objects)).most_common(1)
    return found


@given(fleets())
def test_no_two_objects_are_the_same_one_and_each_belongs_to_its_own_project(fleet: Generated):
    by_identity(fleet)
    for one in built(fleet).tenants:
        assert {owner_of(obj) for obj in one.objects} == {one.tenant.namespace}


@given(fleets(), st.data())
def test_removing_an_entry_changes_nothing_of_any_other_tenant(fleet: Generated, data: st.DataObject):
    before = by_identity(fleet)
    files = [path for path, content in fleet.files.items() if _project(path, content)]
    if not files:
        return
    file = data.draw(st.sampled_from(files))
    _, team, project = file.removesuffix(".yaml").split("/")
    after = by_identity(fleet.without(file))
    assert after == {i: o for i, o in before.items() if owner_of(o) != f"{team}-{project}"}


@given(fleets(), st.data())
def test_removing_a_deployment_removes_its_objects_and_touches_its_tenant_alone(
    fleet: Generated, data: st.DataObject
):
    before = by_identity(fleet)
    files = [path for path, content in fleet.files.items() if _project(path, content)]
    if not files:
        return
    file = data.draw(st.sampled_from(files))
    whole = read_fleet_data(fleet.files[file])
    apart = {n: e for n, e in whole["deployments"].items() if not _is_joined(n, whole)}
    if not apart or len(whole["deployments"]) == 1:
        return
    name = data.draw(st.sampled_from(sorted(apart)))
    rest = {n: e for n, e in whole["deployments"].items() if n != name}
    less = {**fleet.files, file: dump({**whole, "deployments": rest})}
    after = by_identity(Generated(less, fleet.env))
    _, team, project = file.removesuffix(".yaml").split("/")
    gone = {i for i, o in before.items() if endpoint_of(o) == name and owner_of(o) == f"{team}-{project}"}
    assert set(before) - set(after) - gone == _hub_secret(before, after)
    assert not set(after) - set(before)
    changed = {owner_of(o) for i, o in after.items() if o != before[i]}
    assert changed <= {f"{team}-{project}"}
    assert all(endpoint_of(o) is None for i, o in after.items() if o != before[i])


def _hub_secret(before: Mapping[Any, Object], after: Mapping[Any, Object]) -> set[Any]:
    """The downloader's token goes with the last endpoint that names one."""
    return {i for i in set(before) - set(after) if i[3] == "huggingface"}


def _is_joined(name: str, project: Mapping[str, Any]) -> bool:
    graphs = [e["graph"] for e in project["deployments"].values() if "graph" in e]
    return any(step["deployment"] == name for graph in graphs for step in graph["steps"])
