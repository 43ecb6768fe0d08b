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
                    f"the namespace of team and project has {len(path.team)} + 1 + "
                    f"{len(path.project)} = {len(namespace)} characters, of at most {LABEL_LIMIT}",
                    "shorten the name of the file, or of the team's folder",
                )
            )  # fmt: skip
        begins = next((p for p in RESERVED_PREFIXES if namespace.startswith(p)), None)
        if begins is not None or namespace in RESERVED_NAMESPACES:
            whose = f"namespaces that begin with {begins} are" if begins else "that is"
            found.append(
                Problem(
                    place, "SLW303", namespace,
                    f"the project's namespace would be {namespace}, and {whose} the platform's own",
                    "rename the file, or the team's folder",
                )
            )  # fmt: skip
        if namespace in owners:
            found.append(
                Problem(
                    place, "SLW304", namespace,
                    f"the project's namespace would be {namespace}, and that is the one of "
                    f"{owners[namespace]}",
                    "rename one of the two files: team and project are joined with a hyphen",
                )
            )  # fmt: skip
        owners.setdefault(namespace, path.file)
    return found
