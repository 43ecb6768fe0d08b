"""Objects of upstream's charts, put together by Helm from the pinned modules."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from catalog.objects import Object
from local.errors import LocalError
from tools import golang
from tools.cache import cache, digest
from tools.toolchain import binary

_HOOKS: Final = "helm.sh/"


def objects(
    module: str,
    folder: str,
    release: str,
    namespace: str,
    values: Mapping[str, Any],
    arrange: Callable[[Path], None],
    only: Sequence[str] = (),
) -> tuple[Object, ...]:
    """What `helm template` makes of the chart in a folder of a module, without definitions.

    A chart in its sources is not yet what is published: `arrange` is given a copy of it to finish.
    `only` names templates. Hooks are objects like all others. Kept in the cache, since Helm takes
    its time. LocalError with what Helm says, ToolchainError where the module cannot be had.
    """
    source = next(each for each in golang.sources() if each.module == module)
    told = json.dumps([release, namespace, values, list(only)], sort_keys=True)
    code = Path(__file__).read_text("utf-8")
    key = digest([source.sum, folder, told, code, arrange.__module__, arrange.__qualname__])
    kept = cache() / "charts" / f"{key}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        found = _template(
            golang.folders(module)[module] / folder, release, namespace, values, arrange, only
        )
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found), "utf-8")
        part.replace(kept)
    return tuple(json.loads(kept.read_bytes()))


def _template(
    chart: Path,
    release: str,
    namespace: str,
    values: Mapping[str, Any],
    arrange: Callable[[Path], None],
    only: Sequence[str],
) -> list[Object]:
    with tempfile.TemporaryDirectory() as text:
        scratch = Path(text)
        copy = scratch / "chart"
        shutil.copytree(chart, copy, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        arrange(copy)
        given = scratch / "values.json"
        given.write_text(json.dumps(values), "utf-8")
        command = [str(binary("helm")), "template", release, str(copy), f"--namespace={namespace}",
                   f"--values={given}", *(f"--show-only={name}" for name in only)]  # fmt: skip
        home = {f"HELM_{what}_HOME": text for what in ("CACHE", "CONFIG", "DATA")}
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **home}
        )
    if ended.returncode:
        raise LocalError(f"Helm cannot put {release} together: {ended.stderr.strip()}")
    return [_plain(obj, namespace) for obj in yaml.safe_load_all(ended.stdout) if obj]


def _plain(obj: Object, namespace: str) -> Object:
    """Without Helm's annotations; what is in a namespace says so."""
    about: Object = obj["metadata"]
    notes: dict[str, str] = about.get("annotations") or {}
    kept = {key: text for key, text in notes.items() if not key.startswith(_HOOKS)}
    about = {key: value for key, value in about.items() if key != "annotations"}
    if not obj["kind"].startswith(("Cluster", "Mutating", "Validating", "Namespace")):
        about.setdefault("namespace", namespace)
    return {**obj, "metadata": {**about, **({"annotations": kept} if kept else {})}}
