"""Everything that figures are measured on, made when the first figure asks for it."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from catalog.objects import Object, identity
from tests.bench.chart import Owner, write_chart
from tests.bench.fleet import WHOLE, commit, git, write_fleet
from tests.bench.measure import Command, FailedError, Run
from tools.toolchain import binary

REPOSITORY: Final = Path(__file__).resolve().parents[2]
STACKS: Final = ("dev", "prod")
ROUNDS: Final = 2
"""How often the long runs are run, in turns; the shorter time counts."""
SAMPLED: Final = 41
"""One document in so many of Helm's output is read and compared."""

_ENDPOINT: Final = "slipway.dev/endpoint"


class Stage:
    """The synthetic fleet, the chart that is its peer, and the sample fleet of this repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._helm = binary("helm")

    @cached_property
    def fleet(self) -> Path:
        """The repository of ten thousand deployments."""
        root = self._folder / "fleet"
        write_fleet(root, WHOLE)
        return root

    @cached_property
    def sample(self) -> Path:
        """The sample fleet, committed in a repository of its own."""
        root = self._folder / "sample"
        shutil.copytree(REPOSITORY / "models", root / "models")
        for path in REPOSITORY.glob("Pulumi*.yaml"):
            shutil.copy(path, root)
        git(root, "init", "--quiet", "--initial-branch=main")
        commit(root)
        return root

    def slipway(self, *arguments: str, root: Path, cache: str = "cache") -> Command:
        """The command line of this checkout, with a cache of that name."""
        environment = {"PYTHONPATH": str(REPOSITORY), "SLIPWAY_CACHE": str(self._folder / cache)}
        whole = (sys.executable, "-m", "cli", *arguments, "--root", str(root))
        return Command(whole, self._folder, environment)

    def python(self, *arguments: str) -> Command:
        """The interpreter that runs all this."""
        return Command((sys.executable, *arguments), self._folder, {"PYTHONPATH": str(REPOSITORY)})

    def forget(self, cache: str = "cache") -> None:
        """Empties a cache of the command line."""
        shutil.rmtree(self._folder / cache, ignore_errors=True)

    def output(self, name: str) -> Path:
        """A file for what a command prints."""
        return self._folder / name

    @cached_property
    def objects(self) -> Sequence[Sequence[Object]]:
        """What `slipway render` prints of the fleet, for each stack."""
        self.slipway("plan", "--base", "none", root=self.fleet).run()
        with ThreadPoolExecutor(len(STACKS)) as pool:
            return list(pool.map(self._rendered, STACKS))

    def _rendered(self, stack: str) -> list[Object]:
        target = self.output(f"{stack}.json")
        self.slipway("render", "--stack", stack, "-o", "json", root=self.fleet).run(target)
        return json.loads(target.read_bytes())["items"]

    @cached_property
    def count(self) -> int:
        """How many objects the fleet becomes."""
        return sum(map(len, self.objects))

    @cached_property
    def helm(self) -> Command:
        """`helm template` of a chart that gives the same objects."""
        chart = self._folder / "chart"
        write_chart(chart, (owner for objects in self.objects for owner in owners(objects)))
        home = {f"HELM_{what}_HOME": str(self._folder / "helm") for what in ("CACHE", "CONFIG")}
        return Command((self._helm, "template", "fleet", chart), self._folder, home)

    @cached_property
    def long_runs(self) -> tuple[Run, Run]:
        """The cold plan of the whole fleet, and Helm's rendering of its objects, looked at."""
        plans: list[Run] = []
        helms: list[Run] = []
        helm, output = self.helm, self.output("helm.yaml")
        plan = self.slipway("plan", "--base", "none", root=self.fleet)
        for _ in range(ROUNDS):
            self.forget()
            plans.append(plan.run(watched=True))
            helms.append(helm.run(output, watched=True))
        _compare(output, self.objects)
        return min(plans, key=lambda run: run.seconds), min(helms, key=lambda run: run.seconds)


def owners(objects: Sequence[Object]) -> Iterator[Owner]:
    """The tenants and endpoints of one stack with their objects."""
    tenants: dict[str, dict[str, list[Object]]] = {}
    teams: dict[str, str] = {}
    for obj in objects:
        labels: Mapping[str, str] = obj["metadata"]["labels"]
        team = labels["slipway.dev/team"]
        namespace = f"{team}-{labels['slipway.dev/project']}"
        teams[namespace] = team
        tenants.setdefault(namespace, {}).setdefault(labels.get(_ENDPOINT, ""), []).append(obj)
    for namespace, owners in tenants.items():
        names = sorted(name for name in owners if name)
        for name, owned in owners.items():
            words = {"namespace": namespace, "team": teams[namespace]}
            own = {"name": name} if name else {"names": ",".join(names), "first": names[0]}
            yield Owner({**words, **own}, owned)


def _compare(output: Path, expected: Sequence[Sequence[Object]]) -> None:
    """Helm gives as many objects, and every one that is read is one of those expected."""
    wanted: dict[tuple[str, ...], list[Object]] = {}
    for objects in expected:
        for obj in objects:
            wanted.setdefault(identity(obj), []).append(obj)
    documents = output.read_text("utf-8").split("\n---\n")
    count = sum(map(len, wanted.values()))
    if len(documents) != count:
        raise FailedError(f"helm gives {len(documents)} objects, and {count} are expected")
    for document in documents[::SAMPLED]:
        made: dict[str, Any] = yaml.load(document, Loader=yaml.CSafeLoader)
        if made not in wanted.get(identity(made), []):
            raise FailedError(f"helm gives an object that is not the fleet's:\n{document}")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
