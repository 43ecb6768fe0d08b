"""Serves the rules as a CrossGuard pack: `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

from pulumi_policy import PolicyPack

if __name__ == "__main__":
    # Pulumi starts the pack in its own folder.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from policies.pack import NAME, policies

    PolicyPack(name=NAME, policies=policies())
