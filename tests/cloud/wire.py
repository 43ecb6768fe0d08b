"""Properties between the protocol and plain data."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

from tests.engine_graph import SECRET, SIGNATURE


def plain(value: struct_pb2.Struct) -> dict[str, Any]:
    """As plain data: whole numbers are integers, secrets are bare, what is null is absent."""
    found = {key: _plain(inner) for key, inner in json_format.MessageToDict(value).items()}
    return {key: inner for key, inner in found.items() if inner is not None}


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain data for the protocol."""
    made = struct_pb2.Struct()
    made.update(dict(values))
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _plain(value["value"])
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
