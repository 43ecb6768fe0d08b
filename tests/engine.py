"""The one recording engine of the suite: runs a program as Pulumi would, and keeps its graph.

Unlike the SDK's own mocks it refuses what a real deployment would trip over: two resources of one
URN, two of one Kubernetes object or of one name in the cloud, children without a component, names
that Kubernetes does not take, open Secrets, and components that never or twice register their
outputs. `tests/test_engine.py` shows each.
"""

import asyncio
import contextvars
import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import mocks, settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.stack import run_in_stack

from tests.engine_graph import REFERENCE, SECRET, SIGNATURE, UNKNOWN, Asset, Graph, Recorded, plain
from tests.engine_outputs import REFERENCES, answer, outputs_of
from tests.engine_rules import faults, things

__all__ = ["UNKNOWN", "Asset", "Graph", "Recorded", "RefusedError", "run", "run_both"]

os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"  # An Output in an f-string raises.

STACK = "pulumi:pulumi:Stack"
PATIENCE = 300
"""Seconds. Nothing here takes that long, unless two things wait for each other."""


class RefusedError(AssertionError):
    """Everything in a program that a real deployment would fail on, or regret."""


def run(
    program: Callable[[], object],
    *,
    preview: bool = False,
    project: str = "slipway",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Graph:
    """The graph of a program; in a `preview` what providers tell is unknown.

    `config` has keys with or without the project, and JSON where a value is no text; `stacks` are
    the outputs of other stacks by their full names. Raises RefusedError, or what
    the program raised.
    """
    monitor = _Monitor(preview=preview, stacks=stacks or {})
    whole = {k if ":" in k else f"{project}:{k}": v for k, v in (config or {}).items()}
    # The SDK keeps its state in context variables, so that a copy leaves nothing behind.
    contextvars.copy_context().run(_run, program, monitor, project, stack, whole)
    return monitor.graph()


def run_both(program: Callable[[], object], **how: Any) -> tuple[Graph, Graph]:
    """The graphs with everything known and of a preview, which must hold the same resources."""
    known, preview = run(program, **how), run(program, preview=True, **how)
    only_one = {e.urn for e in known.resources} ^ {e.urn for e in preview.resources}
    if only_one:
        raise RefusedError(f"registered only with or only without unknowns: {sorted(only_one)}")
    return known, preview


class _Inline(ThreadPoolExecutor):
    """Runs calls where they are made, which keeps the order of registrations the same."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _run(
    program: Callable[[], object],
    monitor: "_Monitor",
    project: str,
    stack: str,
    config: Mapping[str, str],
) -> None:
    set_all_config(dict(config))
    settings.configure(
        mocks.MockSettings(
            monitor=monitor,
            engine=_Log(monitor),
            project=project,
            stack=stack,
            dry_run=monitor.preview,
            organization="organization",
            callbacks=None,
            legacy_apply_enabled=False,
            outputs=set(),
            package_refs={},
            base_providers_by_ref={},
        )
    )

    async def start() -> None:
        program()
        # Registrations begin; why that matters stands in infra/__main__.py.
        await asyncio.sleep(0)

    async def body() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(_Inline(max_workers=1))
        # A program that raises leaves outputs behind that nobody waits for.
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            await asyncio.wait_for(run_in_stack(start), PATIENCE)
        except TimeoutError as error:
            raise RefusedError("the program waits for what never comes") from error

    asyncio.run(body())


class _Log(mocks.MockEngine):
    """Keeps warnings and errors."""

    def __init__(self, monitor: "_Monitor") -> None:
        super().__init__(None)
        self._monitor = monitor

    def Log(self, request: Any) -> None:  # noqa: N802 - the protocol's name.
        if request.severity in {engine_pb2.WARNING, engine_pb2.ERROR}:
            self._monitor.warnings.append(request.message)


class _NoMocks(mocks.Mocks):
    """The monitor answers by itself."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotImplementedError


class _Monitor(mocks.MockMonitor):
    """Answers the SDK's requests, and keeps them."""

    def __init__(self, *, preview: bool, stacks: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(_NoMocks())
        self.preview = preview
        self.warnings: list[str] = []
        self._stacks = stacks
        self._stack = ""
        self._recorded: dict[str, Recorded] = {}
        self._things: dict[tuple[str, ...], str] = {}
        self._faults: list[str] = []
        self._ended: list[str] = []
        self._calls: list[tuple[str, Mapping[str, Any]]] = []
        self._inside: dict[str, Mapping[str, Any]] = {}
        self._owners: dict[str, str] = {}
        self._exports: Mapping[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name.
        urn = self._urn(request)
        if request.type == STACK:
            self._stack = urn
            return resource_pb2.RegisterResourceResponse(urn=urn)
        found = _recorded(urn, self._stack, request)
        self._keep(found)
        if self.preview or not (found.custom or found.remote):
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        made = outputs_of(found.type, found.name, found.inputs)
        own_id = made.pop("id", f"{found.name}-id") if found.custom else ""
        references = made.pop(REFERENCES, {})
        made |= {key: self._reference(urn, *thing) for key, thing in references.items()}
        state = _struct(made)
        state.MergeFrom(request.object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=own_id, object=state)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name.
        state = _struct({})
        state.MergeFrom(request.properties)
        if request.type == "pulumi:pulumi:StackReference":
            if request.id not in self._stacks:
                self._faults.append(f"there is no stack {request.id}")
            state.update({"name": request.id, "outputs": dict(self._stacks.get(request.id, {}))})
        return resource_pb2.ReadResourceResponse(urn=self._urn(request), properties=state)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the protocol's name.
        args = plain(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            found = self._inside.get(args["urn"]) or self._told(args["urn"])
        else:
            self._calls.append((request.tok, args))
            found = answer(request.tok, args)
        answered = resource_pb2.ResourceInvokeResponse()
        getattr(answered, "return").CopyFrom(_struct(found))
        return answered

    def _told(self, urn: str) -> Mapping[str, Any]:
        """A resource of the program's own, as a reference to it is looked up."""
        known = self._recorded[urn]
        made = outputs_of(known.type, known.name, known.inputs)
        own_id = made.get("id", f"{known.name}-id")
        return {"urn": urn, "id": own_id, "state": {**known.inputs, **made}}

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name.
        self._ended.append(request.urn)
        if request.urn == self._stack:
            self._exports = plain(request.outputs)
        return empty_pb2.Empty()

    def graph(self) -> Graph:
        """Everything that was registered, once the program has ended."""
        ended = Counter(self._ended)
        for urn, found in self._recorded.items():
            if not found.custom and not found.remote and ended[urn] != 1:
                self._faults.append(f"{urn} registers its outputs {ended[urn]} times")
        if self._faults:
            raise RefusedError("\n".join(sorted(self._faults)))
        resources = tuple(self._recorded[urn] for urn in sorted(self._recorded))
        calls, warnings = tuple(self._calls), tuple(self.warnings)
        return Graph(resources, self._exports, calls, warnings, self._owners)

    def _urn(self, request: Any) -> str:
        """As the engine makes it: a child's type is behind those of its parents."""
        parent = "" if request.parent in {"", self._stack} else request.parent
        above = parent.split("::")[2] + "$" if parent else ""
        where = f"{settings.get_stack()}::{settings.get_project()}"
        return f"urn:pulumi:{where}::{above}{request.type}::{request.name}"

    def _reference(
        self, parent: str, token: str, name: str, inputs: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """A resource inside a remote component, which is told of and not registered here."""
        head, project, types, _ = parent.split("::")
        urn = f"{head}::{project}::{types}${token}::{name}"
        made = outputs_of(token, name, inputs)
        self._inside[urn] = {"urn": urn, "id": made["id"], "state": {**inputs, **made}}
        self._owners[urn] = parent
        return {SIGNATURE: REFERENCE, "urn": urn, "id": made["id"], "packageVersion": ""}

    def _keep(self, found: Recorded) -> None:
        self._faults += [f"{found.urn} {fault}" for fault in faults(found)]
        if found.urn in self._recorded:
            self._faults.append(f"{found.urn} is registered twice")
            return
        for thing in things(found):
            other = self._things.setdefault(thing, found.urn)
            if other != found.urn:
                self._faults.append(f"{found.urn} and {other} are both {' '.join(thing)}")
        self._recorded[found.urn] = found


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(dict(values))
    return made


def _recorded(urn: str, stack: str, request: Any) -> Recorded:
    depending = [u for each in request.propertyDependencies.values() for u in each.urns]
    return Recorded(
        urn=urn,
        type=request.type,
        name=request.name,
        inputs=plain(request.object),
        custom=request.custom,
        remote=request.remote,
        parent="" if request.parent == stack else request.parent,
        dependencies=frozenset([*request.dependencies, *depending]),
        provider=request.provider.rpartition("::")[0],
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        aliases=tuple(json_format.MessageToDict(each) for each in request.aliases),
        version=request.version,
        delete_timeout=request.customTimeouts.delete,
        delete_before_replace=request.deleteBeforeReplace,
        ignore_changes=tuple(request.ignoreChanges),
        deleted_with=request.deletedWith,
        secrets=frozenset(k for k, v in request.object.fields.items() if SECRET in str(v)),
    )
