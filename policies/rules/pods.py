"""What a pod may do on its node: the Pod Security Standards, field by field.

The API server enforces them by the labels of a namespace; here they are found before it is asked,
also in the pods that a model's object will become.
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import at, fields, items, objects, text, true
from policies.rules.rule import CONTAINER, POD, About, Scene, Severity, Subject, annotation, rule

SAFE_SYSCTLS: Final = frozenset(
    {
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    }
)  # fmt: skip
SAFE_VOLUMES: Final = frozenset(
    {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image",
        "persistentVolumeClaim", "projected", "secret",
    }
)  # fmt: skip
"""The volumes of the level restricted, and images, which are read-only by nature."""
SELINUX_TYPES: Final = frozenset(
    {"", "container_engine_t", "container_init_t", "container_kvm_t", "container_t"}
)


@rule(
    About(
        id="pod-host-namespaces",
        title="No pod shares its node's namespaces",
        severity=Severity.CRITICAL,
        why="In the host's network, process or IPC namespace a pod sees and signals what runs "
        "beside it, the kubelet and the metadata service among it.",
        remedy="Take hostNetwork, hostPID and hostIPC out.",
        sources=(
            "CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CIS-4.2.2", "CIS-4.2.3", "CIS-4.2.4",
            "C-0038", "C-0041", "kyverno/disallow-host-namespaces",
        ),
    ),
    POD,
)  # fmt: skip
def host_namespaces(subject: Subject, _scene: Scene) -> Iterator[str]:
    spec = fields(subject.props, "spec")
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if true(spec, field):
            yield f"sets {field}"


@rule(
    About(
        id="pod-volumes",
        title="No pod mounts a directory of its node",
        severity=Severity.CRITICAL,
        why="A path of the host leads to the kubelet's credentials, the container runtime's socket "
        "and other tenants' weights.",
        remedy="Use emptyDir, a projected volume, an image volume or a claim.",
        sources=(
            "CKV_K8S_27", "C-0058", "kyverno/disallow-host-path", "kyverno/restrict-volume-types",
        ),
    ),
    POD,
)  # fmt: skip
def volumes(subject: Subject, _scene: Scene) -> Iterator[str]:
    for volume in objects(subject.props, "spec", "volumes"):
        for kind in sorted(volume.keys() - SAFE_VOLUMES - {"name"}):
            yield f"volume {text(volume, 'name')} is of type {kind}"


@rule(
    About(
        id="pod-sysctls",
        title="No pod tunes its node's kernel",
        severity=Severity.HIGH,
        why="A sysctl outside the safe list acts on every pod of the node.",
        remedy=f"Keep to {', '.join(sorted(SAFE_SYSCTLS))}.",
        sources=("kyverno/restrict-sysctls", "C-0055"),
    ),
    POD,
)
def sysctls(subject: Subject, _scene: Scene) -> Iterator[str]:
    for sysctl in objects(subject.props, "spec", "securityContext", "sysctls"):
        if text(sysctl, "name") not in SAFE_SYSCTLS:
            yield f"sets the sysctl {text(sysctl, 'name')}"


@rule(
    About(
        id="pod-confinement",
        title="No pod leaves AppArmor, SELinux or Windows' isolation",
        severity=Severity.HIGH,
        why="These confine a process that has broken out of its container.",
        remedy="Take the profile out, or use RuntimeDefault; use no user or role of SELinux and "
        "one of its container types.",
        sources=(
            "C-0055", "kyverno/disallow-selinux", "kyverno/restrict-apparmor-profiles",
            "kyverno/disallow-host-process",
        ),
    ),
    POD, CONTAINER,
)  # fmt: skip
def confinement(subject: Subject, _scene: Scene) -> Iterator[str]:
    of_pod = subject.kind == POD
    context = fields(subject.props, *(("spec",) if of_pod else ()), "securityContext")
    if text(context, "appArmorProfile", "type") == "Unconfined":
        yield "is not confined by AppArmor"
    linux = fields(context, "seLinuxOptions")
    if text(linux, "type") not in SELINUX_TYPES or text(linux, "user") or text(linux, "role"):
        yield "chooses its own SELinux label"
    if true(context, "windowsOptions", "hostProcess"):
        yield "is a host process of Windows"
    for name in fields(subject.props, "metadata", "annotations") if of_pod else ():
        beta = name.startswith("container.apparmor.security.beta.kubernetes.io/")
        if beta and annotation(subject.props, name) == "unconfined":
            yield "is not confined by AppArmor"


@rule(
    About(
        id="pod-token",
        title="A tenant's pod has no token for the Kubernetes API",
        severity=Severity.HIGH,
        why="A model has no business with the API; what breaks into it would have.",
        remedy="Set automountServiceAccountToken: false, and project no token.",
        sources=(
            "CKV_K8S_38", "CIS-4.1.6", "C-0034", "kyverno/restrict-automount-sa-token",
            "eks/no-token",
        ),
    ),
    POD,
)  # fmt: skip
def token(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not subject.tenant:
        return
    spec = fields(subject.props, "spec")
    if true(spec, "automountServiceAccountToken"):
        yield "mounts a token for the Kubernetes API"
    for volume in objects(spec, "volumes"):
        sources = items(volume, "projected", "sources")
        if any("audience" not in fields(s, "serviceAccountToken") for s in sources
               if isinstance(at(s, "serviceAccountToken"), dict)):  # fmt: skip
            yield f"volume {text(volume, 'name')} projects a token for the Kubernetes API"


@rule(
    About(
        id="pod-own-account",
        title="A tenant's pod runs as its tenant's account",
        severity=Severity.MEDIUM,
        why="AWS knows the pod by its ServiceAccount; default is bound to nothing and shared.",
        remedy="Set serviceAccountName: models.",
        sources=("CKV_K8S_41", "CIS-4.1.5", "CIS-5.2.1", "eks/role-per-application"),
    ),
    POD,
)
def own_account(subject: Subject, _scene: Scene) -> Iterator[str]:
    name = text(subject.props, "spec", "serviceAccountName")
    if subject.tenant and name in ("", "default"):
        yield "runs as the ServiceAccount default"


RULES = (
    confinement,
    host_namespaces,
    own_account,
    sysctls,
    token,
    volumes,
)
