"""The plane's own S3 server: what is published to it, and who gets credentials for it."""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import pytest

from catalog.artifact import uploads_of
from catalog.disk import Disk
from catalog.endpoint import Tenant
from catalog.hosted import NothingKept
from catalog.memory import MemoryTree
from infra import tenants
from infra.iam import tenant as role
from infra.iam.pod_identity import NAMESPACE_TAG, SERVICE
from infra.names import Names
from infra.parts.local import ACCOUNT
from local import artifact_server, artifacts, pod_identity, pod_identity_agent
from local.artifact_server import Store
from local.errors import LocalError
from local.place import Place
from local.pod_identity_agent import Accounts, Agent, Cluster, RefusedError
from tests.programs import ROOT, context, settings

LOCAL: Final = context("local")
BUCKET: Final = LOCAL.settings.environment.bucket
PREFIX: Final = f"arn:aws:s3:::{BUCKET}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """One whose server has its folders."""
    found = Place(ROOT, tmp_path / "plane")
    artifact_server.prepare(found)
    artifact_server.make_bucket(found, BUCKET)
    return found


@pytest.fixture(scope="module")
def fraud() -> Tenant:
    """A project whose model is in the repository."""
    every = (each.built.tenant for each in tenants.read(settings("local")))
    return next(each for each in every if each.namespace == "risk-fraud")


class Answers(Cluster):
    """An API server that knows tokens of `NAMESPACE/ACCOUNT` for an audience."""

    def __init__(self, tokens: Mapping[str, str], audience: str = SERVICE) -> None:
        self.tokens, self.audience = tokens, audience

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """See `Cluster.ask`."""
        if method == "GET":
            namespace = path.rpartition("/")[2]
            labels = {} if namespace == "kube-system" else {"slipway.dev/tenant": "true"}
            return {"metadata": {"name": namespace, "labels": labels}}
        owner = self.tokens.get(body["spec"]["token"])
        if owner is None or self.audience not in body["spec"]["audiences"]:
            return {"status": {"authenticated": False}}
        user = {"username": f"system:serviceaccount:{owner.replace('/', ':')}"}
        return {"status": {"authenticated": True, "user": user, "audiences": [self.audience]}}


def agent(place: Place, cluster: Cluster) -> Agent:
    words = pod_identity.process(place, LOCAL).command
    bucket, label, statements = words[-3:]
    return Agent(cluster, Accounts(Store.of(place).folder, bucket, json.loads(statements)), label)


def policy(place: Place) -> list[Any]:
    path = Store.of(place).attributes / BUCKET / "meta" / "policy"
    return json.loads(path.read_text("utf-8"))["Statement"]


def test_files_are_published_under_the_keys_of_production(place: Place, fraud: Tenant) -> None:
    disk = Disk(ROOT, NothingKept())
    wanted = [each for files in uploads_of(disk, fraud).values() for each in files]
    assert artifacts.publish(place, BUCKET, disk, [fraud]) == len(wanted) > 0
    for each in wanted:
        assert (Store.of(place).bucket(BUCKET) / each.key).read_bytes() == disk.read(each.path)
    there = {path for path in Store.of(place).objects.rglob("*") if path.is_file()}
    assert len(there) == len(wanted)


def test_an_object_has_the_etag_that_s3_would_give_it(place: Place, fraud: Tenant) -> None:
    disk = Disk(ROOT, NothingKept())
    artifacts.publish(place, BUCKET, disk, [fraud])
    each = next(each for files in uploads_of(disk, fraud).values() for each in files)
    etag = Store.of(place).attributes / BUCKET / each.key / "meta" / "etag"
    content = hashlib.md5(disk.read(each.path), usedforsecurity=False).hexdigest()
    assert etag.read_text("ascii") == f'"{content}"'


def test_what_is_there_is_not_written_again(place: Place, fraud: Tenant) -> None:
    disk = Disk(ROOT, NothingKept())
    artifacts.publish(place, BUCKET, disk, [fraud])
    assert artifacts.publish(place, BUCKET, disk, [fraud]) == 0


def test_only_a_plane_with_a_real_node_has_a_server(place: Place, tmp_path: Path) -> None:
    assert artifacts.serves(place)
    assert not artifacts.serves(Place(ROOT, tmp_path / "other"))


def test_a_file_that_cannot_be_read_is_named(place: Place, fraud: Tenant) -> None:
    class Gone(MemoryTree):
        def read(self, path: str) -> bytes:
            raise PermissionError(13, "Permission denied", path)

    disk = Disk(ROOT, NothingKept())
    paths = [each.path for files in uploads_of(disk, fraud).values() for each in files]
    with pytest.raises(LocalError, match=f"{paths[0]} cannot be copied .*Permission denied"):
        artifacts.publish(place, BUCKET, Gone(dict.fromkeys(paths, b"")), [fraud])
    assert not [path for path in Store.of(place).bucket(BUCKET).rglob("*") if path.is_file()]


def test_the_agent_says_what_the_program_says() -> None:
    assert pod_identity_agent.AUDIENCE == SERVICE
    assert pod_identity_agent.TAG == NAMESPACE_TAG
    assert pod_identity_agent.ACCOUNT == role.SERVICE_ACCOUNT
    assert pod_identity_agent.AWS_ACCOUNT == ACCOUNT


def test_a_namespace_may_do_what_productions_role_lets_it(place: Place) -> None:
    agent(place, Answers({"t": "risk-fraud/models"})).credentials("t")
    names = Names.of(LOCAL.settings.environment, ACCOUNT)
    whole = json.dumps(role.tenant_policy(names, "alias/a")["Statement"])
    production = json.loads(whole.replace(NAMESPACE_TAG, "risk-fraud"))
    own = {"AWS": ["risk-fraud"]}
    expected = [
        {**each, "Principal": own} for each in production if each["Action"] != "kms:Decrypt"
    ]
    assert policy(place) == expected
    assert [each["Resource"] for each in expected] == [f"{PREFIX}/risk-fraud/*", PREFIX]


def test_every_namespace_has_a_key_of_its_own_and_keeps_it(place: Place) -> None:
    cluster = Answers({"a": "risk-fraud/models", "b": "supply-demand/models"})
    first, second = (agent(place, cluster).credentials(token) for token in "ab")
    assert first["SecretAccessKey"] != second["SecretAccessKey"]
    again = agent(place, cluster).credentials("a")
    assert again["SecretAccessKey"] == first["SecretAccessKey"]
    users = json.loads((Store.of(place).accounts / "users.json").read_text("utf-8"))
    kept = {key: row["secret"] for key, row in users["accessAccounts"].items()}
    assert kept == {each["AccessKeyId"]: each["SecretAccessKey"] for each in (first, second)}
    assert {each["Principal"]["AWS"][0] for each in policy(place)} == set(kept)


@pytest.mark.parametrize("owner", ["risk-fraud/default", "kube-system/models"])
def test_no_other_account_gets_any(place: Place, owner: str) -> None:
    with pytest.raises(RefusedError, match="no association") as refused:
        agent(place, Answers({"t": owner})).credentials("t")
    assert refused.value.status is HTTPStatus.NOT_FOUND
    assert not list(Store.of(place).accounts.iterdir())


@pytest.mark.parametrize("token", ["", "unknown", "x" * 20_000])
def test_what_is_no_token_gets_none(place: Place, token: str) -> None:
    with pytest.raises(RefusedError) as refused:
        agent(place, Answers({"t": "risk-fraud/models"})).credentials(token)
    assert refused.value.status is HTTPStatus.BAD_REQUEST
    assert refused.value.kind == "InvalidTokenException"


def test_a_token_for_another_audience_gets_none(place: Place) -> None:
    cluster = Answers({"t": "risk-fraud/models"}, "https://kubernetes.default.svc")
    with pytest.raises(RefusedError, match=SERVICE):
        agent(place, cluster).credentials("t")


def test_secrets_are_for_the_user_alone_and_in_no_command(place: Place) -> None:
    store = Store.of(place)
    processes = (artifact_server.process(place, "eu-west-1"), pod_identity.process(place, LOCAL))
    for path in (store.secret, store.root_secret):
        assert path.stat().st_mode & 0o777 == 0o600
        assert not [each for each in processes if path.read_text("ascii") in repr(each)]
