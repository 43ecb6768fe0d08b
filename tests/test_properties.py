"""What a change of entries changes, and what it does not, on fleets drawn over every option."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from catalog.objects import Object, identity
from catalog.render.common import KNATIVE_NAMESPACE
from catalog.yaml_document import Document, parse
from tests.fleets import BuiltFleet, read_fleet
from tests.reading import endpoint_of
from tests.strategies import Generated, fleets
from tests.yaml_dump import dump

ROOT = Path(__file__).resolve().parent.parent
FEW = 25
"""Fleets of the sample for what takes several builds of each."""


def built(fleet: Generated) -> BuiltFleet:
    """The fleet on its stack, which must have no problem."""
    result = read_fleet(fleet.files).build(fleet.env)
    assert not result.problems, "\n".join(line for p in result.problems for line in p.lines())
    return result


def data_of(content: str | bytes) -> dict[str, Any]:
    """A file as plain data, by the strict reader."""
    document = parse(content if isinstance(content, bytes) else content.encode(), "file.yaml")
    assert isinstance(document, Document), document
    return document.data


def project_files(fleet: Generated) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, namespace and data of every project file."""
    for path, content in fleet.files.items():
        if path.count("/") == 2 and not path.endswith("/team.yaml"):
            _, team, project = path.removesuffix(".yaml").split("/")
            yield path, f"{team}-{project}", data_of(content)


@settings(max_examples=40)
@given(fleets())
def test_a_valid_entry_has_no_problem_and_becomes_its_objects(fleet: Generated) -> None:
    for one in built(fleet).tenants:
        kinds = Counter(obj["kind"] for obj in one.objects)
        served = ("InferenceService", "LLMInferenceService", "InferenceGraph")
        endpoints = len(one.tenant.endpoints)
        assert sum(kinds[kind] for kind in served) == endpoints
        for kind in ("HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy"):
            assert kinds[kind] == endpoints


def test_what_is_dumped_is_what_is_loaded(sample: list[Generated]) -> None:
    for fleet in sample:
        for path, content in fleet.files.items():
            if path.endswith(".yaml"):
                data = data_of(content)
                assert dump(data) == content
                assert data_of(dump(data)) == data


def test_rendering_is_a_function_of_the_set_of_entries(sample: list[Generated]) -> None:
    for fleet in sample[:FEW]:
        there = json.dumps(built(fleet).objects)
        assert json.dumps(built(fleet).objects) == there
        turned = dict(reversed(fleet.files.items()))
        for path, _, data in project_files(fleet):
            backwards = dict(reversed(data["deployments"].items()))
            turned[path] = dump({**data, "deployments": backwards})
        assert json.dumps(built(Generated(turned, fleet.env)).objects) == there


DIGESTS = """
import hashlib, json, sys
from tests.fleets import environment, read_fleet
for stack, files in json.load(sys.stdin):
    data = {path: text.encode() for path, text in files.items()}
    objects = read_fleet(data).build(environment(stack)).objects
    print(hashlib.sha256(json.dumps(objects).encode()).hexdigest())
"""


def _digests(told: list[Any], cwd: Path, **changed: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        input=json.dumps(told),
        env={**os.environ, "PYTHONPATH": str(ROOT), **changed},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


def test_bytes_do_not_depend_on_the_process_that_renders_them(
    tmp_path: Path, sample: list[Generated]
) -> None:
    told: list[Any] = []
    for fleet in sample[:FEW]:
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
    found: dict[tuple[str, ...], Object] = {identity(obj): obj for obj in objects}
    assert len(found) == len(objects), Counter(map(identity, objects)).most_common(1)
    return found


def test_no_two_objects_are_the_same_one_and_each_belongs_to_its_own_project(
    sample: list[Generated],
) -> None:
    for fleet in sample:
        by_identity(fleet)
        for one in built(fleet).tenants:
            assert {owner_of(obj) for obj in one.objects} == {one.tenant.namespace}


def test_removing_an_entry_changes_nothing_of_any_other_tenant(sample: list[Generated]) -> None:
    for fleet in sample[:FEW]:
        before = by_identity(fleet)
        for path, namespace, _ in project_files(fleet):
            after = by_identity(fleet.without(path))
            assert after == {i: o for i, o in before.items() if owner_of(o) != namespace}


def test_removing_a_deployment_removes_its_objects_and_touches_its_tenant_alone(
    sample: list[Generated],
) -> None:
    tried = 0
    for fleet in sample[:FEW]:
        before = by_identity(fleet)
        for path, namespace, data in project_files(fleet):
            for name in sorted(_apart(data)):
                rest = {n: e for n, e in data["deployments"].items() if n != name}
                less = {**fleet.files, path: dump({**data, "deployments": rest})}
                _only_its_own_are_gone(
                    before, by_identity(Generated(less, fleet.env)), namespace, name
                )
                tried += 1
    assert tried > FEW


Objects = Mapping[tuple[str, ...], Object]


def _only_its_own_are_gone(before: Objects, after: Objects, namespace: str, name: str) -> None:
    own = {i for i, o in before.items() if endpoint_of(o) == name and owner_of(o) == namespace}
    # The downloader's token goes with the last endpoint that names one.
    token = ("external-secrets.io/v1", "ExternalSecret", namespace, "huggingface")
    assert own <= set(before) - set(after) <= own | {token}
    assert not set(after) - set(before)
    changed = [o for i, o in after.items() if o != before[i]]
    assert {owner_of(o) for o in changed} <= {namespace}
    assert {endpoint_of(o) for o in changed} <= {None}


def _apart(project: Mapping[str, Any]) -> set[str]:
    """Deployments that may go: not the last one, and none that a graph joins."""
    if len(project["deployments"]) == 1:
        return set()
    graphs = [entry["graph"] for entry in project["deployments"].values() if "graph" in entry]
    joined = {step["deployment"] for graph in graphs for step in graph["steps"]}
    return set(project["deployments"]) - joined


def test_editing_an_entry_touches_its_own_endpoint_and_its_tenant_alone(
    sample: list[Generated],
) -> None:
    for fleet in sample[:FEW]:
        before = by_identity(fleet)
        for path, namespace, data in project_files(fleet):
            name = sorted(data["deployments"])[0]
            edited = {**data["deployments"][name], "timeout": "77s", "limits": {"requests": 77}}
            more = {**data, "deployments": {**data["deployments"], name: edited}}
            after = by_identity(Generated({**fleet.files, path: dump(more)}, fleet.env))
            changed = [o for i, o in after.items() if o != before[i]]
            assert {owner_of(o) for o in changed} <= {namespace}
            assert {endpoint_of(o) for o in changed} <= {name}
