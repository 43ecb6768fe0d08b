"""The files of a repository: a working tree here; a git commit has the same face elsewhere."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class FileEntry:
    """A regular file or a symbolic link, by its POSIX path relative to the repository root.

    The size of a link is that of its own text, never of what it leads to.
    """

    path: str
    size: int
    is_symlink: bool = False
    executable: bool = False


class Tree(Protocol):
    """What the core needs of a repository. Links are listed and never followed."""

    def files(self, folder: str) -> list[FileEntry]:
        """Every regular file and link below a folder, or the file itself, sorted by path.

        Empty when nothing is there, and when the way there leads through a link.
        """
        ...

    def read(self, path: str) -> bytes:
        """The content of a regular file. Raises OSError for anything else."""
        ...

    def escapes(self, path: str) -> bool:
        """Whether a link leads out of the repository, or to nothing."""
        ...


class WorkTree:
    """The files below a folder on disk. Listings are fresh on every call."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._direct: dict[str, bool] = {}

    def files(self, folder: str) -> list[FileEntry]:
        """See `Tree.files`."""
        folder = folder.strip("/")
        if not self._is_direct(folder.rpartition("/")[0]) or ".." in folder.split("/"):
            return []
        try:
            found = os.lstat(self._root / folder)
        except (OSError, ValueError):
            return []
        if stat.S_ISDIR(found.st_mode):
            return sorted(self._below(folder))
        kept = stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)
        return [_entry(folder, found)] if kept else []

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        if not self._is_direct(path.rpartition("/")[0]) or ".." in path.split("/"):
            raise OSError(f"{path} is reached through a symbolic link")
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(self._root / path, flags), "rb") as file:
            return file.read()

    def escapes(self, path: str) -> bool:
        """See `Tree.escapes`."""
        try:
            target = (self._root / path).resolve(strict=True)
        except (OSError, RuntimeError):
            return True
        return not target.is_relative_to(self._root)

    def _below(self, folder: str) -> Iterator[FileEntry]:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            prefix = f"{here}/" if here else ""
            with os.scandir(self._root / here) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                        yield _entry(path, entry.stat(follow_symlinks=False))

    def _is_direct(self, folder: str) -> bool:
        """Whether no part of the way to a folder is a link."""
        if folder not in self._direct:
            whole = self._root / folder
            self._direct[folder] = whole.resolve() == whole
        return self._direct[folder]


def _entry(path: str, found: os.stat_result) -> FileEntry:
    mode = found.st_mode
    link = stat.S_ISLNK(mode)
    return FileEntry(path, found.st_size, link, not link and bool(mode & stat.S_IXUSR))
