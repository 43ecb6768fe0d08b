"""The least that a program can be: objects from a file, each after its namespace.

It stands for what people would write themselves, and is copied beside a Pulumi.yaml of its own.
"""

import json
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

provider = kubernetes.Provider(
    "kubernetes", context="slipway-local", enable_config_map_mutable=True
)
namespaces: dict[str, pulumi.Resource] = {}
for number, obj in enumerate(json.loads(Path(__file__).with_name("objects.json").read_bytes())):
    version = obj["apiVersion"] if obj["apiVersion"] != "v1" else "core/v1"
    above = namespaces.get(obj["metadata"].get("namespace", ""))
    made = pulumi.CustomResource(
        f"kubernetes:{version}:{obj['kind']}",
        f"{obj['metadata']['name']}-{number}",
        obj,
        pulumi.ResourceOptions(provider=provider, depends_on=[above] if above else []),
    )
    if obj["kind"] == "Namespace":
        namespaces[obj["metadata"]["name"]] = made
