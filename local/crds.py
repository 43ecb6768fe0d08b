"""The custom resources that the plane's API server serves, as the charts would bring them.

Of KServe's and Knative's own every one, because their controllers watch them; of other projects the
kinds that the programs create. Created through the API they cost half a minute of work: the server
rewrites each of them three times, and judges all others anew each time. So they are put into etcd
before it starts, as it would have left them, and it finds them there as after a restart.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from catalog.objects import Object
from local import knative, kserve, upstream
from local.apply import Api, wait
from local.etcd import Etcd

_KIND: Final = "CustomResourceDefinition"
_KEYS: Final = "/registry/apiextensions.k8s.io/customresourcedefinitions/"


@dataclass(frozen=True, slots=True)
class Definitions:
    """Files of a module, and which of their definitions; all of them where `plurals` is empty."""

    module: str
    patterns: tuple[str, ...]
    plurals: tuple[str, ...] = ()


DEFINITIONS: Final = (
    Definitions(
        "github.com/aws/karpenter-provider-aws",
        ("pkg/apis/crds/karpenter.sh_*.yaml", "pkg/apis/crds/karpenter.k8s.aws_*.yaml"),
        ("ec2nodeclasses", "nodeclaims", "nodepools"),
    ),
    Definitions(
        "github.com/cert-manager/cert-manager",
        ("deploy/crds/*.yaml",),
        ("certificaterequests", "certificates", "clusterissuers", "issuers"),
    ),
    Definitions(
        "github.com/envoyproxy/gateway",
        ("charts/gateway-helm/charts/crds/crds/generated/*.yaml",),
        (
            "backendtrafficpolicies",
            "clienttrafficpolicies",
            "envoyproxies",
            "httproutefilters",
            "securitypolicies",
        ),
    ),
    Definitions(
        "github.com/external-secrets/external-secrets",
        ("config/crds/bases/external-secrets.io_*.yaml",),
        ("clustersecretstores", "externalsecrets"),
    ),
    Definitions(
        "github.com/kedacore/keda/v2",
        ("config/crd/bases/keda.sh_*.yaml",),
        ("scaledobjects",),
    ),
    Definitions(
        kserve.MODULE,
        (
            "config/crd/full/serving.kserve.io_*.yaml",
            "config/crd/full/clusterstoragecontainer/serving.kserve.io_*.yaml",
            "config/crd/full/llmisvc/serving.kserve.io_*.yaml",
            "config/crd/full/localmodel/serving.kserve.io_*.yaml",
        ),
    ),
    Definitions(
        "github.com/kyverno/kyverno",
        ("config/crds/policies.kyverno.io/*.yaml",),
        ("mutatingpolicies", "validatingpolicies"),
    ),
    Definitions(
        "github.com/prometheus-operator/prometheus-operator",
        ("example/prometheus-operator-crd/monitoring.coreos.com_*.yaml",),
        ("podmonitors", "prometheusrules", "servicemonitors"),
    ),
    Definitions(
        "istio.io/api",
        ("kubernetes/customresourcedefinitions.gen.yaml",),
        ("authorizationpolicies", "peerauthentications"),
    ),
    Definitions(
        "k8s.io/autoscaler/vertical-pod-autoscaler",
        ("deploy/vpa-v1-crd-gen.yaml",),
        ("verticalpodautoscalers",),
    ),
    Definitions(
        knative.MODULE,
        (knative.CRDS,),
    ),
    Definitions(
        "sigs.k8s.io/gateway-api",
        ("config/crd/standard/gateway.networking.k8s.io_*.yaml",),
        (
            "backendtlspolicies",
            "gatewayclasses",
            "gateways",
            "grpcroutes",
            "httproutes",
            "listenersets",
            "referencegrants",
            "tlsroutes",
        ),
    ),
    Definitions(
        "sigs.k8s.io/gateway-api-inference-extension",
        ("config/crd/bases/*.yaml",),
    ),
)
"""The paths differ from those of tools/sources.json, which are for schemas, where fewer will do."""


def definitions() -> tuple[Object, ...]:
    """Every definition. LookupError for a plural that no file holds."""
    return tuple(crd for row in DEFINITIONS for crd in _of(row))


def _of(row: Definitions) -> list[Object]:
    found = {
        crd["spec"]["names"]["plural"]: _bare(crd)
        for crd in upstream.objects(row.module, *row.patterns)
        if crd["kind"] == _KIND
    }
    if missing := sorted(set(row.plurals) - found.keys()):
        raise LookupError(f"{row.module} defines no {', '.join(missing)}")
    return [found[plural] for plural in row.plurals or found]


def _bare(crd: Object) -> Object:
    about = crd["metadata"]
    kept = {key: about[key] for key in ("name", "labels", "annotations") if key in about}
    spec = {key: value for key, value in crd["spec"].items() if key != "conversion"}
    return {"apiVersion": crd["apiVersion"], "kind": _KIND, "metadata": kept, "spec": spec}


def put(etcd: Etcd, crds: Iterable[Object], authority: str) -> None:
    """Into etcd, before the API server starts. `authority` signs for the conversion webhook."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def one(crd: Object) -> None:
        etcd.put(_KEYS + crd["metadata"]["name"], json.dumps(_stored(crd, authority, now)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, crds))


def _stored(crd: Object, authority: str, now: str) -> Object:
    """As an API server leaves it that has accepted its names and serves it."""
    name, spec = crd["metadata"]["name"], crd["spec"]
    names = {
        "listKind": f"{spec['names']['kind']}List",
        "singular": spec["names"]["kind"].lower(),
        **spec["names"],
    }
    converted = {"conversion": kserve.conversion(authority)} if name in kserve.CONVERTED else {}
    conditions = (("NamesAccepted", "NoConflicts"), ("Established", "InitialNamesAccepted"))
    return {
        **crd,
        "metadata": {
            **crd["metadata"],
            "creationTimestamp": now,
            "generation": 1,
            "uid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        },
        "spec": {**spec, "names": names, **converted},
        "status": {
            "acceptedNames": names,
            "conditions": [
                {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": now}
                for kind, reason in conditions
            ],
            "storedVersions": [each["name"] for each in spec["versions"] if each["storage"]],
        },
    }


def await_served(api: Api, crds: Iterable[Object]) -> None:
    """Until the API server serves every one. TimeoutError."""
    wanted = {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
        for crd in crds
        for version in crd["spec"]["versions"]
        if version["served"]
    }
    wait("not every custom resource is served", lambda: wanted <= api.kinds())
