"""The values that each pinned chart knows, as one small file a chart in `tests/chart_keys/`.

`python tools/chart_keys.py` pulls every chart at its pin with helm; `--from FOLDER` reads charts
that are unpacked there, each in a folder of its own name. Names alone overwrite those alone.

A key is known where the chart's `values.yaml` has it, its `values.schema.json` describes it or a
template reads it. `1` marks a key that may hold anything below it, `0` one that holds no keys.
"""

import argparse
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from catalog.pins import CHARTS, Chart  # noqa: E402 - the repository is a script's own folder up.
from tools.toolchain import binary  # noqa: E402

FOLDER = ROOT / "tests" / "chart_keys"
LEAF, OPEN = 0, 1
ANY = "*"
"""Beside the keys that a mapping names: it may hold others."""
DEEPEST = 12
"""How deep a schema is followed: some refer to themselves."""

Keys: TypeAlias = "dict[str, Keys | int]"

PASSED_ON = {
    # `templates/envoy-gateway-config.yaml` merges it with what it has itself.
    "gateway-helm": ("config.envoyGateway",),
    # `templates/configmap.yaml` writes all values as Kiali's configuration.
    "kiali-server": ("external_services.prometheus.url",),
    # `templates/_helpers.tpl` reads it by `dig`.
    "loki": ("loki.storage.bucketNames",),
}
"""Values that a chart takes and neither names nor reads in a way that is seen here."""

_PATH = r"\.Values((?:\.[A-Za-z_][A-Za-z0-9_-]*)+)"
_READ = re.compile(_PATH)
_PRINTED = (
    re.compile(rf"toYaml\s+\(?{_PATH}"),
    re.compile(
        rf"\{{\{{-?\s*with\s+{_PATH}\s*-?\}}\}}(?:(?!\{{\{{-?\s*end).){{0,300}}?toYaml\s+\.[\s|)]",
        re.S,
    ),
)
"""Values that a template prints whole, whatever is in them."""


def index(chart: Path) -> Keys:
    """The keys of an unpacked chart, its subcharts' below their names."""
    keys = _of_values(_mapping(chart / "values.yaml"))
    schema = chart / "values.schema.json"
    if schema.exists():
        whole: Any = json.loads(schema.read_text())
        _merge(keys, _of_schema(whole, whole, 0))
    for path in _templates(chart):
        text = path.read_text(errors="replace")
        for found in _READ.findall(text):
            _read(keys, found[1:].split("."))
        for pattern in _PRINTED:
            for found in pattern.findall(text):
                _open(keys, found[1:].split("."))
    for name, folder in _subcharts(chart):
        inner = index(folder)
        known = keys.get(name)
        keys[name] = _merged(known if isinstance(known, dict) else {}, inner)
    keys["global"] = OPEN
    return dict(sorted(keys.items()))


def _of_values(data: Mapping[Any, Any]) -> Keys:
    """The keys of a mapping: an empty mapping and null may hold anything."""
    keys: Keys = {}
    for key, value in data.items():
        if isinstance(value, dict) and value:
            keys[str(key)] = _of_values(cast("dict[Any, Any]", value))
        else:
            keys[str(key)] = OPEN if value is None or value == {} else LEAF
    return keys


def _of_schema(node: Any, whole: Any, depth: int) -> Keys:
    keys: Keys = {}
    properties: dict[str, Any] = _resolved(node, whole).get("properties", {})
    for key, value in properties.items() if depth < DEEPEST else ():
        keys[key] = _of_schema(value, whole, depth + 1) or _below(_resolved(value, whole))
    return keys


def _resolved(node: Any, whole: Any) -> dict[str, Any]:
    """A schema, by its reference within the whole; of `true` and `false` an empty one."""
    if not isinstance(node, dict):
        return {}
    found = cast("dict[str, Any]", node)
    reference: str = found.get("$ref", "")
    if not reference.startswith("#/"):
        return found
    for part in reference[2:].split("/"):
        whole = whole[part.replace("~1", "/").replace("~0", "~")]
    return whole


def _below(schema: Mapping[str, Any]) -> int:
    """Whether a property without named ones below it may hold any."""
    return OPEN if "object" in schema.get("type", "object") else LEAF


def _read(keys: Keys, path: list[str]) -> None:
    """A path that a template reads. What `values.yaml` lacks may hold anything."""
    for part in path[:-1]:
        inner = keys.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        keys = inner
    keys.setdefault(path[-1], OPEN)


def _open(keys: Keys, path: list[str]) -> None:
    """What may hold more than it names."""
    _read(keys, path)
    for part in path[:-1]:
        inner = keys[part]
        if not isinstance(inner, dict):
            return
        keys = inner
    known = keys[path[-1]]
    if isinstance(known, dict):
        known[ANY] = OPEN
    else:
        keys[path[-1]] = OPEN


def _merge(keys: Keys, more: Keys) -> None:
    for key, value in more.items():
        known = keys.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        elif known is None or known == LEAF:
            keys[key] = value


def _merged(keys: Keys, more: Keys) -> Keys:
    _merge(keys, more)
    return keys


def _templates(chart: Path) -> Iterator[Path]:
    for path in sorted((chart / "templates").rglob("*")):
        if path.suffix in {".yaml", ".tpl", ".yml", ".txt"}:
            yield path


def _subcharts(chart: Path) -> Iterator[tuple[str, Path]]:
    """Each dependency by the name that values give it: its alias where it has one."""
    folders = {path.name: path for path in sorted((chart / "charts").glob("*")) if path.is_dir()}
    declared: list[dict[str, str]] = _mapping(chart / "Chart.yaml").get("dependencies") or []
    for dependency in declared:
        folder = folders.pop(dependency["name"], None) or (chart / "charts" / dependency["name"])
        if folder.exists():
            yield dependency.get("alias", dependency["name"]), folder
    yield from folders.items()


def _mapping(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def pulled(chart: Chart, folder: Path) -> Path:
    """The chart at its pin, unpacked below a folder by helm."""
    remote = (
        [f"{chart.repository}/{chart.name}"]
        if chart.repository.startswith("oci://")
        else [chart.name, "--repo", chart.repository]
    )
    command = [str(binary("helm")), "pull", *remote, "--version", chart.version]
    subprocess.run([*command, "--destination", str(folder)], check=True)
    archive = next(folder.glob(f"{chart.name}-*.tgz"))
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
    return folder / chart.name


def write(chart: Chart, source: Path) -> None:
    """The index of one chart. ValueError where the source is of another version."""
    found = str(_mapping(source / "Chart.yaml").get("version", "none"))
    if found.removeprefix("v") != chart.version.removeprefix("v"):
        raise ValueError(f"{chart.name}: {source} is of version {found}, not {chart.version}")
    keys = index(source)
    for path in PASSED_ON.get(chart.name, ()):
        _open(keys, path.split("."))
    lines = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(value, sort_keys=True, separators=(',', ':'))}"
        for key, value in keys.items()
    )
    head = f'{{\n"chart": "{chart.name}",\n"version": "{chart.version}",\n"keys": {{\n'
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{chart.name}.json").write_text(f"{head}{lines}\n}}\n}}\n")


def main() -> None:
    """Renew the indexes of the charts named, of all without a name."""
    parser = argparse.ArgumentParser(description="Renew tests/chart_keys/ from the pinned charts.")
    parser.add_argument("charts", nargs="*", metavar="CHART")
    parser.add_argument("--from", dest="source", type=Path, help="a folder of unpacked charts")
    arguments = parser.parse_args()
    for chart in CHARTS:
        if arguments.charts and chart.name not in arguments.charts:
            continue
        if arguments.source is not None:
            write(chart, arguments.source / chart.name)
            continue
        with tempfile.TemporaryDirectory() as folder:
            write(chart, pulled(chart, Path(folder)))


if __name__ == "__main__":
    main()
