"""Namespaces over the whole fleet: every project has one of its own, and none of the platform's."""

from collections.abc import Iterable

from catalog.discover import ProjectPath
from catalog.errors import Place, Problem
from catalog.names import LABEL_LIMIT, RESERVED_NAMESPACES, RESERVED_PREFIXES, namespace_of


def namespace_problems(projects: Iterable[ProjectPath]) -> list[Problem]:
    """What is wrong with the namespaces of these projects, together."""
    found: list[Problem] = []
    owners: dict[str, str] = {}
    for path in sorted(projects):
        namespace = namespace_of(path.team, path.project)
        place = Place(path.file)
        if len(namespace) > LABEL_LIMIT:
            found.append(
                Problem(
                    place, "SLW301", namespace,
                    f"the namespace has {len(namespace)} characters, of {LABEL_LIMIT}",
                    "shorten the name of the file, or of the team's folder",
                )
            )  # fmt: skip
        if namespace in RESERVED_NAMESPACES or namespace.startswith(RESERVED_PREFIXES):
            found.append(
                Problem(
                    place, "SLW303", namespace, "the namespace belongs to the platform",
                    "rename the file, or the team's folder",
                )
            )  # fmt: skip
        if namespace in owners:
            found.append(
                Problem(
                    place, "SLW304", namespace,
                    f"the namespace {namespace} is already that of {owners[namespace]}",
                    "rename one of the two files: team and project are joined with a hyphen",
                )
            )  # fmt: skip
        owners.setdefault(namespace, path.file)
    return found
