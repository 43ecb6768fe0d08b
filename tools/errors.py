"""What the tools tell people."""


class ToolchainError(Exception):
    """What is missing or wrong, and the ways out, for the person at the terminal."""
