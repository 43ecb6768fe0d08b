"""Models kept in the repository: addressed by what is in them, so nothing moves unless they do."""

import hashlib
from dataclasses import dataclass

from catalog.tree import Tree


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder or a file of the repository: its digest, its size in bytes, its files by path."""

    digest: str
    size: int
    files: tuple[str, ...]


def read_artifact(tree: Tree, path: str) -> Artifact | None:
    """The artifact at `path`, or None when nothing is there.

    The digest is over the sorted relative paths and the SHA-256 of each file, so it is the same on
    every machine and independent of times, modes and the order of the file system. Links are not
    followed and do not count.
    """
    files = [entry for entry in tree.files(path) if not entry.is_symlink]
    if not files:
        return None
    whole = hashlib.sha256()
    prefix = f"{path}/"
    names: list[str] = []
    for entry in files:
        name = entry.path.removeprefix(prefix) if entry.path != path else path.rsplit("/", 1)[-1]
        content = hashlib.sha256(tree.read(entry.path)).hexdigest()
        whole.update(f"{name}\0{content}\n".encode())
        names.append(name)
    return Artifact(whole.hexdigest(), sum(entry.size for entry in files), tuple(names))


def object_prefix(bucket: str, namespace: str, name: str, digest: str) -> str:
    """The S3 prefix under which a stack uploads an artifact."""
    return f"s3://{bucket}/{namespace}/{name}/{digest}"
