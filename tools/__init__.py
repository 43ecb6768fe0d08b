"""The programs of other projects that Slipway runs, and what it reads of them, all pinned."""
