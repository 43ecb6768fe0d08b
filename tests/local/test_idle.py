"""What every queue-proxy of the plane answers the autoscaler."""

import asyncio
import struct

from local.idle import Idle

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: 10.128.0.7:9090\r\nAccept: application/protobuf\r\n\r\n"


async def asked(*parts: bytes) -> bytes:
    """All that is answered to these pieces of a stream."""
    server = await asyncio.get_running_loop().create_server(Idle, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return answer


def test_a_pod_has_nothing_to_do_and_is_old_enough_to_count() -> None:
    head, _, body = asyncio.run(asked(REQUEST)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"Content-Type: application/protobuf" in head
    assert f"Content-Length: {len(body)}".encode() in head
    name, age = body[2:6], body[6:]
    assert (body[0], body[1], name) == (0x0A, 4, b"idle")  # Field 1, text of four bytes.
    assert (age[0], struct.unpack("<d", age[1:])) == (0x31, (3600.0,))  # Field 6, a double.


def test_a_kept_connection_is_answered_as_often_as_it_asks() -> None:
    one = asyncio.run(asked(REQUEST))
    assert asyncio.run(asked(REQUEST[:20], REQUEST[20:] + REQUEST)) == one * 2


def test_who_never_ends_a_request_is_hung_up_on() -> None:
    assert asyncio.run(asked(b"a" * (1 << 15))) == b""
