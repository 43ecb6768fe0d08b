"""Files that exist nowhere but here: an empty fleet, a proposed one, the fleet of a test."""

import hashlib
from collections.abc import Mapping, Sequence

from catalog.tree import FileEntry


class MemoryTree:
    """A tree of files by path, without links."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._content = content

    def files(self, folder: str) -> list[FileEntry]:
        """See `Tree.files`."""
        return sorted(
            FileEntry(path, len(content))
            for path, content in self._content.items()
            if path == folder or path.startswith(f"{folder}/")
        )

    def read(self, path: str) -> bytes:
        """See `Tree.read`."""
        if path not in self._content:
            raise FileNotFoundError(path)
        return self._content[path]

    def escapes(self, path: str) -> bool:
        """See `Tree.escapes`: what is not here is outside."""
        return path not in self._content

    def top(self) -> Sequence[str]:
        """The names of the files at the root itself."""
        return sorted(path for path in self._content if "/" not in path)

    def blob(self, path: str) -> str:
        """A name for the content of a file."""
        return blob_id(self.read(path))


def blob_id(content: bytes) -> str:
    """The name that git gives to a file's content."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()
