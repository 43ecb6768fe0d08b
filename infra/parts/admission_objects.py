"""Admission of a tenant's objects: doors, secrets, models, roles, and the namespace itself."""

from typing import Final

from catalog.render.namespace import OWNER_ROLE
from catalog.render.secrets import SECRET_STORE
from infra.parts.admission_policy import Policy, Validation

NAMESPACE: Final = ("namespace", "object.metadata.namespace")
LABELS: Final = ("labels", "object.metadata.?labels.orValue({})")
KNOWN: Final = (
    r"^(autoscaling\\.knative\\.dev/[a-z-]+"
    r"|karpenter\\.sh/do-not-disrupt"
    r"|kubectl\\.kubernetes\\.io/last-applied-configuration"
    r"|modelFormat"
    r"|pulumi\\.com/[A-Za-z]+"
    r"|queue\\.sidecar\\.serving\\.knative\\.dev/(cpu|memory)-resource-(limit|request)"
    r"|internal\\.serving\\.kserve\\.io/[a-z-]+"
    r"|serving\\.knative\\.dev/(creator|lastModifier|progress-deadline)"
    r"|serving\\.kserve\\.io/(autoscalerClass|deploymentMode|stop)"
    r"|slipway\\.dev/[a-z-]+)$"
)
"""Annotations that rendering sets, and that KServe, Knative and Pulumi add, as CEL writes them."""

SERVICES: Final = Policy(
    name="slipway-tenant-services",
    rules=("service-exposure",),
    matches=(
        ("", ("services",)),
        ("networking.k8s.io", ("ingresses",)),
        ("gateway.networking.k8s.io", ("gateways",)),
    ),
    validations=(
        Validation(
            "object.kind == 'Service'",
            "An endpoint's host comes with its HTTPRoute: a tenant has no Ingress and no Gateway.",
        ),
        Validation(
            "!(object.spec.?type.orValue('ClusterIP') in ['LoadBalancer', 'NodePort'])"
            " && size(object.spec.?externalIPs.orValue([])) == 0",
            "A tenant's Services are ClusterIP, without external IPs.",
        ),
    ),
)

SECRETS: Final = Policy(
    name="slipway-tenant-secrets",
    rules=("secret-own-prefix",),
    matches=(
        ("external-secrets.io", ("externalsecrets", "pushsecrets", "secretstores")),
        ("generators.external-secrets.io", ("*",)),
    ),
    variables=(
        ("own", "object.metadata.namespace + '/'"),
        ("data", "object.spec.?data.orValue([])"),
        ("dataFrom", "object.spec.?dataFrom.orValue([])"),
    ),
    validations=(
        Validation(
            "object.kind == 'ExternalSecret'",
            "A tenant reads secrets by ExternalSecrets alone.",
        ),
        Validation(
            "object.spec.?secretStoreRef.?kind.orValue('') == 'ClusterSecretStore'"
            f" && object.spec.?secretStoreRef.?name.orValue('') == '{SECRET_STORE}'"
            " && (variables.data + variables.dataFrom).all(d, !has(d.sourceRef))",
            f"Secrets come from the ClusterSecretStore {SECRET_STORE}.",
        ),
        Validation(
            "variables.data.all(d, d.?remoteRef.?key.orValue('').startsWith(variables.own))"
            " && variables.dataFrom.all(d,"
            " d.?extract.?key.orValue('').startsWith(variables.own) && !has(d.find))",
            "A tenant's secrets lie below its own name: <namespace>/….",
        ),
    ),
)

ROUTES: Final = Policy(
    name="slipway-tenant-routes",
    rules=("route-own-backend", "route-own-host"),
    matches=(("gateway.networking.k8s.io", ("httproutes",)),),
    variables=(
        NAMESPACE,
        ("rules", "object.spec.?rules.orValue([])"),
        ("hosts", "object.spec.?hostnames.orValue([])"),
    ),
    validations=(
        Validation(
            "size(variables.hosts) > 0 && variables.hosts.all(h, h.matches("
            "'^[a-z0-9]([a-z0-9-]*[a-z0-9])?\\\\.' + variables.namespace + '\\\\.models\\\\.'))",
            "A route answers {name}.{namespace}.models.{domain} of its own namespace.",
        ),
        Validation(
            "object.spec.?parentRefs.orValue([]).all(p, p.?kind.orValue('') == 'ListenerSet'"
            " && p.?namespace.orValue(variables.namespace) == variables.namespace)",
            "A route hangs on the ListenerSet of its own namespace.",
        ),
        Validation(
            "variables.rules.all(r, (r.?backendRefs.orValue([])"
            " + r.?filters.orValue([]).filter(f, has(f.requestMirror))"
            ".map(f, f.requestMirror.backendRef)).all(b,"
            " b.?kind.orValue('Service') == 'Service'"
            " && (b.?namespace.orValue(variables.namespace) == variables.namespace"
            " || (b.namespace == 'knative-serving' && b.name == 'kourier-internal'"
            " && r.?filters.orValue([]).exists(f,"
            " f.?urlRewrite.?hostname.orValue('')"
            ".endsWith('.' + variables.namespace + '.svc.cluster.local'))))))",
            "A route leads to a Service of its namespace, or to kourier-internal with the host "
            "rewritten to <service>.<namespace>.svc.cluster.local.",
        ),
    ),
)

GUARDS: Final = Policy(
    name="slipway-tenant-guards",
    rules=("authorization-policy-open", "mtls-weakened", "security-policy-closed"),
    matches=(
        ("gateway.envoyproxy.io", ("securitypolicies",)),
        ("security.istio.io", ("authorizationpolicies", "peerauthentications")),
    ),
    variables=(("spec", "object.?spec.orValue({})"),),
    validations=(
        Validation(
            "object.kind != 'SecurityPolicy'"
            " || (variables.spec.?authorization.?defaultAction.orValue('') == 'Deny'"
            " && !variables.spec.?jwt.?optional.orValue(false)"
            " && ['jwt', 'apiKeyAuth', 'basicAuth', 'oidc', 'extAuth'].exists(way,"
            " way in variables.spec))",
            "A SecurityPolicy asks for an authentication, and denies by default.",
        ),
        Validation(
            "object.kind != 'PeerAuthentication'"
            " || (variables.spec.?mtls.?mode.orValue('STRICT') in ['STRICT', 'UNSET']"
            " && !has(variables.spec.portLevelMtls))",
            "A tenant makes no exception from mTLS.",
        ),
        Validation(
            "object.kind != 'AuthorizationPolicy'"
            " || variables.spec.?action.orValue('ALLOW') != 'ALLOW'"
            " || variables.spec.?rules.orValue([]).all(r, size(r.?from.orValue([])) > 0"
            " && r.from.all(f, size(f.?source.?principals.orValue([])) > 0"
            " && f.source.principals.all(p, !p.contains('*'))))",
            "An AuthorizationPolicy names its callers by principal.",
        ),
    ),
)

MODELS: Final = Policy(
    name="slipway-tenant-models",
    rules=("graph-front-door", "model-annotations", "model-mode", "model-private", "tenant-labels"),
    matches=(
        ("serving.kserve.io", ("inferencegraphs", "inferenceservices", "llminferenceservices")),
    ),
    variables=(
        LABELS,
        NAMESPACE,
        ("annotations", "object.metadata.?annotations.orValue({})"),
        ("llm", "object.kind == 'LLMInferenceService'"),
    ),
    validations=(
        Validation(
            "['slipway.dev/team', 'slipway.dev/project', 'slipway.dev/cost-center'].all(name,"
            " name in variables.labels)",
            "A model says whose it is and who pays: slipway.dev/team, project and cost-center.",
        ),
        Validation(
            "variables.llm"
            " || variables.labels[?'networking.knative.dev/visibility'].orValue('')"
            " == 'cluster-local'",
            "A model is reached inside the cluster only: networking.knative.dev/visibility.",
        ),
        Validation(
            "variables.llm"
            " || variables.annotations[?'serving.kserve.io/deploymentMode'].orValue('')"
            " in ['Knative', 'Standard']",
            "A model's deploymentMode is Knative or Standard.",
        ),
        Validation(
            f"variables.annotations.all(name, name.matches('{KNOWN}'))",
            "A model carries annotations that the platform knows, and no others.",
        ),
        Validation(
            "object.kind != 'InferenceGraph'"
            " || object.spec.nodes.all(name, object.spec.nodes[name].?steps.orValue([]).all(s,"
            " !has(s.serviceUrl) || s.serviceUrl.matches("
            "'^https://[a-z0-9-]+\\\\.' + variables.namespace + '\\\\.models\\\\.')))",
            "A graph calls its members through the front door.",
        ),
    ),
)

ACCESS: Final = Policy(
    name="slipway-tenant-access",
    rules=("service-account-token", "tenant-owners-look"),
    matches=(
        ("", ("serviceaccounts",)),
        ("rbac.authorization.k8s.io", ("rolebindings", "roles")),
    ),
    validations=(
        Validation(
            # Kubernetes itself makes `default`, and says nothing; no pod of a tenant mounts it.
            "object.kind != 'ServiceAccount'"
            " || !object.?automountServiceAccountToken.orValue("
            "object.metadata.name != 'default')",
            "A tenant's ServiceAccount mounts no token.",
        ),
        Validation(
            "object.kind == 'ServiceAccount' || (object.kind == 'RoleBinding'"
            f" && object.roleRef.kind == 'ClusterRole' && object.roleRef.name == '{OWNER_ROLE}')",
            f"In a tenant's namespace only the ClusterRole {OWNER_ROLE} is bound.",
        ),
    ),
)

NAMESPACES: Final = Policy(
    name="slipway-tenant-namespaces",
    rules=("tenant-labels", "tenant-mesh", "tenant-pod-security"),
    matches=(("", ("namespaces",)),),
    variables=(LABELS,),
    validations=(
        Validation(
            "['enforce', 'audit', 'warn'].all(mode,"
            " variables.labels[?'pod-security.kubernetes.io/' + mode].orValue('') == 'restricted'"
            " && ('pod-security.kubernetes.io/' + mode + '-version') in variables.labels)",
            "A tenant's namespace holds its pods to the level restricted, of a named version.",
        ),
        Validation(
            "variables.labels[?'istio.io/dataplane-mode'].orValue('') == 'ambient'",
            "A tenant's namespace is in the mesh.",
        ),
        Validation(
            "['slipway.dev/team', 'slipway.dev/project', 'slipway.dev/cost-center'].all(name,"
            " name in variables.labels)",
            "A tenant's namespace says whose it is and who pays.",
        ),
    ),
    cluster_scoped=True,
)

OBJECT_POLICIES: Final = (ACCESS, GUARDS, MODELS, NAMESPACES, ROUTES, SECRETS, SERVICES)
