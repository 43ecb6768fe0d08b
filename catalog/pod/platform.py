"""What a cluster's own configuration decides about every pod in it.

The defaults are upstream's: KServe 0.20 `config/configmap/inferenceservice.yaml`, Knative Serving
1.21 `pkg/deployment/config.go` and `pkg/apis/config/features.go`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from catalog import pins
from catalog.objects import Object

SecurePodDefaults: TypeAlias = Literal["Disabled", "AllowRootBounded", "Enabled"]
"""How much of Pod Security's restricted profile Knative fills in where a container is silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a container of KServe's own asks for and may use, in the words of KServe's ConfigMap."""

    cpu_request: str = "100m"
    memory_request: str = "100Mi"
    cpu_limit: str = "1"
    memory_limit: str = "1Gi"

    @property
    def resources(self) -> Object:
        """The container's `resources`; an empty text is a value that is not set."""
        sections = {
            "requests": {"cpu": self.cpu_request, "memory": self.memory_request},
            "limits": {"cpu": self.cpu_limit, "memory": self.memory_limit},
        }
        given = {key: {k: v for k, v in values.items() if v} for key, values in sections.items()}
        return {key: values for key, values in given.items() if values}


def _pinned(name: str) -> str:
    return pins.image(name).reference()


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The cluster, as far as pods depend on it."""

    image: Callable[[str], str] = _pinned
    """The image of a row of the pin table, as the cluster's mirror has it."""

    storage_initializer: Share = Share()
    agent: Share = Share()
    router: Share = Share()
    queue_proxy: Share = Share(cpu_request="25m", memory_request="", cpu_limit="", memory_limit="")

    logger_url: str = "http://default-broker"
    """Where payloads go when a logger names no URL."""

    secure_pod_defaults: SecurePodDefaults = "Disabled"
    spread_revisions: bool = True
    """Knative's `default-affinity-type: prefer-spread-revision-over-nodes`."""

    timeout_seconds: int = 300
    """Knative's `revision-timeout-seconds`, for a component that states none."""


Known: TypeAlias = Mapping[str, Object]
"""What KServe looks up: ClusterServingRuntimes, ClusterStorageContainers and
LLMInferenceServiceConfigs, each by its name."""
