"""What a stack exported when it was applied last, as the engine kept it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.automation.errors import CommandError

from deploy.cluster import ClusterError
from deploy.engine import own_engine
from deploy.workspace import run
from local.errors import LocalError


def outputs_of(root: Path, stack: str) -> Mapping[str, Any]:
    """The outputs of a stack of the repository at `root`, from the user's own backend.

    Raises ClusterError where the engine cannot tell.
    """
    try:
        text = run(own_engine(root), "stack", "output", "--json", "--stack", stack)
    except LocalError as error:
        raise ClusterError(str(error)) from error
    except CommandError as error:
        # The engine's words are the last part of the exception's text.
        why = " ".join(str(error).rpartition("stderr:")[2].split()).removeprefix("error: ")
        raise ClusterError(
            f"where the stack {stack} has its cluster is not known: {why}; sign in with pulumi "
            "login, or name the cluster with --kubeconfig"
        ) from error
    found: dict[str, Any] = json.loads(text or "{}")
    return found
