"""Every fault of the table does what it says, from Python, from the command line's text and by method."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.simulator.talking import Refused, Talk, talk
from truenas_client.simulator import Simulator
from truenas_client.simulator.fault_table import KINDS

PING = '{"jsonrpc": "2.0", "id": "p", "method": "core.ping"}'


async def gone(client: Talk) -> int | None:
    """Wait for the end of a connection; its close code."""
    await asyncio.wait_for(client.connection.wait_closed(), 10)
    return client.connection.close_code


async def drop_before(nas: Simulator) -> None:
    ran: list[int] = []
    nas.method("mine.run")(lambda call: ran.append(1))
    async with talk(nas) as client:
        nas.faults.add("drop", method="mine.*", times=1)
        await client.send("mine.run")
        assert (await gone(client), ran) == (1006, [])
    async with talk(nas) as client:
        await client.call("mine.run")


async def drop_after(nas: Simulator) -> None:
    ran: list[int] = []
    nas.method("mine.run")(lambda call: ran.append(1))
    async with talk(nas) as client:
        nas.faults.add("drop", when="after", method="mine.run")
        await client.send("mine.run")
        assert (await gone(client), ran) == (1006, [1])
    async with talk(nas) as client:
        nas.faults.add("drop", when="after", method="mine.unknown")
        await client.send("mine.unknown")
        assert await gone(client) == 1006


async def stall(nas: Simulator) -> None:
    async with talk(nas) as client, talk(nas) as other:
        nas.faults.add("stall", method="core.ping", times=1, pause=500)
        first = await client.send("core.ping")
        second = await client.send("core.ping")
        assert await other.call("core.ping") == "pong"
        assert nas.faults.struck("stall") == 1
        nas.clock.advance(500)
        assert [await client.answer(first), await client.answer(second)] == ["pong", "pong"]


async def half_close(nas: Simulator) -> None:
    ran = asyncio.Event()
    nas.method("mine.run")(lambda call: ran.set())
    host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /api/current HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    nas.faults.add("half-close", method="core.ping")
    nas.method("mine.open", no_auth=True)(lambda call: ran.set())
    for method in ("core.ping", "mine.open"):
        text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode()
        writer.write(b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    await asyncio.wait_for(ran.wait(), 10)
    writer.close()


async def close(nas: Simulator) -> None:
    async with talk(nas) as client:
        nas.faults.add("close", code=1011, reason="broken")
        await client.send("core.ping")
        assert await gone(client) == 1011
        assert client.connection.close_reason == "broken"


async def error(nas: Simulator) -> None:
    async with talk(nas) as client:
        with nas.faults.add("error", method="pool.query", errno=28, reason="No space"):
            with pytest.raises(Refused) as refused:
                await client.call("pool.query")
            assert (refused.value.code, refused.value.data["error"]) == (-32001, 28)
            assert refused.value.data["reason"] == "[ENOSPC] No space"
            assert await client.call("system.ready") is True
        assert await client.call("pool.query")
        nas.faults.add("error", attribute="data.name", reason="taken", errno=17, times=1)
        with pytest.raises(Refused) as refused:
            await client.call("pool.query")
        assert (refused.value.code, refused.value.rows) == (-32602, [["data.name", "taken", 17]])


async def latency(nas: Simulator) -> None:
    async with talk(nas) as client:
        nas.faults.add("latency", shape="fixed", mean=1000, method="core.ping")
        slow = await client.send("core.ping")
        assert await client.call("system.ready") is True
        nas.clock.advance(1000)
        assert await client.answer(slow) == "pong"
        nas.faults.clear()
        for shape in ("uniform", "normal", "exponential"):
            nas.faults.add("latency", shape=shape, low=0.5, high=1, mean=0.5)
        before = nas.clock.now()
        assert await client.call("core.ping") == "pong"
        assert nas.clock.now() - before > 0.5


async def login_redirect(nas: Simulator) -> None:
    nas.faults.add("login-redirect", url="https://other.example")
    async with talk(nas, login=False) as client:
        assert await client.login() == {"response_type": "REDIRECT", "urls": ["https://other.example"]}


async def handshake(nas: Simulator) -> None:
    nas.faults.add("handshake", status=502, times=1)
    with pytest.raises(InvalidStatus) as refused:
        await connect(nas.url).__aenter__()
    assert refused.value.response.status_code == 502
    async with talk(nas):
        pass


async def redirect(nas: Simulator) -> None:
    nas.faults.add("redirect", location="https://other.example/x", path="/api/*")
    host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /api/current HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
    head = await reader.read()
    assert head.startswith(b"HTTP/1.1 302 ")
    assert b"\r\nLocation: https://other.example/x\r\n" in head
    writer.close()


async def not_allowed(nas: Simulator) -> None:
    with nas.faults.add("not-allowed"):
        await refused_by_address(nas)
    nas.configs["system.general"]["ui_allowlist"] = ["192.0.2.0/24"]
    await refused_by_address(nas)
    nas.faked_address = "192.0.2.77"
    async with talk(nas):
        pass


async def refused_by_address(nas: Simulator) -> None:
    async with connect(nas.url) as connection:
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 1008
        assert connection.close_reason == "You are not allowed to access this resource"


async def drip(nas: Simulator) -> None:
    async with talk(nas) as client:
        nas.faults.add("drip", rate=10_000)
        before = nas.clock.now()
        assert len(json.dumps(await client.call("auth.me"))) > 1000
        assert nas.clock.now() - before > 0.1
        assert await client.call("core.ping") == "pong"


async def duplicate(nas: Simulator) -> None:
    async with connect(nas.url) as connection:
        nas.faults.add("duplicate", times=1)
        await connection.send(PING)
        assert [await connection.recv() for _ in range(2)] == ['{"jsonrpc": "2.0", "result": "pong", "id": "p"}'] * 2


async def reorder(nas: Simulator) -> None:
    async with connect(nas.url) as connection:
        nas.faults.add("reorder", times=1)
        await connection.send(PING)
        await connection.send(PING.replace('"p"', '"q"'))
        assert [json.loads(await connection.recv())["id"] for _ in range(2)] == ["q", "p"]
        nas.faults.add("reorder", times=1)
        await connection.send(PING)
        assert json.loads(await connection.recv())["id"] == "p"


async def garbage(nas: Simulator) -> None:
    for content, kind in (("text", str), ("json", str), ("binary", bytes)):
        async with connect(nas.url) as connection:
            nas.faults.add("garbage", content=content, times=1)
            await connection.send(PING)
            nonsense = await connection.recv()
            assert isinstance(nonsense, kind)
            assert json.loads(await connection.recv())["result"] == "pong"
    for content, code in (("utf8", 1007), ("frame", 1002)):
        async with connect(nas.url) as connection:
            nas.faults.add("garbage", content=content, times=1)
            await connection.send(PING)
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
            assert closed.value.sent is not None
            assert closed.value.sent.code == code


async def restart(nas: Simulator) -> None:
    async with talk(nas) as client:
        boot_id = nas.boot_id
        await client.call("core.job_test", {})
        nas.faults.add("restart", every=100, times=1)
        await asyncio.sleep(0)
        nas.clock.advance(100)
        assert await gone(client) == 1006
        assert nas.boot_id != boot_id
    async with talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        await client.call("core.job_test", {})
        assert client.events[0]["params"]["id"] == 1
        assert list(nas.faults) == []


async def rotate(nas: Simulator) -> None:
    assert nas.tls is not None
    before = nas.tls.fingerprint
    nas.faults.add("rotate", every=100)
    await asyncio.sleep(0)
    nas.clock.advance(100)
    async with talk(nas) as client:
        while nas.tls.fingerprint == before:
            await client.call("core.ping")


CASES: dict[str, list[Callable[[Simulator], Any]]] = {
    "handshake": [handshake],
    "redirect": [redirect],
    "not-allowed": [not_allowed],
    "drop": [drop_before, drop_after],
    "stall": [stall],
    "half-close": [half_close],
    "close": [close],
    "error": [error],
    "latency": [latency],
    "login-redirect": [login_redirect],
    "drip": [drip],
    "duplicate": [duplicate],
    "reorder": [reorder],
    "garbage": [garbage],
    "restart": [restart],
    "rotate": [rotate],
}


@pytest.mark.parametrize("case", [case for cases in CASES.values() for case in cases], ids=lambda case: case.__name__)
async def test_fault(case: Callable[[Simulator], Any]) -> None:
    async with Simulator(tls=case is rotate) as nas:
        await asyncio.wait_for(case(nas), 20)


def test_every_fault_is_tried() -> None:
    assert set(CASES) == set(KINDS)


async def test_skip_times_seconds_and_user() -> None:
    async with Simulator() as nas, talk(nas) as client, talk(nas, login=False) as viewer:
        await viewer.login("viewer", "viewer")
        nas.faults.add("error", method="core.ping", skip=1, times=2, user="viewer")
        assert await client.call("core.ping") == "pong"
        assert await viewer.call("core.ping") == "pong"
        for _ in range(2):
            with pytest.raises(Refused):
                await viewer.call("core.ping")
        assert await viewer.call("core.ping") == "pong"
        fault = nas.faults.add("error", method="core.ping", seconds=100)
        with pytest.raises(Refused):
            await client.call("core.ping")
        nas.clock.advance(100)
        assert await client.call("core.ping") == "pong"
        assert list(nas.faults) == []
        fault.remove()
        never = nas.faults.add("error", chance=0)
        assert await client.call("core.ping") == "pong"
        assert (never.seen, never.struck) == (1, 0)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "flood",
        "drop:x=1",
        "drop:times",
        "drop:times=-1",
        "drop:times=many",
        "drop:when=never",
        "restart:every=0",
        "restart:chance=1",
        "latency:low=inf",
        "garbage:content=x",
    ],
)
def test_what_is_no_fault_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Simulator(demo_data=False).faults.parse(spec)


async def test_faults_by_method() -> None:
    async with Simulator() as nas, talk(nas) as client, talk(nas, login=False) as viewer:
        ident = await client.call("simulator.add_fault", "error:method=*,errno=11")
        with pytest.raises(Refused):
            await client.call("core.ping")
        (row,) = await client.call("simulator.faults")
        assert (row["name"], row["options"]["errno"], row["struck"]) == ("error", 11, 1)
        assert await client.call("simulator.remove_fault", ident) is True
        assert await client.call("core.ping") == "pong"
        await client.call("simulator.add_fault", "stall", {"times": 1, "method": "no.such"})
        await client.call("simulator.clear_faults")
        assert await client.call("simulator.faults") == []
        assert set(await client.call("simulator.fault_kinds")) == set(KINDS)
        with pytest.raises(Refused) as refused:
            await client.call("simulator.add_fault", "flood")
        assert refused.value.data["error"] == 22
        await viewer.login("viewer", "viewer")
        with pytest.raises(Refused) as refused:
            await viewer.call("simulator.faults")
        assert refused.value.data["error"] == 13
        assert not [name for name in await client.call("core.get_methods") if name.startswith("simulator.")]
        await client.call("simulator.drop_connections")
        assert await gone(viewer) == 1006
        await client.call("simulator.restart")
        assert await gone(client) == 1006
