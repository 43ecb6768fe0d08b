"""Kubernetes objects of the core, registered as they are, by a field manager of one name."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import pulumi

from catalog.objects import Object

PROVIDER_VERSION: Final = version("pulumi-kubernetes")
"""A resource without a typed class names its plugin itself. Read from what is installed, because
importing `pulumi_kubernetes` for one constant takes half a second."""

LABELS: Final = {"app.kubernetes.io/managed-by": "slipway"}

MANAGER: Final = {"pulumi.com/patchFieldManager": "pulumi-kubernetes-slipway"}
"""Who sets the fields, as server-side apply sees it. The provider would make a name for each object
and keep it in the state: an object that was made by a run which was killed before it could write
that down would belong to a name that nobody knows, and every later change of it be a conflict
(pulumi-kubernetes `provider.go`, fieldManagerName)."""


def object_name(obj: Object) -> str:
    """The name of an object's resource: `namespace/name`, as `kubectl` would print it."""
    metadata = obj["metadata"]
    namespace: str | None = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else metadata["name"]


def register(name: str, obj: Object, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """An object as a resource; values may hold outputs. `opts` names the parent.

    Raises ValueError for a Secret, whose content would be plain text in the state.
    """
    if obj["kind"] == "Secret":
        raise ValueError(f"{name}: the content of a Secret is for register_secret")
    return _register(name, obj, opts)


def register_secret(
    name: str,
    namespace: str,
    content: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> pulumi.CustomResource:
    """A Secret whose content is encrypted in the state."""
    secret: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": LABELS},
        "type": "Opaque",
        "stringData": {key: pulumi.Output.secret(value) for key, value in sorted(content.items())},
    }
    return _register(object_name(secret), secret, opts)


def _register(name: str, obj: Object, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    inputs: dict[str, Any] = {**obj, "metadata": _managed(obj["metadata"])}
    whole = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=PROVIDER_VERSION))
    return pulumi.CustomResource(_type(obj), name, inputs, whole)


def _type(obj: Object) -> str:
    """The type of an object's resource.

    Kubernetes makes the ServiceAccount `default` with its namespace, and anew when it is deleted.
    So a resource of its own could neither be created (pulumi-kubernetes 4.29 refuses what is there)
    nor end; a patch is laid upon it, and taken off.
    """
    group_version: str = obj["apiVersion"]
    path = "core/v1" if group_version == "v1" else group_version
    is_made_by_kubernetes = (obj["kind"], obj["metadata"]["name"]) == ("ServiceAccount", "default")
    return f"kubernetes:{path}:{obj['kind']}{'Patch' if is_made_by_kubernetes else ''}"


def _managed(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {**metadata, "annotations": {**metadata.get("annotations", {}), **MANAGER}}
