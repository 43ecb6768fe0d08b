"""`slipway up` over a plane that runs already, as the process that `engine` measures.

python -m tests.bench.driven ROOT STACK

The command itself would start a whole plane, whose controllers would take the processor.
"""

import os
import sys
from pathlib import Path

from cli.deployment import carried_out, opened, order_of
from deploy.engine import local_engine
from deploy.operations import Verb
from local.place import Place


def main(root: Path, stack: str) -> bool:
    """Whether all went well."""
    deployment = opened(root, stack)
    order = order_of(deployment, Verb.UP, parallel=max(1, os.cpu_count() or 1))
    return carried_out(deployment, local_engine(Place.of(root)), order).ok


if __name__ == "__main__":
    sys.exit(not main(Path(sys.argv[1]), sys.argv[2]))
