"""A project whose programs Slipway runs: how it is pinned, built and asked its version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tools import golang
from tools.golang import HERE, numbers


class Fit(StrEnum):
    """Which version of an installed program may stand for the pinned one."""

    EXACT = "exact"
    MINOR = "minor"
    """Any patch of the same minor version."""
    NEWER = "newer"
    """That version or a later one of the same major version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFile:
    """A file of a module that the go.mod of a build pins."""

    module: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What one `go build` makes, by the go.mod and go.sum in `tools/<name>`."""

    name: str
    programs: Mapping[str, str]
    """The package of each program."""
    stamps: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the linker writes into which variable; `{version}` is the project's."""
    embeds: Mapping[str, ModuleFile] = field(default_factory=dict[str, ModuleFile])
    """What lies beside our own main package for this build alone, by name."""
    copies: tuple[ModuleFile, ...] = ()
    """Scripts that have to lie beside the programs."""

    @property
    def folder(self) -> Path:
        """Of its go.mod and go.sum."""
        return HERE / self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Programs of one version that lie in one folder of the cache."""

    name: str
    title: str
    builds: tuple[Build, ...]
    minutes: float
    """How long the first build takes on two cores with nothing compiled before."""
    module: str = ""
    """The module whose pin is the project's version."""
    release: str = ""
    """Its version where the module has none of its own: the tag of the commit that is pinned."""
    fits: Fit | None = None
    """None where nobody installs it: it always comes from here."""
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The arguments by which a program prints its version."""

    @property
    def programs(self) -> tuple[str, ...]:
        """What is asked for by name."""
        return tuple(name for build in self.builds for name in build.programs)

    @property
    def folder(self) -> Path:
        """Of the go.mod that pins its version."""
        return self.builds[0].folder

    @property
    def version(self) -> str:
        """As its programs print it: Prometheus's module v0.315.0 is its release 3.15.0."""
        if self.release or not self.module:
            return self.release
        version = golang.pinned(self.folder, self.module).removeprefix("v")
        major, minor, patch = version.split(".")
        if self.name == "promtool" and major == "0":
            major, minor = map(str, divmod(int(minor), 100))
        return f"{major}.{minor}.{patch}"

    @property
    def named(self) -> str:
        """With its version."""
        return f"{self.title} {self.version}".strip()

    @property
    def called(self) -> str:
        """With its version, and its programs where there are several."""
        programs = f" ({', '.join(self.programs)})" if len(self.programs) > 1 else ""
        return f"{self.named}{programs}"

    def accepts(self, version: str) -> bool:
        """Whether an installed program of this version may stand for the pinned one."""
        if self.fits is Fit.EXACT:
            return version == self.version
        found, pinned = numbers(version), numbers(self.version)
        if self.fits is Fit.MINOR:
            return found[:2] == pinned[:2]
        return self.fits is Fit.NEWER and found[:1] == pinned[:1] and found >= pinned
