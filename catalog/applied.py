"""What a stack of tenants becomes, as one digest: the same as last time, nothing is to be done.

The program exports the digest with the stack; `slipway up` works it out without the engine, from
what earlier runs kept of each project, so that a fleet of which one project changed costs one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from catalog.side import Kept, ProjectId, Side, digest

if TYPE_CHECKING:
    from catalog.artifact import Upload
    from catalog.environment import Environment
    from catalog.fleet import Built

PACKAGES: Final = ("pulumi-aws", "pulumi-kubernetes")
"""Each resource names the version of its provider."""
_OF_TENANTS: Final = ("components/*.py", "infra/*.py")
_OF_ALL: Final = ("catalog/**/*.py", "components/*.py", "infra/**/*.py", "models/platform.yaml")


def tenant_digest(built: "Built", uploads: Mapping[str, Sequence["Upload"]]) -> str:
    """All that is registered of a tenant. A file's key holds the digest of its content."""
    files = {name: [upload.key for upload in each] for name, each in uploads.items()}
    urls = {each.name: each.url for each in built.tenant.endpoints}
    return digest(json.dumps([built.objects, files, urls], sort_keys=True))


def program_digest(root: Path, platform: str) -> str:
    """What makes a stack of its entries: sources of the repository at `root`, and providers.

    Where tenants stand on another stack, the core's part is in their objects. A stack that holds a
    platform, `platform` being empty, is made by all of the code.
    """
    whole = hashlib.sha256()
    for name in PACKAGES:
        whole.update(f"{name} {version(name)}\n".encode())
    for pattern in _OF_TENANTS if platform else _OF_ALL:
        for path in sorted(root.glob(pattern)):
            whole.update(f"{path.relative_to(root).as_posix()}\n".encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()


def stack_digest(
    root: Path,
    env: "Environment",
    layers: Sequence[str],
    platform: str,
    tenants: Mapping[str, str],
) -> str:
    """The whole of a stack without a foundation.

    `platform` is the stack that it stands on, empty where that is itself; `tenants` are digests by
    namespace.
    """
    names = (f"{name} {tenants[name]}" for name in sorted(tenants))
    told = (env.model_dump_json(), ",".join(layers), platform)
    return digest(program_digest(root, platform), *told, *names)


def applied(side: Side, stack: str, root: Path, kept: Kept) -> str:
    """The digest of a stack, of a side that was surveyed without a problem.

    Only projects are resolved that nobody asked for since they changed.
    """
    stacks = side.builder.stacks
    env, layers = stacks.loaded[stack].value, stacks.layers[stack]
    tenants = dict(_tenants(side, stack, kept)) if "tenants" in layers else {}
    return stack_digest(root, env, layers, stacks.platforms.get(stack, ""), tenants)


def _tenants(side: Side, stack: str, kept: Kept) -> Iterator[tuple[str, str]]:
    for at in sorted(side.projects):
        key = side.key(at, stack)
        record = side.record(key) if key else None
        if record is None or record.summary is None:
            continue
        place = f"becomes {record.key}"
        found = kept.get(place)
        if found is None:
            found = _resolved(side, at, stack)
            kept.put(place, found)
        yield record.summary.namespace, found


def _resolved(side: Side, at: ProjectId, stack: str) -> str:
    from catalog.artifact import uploads_of

    found = side.builder.build(at, (stack,))
    built = found[stack].built if isinstance(found, dict) else None
    if built is None:
        raise ValueError(f"{'/'.join(at)} on {stack} was surveyed and is not there")
    return tenant_digest(built, uploads_of(side.source, built.tenant))
