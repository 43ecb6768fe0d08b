"""A repository in memory: what a case changes, on top of one that has nothing wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from catalog.memory import blob_id
from catalog.tree import FileEntry


@dataclass(frozen=True)
class Link:
    """A symbolic link, and whether it leads out of the repository."""

    outside: bool


class Unreadable:
    """A file that the system refuses to open."""


Content: TypeAlias = str | bytes | Link | Unreadable | None
"""None takes a file away."""

HEAD = 'version: "1"\ndeployments:\n'
ENTRY = f"{HEAD}  fraud:\n    model: mlflow://fraud/1\n    framework: sklearn\n    tier: dev\n"
"""A right entry; what a case appends stands from line 7 on, in the deployment `fraud`."""

PROJECT = "models/risk/cards.yaml"
STACK = """config:
  slipway:environment:
    tiers: [dev, staging, production]
    domain: dev.example.com
    region: eu-west-1
    bucket: example-models
    identity:
      issuer: https://login.example.com/
      jwks: https://login.example.com/.well-known/jwks.json
"""
RIGHT: dict[str, Content] = {
    "Pulumi.dev.yaml": STACK,
    "models/platform.yaml": 'version: "1"\nquota: {cpu: 400, memory: 1Ti}\n',
    "models/risk/team.yaml": (
        'version: "1"\nowners: [risk-ml]\ncost_center: cc-1\nquota: {cpu: 200, memory: 512Gi}\n'
    ),
    PROJECT: ENTRY,
}


class MemoryTree:
    """A tree of given files, listed in the order given."""

    def __init__(self, files: Mapping[str, Content]) -> None:
        self._files = {path: c for path, c in files.items() if c is not None}

    def files(self, folder: str) -> list[FileEntry]:
        return sorted(
            FileEntry(path, _size(content), isinstance(content, Link))
            for path, content in self._files.items()
            if path == folder or path.startswith(f"{folder}/")
        )

    def read(self, path: str) -> bytes:
        content = self._files[path]
        if isinstance(content, str):
            return content.encode()
        if isinstance(content, bytes):
            return content
        raise PermissionError(13, "Permission denied", path)

    def escapes(self, path: str) -> bool:
        content = self._files[path]
        return isinstance(content, Link) and content.outside

    def top(self) -> Sequence[str]:
        return sorted(path for path in self._files if "/" not in path)

    def blob(self, path: str) -> str:
        content = self._files[path]
        readable = isinstance(content, str | bytes)
        return blob_id(self.read(path)) if readable else "unreadable"


class Memory:
    """What earlier runs found out, which is nothing yet."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._lines.get(key)

    def put(self, key: str, text: str) -> None:
        self._lines[key] = text


def _size(content: Content) -> int:
    if isinstance(content, str):
        return len(content.encode())
    return len(content) if isinstance(content, bytes) else 0


def repository(changes: Mapping[str, Content]) -> dict[str, Content]:
    """The right repository with changes."""
    return {**RIGHT, **changes}
