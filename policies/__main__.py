"""Serves the rules as a CrossGuard pack: `pulumi preview --policy-pack policies`."""

import io
import sys
from pathlib import Path

from pulumi_policy import PolicyPack

if __name__ == "__main__":
    # Pulumi starts the pack in its own folder.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from policies.pack import NAME, policies

    # The pack tells the engine its port here and does not flush (pulumi_policy 1.21.0
    # `policy.py`): unless PYTHONUNBUFFERED is set, the engine would wait for ever.
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    PolicyPack(name=NAME, policies=policies())
