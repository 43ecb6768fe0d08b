"""The CRDs that charts bring: made with their release.

So the API server knows no kind before its release is there, as in a cluster: whatever comes too
early finds "no matches for kind", from the server itself.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from catalog.objects import Object
from local import crds, upstream
from local.apply import Api, ApiError, wait
from tests.brought import GROUPS, KINDS
from tests.cloud.kinds import RefusedError

FOLDER: Final = "STAND_IN_CRDS"
"""Names the folder that `write` filled."""

_PATH: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_WORKERS: Final = 4
_NOT_FOUND: Final = 404

# Of two releases for a group, the one whose chart holds its CRDs.
_HOLDERS: Final[Mapping[str, str]] = {
    group: releases[0] for group, releases in GROUPS.items() if group != "serving.kserve.io"
}


def write(folder: Path) -> None:
    """The CRDs by release, from the pinned modules, so that no plugin has to read their YAML.

    Those of kinds that the programs use; the others would only cost the server time.
    """
    found: dict[str, list[Object]] = {}
    operators = upstream.objects("knative.dev/operator", "config/crd/bases/*knativeservings.yaml")
    for crd in (*crds.definitions(), *operators, _target_group_binding()):
        if release := _holder(crd["spec"]["group"], crd["spec"]["names"]["kind"]):
            found.setdefault(release, []).append(_plain(crd))
    for release, brought in found.items():
        (folder / f"{release}.json").write_text(json.dumps(brought), "utf-8")


def _holder(group: str, kind: str) -> str:
    """The release whose chart holds the CRD of a kind; empty for a kind of no object of ours."""
    if group != "serving.kserve.io" or kind not in KINDS:
        return _HOLDERS.get(group, "")
    if kind.startswith("LLM"):
        return "kserve-llmisvc-crd"
    return "kserve-localmodel-crd" if kind.startswith("LocalModel") else "kserve-crd"


def _plain(crd: Object) -> Object:
    """With its newest version alone.

    Serving a version of InferenceService costs the server seconds, and without the controllers
    there is nobody to convert it.
    """
    versions = [each for each in crd["spec"]["versions"] if each["served"]]
    newest = max(versions, key=lambda each: _priority(each["name"]))
    kept = {key: crd[key] for key in ("apiVersion", "kind")}
    names = {key: value for key, value in crd["metadata"].items() if key in {"name", "annotations"}}
    spec = {**crd["spec"], "versions": [{**newest, "storage": True}]}
    return {**kept, "metadata": names, "spec": spec}


def _priority(version: str) -> tuple[bool, bool, list[int]]:
    """As Kubernetes orders the versions of a group: v2, v1, v1beta2, v1beta1, v1alpha1."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    return "a" not in version, "alpha" not in version, numbers


def _target_group_binding() -> Object:
    """Its CRD is in a chart alone, of which no module is published, so any spec will do."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    version = {
        "name": "v1beta1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "targetgroupbindings.elbv2.k8s.aws"},
        "spec": {
            "group": "elbv2.k8s.aws",
            "names": {"kind": "TargetGroupBinding", "plural": "targetgroupbindings"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def _of(release: str) -> list[Any]:
    file = Path(os.environ[FOLDER]) / f"{release}.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else []


def create(api: Api, release: str) -> None:
    """Makes the CRDs of a release; returns when the server takes objects of them.

    One that is there already stays as it is: a release that goes leaves them, as charts do that
    hold them in `crds/`, because making them costs the server most of a minute.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda crd: _make(api, crd), _of(release)))


def _make(api: Api, crd: Object) -> None:
    path = f"{_PATH}/{crd['metadata']['name']}"

    def made() -> bool:
        try:
            return _is_established(api.get(path))
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
        api.request("POST", _PATH, crd)
        return False

    wait(f"{path} is not established", made)


def _is_established(crd: Object) -> bool:
    conditions = crd.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def check_unused(api: Api, release: str) -> None:
    """Refuses while there are objects of the kinds that would go with a release."""
    if left := [obj for crd in _of(release) for obj in _objects(api, crd)]:
        raise RefusedError("Kubernetes", f"{release} would take with it: {', '.join(left)}")


def _objects(api: Api, crd: Object) -> Iterator[str]:
    group, names = crd["spec"]["group"], crd["spec"]["names"]
    [version] = crd["spec"]["versions"]
    for obj in api.get(f"/apis/{group}/{version['name']}/{names['plural']}")["items"]:
        namespace = obj["metadata"].get("namespace", "")
        yield f"{names['kind']} {namespace}/{obj['metadata']['name']}"
