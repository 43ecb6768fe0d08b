"""The Kubernetes provider with a cluster to reach: the real one, behind a proxy.

The engine starts this as `pulumi-resource-kubernetes`. Every call goes on to the real provider and
its answer comes back as it is, but for what only a cloud could answer: the cluster is the API
server of this machine, Helm's releases are recorded there, and what a controller of a cloud's
cluster would write into a status is written for it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import grpc
from pulumi.runtime.proto import provider_pb2 as wire

from local.apply import Api
from tests.cloud import chart_crds, finishing, kubeconfigs, order, releases
from tests.cloud.kinds import RefusedError
from tools import toolchain

PROVIDER: Final = "STAND_IN_KUBERNETES_PROVIDER"
"""Names the real provider's binary."""

KUBECONFIG: Final = "STAND_IN_KUBECONFIG"
"""Names the kubeconfig of the API server that stands for the cluster's."""

Message: TypeAlias = Any  # The generated classes share no type that says `FromString`.

_SERVICE: Final = "pulumirpc.ResourceProvider"
_CALLS: Final = 64
_UNBOUNDED: Final = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]
_REQUESTS: Final[Mapping[str, Message]] = {
    "Check": wire.CheckRequest,
    "Configure": wire.ConfigureRequest,
    "Create": wire.CreateRequest,
    "Delete": wire.DeleteRequest,
    "Diff": wire.DiffRequest,
    "Read": wire.ReadRequest,
    "Update": wire.UpdateRequest,
}
"""The calls that are looked into; all others go through unread."""


class Provider(grpc.GenericRpcHandler):
    """Answers a call itself, or hands its bytes on to the real provider."""

    def __init__(self, real: grpc.Channel, api: Api, kubeconfig: str) -> None:
        self._real, self._api, self._kubeconfig = real, api, kubeconfig

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Message:
        """A handler of bytes for any method."""
        method: str = handler_call_details.method
        return grpc.unary_unary_rpc_method_handler(
            lambda sent, context: self._answer(method, sent, context)
        )

    def _answer(self, method: str, sent: bytes, context: grpc.ServicerContext) -> bytes:
        name = method.rpartition("/")[2]
        if name not in _REQUESTS:
            return self._forward(method, sent, context)
        request = _REQUESTS[name].FromString(sent)
        try:
            if name == "Configure":
                self._lead_to_the_cluster(request)
                return self._forward(method, request.SerializeToString(), context)
            if releases.is_release(request.urn):
                answer = releases.ANSWERS[name](self._api, request)
                return cast("bytes", answer.SerializeToString())
            if name in ("Create", "Update", "Delete") and not getattr(request, "preview", False):
                order.check(self._api, name, request.urn)
                finishing.begin(self._api, name, request)
        except RefusedError as refused:
            context.abort(grpc.StatusCode.UNKNOWN, str(refused))
        return self._forward(method, sent, context)

    def _lead_to_the_cluster(self, request: Message) -> None:
        variables = request.variables
        kubeconfigs.check(variables.get("kubernetes:config:kubeconfig", ""))
        variables["kubernetes:config:kubeconfig"] = self._kubeconfig
        request.args.update({"kubeconfig": self._kubeconfig})

    def _forward(self, method: str, sent: bytes, context: grpc.ServicerContext) -> bytes:
        call = self._real.unary_unary(method).future(sent)
        context.add_callback(lambda: cast("None", call.cancel()))
        try:
            return cast("bytes", call.result())
        except grpc.RpcError:
            # What a failed call leaves behind, such as an object that did not become ready, is in
            # the details of the status, and those are in its trailers.
            context.set_trailing_metadata(call.trailing_metadata())
            context.abort(call.code(), call.details())


def environment(kubeconfig: Path, crds: Path) -> Mapping[str, str]:
    """What the proxy needs to know: an API server, and the CRDs that charts bring to it."""
    provider = toolchain.binary("pulumi-resource-kubernetes")
    return {KUBECONFIG: str(kubeconfig), PROVIDER: str(provider), chart_crds.FOLDER: str(crds)}


def main(engine: str) -> None:
    """Serves until the engine ends it. The port goes to the standard output, as plugins do."""
    real = subprocess.Popen([os.environ[PROVIDER], engine], stdout=subprocess.PIPE, text=True)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: sys.exit(0))
    try:
        assert real.stdout is not None
        port = int(real.stdout.readline())
        kubeconfig = Path(os.environ[KUBECONFIG])
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", _UNBOUNDED)
        provider = Provider(channel, Api.of(kubeconfig), kubeconfig.read_text("utf-8"))
        server = grpc.server(ThreadPoolExecutor(_CALLS), [provider], options=_UNBOUNDED)
        own = server.add_insecure_port("127.0.0.1:0")
        server.start()
        print(own, flush=True)  # noqa: T201 - how a plugin tells the engine.
        server.wait_for_termination()
    finally:
        real.terminate()


if __name__ == "__main__":
    main(sys.argv[1])
