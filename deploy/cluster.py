"""The way to a stack's cluster: its local plane, a kubeconfig that is named, or what it exports.

Never the shell's current context by itself: what somebody looked at last is not what a stack is on.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import yaml
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.core.exceptions import ConfigError

from catalog.errors import Problem
from catalog.side import Side
from local.place import CONTEXT, Place

OUTPUTS: Final = ("clusterName", "clusterEndpoint", "clusterCa")
"""What `infra/outputs.py` exports of a cluster."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

Outputs = Callable[[str], Mapping[str, Any]]
"""The outputs of a stack by its name."""


class ClusterError(Exception):
    """A cluster that cannot be found, reached or read, in one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Access:
    """A cluster and who asks it. `hint` is what to do when it does not answer."""

    name: str
    config: SingleConfig
    hint: str = ""

    @property
    def by_proxy(self) -> bool:
        """Whether the shell's proxy settings count: not for what is on this machine."""
        return urlsplit(self.config.cluster.server).hostname not in _LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A stack as far as its cluster is concerned.

    `platform` is the stack that has the cluster, where that is another.
    """

    stack: str
    local: bool
    region: str
    platform: str | None = None


def target_of(side: Side, stack: str) -> Target:
    """A stack of a repository. Raises ClusterError where there is none of that name."""
    env = side.builder.stacks.named(stack)
    if isinstance(env, Problem):
        raise ClusterError(f"{env.message}; {env.remedy}")
    platform = side.builder.stacks.platforms.get(stack)
    return Target(stack=stack, local=env.cluster == "local", region=env.region, platform=platform)


def access_to(
    target: Target,
    root: Path,
    outputs: Outputs,
    kubeconfig: Path | None = None,
    context: str | None = None,
) -> Access:
    """The way to the cluster of a stack. Raises ClusterError where there is none."""
    if kubeconfig is not None or context is not None:
        return _named(kubeconfig, context)
    if target.local:
        return _local(Place.of(root))
    return _exported(target, outputs)


def _local(place: Place) -> Access:
    hint = "; start it with slipway local up"
    if not place.kubeconfig.is_file():
        raise ClusterError(f"the local control plane is not running{hint}")
    return Access("the local control plane", _read(place.kubeconfig, CONTEXT), hint)


def _named(kubeconfig: Path | None, context: str | None) -> Access:
    """A kubeconfig that the user names; a context alone is looked for where kubectl looks."""
    files = [kubeconfig] if kubeconfig else _default_files()
    for file in files:
        if file.is_file():
            found = _config(file)
            if context is None or context in found.contexts:
                return Access(
                    f"the cluster of {context or 'the current context'} in {file}",
                    _single(found, file, context),
                )
    where = ", ".join(map(str, files))
    what = f"context {context!r} is" if context else "a kubeconfig is"
    raise ClusterError(f"{what} not in {where}; name another with --kubeconfig")


def _default_files() -> list[Path]:
    told = os.environ.get("KUBECONFIG", "")
    files = [Path(part).expanduser() for part in told.split(os.pathsep) if part]
    return files or [Path.home() / ".kube" / "config"]


def _exported(target: Target, outputs: Outputs) -> Access:
    # Two imports that cost a second, for stacks in a cloud alone.
    from infra.kubernetes import kubeconfig_of

    stack = target.platform or target.stack
    found = outputs(stack)
    missing = [name for name in OUTPUTS if not isinstance(found.get(name), str)]
    if missing:
        raise ClusterError(
            f"the stack {stack} does not export {', '.join(missing)}: it has not been applied yet; "
            f"run slipway up --stack {stack}, or name the cluster with --kubeconfig"
        )
    name, endpoint, ca = (str(found[key]) for key in OUTPUTS)
    made: dict[str, Any] = kubeconfig_of(name, endpoint, ca, target.region)
    config: KubeConfig = cast("Any", KubeConfig).from_dict(made)
    hint = "; the AWS command line must be here and signed in to the stack's account"
    return Access(f"the cluster {name}", _single(config, Path(name), None), hint)


def _read(file: Path, context: str | None) -> SingleConfig:
    return _single(_config(file), file, context)


def _config(file: Path) -> KubeConfig:
    try:
        return KubeConfig.from_file(file)
    except (
        ConfigError,
        OSError,
        yaml.YAMLError,
        LookupError,
        AttributeError,
        TypeError,
        ValueError,
    ):
        # What is wrong in it may be a secret, so it is not repeated.
        raise ClusterError(
            f"{file} is no kubeconfig that can be read; name another with --kubeconfig"
        ) from None


def _single(config: KubeConfig, file: Path, context: str | None) -> SingleConfig:
    try:
        found = config.get(context)
    except (ConfigError, KeyError) as error:
        raise ClusterError(
            f"{file} has no such context, cluster or user: {error}; name another with --context"
        ) from error
    if found is None or found.user is None:
        raise ClusterError(f"{file} names no user for {context or 'its current context'}")
    return found
