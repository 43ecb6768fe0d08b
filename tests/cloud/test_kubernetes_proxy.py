"""The proxy of the Kubernetes provider: what it hands on, what it answers, what it refuses."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from catalog import pins
from catalog.objects import Object
from infra.kubernetes import kubeconfig_of
from local.apply import Api, ApiError
from tests.cloud import aws_names as aws
from tests.cloud import launch
from tests.cloud.kubernetes_proxy import environment
from tests.cloud.releases import TYPE, deployed
from tests.cloud.store import FOLDER, Store
from tests.cloud.wire import struct

pytestmark = pytest.mark.local

NAMESPACE = "proxied"
CLUSTER: Mapping[str, Any] = {
    "arn": "arn:aws:eks:eu-west-1:111111111111:cluster/theirs",
    "name": "theirs",
    "endpoint": "https://theirs.example.com",
    "certificateAuthority": {"data": "Y2E="},
}


class Engine(engine_pb2_grpc.EngineServicer):
    """Hears what the provider logs."""

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return empty_pb2.Empty()


class Plugin:
    """The proxy as a process, asked as the engine asks."""

    def __init__(self, stub: Any, store: Store, api: Api) -> None:
        self.stub, self.store, self.api = stub, store, api
        self._made: dict[str, Any] = {}

    def configure(self, server: str) -> None:
        """Tells it which cluster the program means."""
        given = json.dumps(kubeconfig_of("theirs", server, "Y2E=", "eu-west-1"))
        variables = {"kubernetes:config:kubeconfig": given}
        self.stub.Configure(provider_pb2.ConfigureRequest(variables=variables))

    def check(self, token: str, inputs: Mapping[str, Any]) -> Any:
        """The inputs as the provider takes them. ValueError in its words."""
        request = provider_pb2.CheckRequest(urn=_urn(token), news=struct(inputs))
        found = self.stub.Check(request)
        if found.failures:
            raise ValueError(found.failures[0].reason)
        return found.inputs

    def create(self, token: str, inputs: Mapping[str, Any]) -> str:
        """Its id."""
        properties = self.check(token, inputs)
        request = provider_pb2.CreateRequest(urn=_urn(token), properties=properties, timeout=60)
        made = self.stub.Create(request)
        self._made[made.id] = made.properties
        return str(made.id)

    def delete(self, token: str, own_id: str) -> None:
        """Of what it made."""
        properties = self._made[own_id]
        request = provider_pb2.DeleteRequest(id=own_id, urn=_urn(token), properties=properties)
        self.stub.Delete(request)


def _urn(token: str) -> str:
    return f"urn:pulumi:test::slipway::{token}::it"


@pytest.fixture(scope="module")
def plugin(
    kubeconfig: Path, crds: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plugin]:
    account = tmp_path_factory.mktemp("account")
    store = Store(account)
    store.add(aws.CLUSTER, "theirs", **CLUSTER)
    engine = grpc.server(ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), engine)
    address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    command = [sys.executable, "-P", "-m", "tests.cloud.kubernetes_proxy", address]
    told = {**environment(kubeconfig, crds), FOLDER: str(account)}
    told["PYTHONPATH"] = str(launch.ROOT)
    asked = {**os.environ, **told}
    with subprocess.Popen(command, env=asked, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            with closing(Api.of(kubeconfig)) as api:
                found = Plugin(stub, store, api)
                found.configure(CLUSTER["endpoint"])
                yield found
        process.terminate()
    engine.stop(None)


@pytest.fixture
def namespace(plugin: Plugin) -> Iterator[str]:
    """One in which a test may leave what it likes."""
    own_id = plugin.create(OBJECT["Namespace"], _object("v1", "Namespace", NAMESPACE))
    yield NAMESPACE
    plugin.delete(OBJECT["Namespace"], own_id)


OBJECT = {
    "ConfigMap": "kubernetes:core/v1:ConfigMap",
    "KnativeServing": "kubernetes:operator.knative.dev/v1beta1:KnativeServing",
    "Namespace": "kubernetes:core/v1:Namespace",
    "ScaledObject": "kubernetes:keda.sh/v1alpha1:ScaledObject",
}


def _object(version: str, kind: str, name: str, namespace: str = "", **more: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _scaled(namespace: str) -> Object:
    spec = {"scaleTargetRef": {"name": "it"}, "triggers": []}
    return _object("keda.sh/v1alpha1", "ScaledObject", "it", namespace, spec=spec)


def _release(of: str, into: str, **changed: Any) -> Mapping[str, Any]:
    row = pins.chart(of)
    asked = {
        "name": of,
        "namespace": into,
        "chart": row.name,
        "repositoryOpts": {"repo": row.location()},
        "version": row.version,
        "values": {"replicas": 2},
        "maxHistory": 5,
    }
    return {**asked, **changed}


def test_a_kubeconfig_that_leads_to_no_cluster_of_the_account_is_refused(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="leads to no cluster of the account"):
        plugin.configure("https://another.example.com")


def test_an_object_goes_through_to_the_api_server_and_back(plugin: Plugin, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/it"
    wanted = _object("v1", "ConfigMap", "it", namespace, data={"key": "value"})
    own_id = plugin.create(OBJECT["ConfigMap"], wanted)
    assert plugin.api.get(path)["data"] == {"key": "value"}
    plugin.delete(OBJECT["ConfigMap"], own_id)
    with pytest.raises(ApiError, match="not found"):
        plugin.api.get(path)


def test_what_the_api_server_refuses_is_told_in_its_words(plugin: Plugin, namespace: str) -> None:
    with pytest.raises(grpc.RpcError, match='ConfigMap "No_name" is invalid'):
        plugin.create(OBJECT["ConfigMap"], _object("v1", "ConfigMap", "No_name", namespace))


def test_without_the_cluster_nothing_is_made(plugin: Plugin) -> None:
    plugin.store.lose(aws.CLUSTER, "theirs")
    with pytest.raises(grpc.RpcError, match="unreachable"):
        plugin.create(OBJECT["Namespace"], _object("v1", "Namespace", "never"))
    plugin.store.add(aws.CLUSTER, "theirs", **CLUSTER)


def test_a_kind_comes_with_its_release_and_holds_it(plugin: Plugin, namespace: str) -> None:
    with pytest.raises(grpc.RpcError, match=r"ScaledObject it: .* without .*keda"):
        plugin.create(OBJECT["ScaledObject"], _scaled(namespace))
    release = plugin.create(TYPE, _release("keda", namespace))
    assert release == f"{namespace}/keda"
    assert deployed(plugin.api, ["keda", "velero"]) == {"keda"}
    scaled = plugin.create(OBJECT["ScaledObject"], _scaled(namespace))
    with pytest.raises(grpc.RpcError, match=f"would take with it: ScaledObject {namespace}/it"):
        plugin.delete(TYPE, release)
    plugin.delete(OBJECT["ScaledObject"], scaled)
    plugin.delete(TYPE, release)
    assert deployed(plugin.api, ["keda", "velero"]) == set()
    with pytest.raises(grpc.RpcError, match="keda: release: not found"):
        plugin.delete(TYPE, release)


def test_what_an_operator_would_finish_is_finished(plugin: Plugin, namespace: str) -> None:
    operator = plugin.create(TYPE, _release("knative-operator", namespace))
    wanted = _object("operator.knative.dev/v1beta1", "KnativeServing", "it", namespace, spec={})
    wanted["metadata"]["annotations"] = {"pulumi.com/waitFor": "condition=Ready"}
    own_id = plugin.create(OBJECT["KnativeServing"], wanted)
    plugin.delete(OBJECT["KnativeServing"], own_id)
    plugin.delete(TYPE, operator)


def test_helm_refuses_a_second_release_of_a_name(plugin: Plugin, namespace: str) -> None:
    wanted = _release("velero", namespace)
    own_id = plugin.create(TYPE, wanted)
    with pytest.raises(grpc.RpcError, match="cannot re-use a name that is still in use"):
        plugin.create(TYPE, wanted)
    plugin.delete(TYPE, own_id)


def test_helm_refuses_a_namespace_that_is_not_there(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match='namespaces \\"nowhere\\" not found'):
        plugin.create(TYPE, _release("velero", "nowhere"))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": "a" * 54}, "invalid release name"),
        ({"name": "Velero"}, "invalid release name"),
        ({"chart": "valero"}, "failed to download valero"),
        ({"version": "0.0.1"}, "failed to download velero at version 0.0.1"),
        ({"repositoryOpts": {"repo": "https://elsewhere.example.com/x"}}, "failed to find velero"),
    ],
)
def test_helm_refuses_what_it_cannot_find_or_name(
    plugin: Plugin, changed: Mapping[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        plugin.check(TYPE, _release("velero", NAMESPACE, **changed))


@pytest.mark.parametrize(
    ("changed", "differs", "replaced"),
    [
        ({}, [], []),
        ({"values": {"replicas": 3}}, ["values"], []),
        ({"namespace": "other"}, ["namespace"], ["namespace"]),
    ],
)
def test_a_release_differs_by_its_inputs(
    plugin: Plugin, changed: Mapping[str, Any], differs: list[str], replaced: list[str]
) -> None:
    old, new = (_release("velero", NAMESPACE, **c) for c in ({}, changed))
    request = provider_pb2.DiffRequest(urn=_urn(TYPE), old_inputs=struct(old), news=struct(new))
    found = plugin.stub.Diff(request)
    assert (list(found.diffs), list(found.replaces)) == (differs, replaced)
