"""The pod of a plain Deployment.

KServe `pkg/controller/v1beta1/inferenceservice/reconcilers/deployment/deployment_reconciler.go`
(`setDefaultPodSpec`).
"""

from catalog.objects import Object
from catalog.pod.workload import Workload, finished

_PROBED = frozenset({"kserve-container", "transformer-container"})
_DEFAULT_PORT = 8080


def standard_pod(workload: Workload) -> Object:
    """The pod that the Deployment's template describes."""
    spec: Object = {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        **workload.spec,
        "containers": [_defaulted(container) for container in workload.spec["containers"]],
    }
    labels = {**workload.labels, "app": f"isvc.{workload.name}"}
    return finished(workload.name, workload, labels, workload.annotations, spec)


def _defaulted(container: Object) -> Object:
    container = {
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **container,
    }
    if container["name"] in _PROBED and "readinessProbe" not in container:
        ports = container.get("ports")
        port = ports[0]["containerPort"] if ports else _DEFAULT_PORT
        container["readinessProbe"] = {
            "tcpSocket": {"port": port},
            "timeoutSeconds": 1,
            "periodSeconds": 10,
            "successThreshold": 1,
            "failureThreshold": 3,
        }
    return container
