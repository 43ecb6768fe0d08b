"""Which pods run on the real node, and how many it takes.

The API server itself decides, by policies in CEL (MutatingAdmissionPolicy, beta in Kubernetes
1.34), so that what is applied stays what the program renders. A pod runs for real where the machine
has every image of its containers and the artifact of its model; KWOK plays the others, and all that
ask for a GPU.
"""

import json
from collections.abc import Iterable
from typing import Final

from catalog.node_pools import GPU_RESOURCE
from catalog.objects import Object
from local.network import NODE
from local.real_node import TAINT

_API: Final = "admissionregistration.k8s.io/v1beta1"
_FETCHED: Final = "internal.serving.kserve.io/storage-initializer-sourceuri"
"""The annotation by which KServe's webhook knows what to download."""

CPUS_PLAYED: Final = 64
"""The processors that the node says it has. Requests of production are made for machines of that
size; here pods share what there is."""


def policies(images: Iterable[str], bucket: str) -> list[Object]:
    """Both policies with their bindings. `images` are references that the node holds."""
    held = json.dumps(sorted(images))
    every = "has(object.spec.containers) && object.spec.containers.all(c, "
    fetched = f'object.metadata.annotations["{_FETCHED}"]'
    pods = _policy(
        "slipway-pods-of-this-machine",
        {"resources": ["pods"], "operations": ["CREATE"]},
        {
            "images": f"{every}c.image in {held})",
            "no-gpu": f"{every}!has(c.resources) || !has(c.resources.limits) || "
            f'!("{GPU_RESOURCE}" in c.resources.limits))',
            "artifact": "!has(object.metadata.annotations) || "
            f'!("{_FETCHED}" in object.metadata.annotations) || '
            f'{fetched}.startsWith("s3://{bucket}/")',
        },
        _HERE,
    )
    node = _policy(
        "slipway-capacity-of-this-machine",
        {"resources": ["nodes", "nodes/status"], "operations": ["CREATE", "UPDATE"]},
        {
            "this-one": f'object.metadata.name == "{NODE}"',
            "counted": "has(object.status.capacity) && has(object.status.allocatable)",
        },
        "["
        + ", ".join(
            f'JSONPatch{{op: "add", path: "/status/{part}/cpu", value: "{CPUS_PLAYED}"}}'
            for part in ("capacity", "allocatable")
        )
        + "]",
    )
    return [*pods, *node]


_HERE: Final = f"""\
[JSONPatch{{op: "add", path: "/spec/nodeSelector", value: {{"kubernetes.io/hostname": "{NODE}"}}}}]
+ (has(object.spec.affinity) ? [JSONPatch{{op: "remove", path: "/spec/affinity"}}] : [])
+ (has(object.spec.topologySpreadConstraints)
  ? [JSONPatch{{op: "remove", path: "/spec/topologySpreadConstraints"}}] : [])
+ (has(object.spec.tolerations)
  ? [] : [JSONPatch{{op: "add", path: "/spec/tolerations", value: []}}])
+ [JSONPatch{{op: "add", path: "/spec/tolerations/-",
  value: Object.spec.tolerations{{key: "{TAINT}", operator: "Exists"}}}}]
"""


def _policy(name: str, about: Object, conditions: dict[str, str], patch: str) -> list[Object]:
    metadata = {"name": name}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], **about}
    return [
        {
            "apiVersion": _API,
            "kind": "MutatingAdmissionPolicy",
            "metadata": metadata,
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "Never",
                "matchConstraints": {"resourceRules": [rule]},
                "matchConditions": [
                    {"name": key, "expression": text} for key, text in conditions.items()
                ],
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
            },
        },
        {
            "apiVersion": _API,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": metadata,
            "spec": {"policyName": name},
        },
    ]
