"""The engine: which Pulumi runs, and in which environment, a cloud's stacks and local ones.

A stack whose cluster is the local control plane has a backend of its own in the plane's folder, and
goes with the plane. Every other is in the backend that the user is signed in to.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi.automation import PulumiCommand

from catalog.stack import NAMESPACE
from local.errors import LocalError
from local.place import Place
from tools.cache import cache
from tools.toolchain import all_of, binary

PROJECT: Final = NAMESPACE.removesuffix(":")
"""The name of the project in Pulumi.yaml."""

PROGRAMS: Final = ("pulumi", "pulumi-language-python", "pulumi-resource-kubernetes")
"""What an `up` of a local stack runs."""

SALT: Final = "v1:ylSEqtmKu7Y=:v1:kT8isdLXEtUhj1Au:I5H9IPByoZZGQSA0tRS2SxE+FHBIIA=="
"""The key of local stacks, which hold no secret: that of an empty passphrase. Were it another for
each plane, Pulumi would write it into Pulumi.<stack>.yaml, and the checkout would change."""

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
    here, see `deploy.records`. Of local stacks `copies` is one for their settings with the key that
    Pulumi asks for, see `deploy.workspace`, `journals` one for what runs do, see `deploy.journal`,
    and `state` their backend; others have none.
    """

    root: Path
    environment: Mapping[str, str]
    command: PulumiCommand
    records: Path
    copies: Path | None = None
    journals: Path | None = None
    state: Path | None = None


def local_engine(place: Place) -> Engine:
    """The engine of the stacks on the local control plane.

    Makes their backend where there is none. ToolchainError where a program is not to be had.
    """
    programs = all_of(PROGRAMS)
    return Engine(
        root=place.root,
        environment=_environment(place, programs.values()),
        command=Command(programs["pulumi"]),
        records=_home(place) / "applied",
        copies=_home(place) / "project",
        journals=_home(place) / "journals",
        state=place.state,
    )


def own_engine(root: Path) -> Engine:
    """The engine of all other stacks: whatever the user is signed in to, with the user's rights.

    LocalError in a shell that is set to the local control plane, whose backend goes with it.
    """
    path = binary("pulumi")
    whole = root.resolve()
    if os.environ.get("PULUMI_BACKEND_URL") == _backend(Place.of(whole)):
        raise LocalError(
            "This shell is set to the local control plane, and the stack is in a cloud: use "
            "another shell, or unset PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, PULUMI_HOME and "
            "KUBECONFIG."
        )
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


def _environment(place: Place, programs: Iterable[Path]) -> dict[str, str]:
    place.state.mkdir(parents=True, exist_ok=True)
    return {
        **QUIET,
        "KUBECONFIG": str(place.kubeconfig),
        "PATH": _path(programs),
        "PULUMI_BACKEND_URL": _backend(place),
        # A copy of the state is written at each step; that would be another one.
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(_home(place) / "home"),
    }


def _backend(place: Place) -> str:
    return f"file://{place.state}"


def _home(place: Place) -> Path:
    return place.folder / "engine"


def _path(programs: Iterable[Path]) -> str:
    """PATH with the programs in front, each by its own name."""
    folders = dict.fromkeys(str(program.parent) for program in programs)
    rest = [each for each in os.environ.get("PATH", "").split(os.pathsep) if each not in folders]
    return os.pathsep.join([*folders, *rest])
