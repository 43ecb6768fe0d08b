"""The figures of `make bench`: each a ratio to a peer that ran on the same machine, just before."""
