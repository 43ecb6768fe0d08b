"""Who may do what in the cluster: RBAC, and tokens for it."""

from collections.abc import Iterator, Set
from typing import Final

from policies.rules.reading import Fields, at, fields, objects, text, texts
from policies.rules.rule import About, Check, Rule, Scene, Severity, Subject, rule

ROLES: Final = ("rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/Role")
BINDINGS: Final = (
    "rbac.authorization.k8s.io/ClusterRoleBinding",
    "rbac.authorization.k8s.io/RoleBinding",
)
OWNER_ROLE: Final = "slipway-tenant-owner"
READ: Final = frozenset({"get", "list", "watch"})
WRITE: Final = frozenset({"create", "delete", "patch", "update"})


def _grants(rule_: Fields, group: str, resource: str, verbs: Set[str]) -> list[str]:
    """Those of the verbs that a rule grants on a resource."""
    if group not in texts(rule_, "apiGroups") or resource not in texts(rule_, "resources"):
        return []
    return sorted(verbs & set(texts(rule_, "verbs")))


def _grant_rule(about: About, *guarded: tuple[str, str, Set[str]]) -> Rule:
    """A rule that no role grants these verbs on these resources."""

    def check(subject: Subject, _scene: Scene) -> Iterator[str]:
        for one in objects(subject.props, "rules"):
            for group, resource, verbs in guarded:
                granted = _grants(one, group, resource, verbs)
                if granted:
                    yield f"grants {', '.join(granted)} on {resource}"

    checked: Check = check
    return rule(about, *ROLES)(checked)


@rule(
    About(
        id="rbac-wildcards",
        title="A role names what it grants",
        severity=Severity.HIGH,
        why="A wildcard grants what the next upgrade adds, too.",
        remedy="List groups, resources and verbs.",
        sources=(
            "CKV_K8S_49", "CIS-4.1.3", "C-0035", "kyverno/restrict-wildcard-resources",
            "kyverno/restrict-wildcard-verbs", "eks/rbac",
        ),
    ),
    *ROLES,
)  # fmt: skip
def wildcards(subject: Subject, _scene: Scene) -> Iterator[str]:
    for one in objects(subject.props, "rules"):
        for what in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            if "*" in texts(one, what):
                yield f"grants every one of {what}"


RBAC: Final = "rbac.authorization.k8s.io"
ADMISSION: Final = "admissionregistration.k8s.io"

escalation = _grant_rule(
    About(
        id="rbac-escalation",
        title="No role makes its holder more than it is",
        severity=Severity.CRITICAL,
        why="Whoever may bind, escalate or impersonate may do everything.",
        remedy="Take bind, escalate and impersonate out.",
        sources=(
            "CKV_K8S_157", "CKV_K8S_158", "CKV2_K8S_1", "CKV2_K8S_3", "CIS-4.1.8",
            "kyverno/restrict-escalation-verbs-roles",
        ),
    ),
    *((RBAC, name, {"bind", "escalate"}) for name in ("clusterroles", "roles")),
    *((RBAC, f"{name}bindings", WRITE - {"delete"}) for name in ("clusterrole", "role")),
    *(("", name, {"impersonate"}) for name in ("groups", "serviceaccounts", "users")),
)  # fmt: skip

secrets = _grant_rule(
    About(
        id="rbac-secrets",
        title="No role of ours reads secrets",
        severity=Severity.HIGH,
        why="A Secret of a tenant holds its tokens; whoever lists Secrets has them all.",
        remedy="Take secrets out; name single ones by resourceNames in a chart of their own.",
        sources=("CKV2_K8S_5", "CIS-4.1.2"),
    ),
    ("", "secrets", READ),
)

execution = _grant_rule(
    About(
        id="rbac-execution",
        title="No role of ours runs commands in pods or on nodes",
        severity=Severity.HIGH,
        why="Into a model's pod, or past the API's audit to the kubelet, goes whoever may exec or "
        "proxy.",
        remedy="Take pods/exec, pods/attach and nodes/proxy out.",
        sources=("CKV2_K8S_2", "CIS-4.1.10", "C-0002"),
    ),
    *(("", name, READ | WRITE) for name in ("nodes/proxy", "pods/attach", "pods/exec")),
)

webhooks = _grant_rule(
    About(
        id="rbac-control",
        title="No role of ours changes who admits, who signs, or where traffic goes",
        severity=Severity.HIGH,
        why="A webhook sees and changes every object; a signed certificate is any identity; a "
        "Service's status takes others' traffic (CVE-2020-8554).",
        remedy="Leave webhook configurations, certificate approvals and services/status to the "
        "charts that own them.",
        sources=("CKV_K8S_155", "CKV_K8S_156", "CKV2_K8S_4", "CIS-4.1.11"),
    ),
    (ADMISSION, "mutatingwebhookconfigurations", WRITE),
    (ADMISSION, "validatingwebhookconfigurations", WRITE),
    ("certificates.k8s.io", "certificatesigningrequests/approval", {"patch", "update"}),
    ("certificates.k8s.io", "signers", {"approve"}),
    ("", "services/status", {"patch", "update"}),
)

creation = _grant_rule(
    About(
        id="rbac-creation",
        title="No role of ours creates pods, volumes or tokens",
        severity=Severity.MEDIUM,
        why="Whoever creates a pod runs as any account of its namespace, a PersistentVolume mounts "
        "any directory of a node, and a token is its account.",
        remedy="Leave them to the controllers.",
        sources=("CIS-4.1.4", "CIS-4.1.9", "CIS-4.1.12"),
    ),
    *(("", name, {"create"}) for name in ("persistentvolumes", "pods", "serviceaccounts/token")),
)


@rule(
    About(
        id="rbac-cluster-admin",
        title="Nobody is bound to cluster-admin",
        severity=Severity.CRITICAL,
        why="Administrators come by EKS access entries, which AWS logs and takes back.",
        remedy="Bind a role that grants what is needed, to a named group.",
        sources=(
            "CIS-4.1.1", "C-0035", "kyverno/restrict-binding-clusteradmin", "eks/rbac",
        ),
    ),
    *BINDINGS,
)  # fmt: skip
def cluster_admin(subject: Subject, _scene: Scene) -> Iterator[str]:
    if text(subject.props, "roleRef", "name") in ("admin", "cluster-admin", "edit"):
        yield f"binds {text(subject.props, 'roleRef', 'name')}"
    for one in objects(subject.props, "subjects"):
        name = text(one, "name")
        everyone = ("system:anonymous", "system:authenticated", "system:unauthenticated")
        if name in (*everyone, "system:masters", "system:serviceaccounts"):
            yield f"binds {name}"


@rule(
    About(
        id="rbac-default-account",
        title="No ServiceAccount named default may do anything",
        severity=Severity.HIGH,
        why="Every pod of the namespace that names no account would have it.",
        remedy="Bind an account of the workload's own.",
        sources=("CKV_K8S_42", "CIS-4.1.5"),
    ),
    *BINDINGS,
)
def default_account(subject: Subject, _scene: Scene) -> Iterator[str]:
    for one in objects(subject.props, "subjects"):
        if (text(one, "kind"), text(one, "name")) == ("ServiceAccount", "default"):
            yield "binds the ServiceAccount default"


@rule(
    About(
        id="tenant-owners-look",
        title="A tenant's owners look, and change nothing",
        severity=Severity.HIGH,
        why="Whoever writes an HTTPRoute, or any rendered object, of a tenant reaches past its "
        "walls; entries are the way to change it.",
        remedy=f"Bind groups of owners to the ClusterRole {OWNER_ROLE}, which only reads.",
        sources=("CIS-4.5.1", "C-0035", "eks/rbac"),
    ),
    *BINDINGS, *ROLES,
)  # fmt: skip
def owners_look(subject: Subject, _scene: Scene) -> Iterator[str]:
    if subject.kind in ROLES:
        if subject.tenant:
            yield "is a role of its own"
        owners = text(subject.props, "metadata", "name") == OWNER_ROLE
        for one in objects(subject.props, "rules") if owners else ():
            more = sorted(set(texts(one, "verbs")) - READ)
            if more:
                yield f"lets owners {', '.join(more)} {', '.join(texts(one, 'resources'))}"
    elif subject.tenant:
        ref = fields(subject.props, "roleRef")
        if (text(ref, "kind"), text(ref, "name")) != ("ClusterRole", OWNER_ROLE):
            yield f"binds the {text(ref, 'kind')} {text(ref, 'name')}"


@rule(
    About(
        id="service-account-token",
        title="A tenant's ServiceAccount mounts no token",
        severity=Severity.HIGH,
        why="Pods inherit it wherever they do not say otherwise.",
        remedy="Set automountServiceAccountToken: false.",
        sources=(
            "CKV_K8S_38", "CIS-4.1.6", "C-0034", "kyverno/restrict-automount-sa-token",
        ),
    ),
    "core/ServiceAccount",
)  # fmt: skip
def account_token(subject: Subject, _scene: Scene) -> Iterator[str]:
    if subject.tenant and at(subject.props, "automountServiceAccountToken") is not False:
        yield "mounts a token for the Kubernetes API"


RULES = (
    account_token,
    cluster_admin,
    creation,
    default_account,
    escalation,
    execution,
    owners_look,
    secrets,
    webhooks,
    wildcards,
)
