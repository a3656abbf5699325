"""What a server may send at most, and what becomes of calls whose answers cannot be read."""

from __future__ import annotations

import asyncio
import json
import logging
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.core import certificates
from tests.core.nas import nas, reply
from truenas_client import AsyncClient, ConnectionLost, ProtocolError
from truenas_client.aio.sockets import ConnectLimits
from truenas_client.engine.conversation import Vigilance
from truenas_client.trust import TLS


def frame(opcode: int, data: bytes, *, fin: bool) -> bytes:
    """An unmasked frame as servers send them, of less than 126 bytes."""
    return bytes([opcode | (0x80 if fin else 0), len(data)]) + data


async def flood(link: ServerConnection, piece: bytes) -> None:
    """Sends the same bytes again and again, below websockets, until the client has enough.

    Never more than the client takes: the server's memory would count as the client's.
    """
    while not link.transport.is_closing():
        if not link.transport.get_write_buffer_size():
            link.transport.write(piece * 2000)
        await asyncio.sleep(0)


FLOODS: dict[str, tuple[bytes, bytes]] = {
    "fragments": (frame(1, b"[", fin=False), frame(0, b"x" * 100, fin=False)),
    "fragments of a byte": (frame(1, b"[", fin=False), frame(0, b"x", fin=False)),
    "empty fragments": (frame(1, b"[", fin=False), frame(0, b"", fin=False)),
    "binary fragments": (frame(2, b"[", fin=False), frame(0, b"x" * 100, fin=False)),
    "one frame without an end": (b"\x81\x7f" + (2**40).to_bytes(8, "big"), b"x" * 100),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_message_without_an_end_is_given_up(kind: str) -> None:
    first, more = FLOODS[kind]

    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        link.transport.write(first)
        await flood(link, more)

    async with nas(answer) as server:
        # The flood takes a slow machine seconds: the answer that the binary message may have been is waited for longer.
        limits = ConnectLimits(message=2**20, vigilance=Vigilance(fault=60.0))
        client = AsyncClient(server.url, reconnect=False, limits=limits)
        await client.connect()
        tracemalloc.start()
        try:
            with pytest.raises(
                ConnectionLost,
                match=r"more than (1,048,576 bytes without completing|10,000 pieces)",
            ):
                await client.call("x")
            assert tracemalloc.get_traced_memory()[1] < 30 * 2**20
        finally:
            tracemalloc.stop()
            await client.close()


async def test_the_bound_after_sign_in_is_the_caller_s() -> None:
    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        await reply(link, request, "x" * request["params"][0] if request["method"] == "x" else None)

    async with nas(answer) as server:
        limits = ConnectLimits(message=20 * 2**20)
        async with AsyncClient(server.url, limits=limits, reconnect=False) as client:
            await client.login_with_password("admin", "secret")
            for _ in range(3):  # each message has the whole bound
                assert len(await client.call("x", 8 * 2**20)) == 8 * 2**20
            assert len(await client.call("x", 18 * 2**20)) == 18 * 2**20
            with pytest.raises(ConnectionLost, match="more than 20,971,520 bytes"):
                await client.call("x", 21 * 2**20)
        async with AsyncClient(server.url, limits=limits, reconnect=False) as client:
            with pytest.raises(ConnectionLost, match="more than 16,777,216 bytes"):
                await client.call("x", 18 * 2**20)


async def test_a_flood_of_pings_ends_the_connection() -> None:
    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        await flood(link, frame(9, b"", fin=True))

    async with nas(answer) as server, AsyncClient(server.url, reconnect=False) as client:
        with pytest.raises(ConnectionLost, match="more than 10,000 pings in 10 s"):
            await client.call("x")


@pytest.mark.parametrize("cut", [-1, -12])
async def test_an_answer_that_breaks_off_fails_its_call_at_once(cut: int) -> None:
    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        if request["method"] == "bad":
            await link.send('{"jsonrpc": "2.0", "id": "%s", "result": {"a": 1}}'[:cut].replace("%s", request["id"]))

    async with nas(answer) as server, AsyncClient(server.url) as client:
        waiting = asyncio.create_task(client.call("other"))
        with pytest.raises(ProtocolError, match="not JSON"):
            await client.call("bad", timeout=None)
        assert not waiting.done()
        waiting.cancel()


async def test_an_answer_without_an_id_belongs_to_the_only_call() -> None:
    limits = ConnectLimits(vigilance=Vigilance(fault=0.0))

    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        await link.send("\x00 is not JSON" if request["method"] == "text" else b"\x00")

    async with nas(answer) as server, AsyncClient(server.url, limits=limits) as client:
        with pytest.raises(ProtocolError, match=r"text: the server answered with text that is not JSON.*may have run"):
            await client.call("text", timeout=None)
        with pytest.raises(ProtocolError, match="a binary message"):
            await client.call("binary", timeout=None)


async def test_noise_without_end_is_told_a_few_times_and_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        while True:
            await link.send("[]")
            await asyncio.sleep(0)

    async with nas(answer) as server, AsyncClient(server.url, reconnect=False) as client:
        with caplog.at_level(logging.WARNING, "truenas_client"), pytest.raises(ConnectionLost) as caught:
            await asyncio.gather(client.call("x"), client.call("x"))
    assert "1,000 messages that cannot be read; the last was expected an object" in str(caught.value)
    assert [record.getMessage() for record in caplog.records if "expected an object" in record.getMessage()][:3] == [
        "the server sent expected an object, got list",
        "the server sent expected an object, got list (10 so far)",
        "the server sent expected an object, got list (100 so far)",
    ]


async def test_what_came_before_the_end_of_a_tls_connection_counts(tmp_path: Path) -> None:
    """The server answers and hangs up while the client is still reading what came before."""
    event = {"jsonrpc": "2.0", "method": "collection_update", "params": {"collection": "x", "msg": "added", "id": 1}}

    async def answer(link: ServerConnection, request: dict[str, Any]) -> None:
        text = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": 1}).encode()
        link.transport.write(frame(1, json.dumps(event).encode(), fin=True) * 20_000 + frame(1, text, fin=True))
        link.transport.close()

    made = certificates.certificate(tmp_path)
    async with nas(answer, tls=made.context) as server:
        for _ in range(5):
            async with AsyncClient(server.url, reconnect=False, tls=TLS.insecure()) as client:
                assert await client.call("x") == 1
