"""EKS Pod Identity on a plane with a real node: who answers for it, and what pods are told of it.

In EKS a webhook gives the pods of an associated ServiceAccount a token and the address of an agent
(https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html). Here the API
server does that itself, by a policy in CEL, so that what is applied stays what the program renders.
The policy adds what the S3 server of the machine needs beside it: its address, and whom to trust.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from catalog.objects import Object
from catalog.render.common import PREFIX, SERVICE_ACCOUNT
from catalog.render.network import POD_IDENTITY_AGENT
from infra.iam.tenant import tenant_policy
from infra.parts.part import Context
from local.artifact_server import ENDPOINT, Store
from local.network import LOOPBACK
from local.place import Place
from local.pod_identity_agent import AUDIENCE, HEALTH, PATH
from local.process import Process, Ready

AGENT: Final = "eks-pod-identity-agent"
ADDRESS: Final = POD_IDENTITY_AGENT.partition("/")[0]
FOLDER: Final = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
TOKEN: Final = "eks-pod-identity-token"  # noqa: S105 - the name of a volume and of its file
_TRUST: Final = "ca.crt"
"""The key of the plane's authority in the ConfigMap that Kubernetes puts into each namespace."""
_LABEL: Final = f"{PREFIX}/tenant"
_NAMESPACE: Final = "kube-system"
_HEALTH_PORT: Final = 2703
"""As of the real one's probes."""
_LIFETIME: Final = 86_400
"""Seconds that a token is good for; the kubelet brings another in time."""
_SCRIPT: Final = Path(__file__).with_name("pod_identity_agent.py")
_NAME: Final = "slipway-pod-identity"


def process(place: Place, context: Context) -> Process:
    """The agent. What a namespace may do is the policy of production's role."""
    statements = json.dumps(_statements(context), sort_keys=True)
    return Process(
        name=AGENT,
        command=(
            *(sys.executable, "-I", str(_SCRIPT), ADDRESS, f"{LOOPBACK}:{_HEALTH_PORT}"),
            *(str(place.kubeconfig_of(AGENT)), str(Store.of(place).folder)),
            *(context.settings.environment.bucket, f"{_LABEL}=true", statements),
        ),
        ready=Ready(port=_HEALTH_PORT, path=HEALTH),
        subject=f"system:serviceaccount:{_NAMESPACE}:{AGENT}",
    )


def _statements(context: Context) -> list[Object]:
    """Those about objects; keys of KMS encrypt nothing here."""
    every = tenant_policy(context.names, "alias/none")["Statement"]
    return [each for each in every if str(each["Action"]).startswith("s3:")]


def objects(region: str) -> list[Object]:
    """The agent's rights, and the policy with its binding."""
    return [*_rights(), *_policy(region)]


def _rights() -> list[Object]:
    api = "rbac.authorization.k8s.io"
    about = {"name": AGENT, "namespace": _NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about},
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": _NAME},
            "rules": [
                {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"],
                 "verbs": ["create"]},
                {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
            ],
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": _NAME},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": _NAME},
            "subjects": [{"kind": "ServiceAccount", **about}],
        },
    ]  # fmt: skip


def environment(region: str) -> Mapping[str, str]:
    """What AWS' clients in a pod read."""
    return {
        "AWS_CA_BUNDLE": f"{FOLDER}/{_TRUST}",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{FOLDER}/{TOKEN}",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{ADDRESS}{PATH}",
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_REGION": region,
    }


def _policy(region: str) -> list[Object]:
    api = "admissionregistration.k8s.io/v1beta1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
            "resources": ["pods"]}  # fmt: skip
    account = "object.spec.serviceAccountName"
    ours = f'has({account}) && {account} == "{SERVICE_ACCOUNT}"'
    return [
        {
            "apiVersion": api,
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": _NAME},
            "spec": {
                "failurePolicy": "Fail",
                # KServe's webhook, which comes later, adds the container that downloads.
                "reinvocationPolicy": "IfNeeded",
                "matchConstraints": {
                    "namespaceSelector": {"matchLabels": {_LABEL: "true"}},
                    "resourceRules": [rule],
                },
                "matchConditions": [
                    {"name": SERVICE_ACCOUNT, "expression": ours},
                ],
                "mutations": [
                    {"patchType": "JSONPatch", "jsonPatch": {"expression": _volume()}},
                    {
                        "patchType": "ApplyConfiguration",
                        "applyConfiguration": {"expression": _containers(region)},
                    },
                ],
            },
        },
        {
            "apiVersion": api,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": _NAME},
            "spec": {"policyName": _NAME},
        },
    ]


def _volume() -> str:
    """Added where it is not yet. Sources of a volume are a list that is never merged."""
    volumes = "object.spec.volumes"
    kind = "Object.spec.volumes"
    of = f"{kind}.projected.sources"
    return f"""\
(has({volumes}) ? [] : [JSONPatch{{op: "add", path: "/spec/volumes", value: []}}])
+ (has({volumes}) && {volumes}.exists(v, v.name == "{TOKEN}") ? [] : [JSONPatch{{
  op: "add", path: "/spec/volumes/-",
  value: {kind}{{name: "{TOKEN}", projected: {kind}.projected{{sources: [
    {of}{{serviceAccountToken: {of}.serviceAccountToken{{
      audience: "{AUDIENCE}", expirationSeconds: {_LIFETIME}, path: "{TOKEN}"}}}},
    {of}{{configMap: {of}.configMap{{
      name: "kube-root-ca.crt",
      items: [{of}.configMap.items{{key: "{_TRUST}", path: "{_TRUST}"}}]}}}}
  ]}}}}
}}])
"""


def _containers(region: str) -> str:
    """Merged by names and paths, so that doing it again changes nothing."""
    return f"""\
Object{{spec: Object.spec{{
  containers: {_each("containers", region)},
  initContainers: !has(object.spec.initContainers) ? [] : {_each("initContainers", region)}
}}}}
"""


def _each(field: str, region: str) -> str:
    kind = f"Object.spec.{field}"
    variables = ",\n      ".join(
        f'{kind}.env{{name: "{name}", value: "{value}"}}'
        for name, value in sorted(environment(region).items())
    )
    return f"""object.spec.{field}.map(c, {kind}{{
    name: c.name,
    env: [
      {variables}],
    volumeMounts: [{kind}.volumeMounts{{
      name: "{TOKEN}", mountPath: "{FOLDER}", readOnly: true}}]
  }})"""
