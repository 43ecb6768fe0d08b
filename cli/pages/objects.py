"""docs/reference/objects.md: which objects an entry becomes, and why each field is as it is."""

from collections.abc import Iterator, Mapping

from catalog.explanations import BY_KIND, COMMON, Because
from catalog.manifests import ORDER
from cli.pages.markdown import anchor, page, table, tick

INTRO = """\
A project becomes a namespace with walls around it, a deployment what runs and a door to it. Nothing
else is made, and `slipway render` prints exactly what the cluster gets. For one endpoint of yours,
`slipway explain NAME` goes through every field with its value and the line that it follows from."""

IN_ORDER = """\
Objects are printed and applied in the order of these tables: what others need comes first."""

OF_A_PROJECT: Mapping[str, tuple[str, str]] = {
    "Namespace": ("always", "Pod Security *restricted*, membership in the mesh, who pays."),
    "ServiceAccount": (
        "two",
        "`models` may read the project's own artifacts; `default` may do nothing. Neither has a "
        "token mounted.",
    ),
    "RoleBinding": ("always", "The team's owners may look at everything, and change nothing."),
    "ResourceQuota": ("always", "The project's quota, or exactly what its deployments need."),
    "LimitRange": ("always", "Amounts for containers that upstream adds without any."),
    "NetworkPolicy": ("two", "Nothing in, nothing out; then the few openings that serving needs."),
    "PeerAuthentication": ("always", "mTLS on every connection inside."),
    "AuthorizationPolicy": ("always", "Only the gateways, Knative and the scrapers reach a model."),
    "Certificate": ("always", "`*.{namespace}.models.{domain}`, by cert-manager."),
    "ListenerSet": ("always", "The project's own listener at the shared Gateway."),
    "ReferenceGrant": ("always", "Its routes may lead to Knative's internal ingress."),
    "PodMonitor": ("always", "Metrics of model servers and queue-proxies."),
    "ConfigMap": ("one", "A Grafana dashboard of all its endpoints."),
    "ExternalSecret": ("with a Hugging Face token", "The token, for the downloader of weights."),
}

OF_A_DEPLOYMENT: Mapping[str, tuple[str, str]] = {
    "ExternalSecret": (
        "with [secrets](entry.md#secrets)",
        "Fetches them from the secret store.",
    ),
    "LocalModelNamespaceCache": (
        "with [cache](entry.md#cache)",
        "Keeps weights on the disks of GPU nodes.",
    ),
    "ConfigMap": ("with [examples](entry.md#examples)", "Requests with their right answers."),
    "InferenceService": (
        "for every model but those below",
        "The model, its server, its transformer and explainer.",
    ),
    "LLMInferenceService": ("`vllm` that never sleeps", "A large language model on vLLM."),
    "InferenceGraph": ("with [graph](entry.md#graph)", "Several deployments behind one endpoint."),
    "PodDisruptionBudget": (
        "where at least two replicas run",
        "Nodes are drained one replica at a time.",
    ),
    "VerticalPodAutoscaler": (
        "with `serving: standard`",
        "Recommends requests, and never acts on them.",
    ),
    "ScaledObject": (
        "with a [schedule](entry.md#scaling-schedule), or `standard` by requests",
        "Scaling by KEDA.",
    ),
    "HTTPRoute": ("always", "The endpoint's host, and the paths of its protocol and no others."),
    "SecurityPolicy": ("always", "Whose tokens are accepted, and who of them may call."),
    "BackendTrafficPolicy": (
        "always",
        "Timeouts, retries within a budget, circuit breaking, the rate limit of each caller.",
    ),
    "PrometheusRule": ("with [slo](entry.md#slo)", "Burn-rate alerts for the promise."),
}


def objects() -> str:
    """The page."""
    return page(
        "Objects",
        "`catalog/explanations.py`",
        INTRO,
        IN_ORDER,
        "## Of a project",
        table(("kind", "when", "what for"), _rows(OF_A_PROJECT)),
        "## Of a deployment",
        table(("kind", "when", "what for"), _rows(OF_A_DEPLOYMENT)),
        "## Field by field",
        "Settings are those of the [entry](entry.md); those of the stack stand in\n"
        "`Pulumi.<stack>.yaml`, those of the team in `team.yaml`. Of every object:",
        table(("field", "follows", "how"), _fields(COMMON)),
        *(block for kind in sorted(OF_A_DEPLOYMENT, key=ORDER.index) for block in _kind(kind)),
    )


def _rows(kinds: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    for kind, (when, what) in sorted(kinds.items(), key=lambda row: ORDER.index(row[0])):
        shown = f"[{kind}](#{kind.lower()})" if kinds is OF_A_DEPLOYMENT else kind
        yield shown, when, what


def _kind(kind: str) -> Iterator[str]:
    yield f"{anchor(kind.lower())}\n### {kind}"
    yield table(("field", "follows", "how"), _fields(BY_KIND[kind]))


def _fields(explained: Mapping[str, Because]) -> Iterator[tuple[str, str, str]]:
    for path, because in explained.items():
        follows = ", ".join(map(_setting, because.settings))
        yield tick(path), follows, because.rule


def _setting(setting: str) -> str:
    scope, _, name = setting.rpartition(":")
    if scope:
        return f"{tick(name)} of the {'stack' if scope == 'env' else scope}"
    if name == "capacity":
        return f"[{tick(name)}](entry.md#tiers-capacity) of the tier"
    return f"[{tick(name)}](entry.md#{name.replace('.', '-').replace('_', '-')})"
