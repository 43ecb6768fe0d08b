"""The stand-ins by themselves: previews, changes, what others do meanwhile, and faults."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import aws, launch, samples
from tests.cloud import aws_names as t
from tests.cloud.client import Client, RefusedByStandInError
from tests.cloud.kinds import UNKNOWN
from tests.cloud.server import PACE
from tests.cloud.store import Fault, Store
from tests.cloud.world import world


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def _differs(olds: Mapping[str, Any], news: Mapping[str, Any], token: str, store: Store) -> Any:
    with Client(aws.PACKAGE, store) as client:
        return client.diff(token, olds, news)


def test_equal_inputs_are_no_change(store: Store) -> None:
    _, inputs = samples.AWS["database"]
    found = _differs(inputs, inputs, t.DATABASE, store)
    assert found.changes == found.DIFF_NONE
    assert not found.replaces


def test_a_change_is_told_where_it_is(store: Store) -> None:
    old = {"name": "a", "version": "1.34", "vpcConfig": {"subnetIds": ["a", "b"]}}
    new = {**old, "version": "1.35", "vpcConfig": {"subnetIds": ["a", "c"]}}
    found = _differs(old, new, t.CLUSTER, store)
    assert set(found.detailedDiff) == {"version", "vpcConfig.subnetIds[1]"}
    assert not found.replaces


def test_another_name_is_another_thing_which_can_be_there_at_once(store: Store) -> None:
    found = _differs({"name": "a"}, {"name": "b"}, t.ROLE, store)
    assert list(found.replaces) == ["name"]
    assert not found.deleteBeforeReplace


def test_another_thing_of_the_same_name_comes_after_it(store: Store) -> None:
    found = _differs({"name": "a", "path": "/"}, {"name": "a", "path": "/us/"}, t.ROLE, store)
    assert list(found.replaces) == ["path"]
    assert found.deleteBeforeReplace


def test_a_preview_tells_what_is_known_and_makes_nothing(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client:
        told = client.preview(t.BUCKET, "it", {"bucket": "sample-models", "tags": {"a": "b"}})
    assert (told["bucket"], told["arn"], told["tags"]) == ("sample-models", UNKNOWN, {"a": "b"})
    assert store.resources() == []


def test_a_new_version_of_a_template_is_told_by_its_update(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client:
        client.create(t.TEMPLATE, "it", {"name": "system"})
        told = client.update(t.TEMPLATE, "it", {"name": "system", "description": "other"})
    assert (told["latestVersion"], told["defaultVersion"]) == (2, 2)


def test_a_preview_of_a_change_keeps_what_is_told_of_it(tmp_path: Path) -> None:
    with world("aws", tmp_path, aws.PACKAGE) as client:
        changed = {**samples.AWS["cluster"][1], "version": "1.35"}
        told = client.update(t.CLUSTER, "cluster", changed, preview=True)
        assert told == {**client.told["cluster"], "version": "1.35"}
        told = client.update(t.TEMPLATE, "template", {"name": "system", "tags": {}}, preview=True)
        assert told["latestVersion"] == UNKNOWN
    assert Store(tmp_path).resources(t.CLUSTER)[0].get("version") == "1.34"


def test_a_type_that_nobody_thought_of_is_refused(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client, pytest.raises(RefusedByStandInError, match="Tape"):
        client.create("aws:tape/tape:Tape", "it", {})


def test_an_input_that_is_missing_is_refused_by_its_name(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client, pytest.raises(RefusedByStandInError, match="vpcId"):
        client.create(t.SUBNET, "it", {"cidrBlock": "10.0.0.0/24"})


def test_a_deleted_bucket_takes_its_configuration_along(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client:
        client.create(t.BUCKET, "it", {"bucket": "sample-models"})
        inputs = {"bucket": "@it", "versioningConfiguration": {"status": "Enabled"}}
        client.create(t.VERSIONING, "versioning", inputs)
        client.delete(t.BUCKET, "it")
    assert store.resources() == []


def test_a_bucket_with_data_goes_only_by_force(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client:
        client.create(t.BUCKET, "it", {"bucket": "sample-models"})
        store.add(t.OBJECT, "sample-models/data", bucket="sample-models", key="data")
        with pytest.raises(RefusedByStandInError, match="BucketNotEmpty"):
            client.delete(t.BUCKET, "it")
        client.update(t.BUCKET, "it", {"bucket": "sample-models", "forceDestroy": True})
        client.delete(t.BUCKET, "it")
    assert store.resources(t.BUCKET) == []


def test_a_database_that_is_kept_leaves_its_snapshot(tmp_path: Path) -> None:
    with world("aws", tmp_path, aws.PACKAGE) as client:
        kept = {"skipFinalSnapshot": False, "finalSnapshotIdentifier": "mlflow-final"}
        client.update(t.DATABASE, "database", {**samples.AWS["database"][1], **kept})
        client.delete(t.DATABASE, "database")
    assert [each.id for each in Store(tmp_path).resources(t.SNAPSHOT)] == ["mlflow-final"]
    assert Store(tmp_path).resources(t.SECRET) == []


def test_a_clusters_group_stays_while_others_name_it(tmp_path: Path) -> None:
    with world("aws", tmp_path, aws.PACKAGE) as client:
        own = client.told["cluster"]["vpcConfig"]["clusterSecurityGroupId"]
        inputs = {"securityGroupId": "@group", "ipProtocol": "tcp"}
        client.create(t.INGRESS, "named", {**inputs, "referencedSecurityGroupId": own})
        client.delete(t.NODES, "nodes")
        client.delete(t.CLUSTER, "cluster")
    assert Store(tmp_path).read().find(t.GROUP, own) is not None
    assert Store(tmp_path).resources(t.ADDON) == []


def test_what_was_lost_is_read_as_gone_and_what_was_altered_as_it_is(store: Store) -> None:
    with Client(aws.PACKAGE, store) as client:
        for own in ("one", "two"):
            client.create(t.QUEUE, own, {"name": own, "messageRetentionSeconds": 60})
        store.lose(t.QUEUE, client.ids["one"])
        store.alter(t.QUEUE, client.ids["two"], messageRetentionSeconds=600)
        assert not client.read(t.QUEUE, client.ids["one"]).id
        read = client.read(t.QUEUE, client.ids["two"])
        assert dict(read.inputs)["messageRetentionSeconds"] == 600
        client.delete(t.QUEUE, "one")


def test_a_principal_that_comes_late_is_waited_for(store: Store) -> None:
    """As the real provider does, because IAM's changes take seconds to be known everywhere."""
    role = "arn:aws:iam::111111111111:role/cluster"
    whom = {"AWS": ["arn:aws:iam::111111111111:root", role]}
    with Client(aws.PACKAGE, store, patience=60) as client:
        key = threading.Thread(
            target=client.create, args=(t.KEY, "key", {"policy": samples.policy(whom, "kms:*")})
        )
        key.start()
        client.create(t.ROLE, "role", samples.AWS["role"][1])
        key.join()
    assert len(store.resources(t.KEY)) == 1


@pytest.mark.parametrize(("deed", "said"), [("throttle", "Throttling"), ("fail", "500")])
def test_an_ordered_fault_comes_once_and_where_it_was_ordered(
    deed: Any, said: str, store: Store
) -> None:
    store.order(Fault(t.QUEUE, "create", deed, skip=1))
    with Client(aws.PACKAGE, store) as client:
        client.create(t.QUEUE, "one", {"name": "one"})
        with pytest.raises(RefusedByStandInError, match=said):
            client.create(t.QUEUE, "two", {"name": "two"})
        client.create(t.QUEUE, "two", {"name": "two"})
    assert len(store.resources()) == 2


def test_a_late_fault_has_made_what_it_does_not_tell_of(store: Store) -> None:
    store.order(Fault(t.QUEUE, "create", "fail", late=True))
    with Client(aws.PACKAGE, store) as client:
        with pytest.raises(RefusedByStandInError, match="500"):
            client.create(t.QUEUE, "one", {"name": "one"})
        with pytest.raises(RefusedByStandInError, match="QueueNameExists"):
            client.create(t.QUEUE, "one", {"name": "one"})


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """The AWS stand-in as the engine starts it."""
    environment = launch.plugins(tmp_path)
    [script] = tmp_path.glob("home/plugins/resource-aws-v*/pulumi-resource-aws")
    process = subprocess.Popen(
        [script, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True, env=dict(environment)
    )
    assert process.stdout is not None
    with Client(None, port=int(process.stdout.readline())) as client:
        yield process, client
    process.kill()
    process.wait()
    process.stdout.close()


def test_plugins_of_one_folder_share_an_account(
    plugin: tuple[subprocess.Popen[str], Client], tmp_path: Path
) -> None:
    _, outside = plugin
    outside.create(t.ROLE, "it", samples.AWS["role"][1])
    with (
        Client(aws.PACKAGE, launch.store(tmp_path)) as client,
        pytest.raises(RefusedByStandInError, match="EntityAlreadyExists"),
    ):
        client.create(t.ROLE, "it", samples.AWS["role"][1])


def test_a_provider_that_is_to_die_dies_with_what_it_did(
    plugin: tuple[subprocess.Popen[str], Client], tmp_path: Path
) -> None:
    process, outside = plugin
    launch.store(tmp_path).order(Fault(t.ROLE, "create", "kill", late=True))
    with pytest.raises(RefusedByStandInError):
        outside.create(t.ROLE, "it", samples.AWS["role"][1])
    assert process.wait(30) == 1
    assert [each.id for each in launch.store(tmp_path).resources()] == ["cluster"]


def test_a_plugin_ends_with_the_engine_that_started_it(tmp_path: Path) -> None:
    """However that ends, so that nothing is left of a run that was killed."""
    environment = launch.plugins(tmp_path)
    [script] = tmp_path.glob("home/plugins/resource-aws-v*/pulumi-resource-aws")
    file = tmp_path / "port"
    starts = f"{script} 127.0.0.1:1 >{file} & while ! [ -s {file} ]; do sleep 0.1; done"
    subprocess.run(["sh", "-c", starts], env=dict(environment), check=True)
    address = "127.0.0.1", int(file.read_text("utf-8"))
    for _ in range(600):
        try:
            socket.create_connection(address).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    pytest.fail("it still answers")


def test_calls_that_take_their_time_take_another_with_each_seed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []
    monkeypatch.setattr("tests.cloud.server.time.sleep", naps.append)
    with Client(aws.PACKAGE, store) as client:
        for seed in ("a", "b", "a"):
            monkeypatch.setenv(PACE, f"{seed}:2")
            client.read(t.QUEUE, "it")
    assert naps[0] == naps[2] != naps[1]
    assert all(0 <= nap <= 2 for nap in naps)
