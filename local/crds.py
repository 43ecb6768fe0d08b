"""The custom resources that the plane's API server serves, as the charts would bring them.

Of KServe's and Knative's own every one, because their controllers watch them; of other projects the
kinds that the programs create. Each costs the API server a third of a second of work when it is
created, so a definition goes through its API once on a machine: what the server made of it is kept,
and put into etcd before a later server starts. It finds them there as after any restart.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from catalog.objects import Object
from local import knative, kserve, upstream
from local.apply import Api, apply_all, wait
from local.etcd import Etcd
from tools.cache import cache, digest
from tools.toolchain import binary

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
        ("certificates", "clusterissuers"),
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
        ("gatewayclasses", "gateways", "httproutes", "listenersets", "referencegrants"),
    ),
    Definitions(
        "sigs.k8s.io/gateway-api-inference-extension",
        ("config/crd/bases/*.yaml",),
    ),
)
"""The paths differ from those of tools/sources.json, which are for schemas, where fewer will do."""


def definitions() -> tuple[Object, ...]:
    """Every definition, the largest first. LookupError for a plural that no file holds."""
    found = [crd for row in DEFINITIONS for crd in _of(row)]
    return tuple(sorted(found, key=lambda crd: -len(json.dumps(crd))))


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
    kept = {key: crd["metadata"][key] for key in ("name", "labels", "annotations")
            if key in crd["metadata"]}  # fmt: skip
    spec = {key: value for key, value in crd["spec"].items() if key != "conversion"}
    return {"apiVersion": crd["apiVersion"], "kind": _KIND, "metadata": kept, "spec": spec}


def remembered() -> Path:
    """Where what an API server made of these definitions is kept; there after the first start."""
    made_from = [json.dumps(definitions(), sort_keys=True), str(binary("kube-apiserver"))]
    return cache() / "definitions" / f"{digest(made_from)}.json"


def put(etcd: Etcd, kept: Path, authority: str) -> None:
    """Into etcd, before the API server starts. `authority` signs for the conversion webhook."""
    stored: Mapping[str, dict[str, Any]] = json.loads(kept.read_bytes())
    for name, crd in stored.items():
        if name in kserve.CONVERTED:
            crd["spec"]["conversion"] = kserve.conversion(authority)
        etcd.put(_KEYS + name, json.dumps(crd))


def create(api: Api, authority: str) -> None:
    """Through the API, as a cluster's administrator does."""
    made = definitions()
    for crd in made:
        if crd["metadata"]["name"] in kserve.CONVERTED:
            crd["spec"]["conversion"] = kserve.conversion(authority)
    apply_all(api, made)


def await_served(api: Api) -> None:
    """Until the API server serves every one. TimeoutError."""
    wanted = {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"])
        for crd in definitions()
        for version in crd["spec"]["versions"]
        if version["served"]
    }
    wait("custom resources are not served", 180, lambda: wanted <= api.kinds())


def remember(etcd: Etcd, kept: Path) -> None:
    """What the API server stored, without what belongs to this plane alone."""
    stored = {key.removeprefix(_KEYS): json.loads(value) for key, value in etcd.below(_KEYS)}
    for name in kserve.CONVERTED:
        stored[name]["spec"].pop("conversion")
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(stored), "utf-8")
    part.replace(kept)
