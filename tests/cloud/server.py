"""Pulumi's provider protocol, for every stand-in alike (pulumi `proto/pulumi/provider.proto`)."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.cloud.diffs import diff
from tests.cloud.kinds import UNKNOWN, Call, Kind, Package, Place, RefusedError
from tests.cloud.store import Account, Deed, Method, Store, Thing
from tests.cloud.wire import plain, struct

Context = grpc.ServicerContext
Construct = Callable[[Any], Any]

PACE = "SLIPWAY_CLOUD_PACE"
"""The environment variable that makes calls slow: a seed, a colon and the most seconds."""
PATIENCE = 20.0
"""Seconds for which a refusal that may pass is tried again; the real providers take minutes."""
_PAUSE = 0.1

_ANSWERS: Mapping[Deed, str] = {
    "throttle": "ThrottlingException: Rate exceeded",
    "fail": "InternalFailure: An internal error occurred, status code 500",
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One package's stand-in over the shared account."""

    def __init__(
        self,
        package: Package,
        store: Store,
        construct: Construct | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._package, self._store, self._construct = package, store, construct
        self._patience = patience
        self._place = Place()

    def GetPluginInfo(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        return plugin_pb2.PluginInfo(version=version(f"pulumi-{self._package.name}"))

    def CheckConfig(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        return diff(Kind(), plain(request.old_inputs), plain(request.news))

    def Configure(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        args = plain(request.args)
        tags = json.loads(args.get("defaultTags", "{}")).get("tags", {})
        accounts = json.loads(args.get("allowedAccountIds", "[]"))
        usual = Place()
        self._place = Place(
            next(iter(accounts), usual.account), args.get("region", usual.region), tags
        )
        # Without these the engine opens secrets and references itself; components may not ask that.
        whole = self._construct is not None
        return provider_pb2.ConfigureResponse(
            supportsPreview=True, acceptSecrets=whole, acceptResources=whole
        )

    def Check(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        found = provider_pb2.CheckResponse(inputs=request.news)
        kind = self._package.kinds.get(_type(request))
        if kind is None:
            found.failures.add(reason=f"the stand-in knows no type {_type(request)}")
            return found
        call = self._call(request, plain(request.news), Account())
        for need in kind.needs.split():
            if need not in call.inputs:
                found.failures.add(property=need, reason=f"Missing required argument {need}")
        try:
            self._package.judge("check", call)
        except RefusedError as refused:
            found.failures.add(reason=str(refused))
        return found

    def Diff(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        kind = self._package.kinds[_type(request)]
        return diff(kind, plain(request.old_inputs), plain(request.news))

    def Create(self, request: Any, context: Context) -> Any:  # noqa: N802
        inputs = plain(request.properties)
        if request.preview:
            call = self._call(request, inputs, Account())
            made = {**inputs, **self._outputs(self._package.kinds[call.type], call)}
            del made["id"]
            return provider_pb2.CreateResponse(properties=struct(_foreseen(made, inputs)))
        kind = self._package.kinds[_type(request)]

        def create(account: Account) -> Thing:
            call = self._call(request, inputs, account, account.number())
            self._package.judge("create", call)
            outputs = self._outputs(kind, call)
            own, owner = str(outputs.pop("id")), _owner(kind, call)
            thing = Thing(call.type, own, inputs, outputs, owner, call.serial)
            # What is put and not made takes the place of what is there.
            account.things[:] = [e for e in account.things if _key(e) != _key(thing)]
            account.things += [thing, *kind.along(call, thing)]
            return thing

        thing = self._do(request, "create", create, context)
        return provider_pb2.CreateResponse(id=thing.id, properties=struct(_told(thing)))

    def Read(self, request: Any, context: Context) -> Any:  # noqa: N802
        def read(account: Account) -> Thing | None:
            return account.find(_type(request), request.id)

        thing = self._do(request, "read", read, context)
        if thing is None:
            return provider_pb2.ReadResponse()
        told, inputs = struct(_told(thing)), struct(thing.inputs)
        return provider_pb2.ReadResponse(id=thing.id, properties=told, inputs=inputs)

    def Update(self, request: Any, context: Context) -> Any:  # noqa: N802
        inputs, olds = plain(request.news), plain(request.olds)
        kind = self._package.kinds[_type(request)]
        if request.preview:
            told = _overlaid(olds, plain(request.old_inputs), inputs)
            renewed = dict.fromkeys(kind.renewed.split(), UNKNOWN)
            return provider_pb2.UpdateResponse(properties=struct({**told, **renewed}))

        def update(account: Account) -> Thing:
            thing = account.find(_type(request), request.id)
            if thing is None:
                raise RefusedError("ResourceNotFoundException", f"there is no {request.id}")
            call = self._call(request, inputs, account, thing.serial, thing)
            self._package.judge("update", call)
            outputs = self._outputs(kind, call)
            outputs.pop("id")
            thing.inputs, thing.outputs = inputs, outputs
            return thing

        thing = self._do(request, "update", update, context)
        return provider_pb2.UpdateResponse(properties=struct(_told(thing)))

    def Delete(self, request: Any, context: Context) -> Any:  # noqa: N802
        kind = self._package.kinds[_type(request)]

        def delete(account: Account) -> None:
            thing = account.find(_type(request), request.id)
            if thing is None:  # The real providers take what is not there for deleted.
                return
            call = self._call(request, thing.inputs, account, thing.serial, thing)
            self._package.judge("delete", call)
            account.remove(thing)
            account.things += kind.left(call)

        self._do(request, "delete", delete, context)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Context) -> Any:  # noqa: N802
        answer = self._package.answers.get(request.tok)
        if answer is None:
            _abort(context, f"the stand-in does not know what {request.tok} answers")
        args = plain(request.args)
        self._befall(request.tok, "invoke", context)
        found = provider_pb2.InvokeResponse()
        getattr(found, "return").CopyFrom(struct(answer(args, self._place)))
        return found

    def Construct(self, request: Any, context: Context) -> Any:  # noqa: N802
        if self._construct is None:
            _abort(context, f"the stand-in constructs no {request.type}")
        self._befall(request.type, "construct", context)
        try:
            return self._construct(request)
        except grpc.RpcError as error:
            _abort(context, str(error.details()))

    def Cancel(self, request: Any, context: Context) -> Any:  # noqa: N802, ARG002
        return empty_pb2.Empty()

    def _call(
        self,
        request: Any,
        inputs: Mapping[str, Any],
        account: Account,
        serial: int = 0,
        old: Thing | None = None,
    ) -> Call:
        return Call(
            type=_type(request),
            name=request.urn.rpartition("::")[2],
            inputs=inputs,
            account=account,
            place=self._place,
            serial=serial,
            old=old,
        )

    def _outputs(self, kind: Kind, call: Call) -> dict[str, Any]:
        outputs = kind.outputs(call)
        if kind.tagged:
            outputs["tagsAll"] = {**self._place.tags, **call.inputs.get("tags", {})}
        return outputs

    def _do(
        self, request: Any, method: Method, deed: Callable[[Account], Any], context: Context
    ) -> Any:
        """Does something with the account, with the faults that were ordered for it."""
        _pace(f"{method} {request.urn}")
        self._befall(_type(request), method, context)
        end = time.monotonic() + self._patience
        while True:
            try:
                with self._store.change() as account:
                    found = deed(account)
                break
            except RefusedError as refused:
                if not refused.waits or time.monotonic() > end:
                    _abort(context, str(refused))
                time.sleep(_PAUSE)
        self._befall(_type(request), method, context, late=True)
        return found

    def _befall(self, kind: str, method: Method, context: Context, *, late: bool = False) -> None:
        deed = self._store.fault(kind, method, late=late)
        if deed == "kill":
            os._exit(1)
        if deed == "hang":
            threading.Event().wait()
        if deed is not None:
            _abort(context, _ANSWERS[deed])


def _pace(call: str) -> None:
    """Takes the time that `PACE` asks for, other for each call and the same for each seed.

    So what only happens to come in the right order comes in another with another seed.
    """
    seed, _, longest = os.environ.get(PACE, "").partition(":")
    if longest:
        digest = hashlib.sha256(f"{seed} {call}".encode()).digest()
        time.sleep(float(longest) * digest[0] / 255)


def _type(request: Any) -> str:
    return request.urn.split("::")[2].rpartition("$")[2]


def _owner(kind: Kind, call: Call) -> str:
    of, path = kind.within
    found = call.account.find(of, call.get(path)) if of else None
    return f"{found.type} {found.id}" if found else ""


def _key(thing: Thing) -> tuple[str, str]:
    return thing.type, thing.id


def _foreseen(made: Any, inputs: Any) -> Any:
    """What will be told, as far as the inputs say it already."""
    if isinstance(made, dict) and isinstance(inputs, dict):
        return {key: _foreseen(inner, inputs.get(key)) for key, inner in made.items()}
    return inputs if made == inputs else UNKNOWN


def _overlaid(told: Any, given: Any, inputs: Any) -> Any:
    """What is told once the inputs are others: what was never an input stays."""
    if not (isinstance(told, dict) and isinstance(given, dict) and isinstance(inputs, dict)):
        return inputs
    kept = {key: inner for key, inner in told.items() if key not in given}
    return kept | {k: _overlaid(told.get(k), given.get(k), inner) for k, inner in inputs.items()}


def _told(thing: Thing) -> dict[str, Any]:
    return {**thing.inputs, **thing.outputs}


def _abort(context: Context, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError
