"""Names that Kubernetes does not take (apimachinery `pkg/util/validation/validation.go`)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PATH_SEGMENT = re.compile(r"[^/%]+")

_BY_KIND = {
    "ClusterRole": (_PATH_SEGMENT, 253),
    "ClusterRoleBinding": (_PATH_SEGMENT, 253),
    "Namespace": (_LABEL, 63),
    "Role": (_PATH_SEGMENT, 253),
    "RoleBinding": (_PATH_SEGMENT, 253),
    "Service": (_SERVICE, 63),
}


def illegal_names(obj: Mapping[str, Any]) -> Iterator[str]:
    """What an API server would refuse in the metadata of an object."""
    metadata = obj.get("metadata") or {}
    form, limit = _BY_KIND.get(obj["kind"], (_SUBDOMAIN, 253))
    name = metadata.get("name")
    if not isinstance(name, str) or len(name) > limit or not form.fullmatch(name):
        yield f"is named {name!r}"
    namespace = metadata.get("namespace")
    if namespace is not None and not _fits(namespace, _LABEL, 63):
        yield f"is in the namespace {namespace!r}"
    for key, value in (metadata.get("labels") or {}).items():
        prefix, _, last = key.rpartition("/")
        if not _fits(last, _QUALIFIED, 63) or (prefix and not _fits(prefix, _SUBDOMAIN, 253)):
            yield f"has the label {key!r}"
        if isinstance(value, str) and value and not _fits(value, _QUALIFIED, 63):
            yield f"has the label {key}={value!r}"
    for key in metadata.get("annotations") or {}:
        if not _fits(key.rpartition("/")[2], _QUALIFIED, 63):
            yield f"has the annotation {key!r}"


def _fits(text: object, form: re.Pattern[str], limit: int) -> bool:
    return isinstance(text, str) and len(text) <= limit and form.fullmatch(text) is not None
