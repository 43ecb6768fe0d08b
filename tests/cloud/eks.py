"""The stand-in for pulumi-eks: `python -m tests.cloud.eks ENGINE`.

Its one component registers what pulumi-eks 4 registers for the inputs that the programs give
(`nodejs/eks/cluster/cluster.ts`, createCore), and refuses inputs that would make it register more:
those need code here first.
"""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from tests.cloud.aws_names import CLUSTER
from tests.cloud.kinds import UNKNOWN, Package
from tests.cloud.server import Construct
from tests.cloud.serving import serve
from tests.cloud.store import at
from tests.cloud.wire import plain, struct
from tests.engine_graph import REFERENCE, SECRET, SIGNATURE

COMPONENT = "eks:index:Cluster"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
"""Marks a value that may be unknown and knows its dependencies (pulumi `rpc.py`)."""

_WITHOUT: Mapping[str, Any] = {
    "skipDefaultNodeGroup": True,
    "skipDefaultSecurityGroups": True,
    "useDefaultVpcCni": True,
    "createInstanceRole": False,
    "createOidcProvider": False,
    "authenticationMode": "API",
    "kubeProxyAddonOptions.enabled": False,
    "corednsAddonOptions.enabled": False,
}
"""What the component must be told, or it makes more than a cluster."""


class Cluster:
    """One construction: the component and its children, registered with the engine."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._inputs = {key: _bare(value) for key, value in _values(request.inputs).items()}
        channel = grpc.insecure_channel(request.monitorEndpoint)
        self._monitor = resource_pb2_grpc.ResourceMonitorStub(channel)

    def construct(self) -> Any:
        """Registers everything; the answer to the engine."""
        wrong = [path for path, value in _WITHOUT.items() if at(self._inputs, path) != value]
        if wrong:
            raise ValueError(f"the stand-in makes nothing for {', '.join(wrong)} but {_WITHOUT}")
        component = self._register(COMPONENT, self._request.name, self._request.parent, {})
        cluster = self._cluster(component.urn)
        told = plain(cluster.object)
        own = _reference(cluster)
        kubeconfig = _kubeconfig(told)
        provider = self._register(
            "pulumi:providers:kubernetes",
            f"{self._request.name}-eks-k8s",
            component.urn,
            {"kubeconfig": _text(kubeconfig)},
            depends={"kubeconfig": [cluster.urn]},
        )
        group = at(told, "vpcConfig.clusterSecurityGroupId") or UNKNOWN
        issuer = _issuer(told)
        state = {
            "eksCluster": own,
            "core": self._core(told, own, _reference(provider), kubeconfig),
            "kubeconfig": kubeconfig,
            "kubeconfigJson": _text(kubeconfig),
            "instanceRoles": [],
            "clusterSecurityGroupId": group,
            "nodeSecurityGroupId": group,
            "clusterIngressRuleId": "",
            "defaultNodeGroupAsgName": "",
            "fargateProfileId": "",
            "fargateProfileStatus": "",
            "oidcProviderArn": "",
            "oidcProviderUrl": issuer,
            "oidcIssuer": issuer if issuer == UNKNOWN else issuer.removeprefix("https://"),
            "autoModeNodeRoleName": "",
        }
        return self._end(component.urn, cluster.urn, state)

    def _cluster(self, parent: str) -> Any:
        given, name = self._inputs, f"{self._request.name}-eksCluster"
        network = (
            "subnetIds",
            "endpointPrivateAccess",
            "endpointPublicAccess",
            "publicAccessCidrs",
        )
        inputs = {
            "name": given.get("name"),
            "roleArn": self._arn(given["serviceRole"]),
            "bootstrapSelfManagedAddons": given.get("bootstrapSelfManagedAddons", True),
            "vpcConfig": {key: given[key] for key in network if key in given},
            "version": given.get("version"),
            "enabledClusterLogTypes": given.get("enabledClusterLogTypes"),
            "tags": {"Name": name, **given.get("tags", {})},
            "accessConfig": {
                "authenticationMode": given["authenticationMode"],
                "bootstrapClusterCreatorAdminPermissions": True,
            },
            "upgradePolicy": given.get("upgradePolicy"),
            "deletionProtection": given.get("deletionProtection"),
        }
        if "encryptionConfigKeyArn" in given:
            key = {"keyArn": given["encryptionConfigKeyArn"]}
            inputs["encryptionConfig"] = {"provider": key, "resources": ["secrets"]}
        depends = {
            "roleArn": self._after("serviceRole"),
            "vpcConfig": self._after(*network),
            "encryptionConfig": self._after("encryptionConfigKeyArn"),
        }
        return self._register(
            CLUSTER,
            name,
            parent,
            {key: value for key, value in inputs.items() if value is not None},
            depends=depends,
            provider=self._request.providers["aws"],
            ignored=(
                "accessConfig.bootstrapClusterCreatorAdminPermissions",
                "bootstrapSelfManagedAddons",
            ),
        )

    def _core(
        self,
        told: Mapping[str, Any],
        cluster: Mapping[str, Any],
        provider: Mapping[str, Any],
        kubeconfig: Any,
    ) -> dict[str, Any]:
        return {
            "vpcId": self._inputs.get("vpcId", UNKNOWN),
            "subnetIds": self._inputs.get("subnetIds", []),
            "endpoint": told.get("endpoint", UNKNOWN),
            "cluster": cluster,
            "clusterIamRole": self._inputs["serviceRole"],
            "instanceRoles": [],
            "kubeconfig": kubeconfig,
            "nodeGroupOptions": {},
            "provider": provider,
            "storageClasses": {},
            "accessEntries": [],
        }

    def _after(self, *keys: str) -> list[str]:
        """What inputs depend on, and resources among them themselves."""
        given = self._request.inputDependencies
        urns = {urn for key in keys if key in given for urn in given[key].urns}
        handed = [self._inputs.get(key) for key in keys]
        return sorted(urns | {each["urn"] for each in handed if isinstance(each, dict)})

    def _arn(self, role: Any) -> Any:
        """Of a role that the program handed over: a reference, which the engine looks up."""
        if role == UNKNOWN:
            return UNKNOWN
        request = resource_pb2.ResourceInvokeRequest(
            tok="pulumi:pulumi:getResource", args=struct({"urn": role["urn"]}), acceptResources=True
        )
        found = plain(getattr(self._monitor.Invoke(request), "return"))
        return found["state"].get("arn", UNKNOWN)

    def _register(
        self,
        token: str,
        name: str,
        parent: str,
        inputs: Mapping[str, Any],
        *,
        depends: Mapping[str, Iterable[str]] | None = None,
        provider: str = "",
        ignored: Iterable[str] = (),
    ) -> Any:
        own = token == COMPONENT
        request = resource_pb2.RegisterResourceRequest(
            type=token,
            name=name,
            parent=parent,
            custom=not own,
            object=struct(inputs),
            protect=self._request.protect,
            provider=provider,
            ignoreChanges=list(ignored),
            version="" if own else version(f"pulumi-{_package(token)}"),
            acceptSecrets=True,
            acceptResources=True,
            supportsPartialValues=True,
            dependencies=list(self._request.dependencies) if own else [],
            aliases=list(self._request.aliases) if own else [],
        )
        if own:
            request.providers.update(self._request.providers)
        for key, urns in (depends or {}).items():
            request.propertyDependencies[key].urns.extend(urns)
            request.dependencies.extend(urns)
        return self._monitor.RegisterResource(request)

    def _end(self, component: str, cluster: str, state: Mapping[str, Any]) -> Any:
        outputs = resource_pb2.RegisterResourceOutputsRequest(urn=component, outputs=struct(state))
        self._monitor.RegisterResourceOutputs(outputs)
        answer = provider_pb2.ConstructResponse(urn=component, state=struct(state))
        for key in state:
            answer.stateDependencies[key].urns.append(cluster)
        return answer


def _values(inputs: Any) -> dict[str, Any]:
    return json_format.MessageToDict(inputs)


def _bare(value: Any) -> Any:
    """A value without the marks that say what it depends on and that it is secret."""
    if isinstance(value, dict):
        mark = value.get(SIGNATURE)
        if mark in {SECRET, OUTPUT}:
            return _bare(value.get("value", UNKNOWN))
        return {key: _bare(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    return value


def _reference(registered: Any) -> dict[str, Any]:
    made = {SIGNATURE: REFERENCE, "urn": registered.urn, "packageVersion": ""}
    return {**made, "id": registered.id or UNKNOWN}


def _package(token: str) -> str:
    return token.rpartition(":")[2] if token.startswith("pulumi:") else token.partition(":")[0]


def _issuer(told: Mapping[str, Any]) -> str:
    found = told.get("identities", UNKNOWN)
    return found if found == UNKNOWN else found[0]["oidcs"][0]["issuer"]


def _text(kubeconfig: Any) -> str:
    return UNKNOWN if kubeconfig == UNKNOWN else json.dumps(kubeconfig, sort_keys=True)


def _kubeconfig(told: Mapping[str, Any]) -> Any:
    """Without a secret: the AWS CLI is asked for a token."""
    name, server, ca = (told.get(key, UNKNOWN) for key in ("name", "endpoint", "arn"))
    if UNKNOWN in {name, server, ca}:
        return UNKNOWN
    region, authority = told["arn"].split(":")[3], at(told, "certificateAuthority.data")
    args = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    info = {"name": "KUBERNETES_EXEC_INFO", "value": '{"apiVersion": "' + _EXEC + '"}'}
    access = {"apiVersion": _EXEC, "command": "aws", "args": args, "env": [info]}
    cluster = {"server": server, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kubernetes", "cluster": cluster}],
        "contexts": [{"name": "aws", "context": {"cluster": "kubernetes", "user": "aws"}}],
        "current-context": "aws",
        "users": [{"name": "aws", "user": {"exec": access}}],
    }


_EXEC = "client.authentication.k8s.io/v1beta1"

PACKAGE = Package(name="eks", kinds={}, rules=(), answers={})


def _construct(_engine: str) -> Construct:
    return lambda request: Cluster(request).construct()


if __name__ == "__main__":
    serve(PACKAGE, _construct)
