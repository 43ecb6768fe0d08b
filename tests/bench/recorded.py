"""A program under the recording engine, as the process that `programs` measures.

python -m tests.bench.recorded stack ROOT NAME LISTING   a stack's; what it registers is listed
python -m tests.bench.recorded bare LISTING              one that registers what is listed
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pulumi

from tests.bench.fleet import PLATFORM_STACK
from tests.engine import Graph, run
from tests.engine_graph import Asset

PLATFORM: Final = {
    "account": "111111111111",
    "clusterName": "slipway-prod",
    "clusterEndpoint": "https://cluster.eu-west-1.eks.amazonaws.com",
    "clusterCa": "Y2E=",
    "tenantRoleArn": "arn:aws:iam::111111111111:role/slipway-prod-tenant",
    "artifactKeyArn": "arn:aws:kms:eu-west-1:111111111111:key/data",
    "frontDoor": "door.elb.eu-west-1.amazonaws.com",
}
"""What the platform's stack exports, for stacks of tenants alone."""

SDKS: Final = ("pulumi_aws", "pulumi_cloudflare", "pulumi_eks", "pulumi_kubernetes")


def main(arguments: Sequence[str]) -> None:
    """Runs a program, and prints what it came to as JSON."""
    what, *rest = arguments
    graph = _stack(*rest) if what == "stack" else _bare(*rest)
    told = {
        "resources": len(_listed(graph)),
        "endpoints": len(graph.exports.get("endpoints", ())),
        "modules": {sdk: _loaded(sdk) for sdk in SDKS},
    }
    sys.stdout.write(json.dumps(told))


def _stack(root: str, name: str, listing: str) -> Graph:
    # The bare program is not to wait for any of this.
    from infra.layers import build
    from infra.settings import load
    from infra.tenants import read
    from tests.programs import configuration

    def program() -> None:
        settings = load(Path(root))
        build(settings, read(settings, Path(root)))

    config = configuration((Path(root) / f"Pulumi.{name}.yaml").read_text("utf-8"))
    graph = run(program, stack=name, config=config, stacks={PLATFORM_STACK: PLATFORM})
    Path(listing).write_text(json.dumps(_listed(graph), default=_path), encoding="utf-8")
    return graph


def _bare(listing: str) -> Graph:
    listed: list[tuple[str, str, dict[str, Any]]] = json.loads(Path(listing).read_bytes())

    def program() -> None:
        # The engine takes children of a component alone.
        below = pulumi.ComponentResource("slipway:bench:Bare", "bare")
        child = pulumi.ResourceOptions(parent=below)
        for number, (token, name, inputs) in enumerate(listed):
            pulumi.CustomResource(token, f"{name}-{number}", inputs, child)
        below.register_outputs({})

    return run(program)


def _listed(graph: Graph) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Resources of providers; of a Secret the engine would refuse the content that is here open."""
    return [
        (each.type, each.name, each.inputs)
        for each in graph.resources
        if each.custom
        and not each.type.startswith("pulumi:")
        and each.inputs.get("kind") != "Secret"
    ]


def _path(asset: Asset) -> str:
    return asset.path


def _loaded(sdk: str) -> int:
    """How many modules of an SDK were run: of those that only stand by, the type is another.

    The class must not be asked for by `isinstance`, which would load them.
    """
    return sum(
        type(module) is ModuleType
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == sdk
    )


if __name__ == "__main__":
    main(sys.argv[1:])
