"""What a change of an endpoint means, and which fields of which objects it touches."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast

from pydantic import BaseModel

from catalog.duration import format_duration
from catalog.endpoint import Endpoint, Model
from catalog.fleet import Built
from catalog.objects import Object, identity
from catalog.plan import (
    WEIGHT,
    Action,
    Effect,
    EndpointChange,
    FieldChange,
    ObjectChange,
    ProjectChange,
)
from catalog.quantity import format_cpu, format_memory

Shown = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an endpoint: what its change means, and how an entry writes it."""

    effect: Effect
    show: Callable[[Any], Shown]


def text(name: str, spell: Callable[[Any], str] = str) -> Callable[[Any], Shown]:
    """A setting that is one value."""

    def show(value: Any) -> Shown:
        if value is not None and value != "":
            yield name, spell(value)

    return show


def part(name: str) -> Callable[[Any], Shown]:
    """A setting that has parts: each is shown under its dotted name."""

    def show(value: Any) -> Shown:
        yield from _dotted(name, value)

    return show


def _model(model: Model | None) -> Shown:
    if model is not None:
        digest = f" (sha256:{model.digest[:12]})" if model.digest else ""
        yield "model", f"{model.source}{digest}"


def _pool(placement: Any) -> Shown:
    if placement is not None:
        yield "(node pool)", placement.pool.name


FIELDS: Mapping[str, Field | None] = {
    "team": None,
    "project": None,
    "namespace": None,
    "name": None,
    "place": None,
    "serving": Field(Effect.REPLACED, text("serving")),
    "kind": Field(Effect.REPLACED, text("(served as)")),
    "tier": Field(Effect.REVISION, text("tier")),
    "framework": Field(Effect.REVISION, text("framework")),
    "runtime": Field(Effect.REVISION, text("(runtime)")),
    "protocol": Field(Effect.REVISION, text("protocol")),
    "model": Field(Effect.REVISION, _model),
    "resources": Field(Effect.REVISION, part("resources")),
    "placement": Field(Effect.REVISION, _pool),
    "capacity": Field(Effect.REVISION, text("(capacity)")),
    "batching": Field(Effect.REVISION, part("batching")),
    "timeout": Field(Effect.REVISION, text("timeout", format_duration)),
    "cold_start": Field(Effect.REVISION, text("(longest cold start)", format_duration)),
    "env": Field(Effect.REVISION, part("env")),
    "secrets": Field(Effect.REVISION, part("secrets")),
    "transformer": Field(Effect.REVISION, part("transformer")),
    "explainer": Field(Effect.REVISION, part("explainer")),
    "container": Field(Effect.REVISION, part("container")),
    "graph": Field(Effect.REVISION, part("graph")),
    "llm": Field(Effect.REVISION, part("llm")),
    "logging": Field(Effect.REVISION, part("logging")),
    "weights_cache": Field(Effect.REVISION, text("cache.weights.size", format_memory)),
    "labels": Field(Effect.REVISION, part("labels")),
    "scaling": Field(Effect.SCALING, part("scaling")),
    "host": Field(Effect.ADDRESS, text("(host)")),
    "teams": Field(Effect.ACCESS, part("access.teams")),
    "clients": Field(Effect.ACCESS, part("access.clients")),
    "requests_per_minute": Field(Effect.ACCESS, text("limits.requests")),
    "slo": Field(Effect.METADATA, part("slo")),
    "examples": Field(Effect.METADATA, part("examples")),
    "lineage": Field(Effect.METADATA, part("lineage")),
    "description": Field(Effect.METADATA, text("description")),
    "owner": Field(Effect.METADATA, text("owner")),
}
"""Every field of `Endpoint`, None where it is no setting. Names in brackets are derived, not
written. Labels are the pods' own (KServe hands them down), so a new one needs new pods; Knative
names every change of scaling a revision too, but its containers are the same."""

OBJECT_EFFECTS: Mapping[str, Effect] = {
    "InferenceService": Effect.REVISION,
    "LLMInferenceService": Effect.REVISION,
    "InferenceGraph": Effect.REVISION,
    "ExternalSecret": Effect.REVISION,
    "ScaledObject": Effect.SCALING,
    "HTTPRoute": Effect.ACCESS,
    "AIGatewayRoute": Effect.ACCESS,
    "SecurityPolicy": Effect.ACCESS,
    "BackendTrafficPolicy": Effect.ACCESS,
}
"""What it means that an object of an endpoint changes though none of its settings did: its team,
its platform or its stack did. Kinds that are not named mean metadata."""

TENANT_FIELDS: Mapping[str, Callable[[Any], Shown]] = {
    "owners": part("owners"),
    "cost_center": text("cost_center"),
    "issuer": text("issuer"),
    "description": text("description"),
    "labels": part("labels"),
}
"""The settings of a project and its team that end in the cluster."""

_SPELL: Mapping[str, Callable[[Any], str]] = {
    "cpu": format_cpu,
    "memory": format_memory,
    "window": format_duration,
    "latency": format_duration,
    "max_delay": format_duration,
}
_RENAMED = {"gpus": "gpu"}
_ABSENT: object = object()


def project_change(stack: str, before: Built | None, after: Built | None) -> ProjectChange:
    """What happens to a project on one stack, one side of which may not exist."""
    tenant = (after or before or _nothing()).tenant
    objects = tuple(
        object_changes(before.objects if before else (), after.objects if after else ())
    )
    return ProjectChange(
        stack=stack,
        team=tenant.team,
        project=tenant.project,
        action=_action(before, after),
        fields=_tenant_fields(before, after),
        endpoints=tuple(_endpoint_changes(before, after)),
        objects=objects,
    )


def field_changes(
    before: Endpoint, after: Endpoint
) -> tuple[tuple[FieldChange, ...], Effect | None]:
    """The settings that differ, and the heaviest of what they mean."""
    changed: list[FieldChange] = []
    effects: list[Effect] = []
    for name, known in FIELDS.items():
        if known is None:
            continue
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        found = list(_differences(known.show, old, new))
        if found:
            changed += found
            effects.append(known.effect)
    return tuple(changed), min(effects, key=WEIGHT.__getitem__, default=None)


def object_changes(before: Iterable[Object], after: Iterable[Object]) -> Iterator[ObjectChange]:
    """Objects created, deleted, and updated with their fields; sorted by identity."""
    old = {identity(obj): obj for obj in before}
    new = {identity(obj): obj for obj in after}
    for key in sorted({*old, *new}):
        made, was = new.get(key), old.get(key)
        if made == was:
            continue
        differing = value_changes("", was, made) if made and was else ()
        api_version, kind, namespace, name = key
        yield ObjectChange(
            action=_action(was, made),
            api_version=api_version,
            kind=kind,
            namespace=namespace,
            name=name,
            fields=tuple(differing),
        )


def value_changes(pointer: str, before: Any, after: Any) -> Iterator[FieldChange]:
    """The leaves at which two JSON values differ, under their JSON pointers (RFC 6901)."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, object]", before), cast("dict[str, object]", after)
        for key in sorted({*old, *new}):
            step = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            yield from value_changes(step, old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        firsts, seconds = cast("list[object]", before), cast("list[object]", after)
        for index in range(max(len(firsts), len(seconds))):
            old = firsts[index] if index < len(firsts) else _ABSENT
            new = seconds[index] if index < len(seconds) else _ABSENT
            yield from value_changes(f"{pointer}/{index}", old, new)
    else:
        yield FieldChange(pointer, _json(before), _json(after))


def _endpoint_changes(before: Built | None, after: Built | None) -> Iterator[EndpointChange]:
    old = {e.name: e for e in before.tenant.endpoints} if before else {}
    new = {e.name: e for e in after.tenant.endpoints} if after else {}
    old_rows = {row.name: row for row in before.summary.endpoints} if before else {}
    new_rows = {row.name: row for row in after.summary.endpoints} if after else {}
    for name in sorted({*old, *new}):
        was, made = old.get(name), new.get(name)
        changed: tuple[FieldChange, ...] = ()
        if was is None or made is None:
            effect = Effect.ADDED if was is None else Effect.DESTROYED
        else:
            changed, meant = field_changes(was, made)
            effect = meant or _effect_of_objects(name, before, after)
            if effect is None:
                continue
        yield EndpointChange(
            action=_action(was, made),
            effect=effect,
            fields=changed,
            before=old_rows.get(name),
            after=new_rows.get(name),
        )


def _effect_of_objects(name: str, before: Built | None, after: Built | None) -> Effect | None:
    old = [o for o in before.objects if _belongs(o, name)] if before else []
    new = [o for o in after.objects if _belongs(o, name)] if after else []
    found = [
        OBJECT_EFFECTS.get(change.kind, Effect.METADATA) for change in object_changes(old, new)
    ]
    return min(found, key=WEIGHT.__getitem__, default=None)


def _belongs(obj: Object, name: str) -> bool:
    return obj["metadata"].get("labels", {}).get("slipway.dev/endpoint") == name


def _tenant_fields(before: Built | None, after: Built | None) -> tuple[FieldChange, ...]:
    if before is None or after is None:
        return ()
    old, new = before.tenant, after.tenant
    settings = [
        change
        for name, show in TENANT_FIELDS.items()
        for change in _differences(show, getattr(old, name), getattr(new, name))
    ]
    quota = _differences(part("quota"), before.summary.own_quota, after.summary.own_quota)
    return (*settings, *quota)


def _differences(show: Callable[[Any], Shown], before: Any, after: Any) -> Iterator[FieldChange]:
    old, new = dict(show(before)), dict(show(after))
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield FieldChange(name, old.get(name), new.get(name))


def _dotted(name: str, value: Any) -> Shown:
    """The parts of a setting under their dotted names, lists as one value."""
    if value is None or value in ("", (), [], {}):
        return
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_none=True)
    elif is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            yield from _dotted(f"{name}.{_RENAMED.get(key, key)}", inner)
        return
    spell = _SPELL.get(name.rsplit(".", 1)[-1])
    if spell is not None and isinstance(value, int):
        yield name, spell(value)
    else:
        yield name, value if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    """Short JSON, in which a list of words needs no quotes."""
    if isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        if all(isinstance(item, str) for item in items):
            return ", ".join(items)
        value = [i.model_dump(exclude_none=True) if isinstance(i, BaseModel) else i for i in items]
    return json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> str | None:
    return None if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _action(before: object, after: object) -> Action:
    if before is None:
        return Action.ADD
    return Action.REMOVE if after is None else Action.CHANGE


def _nothing() -> Built:
    raise ValueError("a change has a side")
