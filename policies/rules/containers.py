"""What a container may do: the Pod Security Standards, field by field, and hardening beyond them.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator

from policies.rules.reading import at, fields, objects, text, texts, true, whole
from policies.rules.rule import CONTAINER, SERVER, About, Scene, Severity, Subject, rule


@rule(
    About(
        id="container-privileged",
        title="No container is privileged",
        severity=Severity.CRITICAL,
        why="A privileged container is root on its node.",
        remedy="Take privileged out; GPUs come from the device plugin and need none.",
        sources=(
            "CKV_K8S_16", "CIS-4.2.1", "C-0057", "kyverno/disallow-privileged-containers",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def privileged(subject: Subject, _scene: Scene) -> Iterator[str]:
    if true(subject.props, "securityContext", "privileged"):
        yield "is privileged"


@rule(
    About(
        id="container-escalation",
        title="No process gains privileges that its container has not",
        severity=Severity.HIGH,
        why="Otherwise a setuid program in an image makes its caller root.",
        remedy="Set securityContext.allowPrivilegeEscalation: false.",
        sources=(
            "CKV_K8S_20", "CKV_K8S_30", "CIS-4.2.5", "C-0016",
            "kyverno/disallow-privilege-escalation",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def escalation(subject: Subject, _scene: Scene) -> Iterator[str]:
    if at(subject.props, "securityContext", "allowPrivilegeEscalation") is not False:
        yield "does not forbid privilege escalation"


@rule(
    About(
        id="container-capabilities",
        title="A container drops every capability",
        severity=Severity.HIGH,
        why="No model server needs one; NET_RAW forges packets and SYS_ADMIN mounts.",
        remedy="Set securityContext.capabilities.drop: [ALL] and add nothing but NET_BIND_SERVICE.",
        sources=(
            "CKV_K8S_25", "CKV_K8S_28", "CKV_K8S_37", "CKV_K8S_39", "C-0046", "C-0055",
            "kyverno/disallow-capabilities", "kyverno/disallow-capabilities-strict",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def capabilities(subject: Subject, _scene: Scene) -> Iterator[str]:
    found = fields(subject.props, "securityContext", "capabilities")
    if "ALL" not in texts(found, "drop"):
        yield "does not drop all capabilities"
    added = sorted(set(texts(found, "add")) - {"NET_BIND_SERVICE"})
    if added:
        yield f"adds the capabilities {', '.join(added)}"


@rule(
    About(
        id="container-non-root",
        title="No container runs as root",
        severity=Severity.HIGH,
        why="Root in a container is one mistake of the kernel away from root on the node.",
        remedy="Set runAsNonRoot: true for the pod, and no runAsUser: 0.",
        sources=(
            "CKV_K8S_23", "CKV_K8S_29", "C-0013", "kyverno/require-run-as-nonroot",
            "kyverno/require-run-as-non-root-user",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def non_root(subject: Subject, _scene: Scene) -> Iterator[str]:
    own, of_pod = fields(subject.props, "securityContext"), fields(subject.owner, "securityContext")
    said = at(own, "runAsNonRoot")
    if (at(of_pod, "runAsNonRoot") if said is None else said) is not True:
        yield "may run as root"
    user = whole(own, "runAsUser")
    if (whole(of_pod, "runAsUser") if user is None else user) == 0:
        yield "runs as user 0"


@rule(
    About(
        id="container-seccomp",
        title="A container's system calls are filtered",
        severity=Severity.MEDIUM,
        why="The runtime's profile withholds the calls that exploits of the kernel begin with.",
        remedy="Set seccompProfile.type: RuntimeDefault for the pod or the container.",
        sources=(
            "CKV_K8S_31", "C-0055", "kyverno/restrict-seccomp", "kyverno/restrict-seccomp-strict",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def seccomp(subject: Subject, _scene: Scene) -> Iterator[str]:
    own = text(subject.props, "securityContext", "seccompProfile", "type")
    found = own or text(subject.owner, "securityContext", "seccompProfile", "type")
    if found not in ("RuntimeDefault", "Localhost"):
        yield f"has the seccomp profile {found}" if found else "has no seccomp profile"


@rule(
    About(
        id="container-proc-mount",
        title="A container sees the masked /proc",
        severity=Severity.HIGH,
        why="Unmasked, /proc writes to the kernel's settings.",
        remedy="Take securityContext.procMount out.",
        sources=("kyverno/disallow-proc-mount", "C-0055"),
    ),
    CONTAINER,
)
def proc_mount(subject: Subject, _scene: Scene) -> Iterator[str]:
    if text(subject.props, "securityContext", "procMount") not in ("", "Default"):
        yield "unmasks /proc"


@rule(
    About(
        id="container-host-port",
        title="No container takes a port of its node",
        severity=Severity.HIGH,
        why="It leads around the front door, and two replicas cannot share a node.",
        remedy="Take hostPort out.",
        sources=(
            "CKV_K8S_26", "C-0044", "kyverno/disallow-host-ports",
        ),
    ),
    CONTAINER,
)  # fmt: skip
def host_port(subject: Subject, _scene: Scene) -> Iterator[str]:
    for port in objects(subject.props, "ports"):
        if at(port, "hostPort"):
            yield f"takes port {at(port, 'hostPort')} of its node"


@rule(
    About(
        id="container-read-only-root",
        title="A server cannot change its own image",
        severity=Severity.LOW,
        why="What breaks in cannot stay, and a server that writes beside its volumes fills the "
        "node's disk.",
        remedy="Set securityContext.readOnlyRootFilesystem: true and mount an emptyDir at /tmp.",
        sources=("CKV_K8S_22", "C-0017", "kyverno/require-ro-rootfs"),
    ),
    SERVER,
)
def read_only_root(subject: Subject, _scene: Scene) -> Iterator[str]:
    if at(subject.props, "securityContext", "readOnlyRootFilesystem") is not True:
        yield "has a root file system that it may write"


@rule(
    About(
        id="container-high-user",
        title="A chosen user is none of the node's",
        severity=Severity.LOW,
        why="Below 1000 are the users of system services; after a breakout their files are open.",
        remedy="Choose runAsUser 1000 or higher.",
        sources=("CKV_K8S_40",),
        mandatory=False,
    ),
    CONTAINER,
)
def high_user(subject: Subject, _scene: Scene) -> Iterator[str]:
    user = whole(subject.props, "securityContext", "runAsUser")
    if user is not None and 0 < user < 1000:
        yield f"runs as user {user}"


RULES = (
    capabilities,
    escalation,
    high_user,
    host_port,
    non_root,
    privileged,
    proc_mount,
    read_only_root,
    seccomp,
)
