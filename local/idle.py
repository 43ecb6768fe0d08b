"""Run as a script inside the sandbox: what every queue-proxy of the plane says of itself.

Knative's autoscaler asks each pod on port 9090 what it is doing, and addresses of pods are this
machine's own there, so that all of them lead here. They have nothing to do: without an answer the
autoscaler would decide nothing at all, and revisions that no route leads to would keep their pods.

The answer is a `Stat` (knative.dev/serving v0.48.2 `pkg/autoscaler/metrics/stat.proto`) in which
everything but the pod's name (field 1) and its age (field 6) is zero, and so left out.
"""

import asyncio
import struct
from typing import Final

PORT: Final = 9090
_NAME: Final = b"idle"
_AGE: Final = 3600.0
"""Seconds; more than any window of the autoscaler, to which a younger pod counts for less."""

_STAT: Final = (
    bytes((1 << 3 | 2, len(_NAME))) + _NAME + bytes((6 << 3 | 1,)) + struct.pack("<d", _AGE)
)
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/protobuf\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_STAT), _STAT)
)
_END: Final = b"\r\n\r\n"
_LONGEST: Final = 1 << 14


class Idle(asyncio.Protocol):
    """One connection, kept for many requests that have no body."""

    def __init__(self) -> None:
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is answered by way of this."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """An answer to each request that has come whole."""
        *requests, self._heard = (self._heard + data).split(_END)
        if isinstance(self._transport, asyncio.Transport):
            self._transport.write(_ANSWER * len(requests))
        if len(self._heard) > _LONGEST:
            self._transport.close()


async def serve() -> None:
    """Until it is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Idle, "0.0.0.0", PORT)  # noqa: S104 - every pod's address
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
