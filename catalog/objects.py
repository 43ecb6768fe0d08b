"""The shape of a Kubernetes object in the core: plain data, ready to print, register or judge."""

from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as its API would show it. Built fresh by a renderer, never changed after."""

Identity: TypeAlias = tuple[str, str, str, str]
"""Group and version, kind, namespace and name: what makes two objects the same one."""


def identity(obj: Object) -> Identity:
    """The identity of an object."""
    metadata = obj["metadata"]
    return obj["apiVersion"], obj["kind"], metadata.get("namespace", ""), metadata["name"]
