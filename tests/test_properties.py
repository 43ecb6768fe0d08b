"""What holds for every fleet, on samples that Hypothesis draws over every option."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.footprint import EXPLAINER_SURGE
from catalog.names import LABEL_LIMIT
from catalog.node_pools import ACCELERATOR_LABEL, GPU_RESOURCE, GPU_TAINT, POOL_LABEL
from catalog.objects import Object, identity
from catalog.pod.footprint import footprint
from catalog.quantity import parse_bytes, parse_cpu
from catalog.render.common import KNATIVE_NAMESPACE
from catalog.render.platform import KNATIVE_FEATURES
from tests.fleets import BuiltFleet, Files, read_fleet
from tests.reading import knative_features, namespaces_named, pods_of, values_at
from tests.strategies import Generated, fleets
from tests.yaml_dump import dump

ROOT = Path(__file__).resolve().parent.parent


def built(fleet: Generated) -> BuiltFleet:
    """The fleet on its stack, which must have no problem."""
    result = read_fleet(fleet.files).build(fleet.env)
    assert not result.problems, "\n".join(line for p in result.problems for line in p.lines())
    return result


def text_of(fleet: Generated) -> str:
    """Everything that is rendered, as bytes would be."""
    return json.dumps(built(fleet).objects, ensure_ascii=False)


@given(fleets())
def test_a_valid_entry_has_no_problem_and_becomes_its_objects(fleet: Generated):
    for one in built(fleet).tenants:
        kinds = Counter(obj["kind"] for obj in one.objects)
        served = ("InferenceService", "LLMInferenceService", "InferenceGraph")
        endpoints = len(one.tenant.endpoints)
        assert sum(kinds[kind] for kind in served) == endpoints
        for kind in ("HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy"):
            assert kinds[kind] == endpoints


@given(fleets())
def test_rendering_is_a_function_of_the_set_of_entries(fleet: Generated):
    backwards = Generated(dict(reversed(fleet.files.items())), fleet.env)
    assert text_of(fleet) == text_of(backwards)
    turned: Files = {}
    for path, content in fleet.files.items():
        data = _project(path, content)
        if data is None:
            turned[path] = content
        else:
            turned[path] = dump(
                {**data, "deployments": dict(reversed(data["deployments"].items()))}
            )
    assert text_of(fleet) == text_of(Generated(turned, fleet.env))


def _project(path: str, content: str | bytes) -> dict[str, Any] | None:
    if path.count("/") != 2 or path.endswith("/team.yaml"):
        return None
    data = read_fleet_data(content)
    assert isinstance(data["deployments"], dict)
    return data


def read_fleet_data(content: str | bytes) -> dict[str, Any]:
    """A file as plain data, by the strict reader."""
    from catalog.yaml_document import Document, parse

    document = parse(content if isinstance(content, bytes) else content.encode(), "file.yaml")
    assert isinstance(document, Document), document
    return document.data


@given(fleets())
def test_what_is_dumped_is_what_is_loaded(fleet: Generated):
    for path, content in fleet.files.items():
        if path.endswith(".yaml"):
            data = read_fleet_data(content)
            assert read_fleet_data(dump(data)) == data
            assert dump(data) == content


DIGESTS = """
import hashlib, json, sys
from tests.fleets import environment, read_fleet
for stack, files in json.load(sys.stdin):
    data = {path: text.encode() for path, text in files.items()}
    objects = read_fleet(data).build(environment(stack)).objects
    print(hashlib.sha256(json.dumps(objects).encode()).hexdigest())
"""


def _digests(sample: list[Any], cwd: Path, **changed: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        input=json.dumps(sample),
        env={**os.environ, "PYTHONPATH": str(ROOT), **changed},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


def test_bytes_do_not_depend_on_the_process_that_renders_them(tmp_path: Path, sample: list[Generated]):
    told: list[Any] = []
    for fleet in sample[:40]:
        files = {p: t if isinstance(t, str) else t.decode() for p, t in fleet.files.items()}
        told.append((fleet.env.stack, files))
    here = _digests(told, ROOT, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    there = _digests(told, tmp_path, PYTHONHASHSEED="2", TZ="Asia/Kolkata", LC_ALL="C")
    assert len(here) == len(told)
    assert here == there


def owner_of(obj: Object) -> str:
    """The namespace of the tenant that an object belongs to."""
    if obj["kind"] == "ReferenceGrant":
        assert obj["metadata"]["namespace"] == KNATIVE_NAMESPACE
        return obj["metadata"]["name"]
    if obj["kind"] == "Namespace":
        return obj["metadata"]["name"]
    return obj["metadata"]["namespace"]


def by_identity(fleet: Generated) -> dict[tuple[str, ...], Object]:
    """Objects by what makes two of them the same; no two may be."""
    objects = built(fleet).objects
    found = {identity(obj): obj for obj in objects}
    assert len(found) == len(objects), Counter(map(identity, objects)).most_common(1)
    return found


@given(fleets())
def test_no_two_objects_are_the_same_one_and_each_belongs_to_its_own_project(fleet: Generated):
    by_identity(fleet)
    for one in built(fleet).tenants:
        assert {owner_of(obj) for obj in one.objects} == {one.tenant.namespace}


@given(fleets(), st.data())
def test_removing_an_entry_changes_nothing_of_any_other_tenant(fleet: Generated, data: st.DataObject):
    before = by_identity(fleet)
    files = [path for path, content in fleet.files.items() if _project(path, content)]
    if not files:
        return
    file = data.draw(st.sampled_from(files))
    _, team, project = file.removesuffix(".yaml").split("/")
    after = by_identity(fleet.without(file))
    assert after == {i: o for i, o in before.items() if owner_of(o) != f"{team}-{project}"}


@given(fleets(), st.data())
def test_removing_a_deployment_removes_its_objects_and_touches_its_tenant_alone(
    fleet: Generated, data: st.DataObject
):
    before = by_identity(fleet)
    files = [path for path, content in fleet.files.items() if _project(path, content)]
    if not files:
        return
    file = data.draw(st.sampled_from(files))
    whole = read_fleet_data(fleet.files[file])
    apart = {n: e for n, e in whole["deployments"].items() if not _is_joined(n, whole)}
    if not apart or len(whole["deployments"]) == 1:
        return
    name = data.draw(st.sampled_from(sorted(apart)))
    rest = {n: e for n, e in whole["deployments"].items() if n != name}
    less = {**fleet.files, file: dump({**whole, "deployments": rest})}
    after = by_identity(Generated(less, fleet.env))
    _, team, project = file.removesuffix(".yaml").split("/")
    gone = {i for i, o in before.items() if _endpoint(o) == name and owner_of(o) == f"{team}-{project}"}
    assert set(before) - set(after) - gone == _hub_secret(before, after)
    assert not set(after) - set(before)
    changed = {owner_of(o) for i, o in after.items() if o != before[i]}
    assert changed <= {f"{team}-{project}"}
    assert all(_endpoint(o) is None for i, o in after.items() if o != before[i])


def _endpoint(obj: Object) -> str | None:
    return obj["metadata"]["labels"].get("slipway.dev/endpoint")


def _hub_secret(before: Mapping[Any, Object], after: Mapping[Any, Object]) -> set[Any]:
    """The downloader's token goes with the last endpoint that names one."""
    return {i for i in set(before) - set(after) if i[3] == "huggingface"}


def _is_joined(name: str, project: Mapping[str, Any]) -> bool:
    graphs = [e["graph"] for e in project["deployments"].values() if "graph" in e]
    return any(step["deployment"] == name for graph in graphs for step in graph["steps"])


PLATFORM_NAMESPACES = {
    "envoy-gateway-system", "knative-serving", "kube-system", "monitoring", "mlflow", "observability",
}  # fmt: skip


@given(fleets())
def test_no_object_names_the_namespace_of_another_tenant(fleet: Generated):
    for one in built(fleet).tenants:
        for obj in one.objects:
            for path, name in namespaces_named(obj):
                assert name in {one.tenant.namespace, *PLATFORM_NAMESPACES}, (path, name)


@given(fleets())
def test_every_namespace_is_closed_before_anything_is_opened(fleet: Generated):
    for one in built(fleet).tenants:
        found = {(o["kind"], o["metadata"]["name"]): o for o in one.objects}
        labels = found["Namespace", one.tenant.namespace]["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels["istio.io/dataplane-mode"] == "ambient"
        denied = found["NetworkPolicy", "default-deny"]["spec"]
        assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        dns = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
        assert dns in [rule["ports"] for rule in found["NetworkPolicy", "serving"]["spec"]["egress"]]
        assert ("ResourceQuota", "project") in found
        assert ("LimitRange", "containers") in found
        assert found["PeerAuthentication", "default"]["spec"] == {"mtls": {"mode": "STRICT"}}
        assert found["AuthorizationPolicy", "models"]["spec"]["action"] == "ALLOW"
        accounts = [o for o in one.objects if o["kind"] == "ServiceAccount"]
        assert {o["metadata"]["name"] for o in accounts} == {"default", "models"}
        assert all(o["automountServiceAccountToken"] is False for o in accounts)
        for _, pod in pods_of(one.objects):
            assert pod["spec"]["automountServiceAccountToken"] is False
            assert pod["spec"]["serviceAccountName"] == "models"


@given(fleets())
def test_a_pod_tolerates_the_taint_of_gpu_nodes_just_when_it_asks_for_a_gpu(fleet: Generated):
    for one in built(fleet).tenants:
        places = {e.name: e.placement for e in one.tenant.endpoints}
        for obj, pod in pods_of(one.objects):
            spec = pod["spec"]
            wanted = {"key": GPU_TAINT.key, "operator": "Exists", "effect": GPU_TAINT.effect}
            gpus = footprint(pod).accelerators.get(GPU_RESOURCE, 0)
            assert spec.get("tolerations", []) == ([wanted] if gpus else [])
            place = places[obj["metadata"]["name"]]
            assert place is not None
            beside = pod["metadata"]["labels"].get("component") == "explainer"
            labels = {POOL_LABEL: "cpu"} if beside else place.pool.labels
            assert spec["nodeSelector"].items() <= labels.items()
            assert (ACCELERATOR_LABEL in spec["nodeSelector"]) == bool(gpus)


@given(fleets())
def test_a_pod_fits_the_node_that_its_placement_chose(fleet: Generated):
    for one in built(fleet).tenants:
        places = {e.name: e.placement for e in one.tenant.endpoints}
        for obj, pod in pods_of(one.objects):
            place = places[obj["metadata"]["name"]]
            assert place is not None
            asked, has = footprint(pod), place.instance.allocatable
            if pod["metadata"]["labels"].get("component") != "explainer":
                assert asked.cpu_millicores <= has.cpu_millicores
                assert asked.memory_bytes <= has.memory_bytes
                assert asked.accelerators.get(GPU_RESOURCE, 0) <= place.instance.gpus


@given(fleets())
def test_knative_is_asked_for_no_feature_that_is_off(fleet: Generated):
    for obj in built(fleet).objects:
        mode = obj["metadata"].get("annotations", {}).get("serving.kserve.io/deploymentMode")
        if obj["kind"] == "InferenceService" and mode == "Knative":
            assert knative_features(obj) <= set(KNATIVE_FEATURES)


def _matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    exists = [e["key"] for e in selector.get("matchExpressions", []) if e["operator"] == "Exists"]
    return selector.get("matchLabels", {}).items() <= labels.items() and set(exists) <= set(labels)


@given(fleets())
def test_every_selector_matches_pods_of_its_own_endpoint_and_of_no_other(fleet: Generated):
    for one in built(fleet).tenants:
        made = pods_of(one.objects)
        labels = [pod["metadata"]["labels"] for _, pod in made]
        for obj in one.objects:
            if obj["kind"] == "PodDisruptionBudget":
                selectors = [obj["spec"]["selector"]]
            elif obj["kind"] == "InferenceService":
                spread = obj["spec"]["predictor"].get("topologySpreadConstraints", [])
                selectors = [one["labelSelector"] for one in spread]
            else:
                continue
            for selector in selectors:
                found = [l for l in labels if _matches(selector, l)]
                assert {l["slipway.dev/endpoint"] for l in found} == {obj["metadata"]["name"]}
        monitor = next(o for o in one.objects if o["kind"] == "PodMonitor")
        assert all(_matches(monitor["spec"]["selector"], found) for found in labels)
        ports = {e["port"] for e in monitor["spec"]["podMetricsEndpoints"]}
        for _, pod in made:
            if pod["metadata"]["labels"].get("component") != "explainer":
                assert ports & {p["name"] for c in pod["spec"]["containers"] for p in c.get("ports", [])}


@given(fleets())
def test_what_scales_points_at_a_deployment_that_will_exist(fleet: Generated):
    for one in built(fleet).tenants:
        made = {pod["metadata"]["name"] for _, pod in pods_of(one.objects)}
        for obj in one.objects:
            if obj["kind"] == "VerticalPodAutoscaler":
                assert obj["spec"]["targetRef"]["name"] in made
                watched = obj["spec"]["resourcePolicy"]["containerPolicies"][0]["containerName"]
                target = obj["spec"]["targetRef"]["name"]
                pod = next(p for _, p in pods_of(one.objects) if p["metadata"]["name"] == target)
                assert watched in {c["name"] for c in pod["spec"]["containers"]}
            if obj["kind"] == "ScaledObject":
                assert obj["spec"]["scaleTargetRef"]["name"] in made


LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


@given(fleets())
def test_every_name_and_label_keeps_its_limit(fleet: Generated):
    found = built(fleet)
    for obj in [*found.objects, *(pod for _, pod in pods_of(found.objects))]:
        metadata = obj["metadata"]
        assert len(metadata["name"]) <= 253
        assert all(LABEL_VALUE.fullmatch(value) for value in metadata["labels"].values()), metadata
        assert sum(len(f"{k}{v}") for k, v in metadata.get("annotations", {}).items()) < 2**18
        for host in obj.get("spec", {}).get("hostnames", []):
            assert len(host) <= 253
            assert all(DNS_LABEL.fullmatch(label) for label in host.split("."))
        if obj["kind"] == "Pod":
            assert len(metadata["name"]) <= LABEL_LIMIT
        if obj["kind"] == "HTTPRoute":
            for rule in obj["spec"]["rules"]:
                for backend in rule["backendRefs"]:
                    assert DNS_LABEL.fullmatch(backend["name"])


@given(fleets())
def test_one_timeout_holds_on_every_hop(fleet: Generated):
    for one in built(fleet).tenants:
        for endpoint in one.tenant.endpoints:
            own = [o for o in one.objects if _endpoint(o) == endpoint.name]
            seconds = str(endpoint.timeout // 1_000)
            traffic = next(o for o in own if o["kind"] == "BackendTrafficPolicy")
            http = traffic["spec"]["timeout"]["http"]
            assert http == {"requestTimeout": f"{seconds}s", "streamIdleTimeout": f"{seconds}s"}
            route = next(o for o in own if o["kind"] == "HTTPRoute")
            assert all("timeouts" not in rule for rule in route["spec"]["rules"])
            served = [o for o in own if o["kind"] in {"InferenceService", "InferenceGraph"}]
            for obj in served:
                assert set(values_at(obj, "timeout")) == {seconds}
            if endpoint.serving == "knative":
                for _, pod in pods_of(served):
                    assert str(pod["spec"]["terminationGracePeriodSeconds"]) == seconds


def _amount(name: str, text: str) -> int:
    return parse_cpu(text) if name == "cpu" else parse_bytes(text)


@given(fleets())
def test_no_container_asks_for_more_than_its_limit_or_for_nothing(fleet: Generated):
    for _, pod in pods_of(built(fleet).objects):
        for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            resources = container["resources"]
            requests, limits = resources["requests"], resources["limits"]
            assert {"cpu", "memory"} <= set(requests) == set(limits)
            for name, text in requests.items():
                assert 0 < _amount(name, text) <= _amount(name, limits[name])
            assert requests.get(GPU_RESOURCE) == limits.get(GPU_RESOURCE)


def _needed(objects: tuple[Object, ...]) -> Counter[str]:
    """What a namespace takes at the most replicas with a rollout under way, from objects alone."""
    needed: Counter[str] = Counter()
    for obj, pod in pods_of(objects):
        times = _most_pods(obj, pod, objects)
        taken = footprint(pod)
        needed["requests.cpu"] += taken.cpu_millicores * times
        needed["requests.memory"] += taken.memory_bytes * times
        needed[f"requests.{GPU_RESOURCE}"] += taken.accelerators.get(GPU_RESOURCE, 0) * times
    return needed


def _most_pods(obj: Object, pod: Object, objects: tuple[Object, ...]) -> int:
    if pod["metadata"]["labels"].get("component") == "explainer":
        return obj["spec"]["explainer"]["maxReplicas"] + EXPLAINER_SURGE
    if obj["kind"] == "LLMInferenceService":
        name = obj["metadata"]["name"]
        scalers = [
            o["spec"]["maxReplicaCount"]
            for o in objects
            if o["kind"] == "ScaledObject" and _endpoint(o) == name
        ]
        most = scalers[0] if scalers else obj["spec"]["replicas"]
        return most + ceil(most / 4)
    scaled: Object = obj["spec"].get("predictor", obj["spec"])
    most = scaled["maxReplicas"]
    if obj["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard":
        return most + ceil(most / 4)
    return most + max(1, scaled["minReplicas"])


@given(fleets())
def test_the_quota_of_a_namespace_holds_all_pods_with_a_rollout_under_way(fleet: Generated):
    for one in built(fleet).tenants:
        quota = next(o for o in one.objects if o["kind"] == "ResourceQuota")["spec"]["hard"]
        hard = {
            "requests.cpu": parse_cpu(quota["requests.cpu"]),
            "requests.memory": parse_bytes(quota["requests.memory"]),
            f"requests.{GPU_RESOURCE}": int(quota[f"requests.{GPU_RESOURCE}"]),
        }
        needed = _needed(one.objects)
        assert all(needed[name] <= hard[name] for name in hard)
        if one.summary.quota is None:
            assert all(needed[name] == hard[name] for name in hard)
