"""The pin table, the client that resolves it, and the rewriting of it."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from catalog import pins as table
from catalog.pins import OF_CHARTS, of_chart
from catalog.registries import UPSTREAM, Registries
from cli import pins as command
from cli.registry import (
    DeniedError,
    MissingError,
    Registry,
    RegistryError,
    UnreachableError,
    endpoint,
)

ROWS = (*table.CHARTS, *table.IMAGES, *table.MODULES)
VERSIONS = {row.name: row.version for row in (*table.MODULES, *table.CHARTS)}
DIGEST = "sha256:" + "ab" * 32
MANIFEST = b'{"schemaVersion": 2}'
MANIFEST_DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
INDEX = f"entries:\n  model:\n  - version: 1.2.3\n    digest: {'cd' * 32}\n  - version: 1.2.2\n"

# The reference grammar of github.com/distribution/reference, with the registry made mandatory.
REFERENCE = re.compile(
    r"[a-z0-9.-]+\.[a-z]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
    r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?"
)


# The table


@pytest.mark.parametrize("rows", [table.CHARTS, table.IMAGES, table.MODULES])
def test_names_are_unique_and_sorted(
    rows: tuple[table.Chart | table.Image | table.Module, ...],
) -> None:
    names = [row.name for row in rows]
    assert names == sorted(set(names))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_says_where_it_was_seen(
    row: table.Chart | table.Image | table.Module,
) -> None:
    assert len(row.source) > len("v1")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_version_is_exact(row: table.Chart | table.Image | table.Module) -> None:
    version = row.tag if isinstance(row, table.Image) else row.version
    assert re.search(r"\d+\.\d+", version)
    assert "latest" not in version


@pytest.mark.parametrize("row", [*table.CHARTS, *table.IMAGES], ids=lambda row: row.name)
def test_a_digest_is_well_formed_or_openly_missing(row: table.Chart | table.Image) -> None:
    assert row.digest is None or re.fullmatch(r"sha256:[0-9a-f]{64}", row.digest)
    assert (row.digest is None) == (row in table.unresolved())


@pytest.mark.parametrize("row", table.CHARTS, ids=lambda row: row.name)
def test_a_chart_comes_over_tls_or_from_a_registry(row: table.Chart) -> None:
    assert row.repository.startswith(("https://", "oci://"))
    assert not row.repository.endswith("/")


@pytest.mark.parametrize("row", table.IMAGES, ids=lambda row: row.name)
def test_every_image_reference_parses(row: table.Image) -> None:
    assert REFERENCE.fullmatch(row.reference())
    mirrored = Registries(mirror="registry.example.com:5000/mirror")
    assert REFERENCE.fullmatch(mirrored.image(row))


def test_charts_of_one_project_share_a_version() -> None:
    istio = {table.chart(name).version for name in ("base", "cni", "istiod", "ztunnel")}
    kserve = {row.version for row in table.CHARTS if row.name.startswith("kserve-")}
    assert {f"v{version}" for version in istio} == {table.module("istio").version}
    assert kserve == {table.module("kserve").version}


@pytest.mark.parametrize(
    ("chart", "module"),
    [
        ("ai-gateway-helm", "envoy-ai-gateway"),
        ("cert-manager", "cert-manager"),
        ("gateway-helm", "envoy-gateway"),
        ("karpenter", "karpenter"),
        ("karpenter-crd", "karpenter-aws"),
        ("keda", "keda"),
    ],
)
def test_schemas_are_of_the_version_that_is_installed(chart: str, module: str) -> None:
    installed = table.chart(chart).version.removeprefix("v")
    assert table.module(module).version == f"v{installed}"


def test_versions_are_those_tested_together_or_say_why_not() -> None:
    differs = {name for name, version in table.TESTED_TOGETHER if VERSIONS[name] != version}
    assert differs == {name for name, _ in table.AHEAD}


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(LookupError, match=r"'mlservr'.*'mlserver'"):
        table.image("mlservr")
    with pytest.raises(LookupError, match=r"'kserve-resource'.*'kserve-resources'"):
        table.chart("kserve-resource")
    with pytest.raises(LookupError, match="no module is pinned as 'zzz'"):
        table.module("zzz")


def test_importing_the_table_loads_nothing_heavy() -> None:
    script = "import sys, catalog.pins; print(*{'pydantic', 'yaml', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b""


# The mirror

IMAGE = table.Image(
    name="model", repository="docker.io/team/model", tag="v1", digest=DIGEST, source="test"
)


def test_a_reference_holds_tag_and_digest() -> None:
    assert IMAGE.reference() == f"docker.io/team/model:v1@{DIGEST}"


def test_a_mirror_replaces_the_registry_and_keeps_the_path() -> None:
    assert Registries(mirror="registry.example.com/m").image(IMAGE) == (
        f"registry.example.com/m/team/model:v1@{DIGEST}"
    )


def test_a_mirror_may_have_digests_of_its_own() -> None:
    own = {"model": "sha256:" + "ef" * 32}
    mirrored = Registries(mirror="registry.example.com", digests=own)
    assert mirrored.image(IMAGE).endswith("@" + own["model"])
    assert Registries(digests=own).image(IMAGE) == IMAGE.reference()


def test_a_registry_is_replaced_by_its_own_prefix_alone_and_digests_stay() -> None:
    cached = Registries(by_host={"docker.io": "cache.example.com/a/docker"})
    assert cached.image(IMAGE) == f"cache.example.com/a/docker/team/model:v1@{DIGEST}"
    assert cached.repository("quay.io/org/app:v1") == "quay.io/org/app:v1"


HOSTS = st.sampled_from(sorted({row.repository.partition("/")[0] for row in table.IMAGES}))


@given(moved=st.dictionaries(HOSTS, st.sampled_from(("cache.example.com/a", "b.example.com:5000"))))
def test_every_image_keeps_path_tag_and_digest_and_only_named_registries_change(
    moved: dict[str, str],
) -> None:
    registries = Registries(by_host=moved)
    for row in table.IMAGES:
        host, _, rest = row.reference().partition("/")
        assert registries.image(row) == f"{moved.get(host, host)}/{rest}"
        assert UPSTREAM.image(row) == row.reference()


def test_a_mirrored_chart_comes_from_a_registry_below_the_same_path() -> None:
    kept, moved = (
        table.Chart(name="a", repository=repository, version="1", digest=None, source="test")
        for repository in ("oci://ghcr.example/org/charts", "https://charts.example/org")
    )
    assert kept.location() == "oci://ghcr.example/org/charts"
    assert kept.location("registry.example.com/m") == "oci://registry.example.com/m/org/charts"
    assert moved.location("registry.example.com") == "oci://registry.example.com/org"
    bare = table.chart("external-secrets")
    assert bare.location("registry.example.com") == "oci://registry.example.com"


# The client


class Server(ThreadingHTTPServer):
    """A registry and a Helm repository on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.released = threading.Event()
        self.paths: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """`open` needs no token, `team` one from /token, `private` one that nobody gets."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.registry.paths.append(self.path)
        if path == "/token":
            self.answer(200, json.dumps({"token": "sesame"}).encode())
        elif path == "/index.yaml":
            self.answer(200, INDEX.encode())
        elif path == "/v2/slow/model/manifests/v1":
            self.registry.released.wait(5)
        elif path == "/v2/liar/model/manifests/v1":
            self.answer(200, MANIFEST, {"Docker-Content-Digest": DIGEST})
        elif path == "/v2/open/model/manifests/v1" or self.let_in(path):
            self.answer(200, MANIFEST, {"Docker-Content-Digest": MANIFEST_DIGEST})
        elif path.startswith(("/v2/team/", "/v2/private/")):
            realm = f'Bearer realm="http://{self.registry.host}/token",service="registry"'
            self.answer(401, b"", {"WWW-Authenticate": realm})
        elif path.startswith("/v2/basic/"):
            self.answer(401, b"", {"WWW-Authenticate": 'Basic realm="registry"'})
        else:
            self.answer(404, b"")

    @property
    def registry(self) -> Server:
        assert isinstance(self.server, Server)
        return self.server

    def let_in(self, path: str) -> bool:
        granted = self.headers.get("Authorization") == "Bearer sesame"
        return granted and path == "/v2/team/model/manifests/v1"

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
        """Says nothing, so that a test's output is its own."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


CLIENT = Registry(timeout=5, scheme="http")


def test_an_open_registry_gives_the_digest_of_the_manifest(server: Server) -> None:
    assert CLIENT.manifest_digest(f"{server.host}/open/model", "v1") == MANIFEST_DIGEST


def test_a_challenge_is_answered_with_an_anonymous_token(server: Server) -> None:
    assert CLIENT.manifest_digest(f"{server.host}/team/model", "v1") == MANIFEST_DIGEST
    assert "/token?scope=repository%3Ateam%2Fmodel%3Apull&service=registry" in server.paths


@pytest.mark.parametrize("owner", ["private", "basic"])
def test_a_private_repository_is_denied(server: Server, owner: str) -> None:
    with pytest.raises(DeniedError, match=f"/v2/{owner}/model"):
        CLIENT.manifest_digest(f"{server.host}/{owner}/model", "v1")


def test_a_tag_that_is_not_there_is_missing(server: Server) -> None:
    with pytest.raises(MissingError, match="404"):
        CLIENT.manifest_digest(f"{server.host}/open/model", "v2")


def test_a_slow_registry_is_unreachable(server: Server) -> None:
    client = Registry(timeout=0.05, scheme="http")
    with pytest.raises(UnreachableError, match="timed out"):
        client.manifest_digest(f"{server.host}/slow/model", "v1")


def test_a_closed_port_is_unreachable(server: Server) -> None:
    server.socket.close()
    with pytest.raises(UnreachableError, match=server.host):
        CLIENT.manifest_digest(f"{server.host}/open/model", "v1")


def test_a_digest_that_is_not_of_the_manifest_is_refused(server: Server) -> None:
    with pytest.raises(RegistryError, match=f"says {DIGEST}"):
        CLIENT.manifest_digest(f"{server.host}/liar/model", "v1")


def test_a_helm_repository_states_the_digest_of_an_archive(server: Server) -> None:
    home = f"http://{server.host}"
    assert CLIENT.archive_digest(home, "model", "1.2.3") == "sha256:" + "cd" * 32
    for chart, version in (("model", "1.2.2"), ("model", "9.9.9"), ("other", "1.2.3")):
        with pytest.raises(MissingError, match=f"{chart} {version}"):
            CLIENT.archive_digest(home, chart, version)


def test_plain_http_is_refused_unless_asked_for(server: Server) -> None:
    with pytest.raises(RegistryError, match="not https"):
        Registry().archive_digest(f"http://{server.host}", "model", "1.2.3")


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        ("docker.io/redis", ("registry-1.docker.io", "library/redis")),
        ("docker.io/team/model", ("registry-1.docker.io", "team/model")),
        ("oci://ghcr.example/org/charts/a", ("ghcr.example", "org/charts/a")),
    ],
)
def test_docker_hub_answers_elsewhere(repository: str, expected: tuple[str, str]) -> None:
    assert endpoint(repository) == expected


# The command


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the table, to which the command writes instead."""
    path = Path(shutil.copy(table.__file__, tmp_path / "pins.py"))
    monkeypatch.setattr(table, "__file__", str(path))
    return path


def every_key() -> list[command.Key]:
    charts = [("chart", row.name) for row in table.CHARTS]
    return [*charts, *(("image", row.name) for row in table.IMAGES)]


@pytest.mark.parametrize("key", every_key(), ids="-".join)
def test_rewriting_changes_one_digest_and_no_other_byte(key: command.Key) -> None:
    before = Path(table.__file__).read_bytes()
    after = command.rewrite(before, {key: DIGEST})
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    [(old, new)] = changed
    assert re.fullmatch(rb'        digest=(None|"sha256:[0-9a-f]{64}"),', old)
    assert new.decode() == f'        digest="{DIGEST}",'


def test_rewriting_counts_bytes_not_characters() -> None:
    source = 'A = (Image(name="é", digest=None), Image(name="ü", digest=None))  # ☃\n'
    after = command.rewrite(source.encode(), {("image", "ü"): DIGEST})
    assert after.decode() == f'"{DIGEST}"'.join(source.rsplit("None", 1))


def test_rewriting_every_row_at_once_still_parses() -> None:
    after = command.rewrite(Path(table.__file__).read_bytes(), dict.fromkeys(every_key(), DIGEST))
    ast.parse(after)
    assert after.count(DIGEST.encode()) == len(every_key())


def test_a_row_that_is_not_in_the_table_is_not_dropped_unseen() -> None:
    with pytest.raises(KeyError, match="nothing"):
        command.rewrite(b"", {("image", "nothing"): DIGEST})


def test_rows_cover_the_table() -> None:
    listed = command.rows()
    assert [row[0] for row in listed] == [row.name for row in ROWS]
    assert sum(row[3] == command.UNRESOLVED for row in listed) == len(table.unresolved())


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command.pins, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit | click.Abort)
    return result.exit_code, result.output


def test_the_command_shows_every_row() -> None:
    code, output = run()
    assert code == 0
    assert len(output.splitlines()) == len(ROWS) + 1


def test_resolving_names_each_row_and_its_outcome(server: Server) -> None:
    wanted = [
        table.Image(
            name=name, repository=f"{server.host}/{name}", tag="v1", digest=None, source="test"
        )
        for name in ("open/model", "other/model")
    ]
    found, missing = command.resolve(wanted, CLIENT)
    assert (found.name, found.digest, found.error) == ("open/model", MANIFEST_DIGEST, None)
    assert missing.digest is None
    assert "404" in (missing.error or "")


def outcomes(monkeypatch: pytest.MonkeyPatch, *given: command.Outcome) -> None:
    def resolve(*, registry: Registry) -> list[command.Outcome]:
        assert registry.scheme == "https"
        return list(given)

    monkeypatch.setattr(command, "resolve", resolve)


def test_what_was_found_is_kept_when_a_registry_is_unreachable(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = command.Outcome("image", "triton", error="no route")
    outcomes(monkeypatch, command.Outcome("image", "mlserver", digest=DIGEST), lost)
    before = copy.read_bytes()
    code, output = run("resolve", "--write")
    assert code == 1
    assert "image triton: no route" in output
    assert copy.read_bytes() == command.rewrite(before, {("image", "mlserver"): DIGEST})
    assert list(copy.parent.iterdir()) == [copy]


def test_resolving_without_write_changes_nothing(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes(monkeypatch, command.Outcome("image", "mlserver", digest=DIGEST))
    before = copy.read_bytes()
    code, output = run("resolve")
    assert (code, copy.read_bytes()) == (0, before)
    assert DIGEST in output


def test_a_table_that_cannot_be_written_is_reported(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes(monkeypatch, command.Outcome("image", "mlserver", digest=DIGEST))
    copy.unlink()
    code, output = run("resolve", "--write")
    assert code == 1
    assert "cannot write" in output


@pytest.mark.parametrize("name", sorted(OF_CHARTS))
def test_where_a_charts_image_comes_from_names_its_registry(name: str) -> None:
    host, _, path = OF_CHARTS[name].partition("/")
    assert "." in host
    assert path == path.lower().strip("/") != ""


def test_an_unknown_repository_is_refused_with_the_nearest() -> None:
    with pytest.raises(LookupError, match=r"no repository is pinned as 'kialy'.*'kiali'"):
        of_chart("kialy")
