"""Starting the processes of a plane, and putting into its API server what it holds."""

import hashlib
import http.client
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from catalog.render.network import GATEWAY_ACCOUNT
from infra.parts.local import local_context
from local import controllers, kube, logs, node_needs, probe, real_node
from local.apply import ApiError
from local.errors import LocalError
from local.network import API_SERVER_PORT, LOOPBACK
from local.place import Place
from local.process import Process, Ready
from local.steps import Launch, Step, run
from local.supervisor import LISTENERS, Supervisor
from tools import toolchain
from tools.golang import SOURCES

Say = Callable[[str], None]

_HERE: Final = Path(__file__).parent
_REPOSITORY: Final = _HERE.parent
_CODE: Final = (
    "local/*.py",
    "infra/parts/*.py",
    "infra/names.py",
    "catalog/*.py",
    "catalog/checks/serving.py",
    "catalog/pod/platform.py",
    "catalog/render/common.py",
    "catalog/render/platform.py",
)
"""What decides which objects the plane holds."""

_PATIENCE: Final = 180.0
"""Seconds for a process to become ready, on a machine that does much beside it."""

_RESTARTS: Final = 2
"""How often a process may end before it is ready: one may find that its rights are not there yet,
and asks again when it is started again, as it would in a pod.
"""

_REFUSALS: Final = (ApiError, LookupError, OSError, http.client.HTTPException)


def steps(place: Place) -> Sequence[Step]:
    """All of them. Binaries that are missing are built, which takes minutes the first time.

    LocalError where a real node is asked for and there can be none.
    """
    node = node_needs.there_is_one()
    toolchain.all_of((*kube.BINARIES, *controllers.BINARIES, *(real_node.BINARIES if node else ())))
    context = local_context(controllers.settings(place))
    door = f"{GATEWAY_ACCOUNT}.{context.settings.environment.gateway.namespace}.svc.cluster.local"
    return (
        *kubernetes(place, (controllers.DEFINED,), (f"{door}:443",) if node else ()),
        *controllers.steps(place, context, node=node),
    )


def kubernetes(
    place: Place, before: tuple[str, ...] = (), door: tuple[str, ...] = ()
) -> Sequence[Step]:
    """Those of Kubernetes alone, and the gate to it and to `door`; `before` as in `kube.steps`."""
    return (Launch(process=_gate(place, door)), *kube.steps(place, before))


def processes(steps: Sequence[Step]) -> list[Process]:
    """Those that the steps start."""
    return [step.process for step in steps if isinstance(step, Launch)]


def fingerprint(place: Place, steps: Sequence[Step]) -> str:
    """Of all that a plane is made from: one that was started from something else is out of date."""
    whole = hashlib.sha256(repr(processes(steps)).encode())
    code = [path for pattern in _CODE for path in sorted(_REPOSITORY.glob(pattern))]
    for path in (*code, SOURCES, place.root / "Pulumi.local.yaml"):
        whole.update(path.read_bytes() if path.exists() else b"")
    return whole.hexdigest()


def boot(place: Place, steps: Sequence[Step], say: Say) -> None:
    """In a sandbox whose supervisor answers. LocalError for the first step that fails."""
    supervisor = Supervisor(place)

    def perform(step: Step) -> None:
        begun = time.monotonic()
        try:
            if isinstance(step, Launch):
                launch(place, supervisor, step.name, step.process.ready)
            else:
                step.run()
        except _REFUSALS as error:
            raise LocalError(f"{step.name}: {error}") from error
        say(f"{step.name} ({time.monotonic() - begun:.1f} s)")

    run(steps, perform)


def launch(place: Place, supervisor: Supervisor, name: str, ready: Ready | None) -> None:
    """Start a process and wait till it is ready. LocalError with the end of its log."""
    before = len(_ends(place, name))
    supervisor.start(name)
    deadline = time.monotonic() + _PATIENCE
    while True:
        if probe.answers(place.gate, ready) if ready else supervisor.state(name).runs:
            return
        if len(ends := _ends(place, name)[before:]) > _RESTARTS:
            raise LocalError(f"{name} {_told(ends[-1])}{logs.end(place, name)}")
        if time.monotonic() > deadline:
            raise LocalError(f"{name} is not ready after {_PATIENCE:.0f} s{logs.end(place, name)}")
        time.sleep(0.1)


def _ends(place: Place, name: str) -> list[str]:
    """How the process ended each time, in the supervisor's words."""
    log = place.log_of("supervisor").read_text("utf-8", "replace")
    return re.findall(rf"exited: {re.escape(name)} \((.*)\)", log)


def _told(end: str) -> str:
    if "SIGKILL" in end:
        return "was killed again and again, as by a system that is short of memory"
    return "ended right after its start, again and again"


def _gate(place: Place, door: tuple[str, ...]) -> Process:
    script = str(_HERE / "gate.py")
    watched = (str(place.folder), str(place.root))
    targets = (f"{LOOPBACK}:{API_SERVER_PORT}", *door)
    ways = ",".join(f"{fd}={target}" for fd, target in zip(LISTENERS, targets, strict=False))
    return Process(
        name="gate", command=(sys.executable, "-I", script, ways, place.gate.name, *watched)
    )
