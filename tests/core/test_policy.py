"""What is tried again after a loss, and when."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from truenas_client import AsyncClient
from truenas_client.aio.sockets import ConnectLimits
from truenas_client.engine.conversation import Vigilance
from truenas_client.engine.retry import backoff, is_fatal, pause_for
from truenas_client.exc import (
    ClientException,
    ConnectError,
    ConnectionLost,
    ConnectRefused,
    ConnectTimeout,
    HandshakeRejected,
    InvalidCredentials,
    InvalidEndpoint,
    RateLimited,
)

from .nas import nas


@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        (ConnectionLost("x"), False),
        (ConnectionLost("x", 1001), False),
        (ConnectionLost("x", 1011), False),
        (ConnectionLost("x", 1008), True),
        (ConnectRefused("x", "connect"), False),
        (ConnectError("x", "resolve"), False),
        (ConnectError("x", "tls"), True),
        (ConnectTimeout("x", "tls"), False),
        (ConnectError("x", "allowed"), True),
        (HandshakeRejected("x", 404), True),
        (HandshakeRejected("x", 301), True),
        (HandshakeRejected("x", 429), False),
        (HandshakeRejected("x", 502), False),
        (HandshakeRejected("x", None), False),
        (InvalidEndpoint("x"), True),
        (InvalidCredentials("x"), True),
        (RateLimited("x"), False),
        (ClientException("x"), False),
    ],
)
def test_what_cannot_help_is_not_tried_again(error: ClientException, fatal: bool) -> None:
    assert is_fatal(error) is fatal


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_pauses_grow_to_a_limit_and_are_spread_over_all_of_it(attempt: int, source: random.Random) -> None:
    longest = min(30.0, 0.5 * 1.7 ** min(attempt, 20))
    assert 0 <= backoff(attempt, source.uniform) <= longest
    assert backoff(attempt, lambda low, high: low) == 0
    assert backoff(attempt, lambda low, high: high) == longest


def test_a_rate_limit_says_itself_how_long() -> None:
    assert pause_for(RateLimited("x", retry_after=42), 0, random.uniform) == 42


async def test_an_older_server_is_found_at_its_own_path() -> None:
    seen: list[str] = []

    async def handle(link: ServerConnection) -> None:
        assert link.request is not None
        seen.append(link.request.path)
        async for text in link:
            frame = json.loads(text)
            if frame["msg"] == "connect":
                await link.send('{"msg": "connected", "session": "s"}')
            elif frame["method"] == "auth.login":
                await link.send(
                    json.dumps({"msg": "result", "id": frame["id"], "result": frame["params"][1] == "right"})
                )
            else:
                await link.send(json.dumps({"msg": "result", "id": frame["id"], "result": frame["params"]}))

    async def only_old(link: ServerConnection, request: Any) -> Any:
        return None if request.path == "/websocket" else link.respond(404, "not here\n")

    async with serve(handle, "127.0.0.1", 0, process_request=only_old) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AsyncClient(f"ws://127.0.0.1:{port}") as client:
            assert client.dialect == "ddp"
            assert client.endpoint.text.endswith("/websocket")
            with pytest.raises(InvalidCredentials):
                await client.login_with_password("admin", "wrong")
            await client.login_with_password("admin", "right")
            assert await client.call("x", 1, {"a": 2}) == [1, {"a": 2}]
        with pytest.raises(HandshakeRejected) as caught:
            await AsyncClient(f"ws://127.0.0.1:{port}/api/current").connect()
        assert caught.value.status_code == 404, "a path that was asked for is not exchanged"
    assert seen == ["/websocket"]


async def test_a_server_that_answers_nothing_any_more_is_noticed() -> None:
    limits = ConnectLimits(vigilance=Vigilance(silence=0.05, answer=0.05))
    answering = False

    async def handle(link: ServerConnection) -> None:
        async for text in link:
            frame = json.loads(text)
            if frame["method"] == "core.set_options" or answering:
                await link.send(json.dumps({"jsonrpc": "2.0", "id": frame["id"], "result": "ok"}))

    async with serve(handle, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AsyncClient(f"ws://127.0.0.1:{port}/api/current", reconnect=False, limits=limits) as client:
            with pytest.raises(ConnectionLost, match="answers nothing"):
                await client.call("pool.query", timeout=10)
        answering = True
        async with AsyncClient(f"ws://127.0.0.1:{port}/api/current", limits=limits) as client:
            assert await client.call("pool.query") == "ok"


async def test_silence_with_every_slot_taken_means_nothing() -> None:
    limits = ConnectLimits(vigilance=Vigilance(silence=0.01, answer=0.01))

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        """Never."""

    async with nas(answer) as server, AsyncClient(server.url, limits=limits) as client:
        calls = [asyncio.ensure_future(client.call("hold")) for _ in range(9)]
        calls += [asyncio.ensure_future(client.call("core.subscribe", "x"))]
        await server.got("core.subscribe")
        checks = server.methods().count("core.ping")
        await asyncio.wait(calls, timeout=0.2)
        assert client.connected
        assert server.methods().count("core.ping") == checks
        for call in calls:
            call.cancel()
