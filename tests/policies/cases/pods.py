"""Bad pods."""

from typing import Final

from tests.policies.case import GONE, Bad, bad
from tests.policies.world import UNRESOLVED

MAIN: Final = "spec containers 0"
CONTEXT: Final = f"{MAIN} securityContext"
TOKEN: Final = {
    "name": "token",
    "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]},
}
TAINT: Final = {"key": "nvidia.com/gpu", "operator": "Exists"}
DEADLY: Final = "AKIA" + "A2B3C4D5E6F7G2H3"


def pod(rule: str, where: str, value: object, *says: str) -> Bad:
    return bad(rule, "Pod plain", where, value, *says)


PODS: Final = (
    pod("pod-host-namespaces", "spec hostNetwork", True, "sets hostNetwork"),
    pod("pod-host-namespaces", "spec hostPID", True, "sets hostPID"),
    pod("pod-host-namespaces", "spec hostIPC", True, "sets hostIPC"),
    pod(
        "pod-volumes", "spec volumes 0", {"name": "tmp", "hostPath": {"path": "/"}},
        "volume tmp is of type hostPath",
    ),
    pod(
        "pod-sysctls", "spec securityContext sysctls", [{"name": "kernel.msgmax", "value": "1"}],
        "sets the sysctl kernel.msgmax",
    ),
    pod(
        "pod-confinement", "spec securityContext appArmorProfile", {"type": "Unconfined"},
        "is not confined by AppArmor",
    ),
    pod(
        "pod-confinement", f"{CONTEXT} seLinuxOptions", {"type": "spc_t"},
        "chooses its own SELinux label",
    ),
    pod(
        "pod-confinement", "spec securityContext windowsOptions", {"hostProcess": True},
        "is a host process of Windows",
    ),
    pod("container-privileged", f"{CONTEXT} privileged", True, "is privileged"),
    pod(
        "container-escalation", f"{CONTEXT} allowPrivilegeEscalation", GONE,
        "does not forbid privilege escalation",
    ),
    pod(
        "container-capabilities", f"{CONTEXT} capabilities", {"add": ["NET_RAW"]},
        "adds the capabilities NET_RAW", "does not drop all capabilities",
    ),
    pod("container-non-root", "spec securityContext runAsNonRoot", GONE, "may run as root"),
    pod("container-non-root", f"{CONTEXT} runAsUser", 0, "runs as user 0"),
    pod("container-seccomp", f"{CONTEXT} seccompProfile", GONE, "has no seccomp profile"),
    pod(
        "container-seccomp", f"{CONTEXT} seccompProfile type", "Unconfined",
        "has the seccomp profile Unconfined",
    ),
    pod("container-proc-mount", f"{CONTEXT} procMount", "Unmasked", "unmasks /proc"),
    pod(
        "container-host-port", f"{MAIN} ports 0 hostPort", 8080, "takes port 8080 of its node"
    ),
    pod(
        "container-read-only-root", f"{CONTEXT} readOnlyRootFilesystem", False,
        "has a root file system that it may write",
    ),
    pod("container-high-user", f"{CONTEXT} runAsUser", 33, "runs as user 33"),
    pod(
        "pod-token", "spec automountServiceAccountToken", True,
        "mounts a token for the Kubernetes API",
    ),
    pod(
        "pod-token", "spec volumes 0", TOKEN,
        "volume token projects a token for the Kubernetes API",
    ),
    pod(
        "pod-own-account", "spec serviceAccountName", GONE, "runs as the ServiceAccount default"
    ),
    pod(
        "image-digest", f"{MAIN} image", "registry.example.com/ml/part:1",
        "names registry.example.com/ml/part:1 without a digest",
    ),
    pod(
        "image-resolved", f"{MAIN} image", UNRESOLVED,
        f"names {UNRESOLVED}, whose digest is not looked up yet",
    ),
    pod("image-tag", f"{MAIN} image", "part", "names the latest part"),
    pod("image-tag", f"{MAIN} image", "PART:1", "names an image that is none: 'PART:1'"),
    pod("image-registry", f"{MAIN} image", "quay.io/x/part:1", "comes from quay.io"),
    pod("container-resources", f"{MAIN} resources requests cpu", GONE, "does not say requests.cpu"),
    pod("container-cpu-limit", f"{MAIN} resources limits cpu", GONE, "does not say limits.cpu"),
    pod(
        "memory-guaranteed", f"{MAIN} resources limits memory", "2Gi",
        "asks for 1Gi of memory and may take 2Gi",
    ),
    pod("container-readiness", f"{MAIN} readinessProbe", GONE, "has no readiness probe"),
    pod("container-liveness", f"{MAIN} livenessProbe", GONE, "has no liveness probe"),
    pod(
        "container-plain-secret", f"{MAIN} env 0 value", DEADLY,
        "has an AWS access key in LOG_LEVEL",
    ),
    pod(
        "gpu-placement", f"{MAIN} resources limits nvidia.com/gpu", "1",
        "asks for a GPU and does not tolerate the taint nvidia.com/gpu",
        "asks for a GPU on no accelerator",
    ),
    pod(
        "gpu-placement", "spec tolerations", [TAINT],
        "tolerates the taint nvidia.com/gpu and asks for no GPU",
    ),
    pod(
        "gpu-placement", "spec tolerations", [{"operator": "Exists"}],
        "tolerates every taint", "tolerates the taint nvidia.com/gpu and asks for no GPU",
    ),
    pod(
        "gpu-placement", "spec nodeSelector", {"slipway.dev/accelerator": "h100"},
        "waits for GPU nodes without a GPU",
    ),
    pod(
        "gpu-whole", f"{MAIN} resources requests nvidia.com/gpu", "1",
        "asks for 1 GPUs and is limited to none",
    ),
    pod("gpu-whole", f"{MAIN} resources limits nvidia.com/gpu", "0.5", "asks for 0.5 GPUs"),
    pod(
        "pod-in-mesh", "metadata labels istio.io/dataplane-mode", "none",
        "sets istio.io/dataplane-mode: none",
    ),
    pod(
        "pod-in-mesh", "metadata annotations sidecar.istio.io/inject", "false",
        "sets sidecar.istio.io/inject: false",
    ),
)  # fmt: skip
