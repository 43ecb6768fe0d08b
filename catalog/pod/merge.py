"""Strategic merge patch, the part of it that KServe uses to lay one pod over another.

Merge keys are those of the tags in k8s.io/api/core/v1 `types.go`; the order of merged lists is
that of k8s.io/apimachinery `pkg/util/strategicpatch/patch.go` (`mergeSortedSlice`).
"""

from typing import Any, cast

from catalog.objects import Object

_MERGE_KEYS = {
    "containers": "name",
    "env": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ports": "containerPort",
    "resourceClaims": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""The field that tells list items apart. Any other list is replaced whole."""


def merge(base: Object, patch: Object) -> Object:
    """`base` with `patch` over it; neither is changed.

    A null removes. An empty list says nothing: Go leaves it out of the JSON that upstream merges.
    """
    merged = dict(base)
    for key, value in patch.items():
        under = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(under, dict):
            merged[key] = merge(cast("Object", under), cast("Object", value))
        elif isinstance(value, list) and under:
            merged[key] = _merge_lists(key, under, cast("list[Any]", value))
        else:
            merged[key] = value
    return merged


def merge_containers(base: Object, patch: Object) -> Object:
    """A container over another: a name or an env source that `patch` leaves empty is the base's.

    KServe `pkg/utils/container_merge.go` (`MergeContainerWithPatch`).
    """
    merged = merge(base, patch)
    merged["name"] = patch.get("name") or base["name"]
    if merged.get("env"):
        over = {item["name"]: item for item in patch.get("env", ())}
        merged["env"] = [_one_source(item, over.get(item["name"])) for item in merged["env"]]
    return merged


def _one_source(item: Object, over: Object | None) -> Object:
    """Kubernetes refuses an env entry with both a value and a source; the patch's stays."""
    if over is None or not item.get("value") or "valueFrom" not in item:
        return item
    loser = "value" if "valueFrom" in over else "valueFrom"
    return {key: value for key, value in item.items() if key != loser}


def _merge_lists(field: str, base: list[Any], patch: list[Any]) -> list[Any]:
    """The patch's items in their order, and around them what only the base has.

    The latter stay in front of the item that followed them there, else they go last.
    """
    key = _MERGE_KEYS.get(field)
    if key is None or not patch:
        return patch or base
    place = {item[key]: index for index, item in enumerate(base)}
    patched = {item[key] for item in patch}
    rest = [item for item in base if item[key] not in patched]
    merged: list[Any] = []
    for item in patch:
        index = place.get(item[key])
        while index is not None and rest and place[rest[0][key]] < index:
            merged.append(rest.pop(0))
        merged.append(item if index is None else merge(base[index], item))
    return merged + rest
