"""The working tree, with git's names for what is in it."""

import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from catalog.memory import MemoryTree, blob_id
from catalog.side import Kept
from catalog.tree import FileEntry, WorkTree

WORTH_REMEMBERING = 256 * 1024
"""Bytes from which a file's name is kept by its times, so that a large model is hashed once."""

SETTLED = 2.0
"""Seconds after which a file that changes again is sure to have another time."""


class Disk(WorkTree):
    """The files below a folder, as they are now: untracked ones count."""

    def __init__(self, root: Path, kept: Kept) -> None:
        super().__init__(root)
        self._root_path = root
        self._kept = kept
        self._blobs: dict[str, str] = {}

    def top(self) -> list[str]:
        """The names of the regular files at the root itself."""
        with os.scandir(self._root_path) as entries:
            return sorted(e.name for e in entries if e.is_file(follow_symlinks=False))

    def blob(self, path: str) -> str:
        """The id that git would give to a file as it is."""
        if path not in self._blobs:
            self._blobs[path] = self._blob(path)
        return self._blobs[path]

    def _blob(self, path: str) -> str:
        try:
            found = os.lstat(self._root_path / path)
            if not stat.S_ISREG(found.st_mode) or found.st_size < WORTH_REMEMBERING:
                return blob_id(self.read(path))
        except OSError as error:
            # The file is read again, and the failure told, by whoever parses it.
            return f"unreadable: {error.strerror}"
        key = (
            f"blob {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {path!r}"
        )
        known = self._kept.get(key)
        if known is None:
            known = blob_id(self.read(path))
            if time.time() - found.st_mtime > SETTLED:
                self._kept.put(key, known)
        return known


class Proposed(Disk):
    """The working tree as it would be with some files written."""

    def __init__(self, root: Path, kept: Kept, content: Mapping[str, bytes]) -> None:
        super().__init__(root, kept)
        self._proposed = MemoryTree(content)
        self._content = content

    def files(self, folder: str) -> list[FileEntry]:
        """See `Tree.files`."""
        old = [entry for entry in super().files(folder) if entry.path not in self._content]
        return sorted([*old, *self._proposed.files(folder)])

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        return self._proposed.read(path) if path in self._content else super().read(path)

    def blob(self, path: str) -> str:
        """See `Disk.blob`."""
        return self._proposed.blob(path) if path in self._content else super().blob(path)
