"""What goes wrong with the local control plane, told to a person."""


class LocalError(Exception):
    """One sentence: what is wrong, and how to mend it."""
