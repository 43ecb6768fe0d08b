"""Which files of a repository are entries, found by their place alone, before any is read.

`models/platform.yaml`, `models/<team>/team.yaml`, `models/<team>/<project>.yaml`; below
`models/<team>/artifacts/` is data. Names that begin with a dot belong to editors and systems, and
Markdown files to people: both are passed over. Anything else is a mistake and said so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from catalog.errors import Place, Problem
from catalog.spelling import name_fault, name_like
from catalog.tree import FileEntry, Tree
from catalog.yaml_text import LARGEST_FILE, too_large

ARTIFACTS = "artifacts"
STACK_FILE = re.compile(r"Pulumi\.(?P<stack>.+)\.(?P<extension>json|yaml|yml)")
"""The settings of a stack under every extension that Pulumi takes; here they end in .yaml."""


@dataclass(frozen=True, slots=True, order=True)
class ProjectPath:
    """A project file by what its path says."""

    team: str
    project: str
    file: str


@dataclass(frozen=True, slots=True)
class Found:
    """The entry files below a folder, sorted. Files with a problem are left out of the rest."""

    platform: str | None
    teams: dict[str, str]
    projects: tuple[ProjectPath, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Finding:
    folder: str
    platform: str | None = None
    teams: dict[str, str] = field(default_factory=dict[str, str])
    projects: list[ProjectPath] = field(default_factory=list[ProjectPath])
    folders: set[str] = field(default_factory=set[str])
    problems: list[Problem] = field(default_factory=list[Problem])

    def add(self, path: str, code: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(Place(path), code, "", message, remedy))


def discover(tree: Tree, folder: str = "models") -> Found:
    """Every entry file, and everything that is not where it should be."""
    found = _Finding(folder)
    strays: set[str] = set()
    entries = list(_visible(tree, folder))
    for entry, parts in entries:
        if len(parts) > 1:
            found.folders.add(parts[0])
        if entry.is_symlink:
            _link(found, entry, tree)
        elif len(parts) == 1:
            _top(found, entry, parts[0])
        elif len(parts) == 2:
            _team_file(found, entry, parts[0], parts[1])
        elif parts[1] != ARTIFACTS:
            strays.add(f"{folder}/{parts[0]}/{parts[1]}")
    for path in sorted(strays):
        found.add(
            path, "SLW121", "a folder of a team holds no folders but artifacts/",
            f"move entries to {path.rpartition('/')[0]}/, and data below artifacts/ there",
        )  # fmt: skip
    _teams_complete(found)
    _cases(found, [entry for entry, _ in entries])
    return Found(
        found.platform,
        dict(sorted(found.teams.items())),
        tuple(sorted(found.projects)),
        tuple(sorted(found.problems)),
    )


def read_entry(tree: Tree, path: str) -> bytes | Problem:
    """The bytes of an entry file, or why it cannot be read."""
    try:
        return tree.read(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Problem(
            Place(path), "SLW101", "", f"the file cannot be read: {why}", "mend its permissions"
        )


def _visible(tree: Tree, folder: str) -> Iterator[tuple[FileEntry, list[str]]]:
    for entry in tree.files(folder):
        parts = entry.path.removeprefix(f"{folder}/").split("/")
        if not any(part.startswith(".") for part in parts):
            yield entry, parts


def _link(found: _Finding, entry: FileEntry, tree: Tree) -> None:
    if tree.escapes(entry.path):
        found.add(
            entry.path, "SLW125", "a symbolic link that leads out of the repository",
            "replace the link by the file itself",
        )  # fmt: skip
    else:
        found.add(
            entry.path, "SLW126", "a symbolic link; links are not followed, not even in here",
            "replace the link by the file itself",
        )  # fmt: skip


def _top(found: _Finding, entry: FileEntry, name: str) -> None:
    if name == "platform.yaml":
        if _fits(found, entry):
            found.platform = entry.path
    elif not _passed_over(found, entry, name):
        found.add(
            entry.path, "SLW121", "beside the teams' folders only platform.yaml is read",
            f"move it to {found.folder}/<team>/",
        )  # fmt: skip


def _team_file(found: _Finding, entry: FileEntry, team: str, name: str) -> None:
    stem, dot, extension = name.rpartition(".")
    if _passed_over(found, entry, name):
        return
    if not dot or extension != "yaml":
        found.add(
            entry.path, "SLW121", f"{name} is no entry: only .yaml files are",
            f"move data to {found.folder}/{team}/{ARTIFACTS}/, or remove the file",
        )  # fmt: skip
    elif name == "team.yaml":
        if _fits(found, entry):
            found.teams[team] = entry.path
    elif (fault := name_fault(stem)) is not None:
        found.add(
            entry.path, "SLW122", f"{stem!r} is the project's name, and it {fault}",
            f"rename the file to {name_like(stem)}.yaml",
        )  # fmt: skip
    elif _fits(found, entry) and name_fault(team) is None:
        found.projects.append(ProjectPath(team, stem, entry.path))


def _passed_over(found: _Finding, entry: FileEntry, name: str) -> bool:
    """Notes are; a YAML file under another extension is too, with a problem."""
    stem, _, extension = name.rpartition(".")
    if stem and extension != "yaml" and extension.lower() in {"yml", "yaml"}:
        found.add(
            entry.path, "SLW120", f"entries end in .yaml, and this ends in .{extension}",
            f"rename the file to {stem}.yaml",
        )  # fmt: skip
        return True
    return extension.lower() == "md"


def _fits(found: _Finding, entry: FileEntry) -> bool:
    """Whether a file is small enough to read."""
    if entry.size > LARGEST_FILE:
        found.problems.append(too_large(entry.path, entry.size))
        return False
    return True


def _teams_complete(found: _Finding) -> None:
    for team in sorted(found.folders):
        path = f"{found.folder}/{team}"
        if (fault := name_fault(team)) is not None:
            found.teams.pop(team, None)
            found.add(
                path, "SLW122", f"{team!r} is the team's name, and it {fault}",
                f"rename the folder to {name_like(team)}",
            )  # fmt: skip
        elif team not in found.teams and not _named(found, f"{path}/team.y"):
            found.add(
                path, "SLW123", f"team {team} has no team.yaml",
                f"add {path}/team.yaml with version, owners, cost_center and quota",
            )  # fmt: skip
    if found.platform is None and not _named(found, f"{found.folder}/platform.y"):
        found.add(
            found.folder, "SLW124", "there is no platform.yaml, so no quota to count against",
            f"add {found.folder}/platform.yaml with version and quota",
        )  # fmt: skip


def _named(found: _Finding, prefix: str) -> bool:
    """Whether a file that begins so already has a problem of its own."""
    return any(problem.place.file.startswith(prefix) for problem in found.problems)


def _cases(found: _Finding, entries: list[FileEntry]) -> None:
    """Two names that are one file on macOS and Windows."""
    seen: dict[str, str] = {}
    for entry in entries:
        other = seen.setdefault(entry.path.casefold(), entry.path)
        if other != entry.path:
            found.add(
                entry.path, "SLW127", f"differs from {other} by upper and lower case alone",
                "rename one: on macOS and Windows they are the same file",
            )  # fmt: skip
