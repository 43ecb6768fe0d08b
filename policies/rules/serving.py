"""Models: how they serve, as whom, from where, and how many."""

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.reading import at, fields, objects, text
from policies.rules.rule import (
    POD,
    About,
    Scene,
    Severity,
    Subject,
    annotation,
    label,
    rule,
)

INFERENCE_SERVICE: Final = "serving.kserve.io/InferenceService"
GRAPH: Final = "serving.kserve.io/InferenceGraph"
LLM: Final = "serving.kserve.io/LLMInferenceService"
WORKLOADS: Final = (INFERENCE_SERVICE, GRAPH, LLM)
VISIBILITY: Final = "networking.knative.dev/visibility"
ANNOTATIONS: Final = re.compile(
    r"(autoscaling\.knative\.dev/[a-z-]+"
    r"|karpenter\.sh/do-not-disrupt"
    r"|modelFormat"
    r"|queue\.sidecar\.serving\.knative\.dev/(cpu|memory)-resource-(limit|request)"
    r"|internal\.serving\.kserve\.io/[a-z-]+"
    r"|serving\.knative\.dev/(creator|lastModifier|progress-deadline)"
    r"|pulumi\.com/patchFieldManager"
    r"|serving\.kserve\.io/(autoscalerClass|deploymentMode|stop)"
    r"|slipway\.dev/[a-z-]+)"
)
"""What rendering sets, and what Pulumi, Knative, KServe and their webhooks add."""
PARTS: Final = ("predictor", "transformer", "explainer")
"""Parts of an InferenceService with annotations of their own."""
IN_MESH: Final = (
    "istio.io/dataplane-mode",
    "sidecar.istio.io/inject",
    "ambient.istio.io/redirection",
    "ambient.istio.io/bypass-inbound-capture",
)


@rule(
    About(
        id="model-private",
        title="A model is reached inside the cluster only",
        severity=Severity.CRITICAL,
        why="Knative otherwise gives it a host on the external listener, behind which nobody asks "
        "for a token.",
        remedy=f"Label it {VISIBILITY}: cluster-local.",
        sources=("C-0054", "slipway/front-door"),
    ),
    INFERENCE_SERVICE, GRAPH, "serving.knative.dev/Service",
)  # fmt: skip
def private(subject: Subject, _scene: Scene) -> Iterator[str]:
    if label(subject.props, VISIBILITY) != "cluster-local":
        yield f"{VISIBILITY} is not cluster-local"


@rule(
    About(
        id="model-mode",
        title="A model runs in a mode that the platform serves",
        severity=Severity.HIGH,
        why="KServe's other modes make Services and routes of their own, past the front door.",
        remedy="Set the annotation serving.kserve.io/deploymentMode: Knative or Standard.",
        sources=("slipway/front-door",),
    ),
    INFERENCE_SERVICE, GRAPH,
)  # fmt: skip
def mode(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = annotation(subject.props, "serving.kserve.io/deploymentMode")
    if found not in ("Knative", "Standard"):
        yield f"its deploymentMode is {found or 'not set'}"


@rule(
    About(
        id="model-annotations",
        title="A model carries annotations that the platform knows, and no others",
        severity=Severity.HIGH,
        why="Annotations steer KServe, Knative, Istio and Karpenter: one of them turns off the "
        "mesh, another injects an agent, a third adds a volume.",
        remedy="Take it out, or render it from an option of the entry.",
        sources=("kyverno/prevent-disabling-injection-pods", "slipway/front-door"),
    ),
    *WORKLOADS,
)
def annotations(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    places = (fields(subject.props, "metadata"), spec, *(fields(spec, part) for part in PARTS))
    for place in places:
        for name in sorted(fields(place, "annotations")):
            if not ANNOTATIONS.fullmatch(name):
                yield f"carries the annotation {name}"


@rule(
    About(
        id="pod-in-mesh",
        title="A tenant's pod stays in the mesh",
        severity=Severity.HIGH,
        why="A pod that opts out is reached in plain text by whoever is in its network.",
        remedy=f"Take out {', '.join(IN_MESH)}.",
        sources=("kyverno/prevent-disabling-injection-pods", "kyverno/enforce-strict-mtls"),
    ),
    POD,
)
def in_mesh(subject: Subject, _scene: Scene) -> Iterator[str]:
    metadata = fields(subject.props, "metadata")
    for name in IN_MESH:
        said = text(metadata, "labels", name) or text(metadata, "annotations", name)
        if subject.tenant and said and (name, said) != ("istio.io/dataplane-mode", "ambient"):
            yield f"sets {name}: {said}"


@rule(
    About(
        id="model-artifacts",
        title="A model's weights come from its own tenant, or from a pinned place",
        severity=Severity.HIGH,
        why="Another tenant's prefix is refused by AWS only at start, plain HTTP can be changed on "
        "the way, and an unpinned repository changes overnight.",
        remedy="Use s3://<bucket>/<namespace>/…, hf://…:<revision>, mlflow://, pvc://, or "
        "oci:// by digest.",
        sources=("eks/role-per-application", "slipway/own-artifacts"),
    ),
    INFERENCE_SERVICE, LLM, "serving.kserve.io/LocalModelNamespaceCache",
)  # fmt: skip
def artifacts(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    uris = [
        text(spec, "predictor", "model", "storageUri"),
        text(spec, "model", "uri"),
        text(spec, "sourceModelUri"),
    ]
    for uri in uris:
        scheme, _, rest = uri.partition("://")
        own = rest.partition("/")[2].startswith(f"{subject.namespace}/") and ".." not in rest
        pinned = {
            "s3": own,
            "hf": ":" in rest,
            "oci": "@sha256:" in rest,
            "oci+native": "@sha256:" in rest,
            "mlflow": True,
            # A claim is of the namespace itself.
            "pvc": True,
        }
        if uri and not pinned.get(scheme, False):
            yield f"takes its weights from {uri}"


@rule(
    About(
        id="secret-own-prefix",
        title="A tenant's secrets lie below its own name",
        severity=Severity.CRITICAL,
        why="The store that External Secrets asks holds the secrets of all tenants.",
        remedy="Begin remoteRef.key with <namespace>/, take out find and generators, and use the "
        "ClusterSecretStore slipway.",
        sources=("CIS-4.4.2", "slipway/own-secrets"),
    ),
    "external-secrets.io/ExternalSecret", "external-secrets.io/SecretStore",
    "external-secrets.io/PushSecret",
)  # fmt: skip
def own_secrets(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    if subject.kind != "external-secrets.io/ExternalSecret":
        yield "is a way to secrets of its own"
        return
    spec = fields(subject.props, "spec")
    store = fields(spec, "secretStoreRef")
    if (text(store, "kind"), text(store, "name")) != ("ClusterSecretStore", "slipway"):
        yield "reads another store than the ClusterSecretStore slipway"
    refs = [fields(one, "remoteRef") for one in objects(spec, "data")]
    for one in objects(spec, "dataFrom"):
        refs.append(fields(one, "extract"))
        if at(one, "extract") is None:
            yield "searches the store"
    if any(at(one, "sourceRef") for one in (*objects(spec, "data"), *objects(spec, "dataFrom"))):
        yield "reads another store for some of its values"
    for ref in refs:
        key = text(ref, "key")
        if ref and not key.startswith(f"{subject.namespace}/"):
            yield f"reads {key or 'a key without a name'}"


@rule(
    About(
        id="graph-front-door",
        title="A graph calls its members through the front door",
        severity=Severity.HIGH,
        why="A step to an address inside the cluster goes around tokens, limits and the mesh's "
        "policies, or to another tenant.",
        remedy="Name the members as deployments; rendering makes https://<host> of them.",
        sources=("slipway/front-door",),
    ),
    GRAPH,
)
def graph_front_door(subject: Subject, _scene: Scene) -> Iterator[str]:
    nodes = fields(subject.props, "spec", "nodes")
    for name in nodes:
        for step in objects(nodes, name, "steps"):
            url = text(step, "serviceUrl")
            own = re.match(rf"https://[a-z0-9-]+\.{re.escape(subject.namespace)}\.models\.", url)
            if url and not own:
                yield f"calls {url}"


RULES = (
    annotations,
    artifacts,
    graph_front_door,
    in_mesh,
    mode,
    own_secrets,
    private,
)
