"""Requests with their right answers, kept beside the endpoint for smoke tests and for people."""

import json
from typing import Any

from catalog.endpoint import Endpoint, Tenant
from catalog.objects import Object
from catalog.options import Example
from catalog.render.common import endpoint_labels, metadata


def example_key(number: int, example: Example) -> str:
    """The file name of an example, counted from 1."""
    return f"{example.name or f'example-{number}'}.json"


def example_objects(endpoint: Endpoint, tenant: Tenant) -> list[Object]:
    """The ConfigMap of an endpoint that has examples: one key each, the body as JSON."""
    if not endpoint.examples:
        return []
    data: dict[str, str] = {}
    for number, example in enumerate(endpoint.examples, start=1):
        body: dict[str, Any] = {"request": example.request}
        if example.expect is not None:
            body["expect"] = example.expect
            body["tolerance"] = example.tolerance or 0
        data[example_key(number, example)] = json.dumps(body, indent=1, sort_keys=True)
    labels = endpoint_labels(endpoint, tenant)
    name = f"{endpoint.name}-examples"
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(name, endpoint.namespace, labels),
            "data": data,
        }
    ]
