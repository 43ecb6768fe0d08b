"""From an entry to an endpoint on one stack: tiers applied, defaults filled, choices made."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalog import endpoint as resolved
from catalog.artifact import Artifact, object_prefix, read_artifact
from catalog.cold_start import cold_start_seconds
from catalog.entry import Deployment, Options, PlatformFile, ProjectFile, TeamFile
from catalog.environment import Environment
from catalog.layers import Layers
from catalog.llm_estimate import estimate_for
from catalog.llm_memory import LlmMemory
from catalog.load import Loaded
from catalog.model_server import Runtime
from catalog.model_uri import Address, Refused, parse_address
from catalog.names import host_of, namespace_of
from catalog.placement import Misfit, Placement
from catalog.sizing import NO_FRAMEWORK, model_bytes_of, placed
from catalog.tiers import TIERS, built_in
from catalog.tree import Tree
from catalog.words import Serving, Tier

DEFAULT_TARGETS = {"concurrency": 10, "rps": 50, "cpu": 70, "memory": 70}
DEFAULT_BATCH_DELAY = 5
KNATIVE_WINDOW = 60_000
"""Knative's own `stable-window` (`config/core/configmaps/autoscaler.yaml`)."""
CPU_BOOT_SECONDS = 90
UNKNOWN_IMAGE_BYTES = 10**9


@dataclass(frozen=True, slots=True)
class Project:
    """A project file with the team and the platform that it belongs to."""

    team: str
    name: str
    loaded: Loaded[ProjectFile]
    team_file: TeamFile
    platform: PlatformFile

    @property
    def namespace(self) -> str:
        """The namespace of its tenant."""
        return namespace_of(self.team, self.name)

    @property
    def folder(self) -> str:
        """Where `./` begins."""
        return self.loaded.document.file.rsplit("/", 1)[0]


@dataclass(frozen=True, slots=True)
class Draft:
    """An endpoint with the layers it was made from, so that a check can name the line."""

    endpoint: resolved.Endpoint
    layers: Layers
    address: Address | Refused | None
    artifact: Artifact | None
    fit: Placement | Misfit
    estimate: LlmMemory | None
    runtime: Runtime | None


def tiers_of(deployment: Deployment) -> tuple[Tier, ...]:
    """The tiers of a deployment, in the order of promotion."""
    written = deployment.tier
    named: set[Tier] = set(written) if isinstance(written, tuple | dict) else {written}
    return tuple(sorted(named, key=TIERS.index))


def hosted_tier(deployment: Deployment, env: Environment) -> tuple[Tier, ...]:
    """The tiers of a deployment that a stack hosts: more than one is an error for the caller."""
    hosted: tuple[Tier, ...] = tuple(t for t in tiers_of(deployment) if t in env.tiers)
    return hosted[-1:] if env.one_tier else hosted


def drafts(project: Project, env: Environment, tree: Tree) -> Iterator[Draft]:
    """Every deployment of a project that the stack hosts, resolved but not yet checked."""
    for name, deployment in sorted(project.loaded.value.deployments.items()):
        hosted = hosted_tier(deployment, env)
        if hosted:
            yield _draft(project, name, deployment, hosted[-1], env, tree)


def _draft(
    project: Project, name: str, deployment: Deployment, tier: Tier, env: Environment, tree: Tree
) -> Draft:
    layers = _layers(project, name, deployment, tier)
    kind, serving = _kind(layers, deployment)
    model, address, artifact = _model(project, name, layers, env, tree)
    llm = layers.get("llm")
    estimate = estimate_for(llm, layers.get("model") or "") if llm is not None else None
    framework = deployment.framework or NO_FRAMEWORK
    model_bytes = model_bytes_of(layers, artifact, estimate)
    runtime, resources, fit = placed(layers, kind, framework, estimate, env)
    placement = fit if isinstance(fit, Placement) else None
    boot = placement.pool.boot_seconds if placement else CPU_BOOT_SECONDS
    image_bytes = runtime.image_bytes if runtime else UNKNOWN_IMAGE_BYTES
    endpoint = resolved.Endpoint(
        team=project.team,
        project=project.name,
        namespace=project.namespace,
        name=name,
        tier=tier,
        host=host_of(name, project.namespace, env.models_domain),
        place=layers.document.place(("deployments", name), key=True),
        kind=kind,
        framework=framework,
        runtime=runtime.name if runtime and kind == "model" and framework != "custom" else None,
        serving=serving,
        protocol=deployment.protocol or "rest",
        model=model,
        resources=resources,
        placement=placement,
        capacity=layers.get("capacity"),
        scaling=_scaling(layers, kind, serving),
        batching=_batching(layers),
        teams=tuple(sorted({project.team, *(layers.get("access", "teams") or ())})),
        clients=tuple(sorted(layers.get("access", "clients") or ())),
        requests_per_minute=layers.get("limits", "requests"),
        slo=_slo(layers),
        timeout=layers.get("timeout"),
        cold_start=1_000
        * cold_start_seconds(node_boot=boot, image_bytes=image_bytes, model_bytes=model_bytes),
        env=layers.merged("env"),
        secrets=layers.merged("secrets"),
        transformer=layers.get("transformer"),
        explainer=layers.get("explainer"),
        container=layers.get("container"),
        graph=deployment.graph,
        llm=llm,
        logging=layers.get("logging"),
        weights_cache=_weights_cache(layers, model_bytes),
        examples=layers.get("examples") or (),
        lineage=layers.get("lineage"),
        labels={**dict(sorted(project.loaded.value.labels.items())), **layers.merged("labels")},
        description=deployment.description or project.loaded.value.description or "",
        owner=deployment.owner or project.team_file.owners[0],
    )
    return Draft(endpoint, layers, address, artifact, fit, estimate, runtime)


def _layers(project: Project, name: str, deployment: Deployment, tier: Tier) -> Layers:
    override: Options | None = None
    if isinstance(deployment.tier, dict):
        override = deployment.tier.get(tier)
    return Layers(
        document=project.loaded.document,
        name=name,
        tier=tier,
        deployment=deployment,
        override=override,
        profile=project.platform.tiers.get(tier),
        fallback=built_in()[tier],
    )


def _kind(layers: Layers, deployment: Deployment) -> tuple[resolved.Kind, Serving]:
    serving: Serving = deployment.serving or layers.get("serving")
    needs_standard = (
        deployment.protocol == "both"
        or layers.get("explainer") is not None
        or layers.get("scaling", "schedule")
        or layers.get("scaling", "metric") in {"cpu", "memory"}
    )
    if deployment.serving is None and needs_standard:
        serving = "standard"
    if deployment.graph is not None:
        return "graph", deployment.serving or "knative"
    if layers.get("llm") is not None and deployment.framework == "vllm":
        awake = (layers.get("scaling", "min") or 0) > 0
        if awake and deployment.serving != "knative":
            return "llm", "standard"
        return "model", serving if deployment.serving else "knative"
    return "model", serving


def _model(
    project: Project, name: str, layers: Layers, env: Environment, tree: Tree
) -> tuple[resolved.Model | None, Address | Refused | None, Artifact | None]:
    text: str | None = layers.get("model")
    if text is None:
        return None, None, None
    address = parse_address(text)
    if isinstance(address, Refused):
        return None, address, None
    if address.scheme != "file":
        return resolved.Model(source=text, uri=address.uri), address, None
    path = f"{project.folder}/{address.path}" if address.path else project.folder
    artifact = read_artifact(tree, path)
    if artifact is None:
        return None, address, None
    uri = object_prefix(env.bucket, project.namespace, name, artifact.digest)
    model = resolved.Model(source=text, uri=uri, digest=artifact.digest, size=artifact.size)
    return model, address, artifact


def _scaling(layers: Layers, kind: resolved.Kind, serving: str) -> resolved.Scaling:
    least: int = layers.get("scaling", "min")
    most: int = layers.get("scaling", "max")
    if serving == "standard" and least == 0 and not layers.written("scaling", "min"):
        least = 1
    if layers.written("scaling", "min") and not layers.written("scaling", "max"):
        most = max(least, most)
    if layers.written("scaling", "max") and not layers.written("scaling", "min"):
        least = min(least, most)
    by_revision = serving == "knative"
    by_load = by_revision or kind == "llm"
    metric = layers.get("scaling", "metric") or ("concurrency" if by_load else "cpu")
    return resolved.Scaling(
        min=least,
        max=most,
        metric=metric,
        target=layers.get("scaling", "target") or _default_target(layers, metric),
        window=layers.get("scaling", "window") or (KNATIVE_WINDOW if by_revision else None),
        schedule=layers.get("scaling", "schedule") or (),
    )


def _default_target(layers: Layers, metric: str) -> int:
    """What a replica bears: for an LLM, the requests for which it has room in its cache."""
    llm = layers.get("llm")
    if llm is not None and metric == "concurrency":
        return llm.concurrency
    return DEFAULT_TARGETS[metric]


def _batching(layers: Layers) -> resolved.Batching | None:
    size = layers.get("batching", "max_size")
    if size is None:
        return None
    delay: int | None = layers.get("batching", "max_delay")
    return resolved.Batching(
        max_size=size, max_delay=DEFAULT_BATCH_DELAY if delay is None else delay
    )


def _slo(layers: Layers) -> resolved.Slo | None:
    availability, latency = layers.get("slo", "availability"), layers.get("slo", "latency")
    if availability is None and latency is None:
        return None
    percent = layers.get("slo", "latency_percent") or 99.0
    return resolved.Slo(availability=availability, latency=latency, latency_percent=float(percent))


def _weights_cache(layers: Layers, model_bytes: int | None) -> int | None:
    if layers.get("cache", "weights") is None:
        return None
    return layers.get("cache", "weights", "size") or model_bytes or 0
