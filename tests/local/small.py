"""A checkout with few endpoints on a plane of its own, for what costs many runs of the engine."""

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

from catalog.objects import Object, identity
from local.apply import MANAGER, Api, ApiError
from local.place import Place
from tests.cloud.project import copy_repository
from tests.local.sandboxes import eventually

STACK: Final = "local"
TEAMS: Final = {"risk": "fraud", "search": "ranking"}
"""Each team's one project."""
NAMES: Final = ("alpha", "beta", "gamma", "delta")
"""Of the endpoints in each project."""

_SLIPWAY: Final = (str(Path(sys.executable).with_name("slipway")),)
_MODEL: Final = f"oci://registry.example.com/models/%s@sha256:{'0a' * 32}"
_TEAM: Final = """\
version: "1"
owners: [somebody]
cost_center: cc-1
quota: {cpu: 32, memory: 64Gi, accelerators: {}}
"""
_OURS: Final = "app.kubernetes.io/managed-by=slipway"
_MINUTES: Final = 8

At = tuple[str, str, str, str]
"""Version, kind, namespace and name of an object."""
Key = tuple[str, str, str, str]
"""The same with its group alone: an object is served in several versions."""


@dataclass(frozen=True)
class Ran:
    """How a command of slipway's ended, and all that it said, in one line."""

    code: int
    said: str


def good(ran: Ran) -> str:
    """What it said; it has to have ended well."""
    assert ran.code == 0, ran.said
    return ran.said


class Running:
    """A command of slipway's that is not waited for, in a session of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Of slipway, and of its process group."""
        return self._process.pid

    def ended(self) -> Ran:
        """Once it has ended."""
        said, _ = self._process.communicate(timeout=_MINUTES * 60)
        return Ran(self._process.returncode, " ".join(said.split()))

    def processes(self, name: str = "") -> list[int]:
        """The pids of the session, or of its programs of one name (of 15 characters at most)."""
        return [
            pid for pid, comm, session in _processes() if session == self.pid and name in ("", comm)
        ]


@dataclass(frozen=True)
class Small:
    """The checkout at `place.root`."""

    place: Place
    environment: Mapping[str, str]

    @classmethod
    def made(cls, folder: Path) -> "Small":
        """In a folder. Its plane does not run yet; SLIPWAY_LOCAL says where it will be."""
        root = folder / "repository"
        if not root.exists():
            root.mkdir(parents=True)
            copy_repository(root)
            _reduce(root)
        # Else the modules of the checkout that is installed would be those that run.
        environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "400"}
        return cls(Place.of(root), environment)

    def begin(self, *words: str) -> Running:
        """A command of slipway's begins."""
        command = (*_SLIPWAY, *words)
        return Running(
            subprocess.Popen(
                command,
                cwd=self.place.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )

    def run(self, *words: str) -> Ran:
        """A command of slipway's, to its end."""
        return self.begin(*words).ended()

    @cached_property
    def api(self) -> Api:
        """The API server, as its administrator."""
        return Api.of(self.place.kubeconfig)

    def rendered(self) -> set[Key]:
        """The objects of the entries."""
        command = (*_SLIPWAY, "render", "--stack", STACK, "--output", "json")
        text = subprocess.run(
            command, cwd=self.place.root, env=self.environment, stdout=subprocess.PIPE, check=True
        ).stdout
        return set(map(_key, json.loads(text)["items"]))

    def write(self, team: str, *names: str, more: str = "") -> None:
        """Declares the endpoints of a team, these and no others; `more` is said of each."""
        file = self.place.root / "models" / team / f"{TEAMS[team]}.yaml"
        rows = (
            f"  {name}:\n    model: {_MODEL % name}\n    framework: sklearn\n    tier: staging\n"
            f"{more}"
            for name in names
        )
        file.parent.mkdir(exist_ok=True)
        (file.parent / "team.yaml").write_text(_TEAM, "utf-8")
        file.write_text(f'version: "1"\ndeployments:\n{"".join(rows)}', "utf-8")

    def remove(self, team: str) -> None:
        """Declares no such team."""
        shutil.rmtree(self.place.root / "models" / team)

    def endpoint(self, team: str, name: str) -> At:
        """The InferenceService of an endpoint."""
        return "serving.kserve.io/v1beta1", "InferenceService", f"{team}-{TEAMS[team]}", name

    def route(self, team: str, name: str) -> At:
        """The HTTPRoute of an endpoint."""
        return "gateway.networking.k8s.io/v1", "HTTPRoute", f"{team}-{TEAMS[team]}", name

    def stored(self) -> dict[str, Any]:
        """The engine's state of the stack, as its backend of files keeps it."""
        file = self.place.state / ".pulumi" / "stacks" / "slipway" / f"{STACK}.json"
        if not file.exists():
            return {}
        return json.loads(file.read_text("utf-8"))["checkpoint"]["latest"] or {}

    def in_state(self) -> set[Key]:
        """The objects of Kubernetes in the state."""
        return {
            _key(each["inputs"])
            for each in self.stored().get("resources", [])
            if each["type"].startswith("kubernetes:")
        }

    def pending(self) -> list[str]:
        """The URNs of what the engine is doing, or was doing when it was killed."""
        found = {each["resource"]["urn"] for each in self.stored().get("pending_operations") or []}
        for journal in (self.place.folder / "engine" / "journals").glob(f"{STACK}.*"):
            for line in journal.read_text("utf-8").splitlines():
                found = _after(found, line)
        return sorted(found)

    def in_cluster(self) -> dict[Key, str]:
        """The objects that carry our label, with their uids.

        Not what belongs to another object, nor what the plane brought along.
        """
        return {_key(obj): obj["metadata"]["uid"] for obj in self._objects()}

    def generations(self) -> dict[Key, object]:
        """How often the spec of each of these was changed; of some kinds nobody counts that."""
        return {_key(obj): obj["metadata"].get("generation") for obj in self._objects()}

    def _objects(self) -> Iterator[Object]:
        once = {(_group(version), kind): version for version, kind in self.api.kinds()}
        for (_, kind), version in once.items():
            path = self.api.resource(version, kind)
            try:
                items = self.api.get(f"{path}?labelSelector={_OURS}")["items"]
            except ApiError:  # Of what can only be created, such as a review.
                continue
            for obj in items:
                metadata = obj["metadata"]
                makers = {each["manager"] for each in metadata.get("managedFields", ())}
                if MANAGER not in makers and not metadata.get("ownerReferences"):
                    yield {"apiVersion": version, "kind": kind, **obj}

    def exists(self, at: At) -> bool:
        """Whether the API server has it."""
        return self.get(at) is not None

    def get(self, at: At) -> Object | None:
        """An object; None where there is none."""
        try:
            return self.api.get(self.path(at))
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def field(self, at: At, *path: str) -> Any:
        """A field of an object; None where there is none."""
        found: Any = self.get(at)
        for name in path:
            found = (found or {}).get(name)
        return found

    def path(self, at: At) -> str:
        """The address of an object."""
        version, kind, namespace, name = at
        return f"{self.api.resource(version, kind, namespace)}/{name}"

    def create(self, at: At, **metadata: object) -> None:
        """Somebody makes an object by hand, with nothing in it."""
        version, kind, namespace, name = at
        self.api.create(
            {
                "apiVersion": version,
                "kind": kind,
                "metadata": {"namespace": namespace, "name": name, **metadata},
            }
        )

    def patch(self, at: At, change: object, manager: str = "somebody") -> None:
        """Somebody changes an object by hand."""
        self.api.request(
            "PATCH",
            f"{self.path(at)}?fieldManager={manager}",
            change,
            "application/merge-patch+json",
        )

    def delete(self, at: At) -> None:
        """Somebody deletes an object by hand; when this returns it is gone."""
        self.api.request("DELETE", self.path(at))
        eventually(lambda: not self.exists(at))


def _key(obj: Object) -> Key:
    version, kind, namespace, name = identity(obj)
    return _group(version), kind, namespace, name


def _group(version: str) -> str:
    return version.rpartition("/")[0]


def _after(doing: set[str], line: str) -> set[str]:
    """What the engine is doing after an event of its log."""
    try:
        event = json.loads(line)
    except ValueError:  # It is being written.
        return doing
    if begun := event.get("resourcePreEvent"):
        return {*doing, begun["metadata"]["urn"]}
    ended = event.get("resOutputsEvent") or event.get("resOpFailedEvent")
    return doing - {ended["metadata"]["urn"]} if ended else doing


def _processes() -> Iterator[tuple[int, str, int]]:
    """The pid, name and session of each that runs."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            head, _, rest = path.joinpath("stat").read_text("utf-8").rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, _, _, session = rest.split()[:4]
        if state not in "ZX":
            yield int(path.name), head.partition("(")[2], int(session)


def _reduce(root: Path) -> None:
    """Leaves two teams of few endpoints, and of the stack its tenants alone."""
    platform = root / "models" / "platform.yaml"
    kept = platform.read_text("utf-8")
    shutil.rmtree(root / "models")
    platform.parent.mkdir()
    platform.write_text(kept, "utf-8")
    for stack in root.glob("Pulumi.*.yaml"):
        if stack.name != f"Pulumi.{STACK}.yaml":
            stack.unlink()
    own = root / f"Pulumi.{STACK}.yaml"
    text = own.read_text("utf-8")
    layers = "slipway:layers: [platform, tenants]"
    assert layers in text
    own.write_text(text.replace(layers, "slipway:layers: [tenants]"), "utf-8")
