"""A commit is read as a tree of files, without a checkout."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from catalog.disk import Disk
from catalog.memory import blob_id
from catalog.tree import FileEntry, WorkTree
from cli.cache import Cache
from cli.git import GitError, GitTree, default_base, named_base, prefix_of

IDENTITY = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
}  # fmt: skip


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        check=True, capture_output=True, text=True, env={**os.environ, **IDENTITY},
    )  # fmt: skip
    return done.stdout.strip()


def commit(root: Path, message: str = "x") -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    team = tmp_path / "models" / "risk"
    (team / "artifacts" / "m").mkdir(parents=True)
    (team / "cards.yaml").write_text("version: '1'\n")
    (team / "artifacts" / "m" / "wéird näme.bin").write_bytes(bytes(range(256)) * 100)
    (team / "run.sh").write_text("#!/bin/sh\n")
    (team / "run.sh").chmod(0o755)
    (team / "link").symlink_to("cards.yaml")
    (team / "out").symlink_to("/etc/passwd")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x").write_text("not listed\n")
    commit(tmp_path)
    return tmp_path


def test_a_commit_has_the_files_that_the_disk_had(repo: Path) -> None:
    tree, disk = GitTree(repo, "HEAD"), Disk(repo, Cache())
    assert tree.files("models") == disk.files("models")
    assert FileEntry("models/risk/run.sh", 10, executable=True) in tree.files("models/risk")
    assert tree.top() == disk.top() == ["Pulumi.dev.yaml"]
    for entry in tree.files("models"):
        assert tree.escapes(entry.path) == disk.escapes(entry.path) or not entry.is_symlink
        if not entry.is_symlink:
            assert tree.read(entry.path) == disk.read(entry.path)
            assert tree.blob(entry.path) == disk.blob(entry.path)
    tree.close()


def test_links_are_listed_and_what_leads_out_is_known(repo: Path) -> None:
    tree = GitTree(repo, "HEAD")
    links = [entry.path for entry in tree.files("models") if entry.is_symlink]
    assert links == ["models/risk/link", "models/risk/out"]
    assert [tree.escapes(path) for path in links] == [False, True]
    assert [WorkTree(repo).escapes(path) for path in links] == [False, True]
    tree.close()


def test_a_commit_does_not_change_with_the_working_tree(repo: Path) -> None:
    (repo / "models" / "risk" / "cards.yaml").write_text("changed\n")
    (repo / "models" / "risk" / "new.yaml").write_text("untracked\n")
    tree = GitTree(repo, "HEAD")
    assert tree.read("models/risk/cards.yaml") == b"version: '1'\n"
    assert tree.files("models/risk/new.yaml") == []
    with pytest.raises(FileNotFoundError):
        tree.read("models/risk/new.yaml")
    status = git(repo, "status", "--porcelain")
    assert status.splitlines() == ["M models/risk/cards.yaml", "?? models/risk/new.yaml"]
    tree.close()


def test_a_fleet_below_the_top_of_its_repository_is_read_by_its_own_paths(repo: Path) -> None:
    below = repo / "platform"
    below.mkdir()
    (repo / "models").rename(below / "models")
    (repo / "Pulumi.dev.yaml").rename(below / "Pulumi.dev.yaml")
    commit(repo)
    tree = GitTree(below, "HEAD")
    assert tree.files("models") == WorkTree(below).files("models")
    assert tree.top() == ["Pulumi.dev.yaml"]
    assert tree.read("models/risk/cards.yaml") == b"version: '1'\n"
    assert prefix_of(below) == "platform/"
    assert prefix_of(repo) == ""
    tree.close()


def test_a_process_that_forks_reads_with_a_reader_of_its_own(repo: Path) -> None:
    tree = GitTree(repo, "HEAD")
    large, small = "models/risk/artifacts/m/wéird näme.bin", "models/risk/cards.yaml"
    content = {path: tree.read(path) for path in (large, small)}
    child = os.fork()
    # Two readers of one pipe would wait for each other's answers.
    signal.alarm(20)
    if child == 0:
        os._exit(0 if all(tree.read(small) == content[small] for _ in range(200)) else 1)
    assert all(tree.read(large) == content[large] for _ in range(200))
    assert os.waitpid(child, 0)[1] == 0
    signal.alarm(0)
    tree.close()


def test_git_and_the_disk_name_content_alike(repo: Path) -> None:
    path = "models/risk/cards.yaml"
    assert blob_id((repo / path).read_bytes()) == git(repo, "rev-parse", f"HEAD:{path}")


def test_the_base_is_where_the_branch_left_the_default_branch(repo: Path) -> None:
    start = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "-b", "feature")
    commit(repo, "mine")
    git(repo, "checkout", "-q", "main")
    commit(repo, "theirs")
    git(repo, "checkout", "-q", "feature")
    base = default_base(repo)
    assert base is not None
    assert (base.name, base.commit) == ("main", start)
    assert str(base) == f"main ({start[:7]})"


def test_what_the_remote_calls_its_default_comes_first(repo: Path) -> None:
    git(repo, "branch", "trunk")
    pushed = git(repo, "rev-parse", "HEAD")
    git(repo, "update-ref", "refs/remotes/origin/trunk", pushed)
    git(repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    commit(repo, "not pushed")
    base = default_base(repo)
    assert base is not None
    assert (base.name, base.commit) == ("origin/HEAD", pushed)


def test_without_a_default_branch_the_base_is_the_last_commit(repo: Path) -> None:
    git(repo, "branch", "-m", "main", "elsewhere")
    base = default_base(repo)
    assert base is not None
    assert base.name == "HEAD"


def clone(repo: Path, *options: str) -> Path:
    git(repo, "clone", "-q", *options, repo.as_uri(), str(repo / "clone"))
    return repo / "clone"


def test_a_shallow_clone_without_the_default_branch_is_refused(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    commit(repo, "mine")
    git(repo, "checkout", "-q", "main")
    shallow = clone(repo, "--depth", "1", "--branch", "feature")
    with pytest.raises(GitError, match="fetch-depth: 0"):
        default_base(shallow)
    git(shallow, "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(GitError, match="no common commit with the default branch"):
        default_base(shallow)
    git(shallow, "remote", "remove", "origin")
    with pytest.raises(GitError, match="or pass --base"):
        default_base(shallow)


def test_a_clone_that_does_not_know_its_default_branch_is_refused(repo: Path) -> None:
    git(repo, "branch", "-m", "main", "trunk")
    copy = clone(repo)
    git(copy, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    with pytest.raises(GitError, match="pass --base"):
        default_base(copy)
    assert named_base(copy, "origin/trunk").commit == git(repo, "rev-parse", "HEAD")


def test_a_repository_that_git_cannot_read_is_told_in_its_words(repo: Path) -> None:
    (repo / ".git" / "HEAD").write_text("nonsense\n")
    with pytest.raises(GitError, match="fatal: not a git repository"):
        default_base(repo)


def test_a_head_that_is_missing_is_no_empty_fleet(repo: Path) -> None:
    git(repo, "update-ref", "-d", "refs/heads/main")
    (repo / ".git" / "HEAD").write_text("1" * 40 + "\n")
    base = default_base(repo)
    assert base is not None
    with pytest.raises(GitError):
        GitTree(repo, base.commit)


def test_a_repository_of_someone_else_is_told_in_the_words_of_git(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitError, match="dubious ownership"):
        default_base(repo)


def test_git_is_missed_only_where_there_is_a_repository(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="git cannot be run: No such file or directory"):
        default_base(repo)
    shutil.rmtree(repo / ".git")
    assert default_base(repo) is None


def test_without_a_commit_or_a_repository_there_is_no_base(tmp_path: Path) -> None:
    assert default_base(tmp_path) is None
    git(tmp_path, "init", "-q", "-b", "main")
    assert default_base(tmp_path) is None
    commit(tmp_path)
    git(tmp_path, "checkout", "-q", "--orphan", "new")
    assert default_base(tmp_path) is None


@pytest.mark.parametrize("name", ["nowhere", "--output=x", "HEAD:models", ""])
def test_a_name_that_is_no_commit_is_refused(repo: Path, name: str) -> None:
    with pytest.raises(GitError):
        named_base(repo, name)


def test_a_large_file_is_hashed_once_and_again_when_it_changes(repo: Path) -> None:
    path = "models/risk/artifacts/m/large.bin"
    large = repo / path
    large.write_bytes(b"a" * 300_000)
    os.utime(large, (1_000_000_000, 1_000_000_000))
    cache = Cache()
    first = Disk(repo, cache).blob(path)
    reads: list[str] = []

    class Counting(Disk):
        def read(self, path: str) -> bytes:
            reads.append(path)
            return super().read(path)

    assert Counting(repo, cache).blob(path) == first
    assert reads == []
    large.write_bytes(b"b" * 300_000)
    assert Counting(repo, cache).blob(path) != first
