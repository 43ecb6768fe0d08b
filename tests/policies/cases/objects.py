"""Bad objects of a tenant."""

from typing import Any, Final

from tests.policies.case import GONE, bad

SPACE: Final = "Namespace risk-scoring"
SERVING: Final = "NetworkPolicy serving"
MODEL: Final = "InferenceService model"
ROUTE: Final = "HTTPRoute model"
GRAPH_ROUTE: Final = "HTTPRoute graph"
GUARD: Final = "SecurityPolicy model"
SECRETS: Final = "ExternalSecret model-secrets"
PSA: Final = "metadata labels pod-security.kubernetes.io"
QUOTA: Final = "ResourceQuota project"
ANYONE: Final[list[Any]] = [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]
NO_LABELS: Final = (
    "app.kubernetes.io/managed-by, slipway.dev/team, slipway.dev/project, slipway.dev/cost-center"
)

WALLS: Final = (
    bad(
        "tenant-pod-security", SPACE, f"{PSA}/enforce", "baseline",
        "enforce is baseline, and a tenant's must be restricted",
    ),
    bad(
        "tenant-pod-security", SPACE, f"{PSA}/warn-version", "latest",
        "warn has no version of its own",
    ),
    bad(
        "tenant-mesh", SPACE, "metadata labels istio.io/dataplane-mode", GONE,
        "istio.io/dataplane-mode is not ambient",
    ),
    bad("tenant-labels", "Service plain", "metadata labels", GONE, f"has no label {NO_LABELS}"),
    bad(
        "default-namespace", "Service plain", "metadata namespace", "default",
        "stands in the namespace default",
    ),
    bad(
        "tenant-default-deny", "NetworkPolicy default-deny", "", GONE,
        "has no NetworkPolicy that denies everything by default",
    ),
    bad(
        "tenant-default-deny", "NetworkPolicy default-deny", "spec podSelector",
        {"matchLabels": {"app": "x"}},
        "has no NetworkPolicy that denies everything by default",
    ),
    bad(
        "tenant-dns", SERVING, "spec egress 0 ports", [{"protocol": "UDP", "port": 53}],
        "has no NetworkPolicy that lets its pods ask kube-dns on UDP and TCP 53",
    ),
    bad(
        "network-policy-open", SERVING, "spec ingress", [{"ports": []}],
        "ingress names no peer, so it is open to everyone",
    ),
    bad(
        "network-policy-open", SERVING, "spec ingress", [{"from": [{"namespaceSelector": {}}]}],
        "ingress is open to namespaces that it does not name",
    ),
    bad(
        "network-policy-open", SERVING, "spec egress", ANYONE,
        "egress to every address includes 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, "
        "172.16.0.0/12, 192.168.0.0/16",
    ),
    bad(
        "tenant-quota", QUOTA, "spec hard services.loadbalancers", "1",
        "has no ResourceQuota with services.loadbalancers: 0",
    ),
    bad(
        "tenant-limit-range", "LimitRange containers", "spec limits 0 default memory", GONE,
        "has no LimitRange with defaults for the cpu and memory of containers",
    ),
    bad(
        "tenant-strict-mtls", "PeerAuthentication default", "spec mtls mode", "PERMISSIVE",
        "has no PeerAuthentication STRICT for all its pods",
    ),
    bad(
        "mtls-weakened", "PeerAuthentication default", "spec portLevelMtls",
        {"8080": {"mode": "DISABLE"}}, "allows mode DISABLE",
    ),
    bad(
        "tenant-authorization", "AuthorizationPolicy models", "", GONE,
        "has no AuthorizationPolicy that guards all its pods",
    ),
    bad(
        "authorization-policy-open", "AuthorizationPolicy models", "spec rules", [{"to": []}],
        "allows callers that it does not name by principal",
    ),
    bad(
        "authorization-policy-open", "AuthorizationPolicy models",
        "spec rules 0 from 0 source principals", ["*"], "allows principals with a wildcard",
    ),
    bad(
        "tenant-service-account", "ServiceAccount default", "automountServiceAccountToken", True,
        "its ServiceAccount default mounts a token",
    ),
    bad(
        "service-account-token", "ServiceAccount models", "automountServiceAccountToken", GONE,
        "mounts a token for the Kubernetes API",
    ),
    bad(
        "service-exposure", "Service plain", "spec type", "LoadBalancer", "is of type LoadBalancer"
    ),
    bad("service-exposure", "Service plain", "spec type", "NodePort", "is of type NodePort"),
    bad("service-exposure", "Service plain", "spec externalIPs", ["1.2.3.4"], "has external IPs"),
    bad(
        "service-exposure", "Gateway slipway", "metadata namespace", "risk-scoring",
        "is a door of its own",
    ),
)  # fmt: skip

MODELS: Final = (
    bad(
        "workload-derived", MODEL, "spec predictor", "none",
        "nobody can tell which pods it becomes",
    ),
    bad(
        "model-private", MODEL, "metadata labels networking.knative.dev/visibility", GONE,
        "networking.knative.dev/visibility is not cluster-local",
    ),
    bad(
        "model-mode", MODEL, "metadata annotations serving.kserve.io/deploymentMode", "ModelMesh",
        "its deploymentMode is ModelMesh",
    ),
    bad(
        "model-annotations", MODEL, "metadata annotations sidecar.istio.io/inject", "false",
        "carries the annotation sidecar.istio.io/inject",
    ),
    bad(
        "model-artifacts", MODEL, "spec predictor model storageUri", "s3://models/other/model/v3",
        "takes its weights from s3://models/other/model/v3",
    ),
    bad(
        "model-artifacts", "LLMInferenceService large", "spec model uri", "hf://Qwen/Qwen2.5",
        "takes its weights from hf://Qwen/Qwen2.5",
    ),
    bad("production-replicas", MODEL, "spec predictor minReplicas", 1, "has 1 at the least"),
    bad(
        "production-zones", MODEL, "spec predictor topologySpreadConstraints", [],
        "its replicas are not spread over zones",
    ),
    bad(
        "production-disruption-budget", "PodDisruptionBudget model", "", GONE,
        "has no PodDisruptionBudget",
    ),
    bad(
        "production-disruption-budget", "PodDisruptionBudget graph", "", GONE,
        "has no PodDisruptionBudget",
    ),
    bad(
        "model-not-disrupted", MODEL, "metadata annotations karpenter.sh/do-not-disrupt", GONE,
        "has no annotation karpenter.sh/do-not-disrupt",
    ),
    bad(
        "autoscaler-only-recommends", "VerticalPodAutoscaler model-predictor",
        "spec updatePolicy updateMode", "Recreate", "acts on pods",
    ),
    bad(
        "graph-front-door", "InferenceGraph graph", "spec nodes root steps 0 serviceUrl",
        "http://model.other.svc", "calls http://model.other.svc",
    ),
    bad(
        "secret-own-prefix", SECRETS, "spec data 0 remoteRef key", "other/store",
        "reads other/store",
    ),
    bad("secret-own-prefix", SECRETS, "spec dataFrom", [{"find": {}}], "searches the store"),
    bad(
        "secret-own-prefix", SECRETS, "spec secretStoreRef kind", "SecretStore",
        "reads another store than the ClusterSecretStore slipway",
    ),
    bad(
        "secret-own-prefix", SECRETS, "spec data 0 sourceRef", {"storeRef": {"name": "x"}},
        "reads another store for some of its values",
    ),
)  # fmt: skip

DOORS: Final = (
    bad("route-guarded", GUARD, "", GONE, "has no SecurityPolicy"),
    bad(
        "security-policy-closed", GUARD, "spec authorization defaultAction", "Allow",
        "lets callers in by default",
    ),
    bad("security-policy-closed", GUARD, "spec jwt", GONE, "asks for no authentication"),
    bad(
        "security-policy-closed", GUARD, "spec jwt optional", True,
        "takes requests without a token",
    ),
    bad(
        "security-policy-closed", GUARD, "spec jwt providers 0 audiences", [],
        "accepts any audience or issuer from stack",
    ),
    bad(
        "route-bounded", "BackendTrafficPolicy model", "spec rateLimit", GONE,
        "has no BackendTrafficPolicy with a timeout and a rate limit",
    ),
    bad(
        "route-own-host", ROUTE, "spec hostnames", ["model.other.models.example.com"],
        "answers model.other.models.example.com",
    ),
    bad("route-own-host", ROUTE, "spec hostnames", GONE, "answers every host of its listener"),
    bad(
        "route-own-host", ROUTE, "spec parentRefs 0 kind", "Gateway",
        "hangs on Gateway risk-scoring/models",
    ),
    bad(
        "route-own-backend", ROUTE, "spec rules 0 backendRefs 0 namespace", "other",
        "goes to other/model-predictor",
    ),
    bad(
        "route-own-backend", GRAPH_ROUTE, "spec rules 0 filters", [],
        "goes to Kourier without the host of its own model",
    ),
    bad(
        "route-own-backend", ROUTE, "spec rules 0 backendRefs 0 kind", "Backend",
        "goes to a Backend",
    ),
    bad(
        "reference-grant-narrow", "ReferenceGrant risk-scoring", "spec to 0 name", GONE,
        "opens Service of any name",
    ),
    bad(
        "reference-grant-narrow", "ReferenceGrant risk-scoring", "spec from 0 kind", "TCPRoute",
        "opens it to more than HTTPRoutes",
    ),
    bad(
        "listener-own", "ListenerSet models", "spec listeners 0 hostname", "*.example.com",
        "listens for *.example.com",
    ),
    bad(
        "listener-own", "ListenerSet models", "spec listeners 0 protocol", "HTTP",
        "listens in HTTP",
    ),
    bad(
        "listener-own", "ListenerSet models", "spec listeners 0 allowedRoutes namespaces from",
        "All", "takes routes of other namespaces",
    ),
    bad(
        "gateway-listeners", "Gateway slipway", "spec allowedListeners namespaces from", "All",
        "takes listeners of every namespace",
    ),
    bad(
        "certificate-own", "Certificate models", "spec dnsNames 0", "example.com",
        "asks for example.com",
    ),
    bad("certificate-own", "Certificate models", "spec isCA", True, "asks for more than hosts"),
)  # fmt: skip

OBJECTS: Final = (*WALLS, *MODELS, *DOORS)
