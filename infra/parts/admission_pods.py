"""Admission of a tenant's pods: whose images they run, and what they may reach on a node.

Pod Security has refused the rest before Kyverno is asked.
"""

import json
from collections.abc import Sequence
from typing import Final

from catalog import pins
from catalog.environment import Environment
from catalog.node_pools import GPU_RESOURCE
from infra.parts.admission_policy import Policy, Validation

PODS: Final = (("", ("pods", "pods/ephemeralcontainers")),)
CONTAINERS: Final = (
    "containers",
    "object.spec.containers + object.spec.?initContainers.orValue([])"
    " + object.spec.?ephemeralContainers.orValue([])",
)
VOLUMES: Final = (
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "name",
    "persistentVolumeClaim", "projected", "secret",
)  # fmt: skip
"""Those of Pod Security's level restricted, and images, which are read-only by nature."""


def image_policy(env: Environment, registries: Sequence[str]) -> Policy:
    """Digests, from the registries of `models/platform.yaml` and of the pin table.

    Of the latter those that the stack has in their stead, with the path where it gives one.

    A row of the pin table that is not resolved may come by its exact tag.
    """
    references = [env.registries.image(row) for row in pins.IMAGES]
    exact = sorted(name for name in references if "@" not in name)
    hosts = {*registries, *env.registries.of_images}
    # Knative writes Docker Hub's other name when it looks a tag up.
    hosts |= {f"index.{pins.DOCKER_HUB}"} & {f"index.{host}" for host in hosts}
    return Policy(
        name="slipway-tenant-images",
        rules=("image-digest", "image-registry", "image-tag"),
        matches=PODS,
        variables=(CONTAINERS,),
        validations=(
            Validation(
                "variables.containers.all(c, c.image.matches('@sha256:[0-9a-f]{64}$')"
                f" || c.image in {_list(exact)})",
                "An image is named by its digest: append @sha256:… to the reference.",
            ),
            Validation(
                "variables.containers.all(c, "
                f"{_list(sorted(hosts))}.exists(host, c.image.startsWith(host + '/')))",
                "A tenant's images come from registries that models/platform.yaml names.",
            ),
        ),
    )


def pod_policy() -> Policy:
    """Nothing of the node but what was asked for, and no way out of the mesh."""
    return Policy(
        name="slipway-tenant-pods",
        rules=(
            "container-privileged", "gpu-placement", "pod-host-namespaces", "pod-in-mesh",
            "pod-token", "pod-volumes",
        ),
        matches=PODS,
        variables=(
            CONTAINERS,
            ("volumes", "object.spec.?volumes.orValue([])"),
            ("labels", "object.metadata.?labels.orValue({})"),
            ("annotations", "object.metadata.?annotations.orValue({})"),
            (
                "asksForGpu",
                "variables.containers.exists(c, "
                f"string(c.?resources.?limits[?'{GPU_RESOURCE}'].orValue('0')) != '0')",
            ),
            (
                "tolerations",
                "object.spec.?tolerations.orValue([]).map(t, t.?key.orValue(''))",
            ),
        ),
        validations=(*_node(), *_mesh(), *_gpu()),
    )  # fmt: skip


def _node() -> tuple[Validation, ...]:
    return (
        Validation(
            "!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false)"
            " && !object.spec.?hostIPC.orValue(false)",
            "No pod shares its node's namespaces.",
        ),
        Validation(
            f"variables.volumes.all(v, v.all(kind, kind in {_list(VOLUMES)}))",
            "No pod mounts a directory of its node.",
        ),
        Validation(
            "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))",
            "No container is privileged.",
        ),
        Validation(
            "!object.spec.?automountServiceAccountToken.orValue(false)"
            " && variables.volumes.all(v, v.?projected.?sources.orValue([]).all(s,"
            " !has(s.serviceAccountToken) || has(s.serviceAccountToken.audience)))",
            "A tenant's pod has no token for the Kubernetes API.",
        ),
    )


def _mesh() -> tuple[Validation, ...]:
    """istio-cni itself notes on a pod that it has redirected it."""
    return (
        Validation(
            "variables.labels[?'istio.io/dataplane-mode'].orValue('ambient') == 'ambient'"
            " && !('sidecar.istio.io/inject' in variables.labels)"
            " && !('sidecar.istio.io/inject' in variables.annotations)"
            " && !('ambient.istio.io/bypass-inbound-capture' in variables.annotations)"
            " && variables.annotations[?'ambient.istio.io/redirection'].orValue('enabled')"
            " == 'enabled'",
            "A tenant's pod stays in the mesh.",
        ),
    )


def _gpu() -> tuple[Validation, ...]:
    tolerates = f"('{GPU_RESOURCE}' in variables.tolerations)"
    return (
        Validation(
            "!('' in variables.tolerations)", "A toleration without a key tolerates every taint."
        ),
        Validation(
            f"variables.asksForGpu == {tolerates}",
            f"A pod that asks for {GPU_RESOURCE} tolerates its taint, and no other pod does.",
        ),
    )


def _list(names: Sequence[str]) -> str:
    """A list of texts in CEL, which writes them as JSON does."""
    return json.dumps(list(names))
