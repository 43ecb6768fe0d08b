"""Reading a repository's past: files at a ref, straight from git's object store.

Nothing is ever checked out, so a plan can run beside an editor, in a bare checkout of CI, or twice
at once.
"""

import os
import posixpath
import subprocess
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click

from catalog.tree import FileEntry

DEFAULT_BRANCHES = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)
"""Where the default branch is looked for; what the remote says comes first."""

NO_COMMON_COMMIT = (
    "no common commit with the default branch; fetch the whole history (fetch-depth: 0) "
    "or pass --base"
)

_SYMLINK, _EXECUTABLE = "120000", "100755"


class GitError(click.ClickException):
    """What git says when it cannot answer, in one line."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A commit, and the name under which a person knows it."""

    name: str
    commit: str

    def __str__(self) -> str:
        short = self.commit[:7]
        return short if self.commit.startswith(self.name) else f"{self.name} ({short})"


def default_base(root: Path) -> Ref | None:
    """The merge base with the default branch; None where there is no commit.

    HEAD itself only in a repository of one's own, without a default branch: elsewhere the plan
    would be silently empty. Raises GitError there, and where git fails.
    """
    head = _first_line(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if head is None:
        return None
    branch = _default_branch(root)
    if branch is not None:
        name, tip = branch
        commit = _first_line(root, "merge-base", "HEAD", tip)
        if commit is not None:
            return Ref(name, commit)
    if branch is not None or _is_shallow(root) or _first_line(root, "remote"):
        raise GitError(NO_COMMON_COMMIT)
    return Ref("HEAD", head)


def named_base(root: Path, name: str) -> Ref:
    """The commit that a person named. Raises GitError when there is none of that name."""
    if name.startswith("-"):
        raise GitError(f"{name!r} is not the name of a commit")
    commit = _first_line(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if commit is None:
        raise GitError(
            f"git knows no commit {name!r}; in CI, fetch the whole history (fetch-depth: 0)"
        )
    return Ref(name, commit)


def prefix_of(root: Path) -> str:
    """What stands before the paths below `root` in the repository: empty at its top."""
    return _first_line(root, "rev-parse", "--show-prefix") or ""


def _default_branch(root: Path) -> tuple[str, str] | None:
    """The short name and the tip of the default branch."""
    form = "--format=%(refname) %(objectname)"
    found = _output(root, "for-each-ref", form, *DEFAULT_BRANCHES)
    tips = dict(line.split(" ", 1) for line in (found or "").splitlines())
    for ref in DEFAULT_BRANCHES:
        if ref in tips:
            return ref.split("/", 2)[2], tips[ref]
    return None


def _is_shallow(root: Path) -> bool:
    return _first_line(root, "rev-parse", "--is-shallow-repository") == "true"


def _first_line(root: Path, *arguments: str) -> str | None:
    found = (_output(root, *arguments) or "").splitlines()
    return found[0] if found else None


def _output(root: Path, *arguments: str) -> str | None:
    """What git prints; None where its answer is no, or where there is no repository.

    Git calls a damaged repository none at all, so that is told by the folder, not by its words.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False
        )
    except OSError as error:
        return _failed(root, f"git cannot be run: {error.strerror}")
    said = done.stderr.decode("utf-8", "replace").splitlines()
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    return _failed(root, said[0]) if said else None


def _failed(root: Path, said: str) -> None:
    """Raises GitError, unless there is no repository that git could have failed on."""
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        raise GitError(said)


class GitTree:
    """The files of a commit below a folder of the repository.

    Content is read through one long-lived `git cat-file --batch`; a process that is forked from
    this one starts its own, because two readers of one pipe would get each other's answers.
    """

    def __init__(self, root: Path, ref: str, folders: Sequence[str] = ("models",)) -> None:
        self._root = root
        self._ids: dict[str, str] = {}
        self._entries: dict[str, FileEntry] = {}
        self._reader: tuple[int, subprocess.Popen[bytes]] | None = None
        listings = [self._list(ref), self._list(ref, *folders)]
        for listing in listings:
            self._take(listing.communicate()[0])
        if any(listing.returncode for listing in listings):
            raise GitError(f"git cannot list the files of {ref}")
        self._sorted = sorted(self._entries)

    def files(self, folder: str) -> list[FileEntry]:
        """Every file at or below `folder`, sorted by path."""
        if folder in self._entries:
            return [self._entries[folder]]
        start = bisect_left(self._sorted, f"{folder}/")
        end = bisect_left(self._sorted, f"{folder}0", start)
        return [self._entries[path] for path in self._sorted[start:end]]

    def top(self) -> list[str]:
        """The names of the files at the root itself."""
        return [
            path for path in self._sorted if "/" not in path and not self._entries[path].is_symlink
        ]

    def escapes(self, path: str) -> bool:
        """See `Tree.escapes`. Of the repository only the folders that were listed are known."""
        text = self.read(path).decode("utf-8", "surrogateescape")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
        return posixpath.isabs(text) or target.startswith("../") or not self.files(target)

    def blob(self, path: str) -> str:
        """Git's name for the content of a file."""
        return self._ids[path]

    def read(self, path: str) -> bytes:
        """The content of a file. Raises FileNotFoundError when the commit has none."""
        if path not in self._ids:
            raise FileNotFoundError(path)
        requests, answers = self._pipes()
        requests.write(f"{self._ids[path]}\n".encode())
        requests.flush()
        header = answers.readline().split()
        if len(header) != 3 or header[1] != b"blob":
            raise GitError(f"git cannot read {path}: the object is missing")
        content = answers.read(int(header[2]))
        answers.read(1)
        return content

    def close(self) -> None:
        """Ends the reader of this process."""
        if self._reader is not None and self._reader[0] == os.getpid():
            self._reader[1].communicate()
        self._reader = None

    def _list(self, ref: str, *folders: str) -> subprocess.Popen[bytes]:
        """Lists whole folders, or without any the root itself, relative to the tree's root."""
        command = ["git", "-C", str(self._root), "ls-tree", "-l", "-z"]
        command += ["-r", ref, "--", *folders] if folders else [ref]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _take(self, listing: bytes) -> None:
        for row in listing.decode("utf-8", "surrogateescape").split("\0"):
            about, _, path = row.partition("\t")
            fields = about.split()
            if len(fields) != 4 or fields[1] != "blob":
                continue
            mode, _, name, size = fields
            self._ids[path] = name
            self._entries[path] = FileEntry(
                path, int(size), is_symlink=mode == _SYMLINK, executable=mode == _EXECUTABLE
            )

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._reader is None or self._reader[0] != os.getpid():
            command = ["git", "-C", str(self._root), "cat-file", "--batch"]
            self._reader = (
                os.getpid(),
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE),
            )
        process = self._reader[1]
        if process.stdin is None or process.stdout is None:
            raise GitError("git cannot be read from")
        return process.stdin, process.stdout
