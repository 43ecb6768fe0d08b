"""What serves models, keeps and admits them, as data made from the settings."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalog.footprint import PLATFORM
from catalog.instances import DAEMONSETS
from catalog.node_pools import POOLS
from catalog.objects import Object, identity
from catalog.pins import IMAGES, image
from catalog.render.common import QUEUE_PROXY
from catalog.render.platform import KNATIVE_FEATURES, LLM_PRESET, MLFLOW_URI
from infra.parts import (
    keda,
    knative,
    kserve,
    kserve_base,
    kyverno,
    mlflow,
    model_cache,
    velero,
    vertical_pod_autoscaler,
)
from infra.parts.console_hosts import HOSTS
from infra.parts.namespaces import CACHE, DOWNLOADS, NAMESPACES
from infra.parts.node_pools import MODEL_CACHE_LABEL, MODEL_CACHE_PATH
from infra.parts.part import Context, Fact, Identity, Late, Part
from infra.parts.table import parts
from tests.checkers import kubeconform, pod_security
from tests.programs import context

PARTS = (
    keda, knative, kserve, kserve_base, kyverno, mlflow, model_cache, velero,
    vertical_pod_autoscaler,
)  # fmt: skip
STACKS = ("dev", "prod")
MIRROR = "registry.example.com/mirror"
UPSTREAM = re.compile(r"^(docker\.io|g?cr\.io|gcr\.io|ghcr\.io|quay\.io|registry\.k8s\.io)/")


def built(of: Context) -> list[Part]:
    return [module.part(of) for module in PARTS]


def objects(of: Context) -> list[Object]:
    return [obj for part in built(of) for obj in part.objects]


def the(kind: str, of: Context, name: str | None = None) -> Object:
    """The one object of a kind, or of a kind and a name."""
    found = [obj for obj in objects(of) if obj["kind"] == kind]
    named = [obj for obj in found if name is None or obj["metadata"]["name"] == name]
    assert len(named) == 1, [obj["metadata"]["name"] for obj in found]
    return named[0]


def values(release: str, of: Context) -> Any:
    return next(r.values for part in built(of) for r in part.releases if r.name == release)


def identities(of: Context) -> dict[str, Identity]:
    return {one.purpose: one for part in built(of) for one in part.identities}


def with_mirror(stack: str) -> Context:
    made = context(stack)
    env = made.settings.environment
    images = env.images.model_copy(update={"mirror": MIRROR})
    environment = env.model_copy(update={"images": images})
    return replace(made, settings=made.settings.model_copy(update={"environment": environment}))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Late):
        yield value.template
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def kserve_config(of: Context) -> dict[str, Any]:
    return {key: json.loads(text) for key, text in the("ConfigMap", of)["data"].items()}


def agent_pod(of: Context) -> Object:
    return the("DaemonSet", of)["spec"]["template"]["spec"]


# All of them


@pytest.mark.checkers
@pytest.mark.parametrize("stack", STACKS)
def test_every_object_passes_the_strict_schemas(stack: str) -> None:
    assert kubeconform(objects(context(stack))) == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_object_is_made_twice(stack: str) -> None:
    made = [identity(obj) for obj in objects(context(stack))]
    assert sorted(made) == sorted(set(made))


@pytest.mark.parametrize("stack", STACKS)
def test_releases_and_objects_stand_in_namespaces_that_are_made(stack: str) -> None:
    of = context(stack)
    used = {release.namespace for part in built(of) for release in part.releases}
    used |= {one.namespace for one in identities(of).values()}
    used |= {obj["metadata"].get("namespace", DOWNLOADS) for obj in objects(of)}
    assert used <= {namespace.name for namespace in NAMESPACES}


def test_every_part_follows_what_it_needs() -> None:
    made = {part.name: part for part in parts(context("prod"))}
    for first, then in (
        ("istio", "knative"), ("knative", "kserve"), ("kserve-base", "kserve"),
        ("cert-manager", "kserve"), ("kserve", "model-cache"), ("kyverno", "model-cache"),
        ("node-pools", "model-cache"), ("external-secrets", "mlflow"),
    ):  # fmt: skip
        assert first in made[then].after, (first, then)


@pytest.mark.parametrize("stack", STACKS)
def test_with_a_mirror_no_image_comes_from_upstream(stack: str) -> None:
    of = with_mirror(stack)
    found = [*(r.values for part in built(of) for r in part.releases), *objects(of)]
    written = [text for one in found for text in texts(one)]
    config = [text for one in kserve_config(of).values() for text in texts(one)]
    assert [text for text in (*written, *config) if UPSTREAM.match(text)] == []
    assert any(text.startswith(MIRROR) for text in written)
    assert any(text.startswith(MIRROR) for text in config)


@pytest.mark.parametrize(("stack", "count"), [("dev", 1), ("prod", 3)])
def test_what_requests_and_admission_wait_for_has_the_settings_replicas(
    stack: str, count: int
) -> None:
    of = context(stack)
    serving = the("KnativeServing", of)["spec"]
    assert serving["high-availability"] == {"replicas": count}
    llm = values("kserve-llmisvc-resources", of)["kserve"]["llmisvc"]["controller"]
    scaler, admission = values("keda", of), values("kyverno", of)["admissionController"]
    assert {llm["replicas"], admission["replicas"], scaler["webhooks"]["replicaCount"]} == {count}
    assert admission["podDisruptionBudget"]["enabled"] == (count > 1)
    budgets = {o["metadata"]["name"] for o in objects(of) if o["kind"] == "PodDisruptionBudget"}
    assert ("keda-operator" in budgets) == ("llmisvc-controller" in budgets) == (count > 1)


@pytest.mark.parametrize("stack", STACKS)
def test_identities_name_their_actions_and_one_bucket(stack: str) -> None:
    of = context(stack)
    found = identities(of)
    assert set(found) == {"mlflow", "model-downloads", "velero"}
    for one in found.values():
        bucket = of.names.bucket_arn(None if one.purpose == "model-downloads" else one.purpose)
        writes = [s for s in one.statements if "s3:PutObject" in s["Action"]]
        assert bool(writes) == (one.purpose != "model-downloads")
        for statement in one.statements:
            assert not any("*" in action for action in statement["Action"])
            if statement["Sid"] == "Key":
                condition = statement["Condition"]["StringEquals"]
                assert condition["kms:EncryptionContext:aws:s3:arn"] == bucket
            else:
                assert set(statement["Resource"]) <= {bucket, f"{bucket}/*"}


# Knative


@pytest.mark.parametrize("stack", STACKS)
def test_knative_has_what_rendered_pods_need(stack: str) -> None:
    of = context(stack)
    config = the("KnativeServing", of)["spec"]["config"]
    assert config["features"] == dict(KNATIVE_FEATURES)
    assert config["deployment"]["pod-is-always-schedulable"] == "true"
    assert config["defaults"]["max-revision-timeout-seconds"] == "3600"
    assert config["deployment"]["queue-sidecar-image"] == image("queue-proxy").reference()
    assert config["domain"] == {"svc.cluster.local": ""}
    for key, text in QUEUE_PROXY.items():
        part, kind = key.rpartition("/")[2].split("-resource-")
        assert config["deployment"][f"queue-sidecar-{part}-{kind}"] == text


def test_kourier_is_no_load_balancer_and_its_image_does_not_float() -> None:
    spec = the("KnativeServing", context("dev"))["spec"]
    assert spec["ingress"] == {"kourier": {"enabled": True, "service-type": "ClusterIP"}}
    envoy = spec["registry"]["override"]["3scale-kourier-gateway/kourier-gateway"]
    assert envoy == image("kourier-gateway").reference()
    assert "latest" not in envoy


def test_knative_looks_up_no_tag_in_a_registry_of_ours() -> None:
    of = with_mirror("prod")
    config = the("KnativeServing", of)["spec"]["config"]["deployment"]
    skipped = set(config["registries-skipping-tag-resolving"].split(","))
    assert {row.repository.partition("/")[0] for row in IMAGES} <= skipped
    assert {"index.docker.io", "registry.example.com"} <= skipped
    assert f"{of.names.account}.dkr.ecr.eu-west-1.amazonaws.com" in skipped


def test_one_replica_never_holds_up_a_drain() -> None:
    spec = the("KnativeServing", context("dev"))["spec"]
    assert {row["name"] for row in spec["podDisruptionBudgets"]} == {
        "3scale-kourier-gateway-pdb", "activator-pdb", "webhook-pdb",
    }  # fmt: skip
    assert {row["maxUnavailable"] for row in spec["podDisruptionBudgets"]} == {1}


# KServe


def test_a_graphs_router_hands_the_callers_token_on() -> None:
    router = kserve_config(context("dev"))["router"]
    assert router["headers"] == {"propagate": ["Authorization"]}


@pytest.mark.parametrize("key", ["agent", "logger", "router", "storageInitializer"])
def test_helpers_ask_what_a_plan_counts_for_them(key: str) -> None:
    shares = {"router": PLATFORM.router, "storageInitializer": PLATFORM.storage_initializer}
    share = shares.get(key, PLATFORM.agent)
    config = kserve_config(context("prod"))[key]
    assert (config["cpuRequest"], config["cpuLimit"]) == (share.cpu_request, share.cpu_limit)
    assert config["memoryRequest"] == share.memory_request
    assert config["memoryLimit"] == share.memory_limit


def test_kserve_routes_nothing_and_hosts_keep_within_a_label() -> None:
    of = context("prod")
    ingress = kserve_config(of)["ingress"]
    assert ingress["disableIngressCreation"]
    assert ingress["disableIstioVirtualHost"]
    assert not ingress["enableGatewayApi"]
    assert not ingress["enableLLMInferenceServiceTLS"]
    assert ingress["domainTemplate"] == "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"
    assert ingress["ingressDomain"] == of.settings.environment.models_domain


def test_crds_and_configuration_come_before_the_controllers() -> None:
    base = kserve_base.part(context("dev"))
    assert all(release.holds_crds for release in base.releases)
    assert [obj["kind"] for obj in base.objects] == ["ConfigMap"]
    controllers = kserve.part(context("dev"))
    for release in controllers.releases:
        assert release.name == release.chart
        assert release.values["kserve"]["createSharedResources"] is False
    assert LLM_PRESET in {obj["metadata"]["name"] for obj in controllers.objects}


# The model cache


def test_every_pool_with_local_disks_has_its_group_and_no_other() -> None:
    groups = {
        obj["metadata"]["name"]: obj["spec"]
        for obj in objects(context("prod"))
        if obj["kind"] == "LocalModelNodeGroup"
    }
    assert set(groups) == {pool.name for pool in POOLS if pool.nvme}
    for name, spec in groups.items():
        volume = spec["persistentVolumeSpec"]
        terms = volume["nodeAffinity"]["required"]["nodeSelectorTerms"]
        assert terms[0]["matchExpressions"][0]["values"] == [name]
        assert volume["local"]["path"] == MODEL_CACHE_PATH
        assert spec["persistentVolumeClaimSpec"]["storageClassName"] == ""


def test_the_agent_works_where_the_volumes_are_and_on_tainted_nodes() -> None:
    pod = agent_pod(context("dev"))
    assert pod["nodeSelector"] == {MODEL_CACHE_LABEL: "true"}
    assert pod["volumes"][0]["hostPath"]["path"] == MODEL_CACHE_PATH
    taints = {taint.key for pool in POOLS if pool.nvme for taint in pool.taints}
    assert {row["key"] for row in pod["tolerations"]} == taints
    users = {c["securityContext"]["runAsUser"] for c in pod["containers"]}
    assert users == {1000}, "who downloads, so that it may delete"


def test_the_agent_asks_what_placement_takes_off_each_node() -> None:
    row = next(row for row in DAEMONSETS if row.name == "model-cache-agent")
    for container in (*agent_pod(context("dev"))["containers"],):
        asked = container["resources"]["requests"]
        assert asked["cpu"] == f"{row.cpu_millicores}m"
        assert asked["memory"] == f"{row.memory_bytes >> 20}Mi"


@pytest.mark.checkers
def test_only_the_agents_namespace_is_let_touch_the_host() -> None:
    levels = {namespace.name: namespace.level for namespace in NAMESPACES}
    assert (levels[CACHE], levels[DOWNLOADS], levels["kserve"]) == (
        "privileged", "restricted", "restricted",
    )  # fmt: skip
    pod = {"metadata": {"name": "agent"}, "spec": agent_pod(context("dev"))}
    (verdict,) = pod_security([{"apiVersion": "v1", "kind": "Pod", **pod}])
    assert {failure.reason for failure in verdict.failures if failure.level == "baseline"} == {
        "hostPath volumes"
    }


@pytest.mark.checkers
def test_downloads_are_restricted_pods_that_tolerate_gpu_nodes() -> None:
    of = context("dev")
    container = the("ClusterStorageContainer", of, model_cache.CONTAINER)["spec"]
    assert container["workloadType"] == "localModelDownloadJob"
    # As the agent makes it: `pkg/controller/v1alpha1/localmodelnode/controller.go`, `launchJob`.
    spec = {"containers": [container["container"]], "securityContext": {"fsGroup": 1000}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "job"}, "spec": spec}
    assert pod_security([pod])[0].level == "restricted"
    policy = the("MutatingPolicy", of)["spec"]
    labels = policy["matchConstraints"]["namespaceSelector"]["matchLabels"]
    assert labels == {"kubernetes.io/metadata.name": DOWNLOADS}
    assert kserve_config(of)["localModel"]["jobNamespace"] == DOWNLOADS
    assert identities(of)["model-downloads"].service_account == "default"


# Scaling, backups, admission


def test_keda_reads_no_secret_and_scales_only_what_it_must() -> None:
    asked = values("keda", context("prod"))
    assert asked["permissions"]["operator"]["restrict"]["secret"]
    assert asked["permissions"]["metricServer"]["restrict"]["secret"]
    assert asked["rbac"] == {"enabledCustomScaledRefKinds": False}


def test_the_vertical_autoscaler_only_recommends() -> None:
    asked = values("vertical-pod-autoscaler", context("prod"))
    assert not asked["admissionController"]["enabled"]
    assert not asked["updater"]["enabled"]
    assert "enabled" not in asked["recommender"]


@pytest.mark.parametrize(("stack", "ttl"), [("dev", "720h0m0s"), ("prod", "2160h0m0s")])
def test_backups_are_kept_as_long_as_the_settings_say(stack: str, ttl: str) -> None:
    of = context(stack)
    asked = values("velero", of)
    assert asked["schedules"]["nightly"]["template"]["ttl"] == ttl
    (location,) = asked["configuration"]["backupStorageLocation"]
    assert location["bucket"] == of.names.bucket_for("velero")
    assert not asked["credentials"]["useSecret"]
    assert not asked["deployNodeAgent"]


def test_kyverno_can_never_keep_the_platform_from_being_repaired() -> None:
    webhooks = values("kyverno", context("prod"))["config"]["webhooks"]
    (rule,) = webhooks["namespaceSelector"]["matchExpressions"]
    assert rule["operator"] == "NotIn"
    platform = {namespace.name for namespace in NAMESPACES} - {DOWNLOADS}
    assert set(rule["values"]) == {*platform, "kube-node-lease", "kube-public", "kube-system"}


# MLflow


def test_mlflow_is_where_tenants_and_the_console_look_for_it() -> None:
    of = context("prod")
    asked = values("mlflow", of)
    name, port = asked["fullnameOverride"], asked["service"]["port"]
    assert f"http://{name}.mlflow.svc.cluster.local:{port}" == MLFLOW_URI
    host = next(host for host in HOSTS if host.name == "mlflow")
    assert (host.service, host.port, host.namespace) == (name, port, "mlflow")
    assert MLFLOW_URI.removeprefix("http://") in asked["serverAllowedHosts"]
    assert f"mlflow.{of.settings.environment.domain}" in asked["serverAllowedHosts"]


def test_mlflow_follows_the_database_password_without_a_restart() -> None:
    asked = values("mlflow", context("prod"))
    (secret,) = asked["extraDeploy"]
    assert secret["spec"]["data"][0]["remoteRef"]["key"] == Late(Fact.DATABASE_SECRET)
    assert secret["spec"]["secretStoreRef"]["name"] == "slipway-platform"
    file = asked["extraEnvVars"]["PGSERVICEFILE"]
    (mount,), (volume,) = asked["extraVolumeMounts"], asked["extraVolumes"]
    key = volume["secret"]["items"][0]["key"]
    assert file == f"{mount['mountPath']}/{key}"
    service = secret["spec"]["target"]["template"]["data"][key]
    assert service.splitlines()[0] == f"[{asked['extraEnvVars']['PGSERVICE']}]"
    assert "sslmode=require" in service
    assert volume["secret"]["secretName"] == secret["spec"]["target"]["name"]


def test_artifacts_pass_through_the_server_alone() -> None:
    of = context("dev")
    root = values("mlflow", of)["artifactRoot"]
    assert root["proxiedArtifactStorage"]
    assert root["s3"]["bucket"] == of.names.bucket_for("mlflow")
    (rule,) = the("AuthorizationPolicy", of)["spec"]["rules"]
    assert rule["from"][0]["source"]["principals"] == [
        "*/sa/models",
        "cluster.local/ns/envoy-gateway-system/sa/slipway-gateway",
    ]
