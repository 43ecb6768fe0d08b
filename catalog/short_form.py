"""The short way to write a project of one model, `model: {name, version, framework}`.

It is rewritten to the standard form before anything else reads it, in its nodes too, so that every
setting keeps the place at which the team wrote it.
"""

from typing import Annotated, Any, cast

from pydantic import ConfigDict, Field
from yaml.nodes import MappingNode, Node, ScalarNode

from catalog.entry import Quota
from catalog.options import ModelUri, Resources
from catalog.scalars import LabelKey, LabelValue, Name, Text
from catalog.words import Framework, Strict, Tier, Version
from catalog.yaml_document import Document

DEFAULT_TIER = "dev"


class ShortModel(Strict):
    """One model that is registered under a name and a version."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["version"]}, {"required": ["uri"]}]}
    )

    name: Name = Field(
        description="The endpoint's name, and the model's in the registry.",
        examples=["image-classifier"],
    )
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")] | None = Field(
        None,
        description="The registered version: `model: mlflow://{name}/{version}`. Required unless "
        "`uri`.",
        examples=["v1.0.0"],
    )
    uri: ModelUri | None = Field(
        None, description="Where the model is, as `model` in the standard form says it."
    )
    framework: Framework = Field(
        description="What the model was made with; decides the server.", examples=["pytorch"]
    )
    resources: Resources | None = Field(None, description="What one replica gets.")
    tier: Tier = Field("dev", description="dev, staging or production; default dev.")


class ShortFile(Strict):
    """A project of one model, in the short form."""

    version: Version = Field("1", description='The schema version: "1", in quotes.')
    description: Text | None = Field(None, description="What the project is for.")
    quota: Quota | None = Field(None, description="The project's quota.")
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels on everything of the project."
    )
    model: ShortModel = Field(description="The model.")


def is_short(data: dict[str, Any]) -> bool:
    """Whether a project file is in the short form."""
    return "model" in data and "deployments" not in data


def standard(document: Document) -> Document:
    """The standard form of a document that `ShortFile` accepts."""
    data: dict[str, Any] = dict(document.data)
    model: dict[str, Any] = dict(data.pop("model"))
    name: str = model.pop("name")
    version, uri = model.pop("version", None), model.pop("uri", None)
    model["model"] = uri or f"mlflow://{name}/{version}"
    model["tier"] = model.get("tier") or DEFAULT_TIER
    data = {"version": "1", **data, "deployments": {name: model}}
    return Document(document.file, data, _standard_nodes(document.root, model))


def _standard_nodes(root: Node, model: dict[str, Any]) -> MappingNode:
    pairs = cast("list[tuple[ScalarNode, Node]]", root.value)
    key, inner = next(pair for pair in pairs if pair[0].value == "model")
    settings = {k.value: (k, v) for k, v in cast("list[tuple[ScalarNode, Node]]", inner.value)}
    name = settings["name"][1]
    source = settings.get("uri") or settings.get("version") or settings["name"]
    kept = {setting: settings[setting] for setting in model if setting in settings}
    deployment = _mapping(inner, {"tier": (name, name), **kept, "model": source})
    return _mapping(
        root,
        {
            "version": (key, key),
            **{k.value: (k, v) for k, v in pairs if k.value != "model"},
            "deployments": (key, _mapping(inner, {cast("str", name.value): (name, deployment)})),
        },
    )


def _mapping(like: Node, pairs: dict[str, tuple[Node, Node]]) -> MappingNode:
    """A mapping at the place of another, whose keys stand where the given nodes do."""
    named = [
        (ScalarNode(like.tag, name, at.start_mark, at.end_mark), value)
        for name, (at, value) in pairs.items()
    ]
    return MappingNode(like.tag, named, like.start_mark, like.end_mark)
