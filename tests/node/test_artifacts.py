"""Artifacts on a real node: fetched with the credentials of their namespace, and with no other's.

All of it happens in pods, from the image that KServe downloads with.
"""

import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import pytest

from catalog.artifact import uploads_of
from catalog.disk import Disk
from catalog.hosted import NothingKept
from catalog.objects import Object
from catalog.render.common import SERVICE_ACCOUNT
from local import real_node
from local.apply import wait
from local.artifact_server import ENDPOINT, Store
from local.network import NODE
from local.pod_identity import FOLDER, TOKEN
from tests.local.conftest import Fleet
from tests.programs import ROOT, settings

pytestmark = pytest.mark.node

BUCKET: Final = settings("local").environment.bucket
FRAUD, DEMAND = "risk-fraud", "supply-demand"
ENDED: Final = frozenset({"Succeeded", "Failed"})

ASK: Final = """
import json, sys, boto3
from botocore.exceptions import BotoCoreError, ClientError
made = {}
for name, (operation, arguments) in json.loads(sys.argv[1]).items():
    try:
        answer = getattr(boto3.client("s3"), operation)(**arguments)
    except ClientError as error:
        made[name] = error.response["Error"]["Code"]
    except BotoCoreError as error:
        made[name] = type(error).__name__
    else:
        body = answer.get("Body")
        made[name] = body.read().hex() if body else [each["Key"] for each in answer["Contents"]]
print("answers:", json.dumps(made))
"""
AGENT: Final = """
import json, os, pathlib, urllib.error, urllib.request
token = pathlib.Path(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
made = {}
for name, header in {"none": None, "wrong": "x.y.z", "own": token.read_text()}.items():
    url = os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    request = urllib.request.Request(url, headers={"Authorization": header} if header else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            made[name] = [answer.status, json.load(answer)]
    except urllib.error.HTTPError as error:
        made[name] = [error.code, json.load(error)]
print("answers:", json.dumps(made))
"""


@dataclass
class Pods:
    """Pods of a test, which go with it."""

    fleet: Fleet
    made: list[Object] = field(default_factory=list[Object])

    def run(self, namespace: str, command: Iterable[str], **spec: Any) -> tuple[Object, str]:
        """A pod in the hardening of a tenant's, once it has ended, and what it wrote."""
        name = f"asks-{uuid4().hex[:8]}"
        container = {
            "name": "main",
            "image": real_node.image("storage-initializer"),
            "command": list(command),
            "resources": {
                "requests": {"cpu": "100m", "memory": "256Mi"},
                "limits": {"cpu": "1", "memory": "256Mi"},
            },
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the pod
        }
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "serviceAccountName": SERVICE_ACCOUNT,
                "automountServiceAccountToken": False,
                "restartPolicy": "Never",
                "containers": [container],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
                **spec,
            },
        }
        self.made.append(pod)
        self.fleet.api.create(pod)
        wait(f"{name} has not ended", lambda: self.fleet.now(pod)["status"]["phase"] in ENDED)
        return self.fleet.now(pod), str(self.fleet.api.get(f"{self.fleet.api.path(pod)}/log"))

    def python(self, namespace: str, code: str, *arguments: str, **spec: Any) -> Any:
        """What a script prints, from JSON."""
        pod, said = self.run(namespace, ("python3", "-c", code, *arguments), **spec)
        assert pod["status"]["phase"] == "Succeeded", said
        return json.loads(said.rpartition("answers: ")[2])

    def ask(self, namespace: str, **questions: tuple[str, Mapping[str, str]]) -> Any:
        """What the S3 server answers to each operation with its arguments."""
        whole = {
            name: (operation, {"Bucket": BUCKET, **arguments})
            for name, (operation, arguments) in questions.items()
        }
        return self.python(namespace, ASK, json.dumps(whole))


@pytest.fixture
def pods(node_fleet: Fleet) -> Generator[Pods, None, None]:
    """None of them is left after the test."""
    made = Pods(node_fleet)
    yield made
    for pod in made.made:
        node_fleet.api.request("DELETE", f"{node_fleet.api.path(pod)}?gracePeriodSeconds=0")


def keys(fleet: Fleet, namespace: str) -> dict[str, bytes]:
    """The files of a project's models, by their keys in the bucket."""
    disk = Disk(ROOT, NothingKept())
    return {
        upload.key: disk.read(upload.path)
        for built in fleet.tenants
        if built.tenant.namespace == namespace
        for uploads in uploads_of(disk, built.tenant).values()
        for upload in uploads
    }


@pytest.mark.parametrize("namespace", [FRAUD, DEMAND])
def test_a_pod_of_models_reads_its_own_files_as_they_are_in_the_repository(
    node_fleet: Fleet, pods: Pods, namespace: str
) -> None:
    own = keys(node_fleet, namespace)
    key = min(own)
    answers = pods.ask(
        namespace,
        get=("get_object", {"Key": key}),
        listed=("list_objects_v2", {"Prefix": f"{namespace}/"}),
    )
    assert bytes.fromhex(answers["get"]) == own[key]
    assert answers["listed"] == sorted(own)


def test_credentials_of_a_namespace_are_no_good_below_anothers_prefix(
    node_fleet: Fleet, pods: Pods
) -> None:
    key = min(keys(node_fleet, DEMAND))
    answers = pods.ask(
        FRAUD,
        get=("get_object", {"Key": key}),
        around=("get_object", {"Key": f"{FRAUD}/../{key}"}),
        listed=("list_objects_v2", {"Prefix": f"{DEMAND}/"}),
        similar=("list_objects_v2", {"Prefix": FRAUD}),
        everything=("list_objects_v2", {}),
        written=("put_object", {"Key": f"{FRAUD}/new", "Body": "x"}),
        removed=("delete_object", {"Key": min(keys(node_fleet, FRAUD))}),
    )
    assert answers == dict.fromkeys(answers, "AccessDenied")


def test_only_the_models_of_a_tenant_get_credentials(node_fleet: Fleet, pods: Pods) -> None:
    good = pods.python(FRAUD, AGENT)
    assert good["own"][0] == 200
    assert good["own"][1]["AccessKeyId"] == FRAUD
    assert [good[name][0] for name in ("none", "wrong")] == [400, 400]

    other = _with_token(pods, FRAUD, "default")
    assert other["own"] == [404, other["own"][1]]
    assert other["own"][1]["__type"] == "ResourceNotFoundException"

    outside = _with_token(pods, "kube-system", SERVICE_ACCOUNT, account_of="kube-system")
    assert outside["own"][0] == 404
    assert FRAUD in _statements(node_fleet)
    assert "kube-system" not in _statements(node_fleet)


def test_a_token_for_somebody_else_is_no_token(pods: Pods) -> None:
    found = _with_token(pods, FRAUD, SERVICE_ACCOUNT, audience="https://kubernetes.default.svc")
    assert found["own"][0] == 400


def test_every_container_is_told_once_where_artifacts_are(node_fleet: Fleet) -> None:
    """The one that KServe's webhook adds as well, though it does so after the policy."""
    pods = _downloading(node_fleet)
    assert pods
    for pod in pods:
        spec = pod["spec"]
        assert [each["name"] for each in spec["volumes"]].count(TOKEN) == 1
        for container in (*spec["initContainers"], *spec["containers"]):
            mounts = [each["mountPath"] for each in container["volumeMounts"]]
            told = [each.get("value") for each in container["env"]]
            assert mounts.count(FOLDER) == 1, container["name"]
            assert told.count(ENDPOINT) == 1, container["name"]


def test_kserve_downloads_the_models_of_endpoints(node_fleet: Fleet) -> None:
    def downloaded() -> bool:
        pods = _downloading(node_fleet)
        ended = [
            each.get("state", {}).get("terminated", {}).get("exitCode")
            for pod in pods
            for each in pod["status"].get("initContainerStatuses", ())
        ]
        return bool(pods) and ended == [0] * len(pods)

    wait("No model was downloaded", downloaded)


def _downloading(fleet: Fleet) -> list[Object]:
    """The pods of the real node that KServe gives a model to."""
    return [
        pod
        for pod in fleet.all("v1", "Pod", DEMAND)
        if pod["spec"].get("nodeName") == NODE and "initContainers" in pod["spec"]
    ]


def _with_token(
    pods: Pods,
    namespace: str,
    account: str,
    *,
    account_of: str = "",
    audience: str = "pods.eks.amazonaws.com",
) -> Any:
    """What the agent says to a pod of another account, which nobody gives a token by itself."""
    api = pods.fleet.api
    if account_of:
        about = {"name": account, "namespace": account_of}
        api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about})
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    made = api.request(
        "POST",
        path,
        {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience]},
        },
    )
    code = AGENT.replace("token.read_text()", repr(made["status"]["token"]))
    return pods.python(FRAUD, code)


def _statements(fleet: Fleet) -> str:
    return (Store.of(fleet.place).attributes / BUCKET / "meta" / "policy").read_text("utf-8")
