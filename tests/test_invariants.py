"""What holds of everything that is rendered, on the fleets of the session's sample."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.fleet import Built
from catalog.names import LABEL_LIMIT
from catalog.node_pools import ACCELERATOR_LABEL, GPU_RESOURCE, GPU_TAINT, POOL_LABEL
from catalog.objects import Object
from catalog.pod.footprint import footprint
from catalog.quantity import parse_bytes, parse_cpu
from catalog.render.platform import KNATIVE_FEATURES
from tests.reading import (
    endpoint_of,
    knative_features,
    namespaces_named,
    needed_by,
    pods_of,
    values_at,
)


def objects_of(tenants: list[Built]) -> Iterator[Object]:
    """All objects of the sample."""
    for one in tenants:
        yield from one.objects


PLATFORM_NAMESPACES = {
    "envoy-gateway-system", "knative-serving", "kube-system", "mlflow", "monitoring",
    "observability",
}  # fmt: skip


def test_no_object_names_the_namespace_of_another_tenant(tenants: list[Built]):
    for one in tenants:
        for obj in one.objects:
            for path, name in namespaces_named(obj):
                assert name in {one.tenant.namespace, *PLATFORM_NAMESPACES}, (path, name)


def test_every_namespace_is_closed_before_anything_is_opened(tenants: list[Built]):
    for one in tenants:
        found = {(o["kind"], o["metadata"]["name"]): o for o in one.objects}
        labels = found["Namespace", one.tenant.namespace]["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        assert labels["istio.io/dataplane-mode"] == "ambient"
        denied = found["NetworkPolicy", "default-deny"]["spec"]
        assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        dns = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
        assert dns in [
            rule["ports"] for rule in found["NetworkPolicy", "serving"]["spec"]["egress"]
        ]
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


def test_a_pod_tolerates_the_taint_of_gpu_nodes_just_when_it_asks_for_a_gpu(tenants: list[Built]):
    for one in tenants:
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


def test_a_pod_fits_the_node_that_its_placement_chose(tenants: list[Built]):
    for one in tenants:
        places = {e.name: e.placement for e in one.tenant.endpoints}
        for obj, pod in pods_of(one.objects):
            place = places[obj["metadata"]["name"]]
            assert place is not None
            asked, has = footprint(pod), place.instance.allocatable
            if pod["metadata"]["labels"].get("component") != "explainer":
                assert asked.cpu_millicores <= place.ask.cpu_millicores <= has.cpu_millicores
                assert asked.memory_bytes <= place.ask.memory_bytes <= has.memory_bytes
                gpus = asked.accelerators.get(GPU_RESOURCE, 0)
                assert gpus == place.ask.gpus <= place.instance.gpus


def test_knative_is_asked_for_no_feature_that_is_off(tenants: list[Built]):
    for obj in objects_of(tenants):
        mode = obj["metadata"].get("annotations", {}).get("serving.kserve.io/deploymentMode")
        if obj["kind"] == "InferenceService" and mode == "Knative":
            assert knative_features(obj) <= set(KNATIVE_FEATURES)


def _matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    exists = [e["key"] for e in selector.get("matchExpressions", []) if e["operator"] == "Exists"]
    return selector.get("matchLabels", {}).items() <= labels.items() and set(exists) <= set(labels)


def test_every_selector_matches_pods_of_its_own_endpoint_and_of_no_other(tenants: list[Built]):
    for one in tenants:
        made = pods_of(one.objects)
        labels = [pod["metadata"]["labels"] for _, pod in made]
        for obj in one.objects:
            if obj["kind"] == "PodDisruptionBudget":
                selectors = [obj["spec"]["selector"]]
            elif obj["kind"] in {"InferenceService", "LLMInferenceService"}:
                spec = obj["spec"].get("predictor") or obj["spec"]["template"]
                spread = spec.get("topologySpreadConstraints", [])
                selectors = [constraint["labelSelector"] for constraint in spread]
            else:
                continue
            for selector in selectors:
                found = [labelled for labelled in labels if _matches(selector, labelled)]
                whose = {labelled["slipway.dev/endpoint"] for labelled in found}
                assert whose == {obj["metadata"]["name"]}
        monitor = next(o for o in one.objects if o["kind"] == "PodMonitor")
        assert all(_matches(monitor["spec"]["selector"], found) for found in labels)


def test_what_scales_points_at_a_deployment_that_will_exist(tenants: list[Built]):
    for one in tenants:
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


def test_every_name_and_label_keeps_its_limit(tenants: list[Built]):
    found = list(objects_of(tenants))
    for obj in [*found, *(pod for _, pod in pods_of(found))]:
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


def test_one_timeout_holds_on_every_hop(tenants: list[Built]):
    for one in tenants:
        for endpoint in one.tenant.endpoints:
            own = [o for o in one.objects if endpoint_of(o) == endpoint.name]
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


def test_no_container_asks_for_more_than_its_limit_or_for_nothing(tenants: list[Built]):
    for _, pod in pods_of(list(objects_of(tenants))):
        for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            resources = container["resources"]
            requests, limits = resources["requests"], resources["limits"]
            assert {"cpu", "memory"} <= set(requests) == set(limits)
            for name, text in requests.items():
                assert 0 < _amount(name, text) <= _amount(name, limits[name])
            assert requests.get(GPU_RESOURCE) == limits.get(GPU_RESOURCE)


def test_the_quota_of_a_namespace_holds_all_pods_with_a_rollout_under_way(tenants: list[Built]):
    for one in tenants:
        quota = next(o for o in one.objects if o["kind"] == "ResourceQuota")["spec"]["hard"]
        hard = {
            "requests.cpu": parse_cpu(quota["requests.cpu"]),
            "requests.memory": parse_bytes(quota["requests.memory"]),
            f"requests.{GPU_RESOURCE}": int(quota[f"requests.{GPU_RESOURCE}"]),
        }
        needed = needed_by(one.objects)
        assert all(needed[name] <= hard[name] for name in hard)
        if one.summary.quota is None:
            assert all(needed[name] == hard[name] for name in hard)
