"""A policy of admission: what it matches, and what must hold, in CEL."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validation:
    """A CEL expression that must be true, and what is said when it is not."""

    expression: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`rules` are the ids of the rules that it enforces; `matches` API groups with resources.

    `variables` may each use those before it.
    """

    name: str
    rules: tuple[str, ...]
    matches: tuple[tuple[str, tuple[str, ...]], ...]
    validations: tuple[Validation, ...]
    variables: tuple[tuple[str, str], ...] = ()
    cluster_scoped: bool = False
