"""Run as a script inside the sandbox: the ways in from outside.

    gate.py WAYS SOCKET WATCHED...

WAYS are `LISTENER=HOST:PORT,...`. Each LISTENER is an inherited socket that listens on the
machine's own loopback, and each connection to it is relayed to HOST:PORT inside. SOCKET is a Unix
socket: a client sends HOST:PORT and a line feed, hears one line feed once it is connected, and then
talks to that port.

When one of the WATCHED folders is gone, the checkout or the plane's folder was deleted and nobody
could stop the plane any more, so it ends itself.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Final

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

CHUNK: Final = 1 << 16
RESTART: Final = 20.0
"""Seconds that a connection is held while the API server starts again."""
INTERVAL: Final = 2.0
"""Seconds between two looks at what is watched."""


async def _connected(target: str, patience: float) -> Stream:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    host, _, port = target.rpartition(":")
    while True:
        try:
            return await asyncio.open_connection(host, int(port), limit=CHUNK)
        except ConnectionRefusedError:
            if loop.time() >= deadline:
                raise
        await asyncio.sleep(0.1)


async def _relay(outside: Stream, inside: Stream) -> None:
    """Both ways, until each side has said all or one is gone."""
    ways = _pump(outside[0], inside[1]), _pump(inside[0], outside[1])
    try:
        await asyncio.gather(*ways)
    except OSError:
        pass  # One side is gone, and the other is told by closing it.
    finally:
        outside[1].close()
        inside[1].close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


async def _watch(paths: list[str]) -> None:
    before = [(path, os.stat(path)) for path in paths]  # noqa: PTH116 - pathlib costs its import
    while all(_is(path, found) for path, found in before):
        await asyncio.sleep(INTERVAL)
    os.kill(1, signal.SIGTERM)


def _is(path: str, before: os.stat_result) -> bool:
    """Whether it is there, and no other that was made in its place."""
    try:
        return os.path.samestat(os.stat(path), before)  # noqa: PTH116 - as above
    except FileNotFoundError:
        return False


def _way(target: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inside = await _connected(target, RESTART)
        except OSError:
            writer.close()
            return
        await _relay((reader, writer), inside)

    return through


async def serve(ways: dict[int, str], path: str, watched: list[str]) -> None:
    """Until one of the watched paths is gone."""

    async def to_any_port(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inside = await _connected((await reader.readline()).decode("ascii").strip(), 0)
        except (OSError, OverflowError, ValueError):
            writer.close()
            return
        writer.write(b"\n")
        await _relay((reader, writer), inside)

    if os.path.exists(path):  # noqa: PTH110 - pathlib costs its import
        os.unlink(path)  # noqa: PTH108 - of a gate that was killed
    for listener, target in ways.items():
        machine = socket.socket(fileno=listener)
        machine.settimeout(0)
        await asyncio.start_server(_way(target), sock=machine, limit=CHUNK)
    await asyncio.start_unix_server(to_any_port, path, limit=CHUNK)
    await _watch(watched)


if __name__ == "__main__":
    given = (way.split("=") for way in sys.argv[1].split(","))
    asyncio.run(serve({int(fd): target for fd, target in given}, sys.argv[2], sys.argv[3:]))
