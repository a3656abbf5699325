"""The asyncio driver of a WebSocket, against servers that keep to their own rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.server import ServerProtocol

from truenas_client import endpoint
from truenas_client.aio.sockets import open_websocket
from truenas_client.aio.websocket import Link

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def connected(serve: Serve) -> AsyncIterator[Link]:
    """A link to a server that does the opening handshake, and then what it is given."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = ServerProtocol()
        protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        request = protocol.events_received()[0]
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        writer.write(b"".join(protocol.data_to_send()))
        await serve(reader, writer)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        link = await open_websocket(endpoint.parse(f"ws://127.0.0.1:{port}"))
        try:
            yield link
        finally:
            link.transport.abort()
    finally:
        server.close()


class Heard:
    """Takes what a link hands over."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.faults: list[str] = []
        self.closed = asyncio.Event()

    def on_text(self, text: str) -> None:
        assert not self.closed.is_set()
        self.texts.append(text)

    def on_fault(self, reason: str) -> None:
        assert not self.closed.is_set()
        self.faults.append(reason)

    def on_closed(self) -> None:
        assert not self.closed.is_set()
        self.closed.set()

    async def end(self) -> None:
        async with asyncio.timeout(10):
            await self.closed.wait()


async def read_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything and never hangs up."""
    while await reader.read(65536):
        pass
    await asyncio.sleep(3600)


async def test_what_came_with_the_handshake_waits_for_the_hearer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x81\x01a\x82\x01b\x88\x02" + (1008).to_bytes(2, "big"))
        await read_on(reader, writer)

    async with connected(serve) as link:
        await asyncio.sleep(0.1)
        heard = Heard()
        link.hear(heard)
        assert (heard.texts, heard.faults) == (["a"], ["a binary message"])
        await heard.end()
        assert link.close_code == 1008


async def test_a_server_that_closes_and_does_not_hang_up_is_left() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x88\x04" + (1001).to_bytes(2, "big") + b"ok")
        await read_on(reader, writer)

    async with connected(serve) as link:
        heard = Heard()
        link.hear(heard)
        await heard.end()
        assert (link.close_code, link.close_reason) == (1001, "ok")
        assert not link.write("x")


async def test_closing_does_not_wait_for_a_server_that_says_nothing() -> None:
    async with connected(read_on) as link:
        heard = Heard()
        link.hear(heard)
        pong = await link.ping()
        began = time.monotonic()
        await asyncio.gather(link.close(), link.close())
        assert 0.9 < time.monotonic() - began < 5
        assert heard.closed.is_set()
        assert not link.write("x")
        with pytest.raises(ConnectionClosed):
            await pong
        with pytest.raises(ConnectionClosed):
            await link.ping()


async def test_a_server_that_hangs_up_ends_the_connection_after_what_it_sent() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x81\x01a" * 50_000 + b"\x81\x05half")
        writer.close()

    async with connected(serve) as link:
        heard = Heard()
        link.hear(heard)
        await heard.end()
        assert len(heard.texts) == 50_000
        assert link.close_code == 1006


async def test_a_hearer_that_raises_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Heard):
        def on_text(self, text: str) -> None:
            super().on_text(text)
            raise KeyError("a fault of ours")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x81\x01a" * 10)
        await read_on(reader, writer)

    async with connected(serve) as link:
        heard = Failing()
        link.hear(heard)
        link.write("go")
        await heard.end()
        assert heard.texts == ["a"]
    assert "the reader failed" in caplog.text


async def test_others_have_their_turn_while_much_comes() -> None:
    count = 200_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x81\x01a" * count)
        await read_on(reader, writer)

    async with connected(serve) as link:
        heard, turns = Heard(), 0
        link.hear(heard)
        async with asyncio.timeout(30):
            while len(heard.texts) < count:
                await asyncio.sleep(0)
                turns += bool(heard.texts)
        assert turns > 10  # 600 kB come in three pieces, and take a fifth of a second


async def test_texts_of_one_turn_leave_in_one_write() -> None:
    pieces: list[bytes] = []
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while sum(map(len, pieces)) < 3 * 7:
            pieces.append(await reader.read(65536))
        done.set()

    async with connected(serve) as link:
        link.hear(Heard())
        for text in "abc":
            assert link.write(text)
        async with asyncio.timeout(10):
            await done.wait()
        assert [len(piece) for piece in pieces] == [3 * 7]
