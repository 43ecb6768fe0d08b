"""A copy of the repository with an engine, a state and an account of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from catalog.settings import DNS_KEY, EDGE_KEY
from tests.cloud import launch
from tests.cloud.store import Store
from tools import toolchain

ROOT: Final = Path(__file__).parents[2]

TOKENS: Final = {EDGE_KEY: "a-t0ken-0f-n0-zone", DNS_KEY: "an0ther-t0ken-f0r-dns"}

_MINUTES: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the engine did to one resource, and when: the numbers of its log's events."""

    op: str
    urn: str
    began: int
    ended: int
    after: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The type of the resource itself, without its parents'."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True)
class Ran:
    """One command of the engine: how it ended, what it said, and what it did."""

    code: int
    said: str
    log: Path

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that changed something, in the order in which they ended."""
        return tuple(step for step in self._ended() if step.op not in {"read", "same"})

    def _ended(self) -> Iterator[Step]:
        began: dict[tuple[str, str], int] = {}
        for number, line in enumerate(self.log.read_text("utf-8").splitlines()):
            event = json.loads(line)
            told = (event.get("resourcePreEvent") or event.get("resOutputsEvent") or {}).get(
                "metadata", {"op": "", "urn": ""}
            )
            key = told["op"], told["urn"]
            if "resourcePreEvent" in event:
                began[key] = number
            elif "resOutputsEvent" in event:
                after = (told.get("new") or {}).get("inputs") or {}
                yield Step(op=key[0], urn=key[1], began=began[key], ended=number, after=after)


class Project:
    """The repository's own program over stand-ins for its clouds."""

    def __init__(self, folder: Path, cluster: Mapping[str, str] | None = None) -> None:
        """`cluster` tells the proxy where its API server is; without it no object can be made."""
        self.root, self._logs = folder / "repository", folder / "events"
        module = "kubernetes_proxy" if cluster else "idle kubernetes"
        # Not from its own folder, infra, where "local" is a module.
        command = f'exec "{sys.executable}" -P -m tests.cloud.{module} "$@"'
        launch.add_plugin(folder / "home", "kubernetes", command)
        self._environment = {
            **os.environ,
            **launch.plugins(folder),
            **(cluster or {}),
            # Else the modules of the checkout that is installed would be those that run.
            "PYTHONPATH": str(self.root),
            "PATH": f"{programs(folder)}:{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of no worth",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
        }
        for each in (self.root, self._logs, folder / "state"):
            each.mkdir(parents=True)
        copy_repository(self.root)
        self.store: Store = launch.store(folder)

    def run(self, *words: str, events: bool = False) -> Ran:
        """One command of the engine, which asks nothing and may take its time."""
        log = self._logs / f"{len(list(self._logs.iterdir()))}.json"
        logged = ["--event-log", str(log)] if events else []
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive", *logged],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_MINUTES * 60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, log)

    def begin(self, stack: str) -> None:
        """A new stack with the tokens that its file does not hold."""
        told = [self.run("stack", "init", stack)]
        for key, token in TOKENS.items():
            told.append(self.run("config", "set", "--secret", f"slipway:{key}", token, "-s", stack))
        assert not [each.said for each in told if each.code]

    def up(self, stack: str, *words: str) -> Ran:
        """Makes the stack what the program says."""
        return self.run("up", "--yes", "--skip-preview", "-s", stack, *words, events=True)

    def preview(self, stack: str, *words: str) -> Ran:
        """What `up` would do."""
        return self.run("preview", "-s", stack, *words, events=True)

    def destroy(self, stack: str, *words: str) -> Ran:
        """Takes the stack down."""
        return self.run("destroy", "--yes", "--skip-preview", "-s", stack, *words, events=True)

    def state(self, stack: str) -> list[dict[str, Any]]:
        """The resources that the engine remembers."""
        told = json.loads(self.run("stack", "export", "-s", stack).said)
        return told["deployment"].get("resources", [])

    def configure(self, stack: str, key: str, value: object) -> None:
        """Changes one setting in the stack's file; None takes it out."""
        file = self.root / f"Pulumi.{stack}.yaml"
        config = yaml.safe_load(file.read_text("utf-8"))
        config["config"][f"slipway:{key}"] = value
        if value is None:
            del config["config"][f"slipway:{key}"]
        file.write_text(yaml.safe_dump(config), "utf-8")

    def setting(self, stack: str, key: str) -> Any:
        """What the stack's file says."""
        file = self.root / f"Pulumi.{stack}.yaml"
        return yaml.safe_load(file.read_text("utf-8"))["config"][f"slipway:{key}"]

    def rewrite(self, path: str, old: str, new: str) -> None:
        """Changes a file of the copy. Whatever is replaced has to be there."""
        file = self.root / path
        text = file.read_text("utf-8")
        assert old in text, path
        file.write_text(text.replace(old, new), "utf-8")


def copy_repository(place: Path) -> None:
    """What git would commit of the checkout, beside its virtual environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, place / name)
    (place / ".venv").symlink_to(ROOT / ".venv")


def programs(folder: Path) -> Path:
    """A folder of the engine's programs alone, so that no other provider is found on PATH."""
    place = folder / "bin"
    place.mkdir(parents=True)
    language = toolchain.binary("pulumi-language-python")
    for program in (
        toolchain.binary("pulumi"),
        language,
        *language.parent.glob(f"{language.name}-*"),
    ):
        (place / program.name).symlink_to(program)
    return place
