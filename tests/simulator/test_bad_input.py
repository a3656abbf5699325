"""Nothing that a client sends ends the simulator, and what it is owed stays bounded."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.simulator.talking import Refused, talk
from truenas_client.simulator import Simulator, shapes
from truenas_client.simulator.registry import entry


async def raw(nas: Simulator, data: bytes) -> bytes:
    """Send octets over plain TCP and read all that comes back."""
    host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


UPGRADE = (
    b"GET /api/current HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x00\x01\x02\r\n\r\n", b"400"),
        (b"hello\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /api/v99.9 HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"404"),
        (b"GET /api/current HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", b"4"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b""),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, b"400"),
        (b"GET / HT", b""),
        (b"", b""),
        (UPGRADE + b"\xff\xff\xff\xff", b"101"),
        (UPGRADE + b"\x81\x05hello", b"101"),
        (UPGRADE + b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", b"101"),
    ],
    ids=range(12),
)
async def test_no_octets_end_it(data: bytes, status: bytes) -> None:
    async with Simulator(demo_data=False) as nas:
        answer = await raw(nas, data)
        assert answer[9 : 9 + len(status)] == status
        assert bool(answer) is bool(status)
        async with talk(nas, login=False) as client:
            assert await client.call("core.ping") == "pong"


JUNK: list[Any] = [
    "",
    "[" * 100_000,
    "[" * 8_000,
    '{"jsonrpc": "2.0", "id": 1, "method": "core.ping", "params": [{"$date": "x"}]}',
    '{"jsonrpc": "2.0", "id": 1, "method": "core.ping", "params": [{"$date": 1e400}]}',
    '{"jsonrpc": "2.0", "id": 1, "method": "core.ping", "params": [{"$set": [{}]}]}',
    '{"jsonrpc": "2.0", "id": "\\ud800", "method": "core.ping"}',
    '{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}',
    '{"jsonrpc": "2.0", "id": true, "method": "core.ping"}',
    '{"jsonrpc": "2.0", "id": 1, "method": "auth.login_ex", "params": [{"mechanism": ["x"]}]}',
    '{"jsonrpc": "2.0", "id": 1, "method": "auth.login_ex", "params": [{"mechanism": {"a": 1}}]}',
    '{"jsonrpc": "2.0", "id": 1, "method": "auth.login_ex", '
    '"params": [{"mechanism": "PASSWORD_PLAIN", "username": "\\ud800", "password": "\\ud800"}]}',
    '{"jsonrpc": "2.0", "id": 1, "method": "core.set_options", "params": [null]}',
    '{"jsonrpc": "2.0", "id": ' + "9" * 5000 + ', "method": "core.ping"}',
]


@pytest.mark.parametrize("text", JUNK, ids=range(len(JUNK)))
async def test_no_message_ends_it(text: str) -> None:
    async with Simulator(demo_data=False, speed=100) as nas:
        async with connect(nas.url) as connection:
            await connection.send(text)
            frames: list[Any] = []
            with suppress(ConnectionClosed):
                await connection.send('{"jsonrpc": "2.0", "id": "last", "method": "core.ping"}')
                while not frames or frames[-1].get("id") != "last":
                    frames.append(json.loads(await connection.recv()))
            assert frames or connection.close_code == 1007
        async with talk(nas, login=False) as client:
            assert await client.call("core.ping") == "pong"


CALLS: list[tuple[str, list[Any]]] = [
    ("core.subscribe", [5]),
    ("core.subscribe", ["\ud800:x"]),
    ("core.subscribe", ["reporting.realtime:" + "[" * 50_000]),
    ("core.subscribe", ['reporting.realtime:{"interval": "soon"}']),
    ("core.unsubscribe", [None]),
    ("core.get_jobs", [[["id", ">", "x"]]]),
    ("core.get_jobs", [[["a"]], {"get": True, "limit": 3}]),
    ("core.job_abort", [10**30]),
    ("core.job_wait", [-1]),
    ("core.bulk", ["no.such", [[]]]),
    ("core.get_methods", ["no.such"]),
    ("pool.query", [[["name", "~", "("]]]),
    ("pool.query", ["x"]),
    ("pool.query", [[], {"limit": -1}]),
    ("pool.query", [[], {"order_by": [5]}]),
    ("pool.dataset.create", [{"name": "tank/" + "a/" * 300, "type": "FILESYSTEM"}]),
    ("pool.dataset.create", [{"name": "../x", "type": "FILESYSTEM"}]),
    ("pool.dataset.delete", ["tank"]),
    ("user.create", [{"username": "x"}]),
    ("auth.generate_token", [0, {"a": [1]}]),
    ("pool.scrub.scrub", []),
]


@pytest.mark.parametrize(("method", "params"), CALLS, ids=range(len(CALLS)))
async def test_every_call_is_answered(method: str, params: list[Any]) -> None:
    async with Simulator(speed=50) as nas, talk(nas) as client:
        ident = await client.send(method, *params)
        with suppress(Refused):
            await client.answer(ident)
        assert await client.call("core.ping") == "pong"


async def test_fragments_are_put_together() -> None:
    async with Simulator(demo_data=False) as nas, connect(nas.url) as connection:
        await connection.send(['{"jsonrpc": "2.0", "id": 1, ', '"method": "core.', 'ping"}'])
        assert json.loads(await connection.recv())["result"] == "pong"


async def test_a_client_that_reads_nothing_is_dropped() -> None:
    async with Simulator() as nas:

        @nas.method("mine.much")
        def much(call: Any) -> str:
            return "x" * (4 << 20)

        async with talk(nas) as client, talk(nas) as other:
            client.connection.transport.pause_reading()
            for _ in range(10):
                await client.send("mine.much")
            nas.event("mine.flood")
            # Subscribed by hand: this client reads no answers any more.
            session = next(iter(nas.sessions))
            nas.events.subscribe(session, "mine.flood")
            text = "y" * (1 << 20)
            for _ in range(100):
                nas.send_event("mine.flood", "ADDED", fields={"text": text})
                await other.call("core.ping")
                if len(nas.sessions) == 1:
                    break
            assert len(nas.sessions) == 1
            client.connection.transport.resume_reading()


async def test_many_connections_at_once() -> None:
    async with Simulator(demo_data=False) as nas:
        nas.add_account("admin", "admin")
        opened = await asyncio.gather(*(connect(nas.url, ping_interval=None) for _ in range(150)))
        assert len(nas.sessions) == 150
        for connection in opened:
            await connection.send('{"jsonrpc": "2.0", "id": 1, "method": "core.set_options", "params": [{}]}')
        answers = [json.loads(await connection.recv()) for connection in opened]
        assert all(answer["result"]["legacy_jobs"] for answer in answers)
        nas.drop_connections()
        await asyncio.gather(*(connection.wait_closed() for connection in opened))
        async with talk(nas):
            assert len(nas.sessions) == 1


UPGRADED = b"HTTP/1.1 101 "
OPTIONS = b'{"jsonrpc": "2.0", "id": 1, "method": "core.set_options", "params": [{}]}'


def resident(pid: int) -> int:
    """Octets of memory a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc to see the memory of a process")
async def test_a_thousand_connections_take_little_memory() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("needs 4096 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "truenas_client.simulator"), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))["ws"]
        host, _, port = url.removeprefix("ws://").partition("/")[0].partition(":")

        async def one() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(UPGRADE)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(UPGRADED)
            writer.write(b"\x81" + bytes([0x80 | len(OPTIONS)]) + bytes(4) + OPTIONS)
            assert b"legacy_jobs" in await reader.readuntil(b'"id": 1}')
            return reader, writer

        grown = []
        for _ in range(2):
            before = resident(process.pid)
            opened = await asyncio.gather(*(one() for _ in range(1000)))
            grown.append(resident(process.pid) - before)
            for _, writer in opened:
                writer.transport.abort()
            _, writer = await one()
            writer.close()
        assert grown[0] < 100 << 20
        assert grown[1] < grown[0] / 2
    finally:
        process.terminate()
        await process.wait()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_clients_that_read_nothing_share_what_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truenas_client.simulator.front.MOST_UNSENT_IN_ALL", 8 << 20)
    async with Simulator() as nas, talk(nas) as other:
        nas.method("mine.much")(lambda call: "x" * (8 << 20))
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(talk(nas)) for _ in range(6)]
            for client in clients:
                client.connection.transport.pause_reading()
                await client.send("mine.much")
            while len(nas.sessions) == 7:
                await other.call("core.ping")
            for client in clients:
                client.connection.transport.resume_reading()


async def test_half_open_and_slow_heads_hold_nobody_up() -> None:
    async with Simulator(demo_data=False) as nas:
        host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
        opened = [await asyncio.open_connection(host, int(port)) for _ in range(50)]
        for number, (_, writer) in enumerate(opened):
            writer.write(UPGRADE[: number * 3])
        async with talk(nas, login=False) as client:
            assert await client.call("core.ping") == "pong"
        for _, writer in opened:
            writer.transport.abort()


async def test_a_flood_of_calls_is_answered_or_refused_one_by_one() -> None:
    async with Simulator(demo_data=False) as nas:
        nas.add_account("admin", "admin")
        async with talk(nas) as client, talk(nas) as other:

            @nas.method("mine.hang")
            async def hang(call: Any) -> None:
                await asyncio.Event().wait()

            for _ in range(500):
                await client.send("mine.hang")
            refused = [await client.receive() for _ in range(480)]
            assert {frame["error"]["code"] for frame in refused} == {-32000}
            assert await other.call("core.ping") == "pong"


async def test_the_big_catalogue_is_encoded_once() -> None:
    async with Simulator(catalogue=big_catalogue()) as nas, talk(nas) as client:
        times = []
        for _ in range(4):
            ident = await client.send("core.get_methods")
            began = time.perf_counter()
            text = await client.connection.recv(decode=False)
            times.append(time.perf_counter() - began)
            assert len(text) > 5_000_000
            assert text.endswith(b'"id": %d}' % ident)
        assert min(times[1:]) < times[0] / 2


def big_catalogue() -> dict[str, dict[str, Any]]:
    """About 5 MB of methods."""
    members = {f"member_{number}": shapes.text("A text of some length, for a member.") for number in range(60)}
    return {
        f"big.method_{number}": entry(
            description="Does something.", accepts=shapes.arguments(data=shapes.obj("", ..., **members))
        )
        for number in range(500)
    }


async def test_a_silent_connection_is_dropped_after_the_time_of_its_release() -> None:
    for release, dropped in (("25.10", True), ("26", False)):
        async with Simulator(release=release, speed=100) as nas, talk(nas) as client, talk(nas) as busy:
            nas.clock.advance(50)
            await (await busy.connection.ping())
            nas.clock.advance(50)
            assert await busy.call("core.ping") == "pong"
            if dropped:
                await client.connection.wait_closed()
            assert (len(nas.sessions) == 1) is dropped
            assert await busy.call("core.ping") == "pong"


async def test_a_unix_socket_signs_in_by_itself(tmp_path: Path) -> None:
    path = str(tmp_path / "nas.sock")
    async with Simulator(unix=path) as nas, talk(nas, unix=path, login=False) as client:
        me = await client.call("auth.me")
        assert me["pw_name"] == {0: "root", 950: "admin"}.get(os.getuid(), "root")
        assert me["privilege"]["roles"] == {"$set": ["FULL_ADMIN"]}
    assert os.listdir(tmp_path) == []


async def test_a_key_seen_on_the_way_is_revoked() -> None:
    async with Simulator() as nas:
        key = nas.info()["api_keys"]["demo"]
        data = {"mechanism": "API_KEY_PLAIN", "username": "admin", "api_key": key}
        async with talk(nas, login=False) as client:
            assert (await client.call("auth.login_ex", data))["response_type"] == "SUCCESS"
        nas.faked_address = "203.0.113.9"
        async with talk(nas, login=False) as client:
            assert await client.call("auth.login_ex", data) == {"response_type": "EXPIRED"}
        nas.faked_address = None
        async with talk(nas, login=False) as client:
            assert await client.call("auth.login_ex", data) == {"response_type": "AUTH_ERR"}


async def test_rights_decide_what_may_be_called_and_seen() -> None:
    async with Simulator(speed=100) as nas, talk(nas) as admin, talk(nas, login=False) as viewer:
        await viewer.login("viewer", "viewer")
        with pytest.raises(Refused) as refused:
            await viewer.call("pool.dataset.delete", "tank/media")
        assert refused.value.data["error"] == 13
        assert "pool.dataset.delete" not in await viewer.call("core.get_methods")
        await admin.call("service.control", "RESTART", "ssh", {})
        assert await viewer.call("core.get_jobs", [], {"count": True}) == 0
        assert await admin.call("core.get_jobs", [], {"count": True}) == 1


async def test_secrets_are_masked_in_jobs() -> None:
    async with Simulator(speed=100) as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        await client.call("pool.dataset.lock", "tank/vault")
        keys = {"datasets": [{"name": "tank/vault", "passphrase": "open sesame"}]}
        assert (await client.call("pool.dataset.unlock", "tank/vault", keys))["unlocked"] == ["tank/vault"]
        jobs = await client.call("core.get_jobs", [["method", "=", "pool.dataset.unlock"]])
        assert jobs[0]["arguments"][1]["datasets"][0]["passphrase"] == "********"
        assert "sesame" not in json.dumps(client.events)
