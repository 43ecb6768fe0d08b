"""A Helm release of a pinned chart."""

from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_kubernetes as kubernetes

from catalog import pins
from catalog.parts import Release

TYPE: Final = "slipway:kubernetes:Chart"

# Every upgrade keeps a Secret of up to 1 MiB, and without a limit Helm in Pulumi keeps them all.
_HISTORY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartArgs:
    """Which release, with which values, from where.

    `values` are those of the release with every fact in its place. `mirror` is a registry that
    holds the charts under their own paths. `protect` refuses to destroy a chart of CRDs, because
    every custom resource of the cluster goes with them.
    """

    release: Release
    values: dict[str, Any]
    mirror: str | None = None
    protect: bool = False


class Chart(pulumi.ComponentResource):
    """A release that is wholly there or not at all.

    Exact version, no dependency looked up at run time, no namespace made on the side, and an
    install or upgrade that fails is undone. Helm awaits what it made.
    """

    release: kubernetes.helm.v3.Release

    def __init__(
        self, name: str, args: ChartArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        release = args.release
        source, repository = _source(release.chart, args.mirror)
        self.release = kubernetes.helm.v3.Release(
            f"{name}-release",
            name=release.name,
            namespace=release.namespace,
            chart=source,
            repository_opts=repository,
            version=pins.chart(release.chart).version,
            values=args.values,
            allow_null_values=True,
            atomic=True,
            cleanup_on_fail=True,
            create_namespace=False,
            dependency_update=False,
            max_history=_HISTORY,
            timeout=release.timeout_minutes * 60,
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect if release.holds_crds else None
            ),
        )
        self.register_outputs({"version": self.release.version})


def _source(
    name: str, mirror: str | None
) -> tuple[str, kubernetes.helm.v3.RepositoryOptsArgs | None]:
    """The chart as Helm names it, with its repository where that is no registry."""
    row = pins.chart(name)
    location = row.location(mirror)
    if location.startswith("oci://"):
        return f"{location}/{row.name}", None
    return row.name, kubernetes.helm.v3.RepositoryOptsArgs(repo=location)
