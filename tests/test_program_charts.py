"""Every chart of a whole program is the pinned one, from where the stack says; and its secrets."""

import re

import pytest

from catalog import pins
from catalog.settings import DNS_KEY, EDGE_KEY
from infra.parts.table import parts
from tests.engine import Graph, Recorded
from tests.programs import SECRETS, context
from tests.programs import settings as settings_of
from tests.whole import RELEASE, STACKS, built, text, texts, whole

MIRROR = "mirror.internal:5000/all"
REGISTRY = "registry.example.com"
"""Teams' own registry, from which they name their images themselves (models/platform.yaml)."""

HOSTS = re.compile(
    r"(?<![\w.-])(?:docker\.io|gcr\.io|ghcr\.io|nvcr\.io|public\.ecr\.aws|quay\.io|registry\.k8s\.io"
    r"|registry\.istio\.io|oci\.external-secrets\.io|cr\.[\w.]+)/"
)
"""A registry of someone else's before the path of an image."""

KEYS = {"hub", "image", "imageRegistry", "registry"}
"""Keys of values and objects that name a registry or an image of it."""


def location(release: Recorded) -> tuple[str, str]:
    """The repository and the name of a chart, however Helm is told."""
    chart: str = release.inputs["chart"]
    options = release.inputs.get("repositoryOpts")
    if options is None:
        repository, _, name = chart.rpartition("/")
        return repository, name
    return options["repo"], chart


@pytest.mark.parametrize("stack", STACKS)
def test_every_chart_is_pinned_to_the_letter_and_wholly_there_or_not_at_all(stack: str) -> None:
    rows = {r.name: r for part in parts(context(stack)) for r in part.releases}
    found = whole(stack).of_type(RELEASE)
    assert {r.inputs["name"] for r in found} == set(rows)
    for release in found:
        pinned = pins.chart(rows[release.inputs["name"]].chart)
        assert location(release) == (pinned.location(), pinned.name)
        assert release.inputs["version"] == pinned.version
        assert release.inputs["atomic"] is True
        assert release.inputs["cleanupOnFail"] is True
        assert release.inputs["createNamespace"] is False
        assert release.inputs["namespace"] == rows[release.inputs["name"]].namespace
        assert not release.inputs.get("skipAwait", False)


@pytest.fixture(scope="module")
def mirrored() -> Graph:
    """The graph of prod behind a mirror that has a digest for everything."""
    settings = settings_of("prod")
    env = settings.environment
    digests = {row.name: f"sha256:{'0' * 64}" for row in pins.unresolved()}
    images = env.images.model_copy(update={"mirror": MIRROR, "digests": digests})
    behind = env.model_copy(update={"images": images})
    return built(settings.model_copy(update={"environment": behind}))


def test_behind_a_mirror_no_chart_comes_from_elsewhere(mirrored: Graph) -> None:
    for release in mirrored.of_type(RELEASE):
        repository, name = location(release)
        assert repository.startswith(f"oci://{MIRROR}")
        assert name in {row.name for row in pins.CHARTS}


def elsewhere(resource: Recorded) -> list[str]:
    """What of a release or an object names another registry than the mirror or the teams' own."""
    found: list[str] = []
    for key, value in texts(resource.inputs.get("values", resource.inputs)):
        is_own = value.startswith((MIRROR, f"{REGISTRY}/"))
        is_host = key == "repository" and "." in value.partition("/")[0]
        if key == "registries-skipping-tag-resolving" or value == "":
            continue  # The first names all registries, to ask none of them.
        if not is_own and (key in KEYS or is_host or HOSTS.search(value)):
            found.append(value)
    return found


def test_behind_a_mirror_no_image_comes_from_elsewhere(mirrored: Graph) -> None:
    made = [r for r in mirrored.resources if r.is_object or r.type == RELEASE]
    assert text(mirrored).count(MIRROR) > 100
    assert {r.name: found for r in made if (found := elsewhere(r))} == {}


CACHE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/slipway-prod"
CACHED = ("docker.io", "ghcr.io", "public.ecr.aws", "quay.io", "registry.k8s.io")


@pytest.fixture(scope="module")
def cached() -> Graph:
    """The graph of prod with a prefix for every registry that the account can cache."""
    settings = settings_of("prod")
    env = settings.environment
    by_host = {host: f"{CACHE}/{host.partition('.')[0]}" for host in CACHED}
    images = env.images.model_copy(update={"registries": by_host})
    behind = env.model_copy(update={"images": images})
    return built(settings.model_copy(update={"environment": behind}))


def named(graph: Graph) -> dict[str, list[str]]:
    """By release or object, what of it may name an image."""
    made = [r for r in graph.resources if r.is_object or r.type == RELEASE]
    return {
        r.name: [
            value
            for key, value in texts(r.inputs.get("values", r.inputs))
            if key != "registries-skipping-tag-resolving"
        ]
        for r in made
    }


def test_with_a_cache_no_image_of_a_cached_registry_comes_from_there(cached: Graph) -> None:
    upstream = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, CACHED))})/")
    found = {n: [v for v in values if upstream.search(v)] for n, values in named(cached).items()}
    assert {name: values for name, values in found.items() if values} == {}


FROM_ELSEWHERE = {
    "dcgm-exporter", "fluent-bit", "cni", "istiod", "knative-operator", "ztunnel",
}  # fmt: skip
"""Charts with images of registries that ECR does not cache."""


def test_with_a_cache_every_chart_that_runs_images_of_its_registries_names_it(
    cached: Graph,
) -> None:
    found = {
        location(r)[1]: [v for _, v in texts(r.inputs["values"]) if v.startswith(CACHE)]
        for r in cached.of_type(RELEASE)
    }
    bare = {name for name, values in found.items() if not values}
    assert {name for name in bare if "crd" not in name} == FROM_ELSEWHERE | {"base"}
    stack = sorted(found["kube-prometheus-stack"])
    # Grafana; Prometheus, Alertmanager, operator, reloader, node exporter, sidecar; state metrics.
    assert stack == [f"{CACHE}/docker", *[f"{CACHE}/quay"] * 6, f"{CACHE}/registry"]


def test_with_a_cache_other_registries_and_every_chart_stay(cached: Graph) -> None:
    kept = re.compile(r"(?:nvcr\.io|gcr\.io|registry\.istio\.io|reg\.kyverno\.io)[\w./@:-]*")
    for name, values in named(whole("prod")).items():
        assert kept.findall(" ".join(values)) == kept.findall(" ".join(named(cached)[name])), name
    charts = {r.name: location(r) for r in cached.of_type(RELEASE)}
    assert charts == {r.name: location(r) for r in whole("prod").of_type(RELEASE)}


# Secrets


def holding(graph: Graph, secret: str) -> list[tuple[str, str]]:
    return [
        (r.name, key)
        for r in graph.resources
        for key, value in r.inputs.items()
        if any(secret in found for _, found in texts({key: value}))
    ]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("stack", STACKS)
def test_a_secret_is_in_its_one_secret_input_and_nowhere_else(stack: str, preview: bool) -> None:
    graph = whole(stack, preview=preview)
    inputs = {
        EDGE_KEY: ("cloudflare", "apiToken"),
        DNS_KEY: ("cert-manager/cloudflare-api-token", "stringData"),
    }
    for name, secret in SECRETS.items():
        assert holding(graph, secret) == [inputs[name]]
        assert text(graph).count(secret) == 1
    secrets = {(r.name, key) for r in graph.resources for key in r.secrets}
    assert secrets == set(inputs.values())


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_is_told_to_other_stacks_or_to_people(stack: str) -> None:
    graph = whole(stack)
    told = str(graph.exports) + str(graph.calls) + str(graph.warnings)
    assert not [name for name, secret in SECRETS.items() if secret in told]
