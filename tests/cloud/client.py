"""Speaks Pulumi's provider protocol to a stand-in, as the engine would."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2 as protocol
from pulumi.runtime.proto import provider_pb2_grpc

from tests.cloud.kinds import Package
from tests.cloud.server import Provider
from tests.cloud.store import Store
from tests.cloud.wire import plain, struct


class RefusedByStandInError(AssertionError):
    """What the stand-in answered instead."""


class Client:
    """A stand-in that is served here, or one that a plugin serves already."""

    def __init__(
        self,
        package: Package | None,
        store: Store | None = None,
        port: int = 0,
        patience: float = 0,
    ) -> None:
        self._stack = ExitStack()
        if package is not None and store is not None:
            port = self._serve(Provider(package, store, patience=patience))
        channel = self._stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        self.ids: dict[str, str] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self.inputs: dict[str, dict[str, Any]] = {}

    def _serve(self, provider: Provider) -> int:
        server = grpc.server(self._stack.enter_context(ThreadPoolExecutor(4)))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._stack.callback(lambda: server.stop(None).wait() and None)
        return port

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def check(self, token: str, name: str, inputs: Mapping[str, Any]) -> None:
        """Raises what the provider says before anything is asked of its API."""
        request = protocol.CheckRequest(urn=_urn(token, name), news=struct(inputs))
        failures = [each.reason for each in self.stub.Check(request).failures]
        if failures:
            raise RefusedByStandInError("; ".join(failures))

    def create(self, token: str, name: str, inputs: Mapping[str, Any]) -> str:
        """The id of a new thing, whose inputs may name earlier ones by `@name`."""
        known = self.known(inputs)
        self.check(token, name, known)
        request = protocol.CreateRequest(urn=_urn(token, name), properties=struct(known))
        made = _asked(self.stub.Create, request)
        self.ids[name], self.inputs[name] = made.id, known
        self.told[name] = plain(made.properties)
        return str(made.id)

    def preview(self, token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What a preview says of a new thing."""
        request = protocol.CreateRequest(
            urn=_urn(token, name), properties=struct(inputs), preview=True
        )
        return plain(_asked(self.stub.Create, request).properties)

    def update(
        self, token: str, name: str, inputs: Mapping[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        """The properties of a thing once it has other inputs."""
        known = self.known(inputs)
        request = protocol.UpdateRequest(
            id=self.ids[name],
            urn=_urn(token, name),
            olds=struct(self.told[name]),
            old_inputs=struct(self.inputs[name]),
            news=struct(known),
            preview=preview,
        )
        return plain(_asked(self.stub.Update, request).properties)

    def diff(self, token: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """How the inputs of a thing differ."""
        request = protocol.DiffRequest(
            urn=_urn(token, "it"), old_inputs=struct(olds), news=struct(news)
        )
        return self.stub.Diff(request)

    def read(self, token: str, own_id: str) -> Any:
        """What a thing is now."""
        return _asked(self.stub.Read, protocol.ReadRequest(id=own_id, urn=_urn(token, "it")))

    def delete(self, token: str, name: str) -> None:
        """Deletes a thing."""
        _asked(self.stub.Delete, protocol.DeleteRequest(id=self.ids[name], urn=_urn(token, name)))

    def known(self, value: Any) -> Any:
        """The value with what its `@name` stand for."""
        if isinstance(value, Mapping):
            return {key: self.known(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.known(inner) for inner in value]
        if isinstance(value, str) and value.startswith("@"):
            name, _, key = value[1:].partition(".")
            return self.told[name][key] if key else self.ids[name]
        return value


def _asked(method: Any, request: Any) -> Any:
    try:
        return method(request, timeout=60)
    except grpc.RpcError as error:
        raise RefusedByStandInError(str(error.details())) from error  # pyright: ignore[reportAttributeAccessIssue]


def _urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::slipway::{token}::{name}"
