"""What a plane with a real node does beside what every plane does."""

from typing import Final

from infra.parts.part import Context
from local import (
    artifact_server,
    cert_manager,
    dns,
    door,
    identity,
    placing,
    played,
    pod_identity,
    real_node,
)
from local.api_step import api_step
from local.apply import Api, apply_all, wait
from local.images.build import images
from local.network import NODE
from local.place import Place
from local.steps import Apply, Launch, Step

_API_SERVER, NAMESPACES, SERVED = "kube-apiserver", "namespaces", "custom-resources-served"
_DOOR: Final = "door"
_KEYS: Final = "identity-keys"
READY: Final = "node-ready"
BUCKET: Final = "bucket"
_PLACING: Final = "placing"


def steps(place: Place, context: Context) -> tuple[Step, ...]:
    """From containerd to a node that is ready and can look up names."""
    processes, held = real_node.processes(place), images()
    env = context.settings.environment
    door_objects, issuing = door.objects(context), cert_manager.objects(context)
    identifies = context.settings.environment.identity

    def place_pods(api: Api) -> None:
        placed = placing.policies(held, env.bucket)
        apply_all(api, [*placed, *pod_identity.objects(env.region)])

    def ready(api: Api) -> None:
        path = f"/api/v1/nodes/{NODE}"
        wait("the real node is not ready", lambda: _ready(api, path))

    def names(api: Api) -> None:
        apply_all(api, dns.objects(real_node.image("coredns")))
        apply_all(api, played.objects(real_node.image("envoy")))

    def guard(api: Api) -> None:
        apply_all(api, [*issuing, *door_objects])

    return (
        Launch(process=processes[real_node.CONTAINERD]),
        api_step(place, _PLACING, place_pods, _API_SERVER),
        Launch(process=processes[real_node.KUBELET], after=(_PLACING, real_node.CONTAINERD)),
        Launch(process=processes[real_node.PROXY], after=(_API_SERVER,)),
        Apply(name=BUCKET, run=lambda: artifact_server.make_bucket(place, env.bucket)),
        Launch(process=artifact_server.process(place, env.region), after=(BUCKET,)),
        Launch(process=pod_identity.process(place, context), after=(_PLACING,)),
        api_step(place, READY, ready, real_node.KUBELET, real_node.PROXY),
        api_step(place, "names", names, READY),
        api_step(place, _DOOR, guard, NAMESPACES, SERVED, READY),
        Launch(process=cert_manager.process(place), after=(_DOOR,)),
        Apply(name=_KEYS, run=lambda: identity.write(place, identifies)),
        Launch(process=identity.process(place, identifies), after=(_KEYS,)),
    )


def _ready(api: Api, path: str) -> bool:
    conditions = api.get(path).get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
