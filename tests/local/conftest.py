"""The sample fleet, brought up once by the command that people use, for all tests of it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import Final

import pytest

from catalog.fleet import Built
from catalog.objects import Object
from infra import tenants
from infra.parts.local import local_context, local_namespaces, local_parts
from local import node_needs, plane
from local.apply import Api, wait
from local.place import Place
from tests.programs import ROOT, settings

KEPT: Final = "SLIPWAY_TEST_PLANES"
"""Names a folder whose plane outlives the session, for whoever runs one test again and again."""

STACK: Final = "local"
WORKLOADS: Final = frozenset({"InferenceGraph", "InferenceService", "LLMInferenceService"})
"""The kinds that an endpoint runs as."""


@dataclass(frozen=True)
class Fleet:
    """The fleet of `models/` on the stack `local`, and what `slipway up` said of it."""

    place: Place
    said: str

    @cached_property
    def api(self) -> Api:
        """The API server, as its administrator."""
        return Api.of(self.place.kubeconfig)

    @cached_property
    def tenants(self) -> tuple[Built, ...]:
        """Every project as the catalogue builds it."""
        return tuple(each.built for each in tenants.read(settings(STACK)))

    @cached_property
    def rendered(self) -> tuple[Object, ...]:
        """The objects of the tenants, as `slipway render` prints them."""
        text = slipway("render", "--stack", STACK, "--output", "json")
        return tuple(json.loads(text)["items"])

    @cached_property
    def platform(self) -> tuple[Object, ...]:
        """The objects of the platform."""
        own = settings(STACK)
        context = local_context(own, *tenants.granted(own))
        parts = local_parts(context)
        return (*local_namespaces(), *(obj for part in parts for obj in part.objects))

    def now(self, obj: Object) -> Object:
        """What the API server holds under the name of an object."""
        return self.api.get(self.api.path(obj))

    def all(self, version: str, kind: str, namespace: str = "") -> list[Object]:
        """All objects of a kind, in one namespace or in all."""
        return self.api.get(self.api.resource(version, kind, namespace))["items"]

    def remove(self, namespaces: Iterable[str]) -> None:
        """Deletes them. When this returns nothing of them is left that others could come upon."""
        going = set(namespaces)
        for name in going:
            self.api.request("DELETE", f"/api/v1/namespaces/{name}")
        wait(
            "Namespaces of a test are still there",
            lambda: going.isdisjoint(
                each["metadata"]["name"] for each in self.all("v1", "Namespace")
            ),
        )


def ready(obj: Object) -> str:
    """The word of its condition Ready."""
    conditions = obj.get("status", {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == "Ready"), "none")


def slipway(*arguments: str) -> str:
    """What the command prints; it has to succeed."""
    command = (str(Path(sys.executable).with_name("slipway")), *arguments)
    wide = {**os.environ, "COLUMNS": "200"}
    ended = subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, check=False)
    told = "\n".join((ended.stdout + ended.stderr).splitlines()[-20:])
    assert not ended.returncode, f"slipway {' '.join(arguments)}:\n{told}"
    return ended.stdout


@pytest.fixture(scope="session")
def fleet() -> Generator[Fleet, None, None]:
    """Up and ready, on a plane of this session's own beside whatever else runs on the machine."""
    with brought_up(node=False) as found:
        yield found


@contextmanager
def brought_up(*, node: bool) -> Generator[Fleet, None, None]:
    """The sample fleet on a plane with or without a real node, which then goes."""
    kept = os.environ.get(KEPT)
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="slipway-test-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_LOCAL", str(folder))
        patch.setenv(node_needs.CHOICE, "on" if node else "off")
        place = Place.of(ROOT)
        try:
            found = Fleet(place, slipway("up", "--stack", STACK, "--yes"))
            yield found
            found.api.close()
        finally:
            if not kept:
                plane.stop(place, say=print)
                rmtree(folder)
