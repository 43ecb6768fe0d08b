"""The engine: which Pulumi runs, and in which environment, a cloud's stacks and local ones.

A stack whose cluster is the local control plane has a backend of its own in the plane's folder, and
goes with the plane. Every other is in the backend that the user is signed in to.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi.automation import PulumiCommand

from catalog.stack import NAMESPACE
from local.place import Place
from tools.cache import cache
from tools.toolchain import all_of, binary

PROJECT: Final = NAMESPACE.removesuffix(":")
"""The name of the project in Pulumi.yaml."""

PROGRAMS: Final = ("pulumi", "pulumi-language-python", "pulumi-resource-kubernetes")
"""What an `up` of a local stack runs."""

QUIET: Final[Mapping[str, str]] = {"PULUMI_SKIP_UPDATE_CHECK": "true"}


class Command(PulumiCommand):
    """Pulumi's command line at a path. The toolchain has seen to it that its version fits."""

    def __init__(self, path: Path) -> None:
        self.command = str(path)
        self.version = None


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs the stacks of the repository at `root`.

    `environment` is added to the caller's own. `records` is a folder for what was applied from
    here, see `deploy.records`; `place` is there for local stacks.
    """

    root: Path
    environment: Mapping[str, str]
    command: PulumiCommand
    records: Path
    place: Place | None = None


def local_engine(place: Place) -> Engine:
    """The engine of the stacks on the local control plane.

    Makes their backend and its passphrase where there are none. ToolchainError where a program is
    not to be had.
    """
    programs = all_of(PROGRAMS)
    return Engine(
        root=place.root,
        environment=_environment(place, programs.values()),
        command=Command(programs["pulumi"]),
        records=_home(place) / "applied",
        place=place,
    )


def own_engine(root: Path) -> Engine:
    """The engine of all other stacks: whatever the user is signed in to, with the user's rights."""
    path = binary("pulumi")
    whole = root.resolve()
    return Engine(
        root=whole,
        environment={**QUIET, "PATH": _path([path])},
        command=Command(path),
        records=cache() / "applied",
    )


def environment(place: Place) -> dict[str, str]:
    """What kubectl and pulumi need to be on the local control plane; for a shell of the user's.

    Makes the stacks that are to be on it, so that `pulumi up` finds them.
    """
    from deploy.workspace import ensure, local_stacks, stacks

    engine = local_engine(place)
    ensure(engine, local_stacks(place.root), stacks(engine))
    return dict(engine.environment)


def project(place: Place) -> Path:
    """A folder with the project's name alone, where new stacks are made.

    Pulumi writes the key of a new stack's secrets beside the Pulumi.yaml that it stands at, which
    would be a change in the checkout.
    """
    return _home(place) / "project"


def _environment(place: Place, programs: Iterable[Path]) -> dict[str, str]:
    place.state.mkdir(parents=True, exist_ok=True)
    _passphrase(place.passphrase)
    return {
        **QUIET,
        "KUBECONFIG": str(place.kubeconfig),
        "PATH": _path(programs),
        "PULUMI_BACKEND_URL": f"file://{place.state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(place.passphrase),
        # The key is with the state, not in Pulumi.<stack>.yaml; see `project`.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_HOME": str(_home(place) / "home"),
    }


def _home(place: Place) -> Path:
    return place.folder / "engine"


def _path(programs: Iterable[Path]) -> str:
    """PATH with the programs in front, each by its own name."""
    folders = dict.fromkeys(str(program.parent) for program in programs)
    rest = [each for each in os.environ.get("PATH", "").split(os.pathsep) if each not in folders]
    return os.pathsep.join([*folders, *rest])


def _passphrase(path: Path) -> None:
    """Makes it once, for nobody else to read."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
