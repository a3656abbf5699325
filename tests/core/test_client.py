from __future__ import annotations

import asyncio
import gc
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from truenas_client import (
    AsyncClient,
    CallTimeout,
    ClientException,
    ConnectError,
    ConnectionLost,
    Event,
    Gap,
    HandshakeRejected,
    JobLost,
    NotAuthorized,
    PayloadTooLarge,
    ProtocolError,
)
from truenas_client.aio.sockets import ConnectLimits
from truenas_client.exc import ConnectTimeout, SocketNotFound
from truenas_client.trust import CertificateError

from . import certificates
from .nas import echo, nas, notify, refuse, reply


async def silent(link: ServerConnection, frame: dict[str, Any]) -> None:
    """Never answers."""


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def answers(text: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(text.encode())
        await writer.drain()

    return talk


# -- connecting ------------------------------------------------------------------------


async def test_stages_are_told_as_they_succeed() -> None:
    stages: list[str] = []
    async with nas(echo) as server, AsyncClient(server.url, on_stage=stages.append):
        assert stages == ["resolve", "connect", "handshake", "hello"]


async def test_nobody_listens(unused_tcp_port: int) -> None:
    with pytest.raises(ConnectError, match="nothing listens") as caught:
        await AsyncClient(f"ws://127.0.0.1:{unused_tcp_port}").connect()
    assert isinstance(caught.value, ConnectionRefusedError)
    assert caught.value.stage == "connect"


async def test_host_nobody_knows() -> None:
    with pytest.raises(ConnectError, match=r"Host .* not found") as caught:
        await AsyncClient("wss://no-such-host.invalid").connect()
    assert caught.value.stage == "resolve"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Not Found", "HTTP 404"),
        ("200 OK", "not a TrueNAS API"),
        ("400 Bad Request", "wss://"),
        ("302 Found\r\nLocation: https://other/api", "redirects"),
        ("502 Bad Gateway", "not \\(yet\\)"),
        ("403 Forbidden", "refuses"),
    ],
)
async def test_something_else_answers(status: str, words: str) -> None:
    async with raw_server(answers(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")) as port:
        with pytest.raises(HandshakeRejected, match=words) as caught:
            await AsyncClient(f"ws://127.0.0.1:{port}").connect()
    assert caught.value.status_code == int(status[:3])


async def test_not_http_at_all() -> None:
    async with raw_server(answers("SSH-2.0-OpenSSH_9.2\r\n")) as port:
        with pytest.raises(HandshakeRejected, match="does not speak HTTP"):
            await AsyncClient(f"ws://127.0.0.1:{port}").connect()


async def test_tls_to_a_plain_port() -> None:
    async with raw_server(answers("HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        with pytest.raises(ConnectError, match="does not speak TLS") as caught:
            await AsyncClient(f"wss://127.0.0.1:{port}").connect()
    assert caught.value.stage == "tls"
    assert f"ws://127.0.0.1:{port}/api/current" in str(caught.value)


async def test_a_server_that_hangs_up() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with raw_server(hang_up) as port:
        with pytest.raises(ConnectError):
            await AsyncClient(f"ws://127.0.0.1:{port}").connect()
        with pytest.raises(ConnectError):
            await AsyncClient(f"wss://127.0.0.1:{port}").connect()


async def test_a_handshake_that_never_ends_names_its_stage() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    limits = ConnectLimits(handshake=0.05, tls=0.05)
    async with raw_server(wait) as port:
        with pytest.raises(ConnectTimeout) as caught:
            await AsyncClient(f"ws://127.0.0.1:{port}", limits=limits).connect()
        assert caught.value.stage == "handshake"
        with pytest.raises(ConnectTimeout) as caught:
            await AsyncClient(f"wss://127.0.0.1:{port}", limits=limits).connect()
        assert caught.value.stage == "tls"


async def test_no_socket_here(tmp_path: Path) -> None:
    with pytest.raises(SocketNotFound) as caught:
        await AsyncClient(f"ws+unix://{tmp_path}/none.sock").connect()
    assert isinstance(caught.value, FileNotFoundError)


async def test_address_not_on_the_allow_list() -> None:
    async def refuse_all(link: ServerConnection, frame: dict[str, Any]) -> None:
        pass

    from websockets.asyncio.server import serve

    async def close(link: ServerConnection) -> None:
        await link.close(1008, "You are not allowed to access this resource")

    async with serve(close, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(ConnectError, match="allow list"):
            await AsyncClient(f"ws://127.0.0.1:{port}").connect()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, for 127.0.0.1."""
    return certificates.certificate(tmp_path_factory.mktemp("tls")).path


async def test_tls(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with nas(echo, tls=context) as server:
        with pytest.raises(CertificateError, match="self-signed") as caught:
            await AsyncClient(server.url).connect()
        assert isinstance(caught.value, ssl.SSLCertVerificationError)
        assert isinstance(caught.value, ClientException)
        assert caught.value.stage == "tls"
        stages: list[str] = []
        async with AsyncClient(server.url, verify_ssl=False, on_stage=stages.append) as client:
            assert await client.call("x", 1) == [1]
            assert "tls" in stages
        plain = server.url.replace("wss:", "ws:")
        with pytest.raises(ConnectError, match="wss://"):
            await AsyncClient(plain).connect()


# -- calling ---------------------------------------------------------------------------


async def test_not_connected_says_so() -> None:
    client = AsyncClient("ws://127.0.0.1:1")
    with pytest.raises(ClientException, match="connect"):
        await client.call("core.ping")
    await client.close()


async def test_many_calls_never_more_than_the_slots() -> None:
    flying = most = 0
    tasks: set[asyncio.Task[None]] = set()

    async def slow(link: ServerConnection, frame: dict[str, Any]) -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)

        async def later() -> None:
            nonlocal flying
            for _ in range(5):
                await asyncio.sleep(0)
            flying -= 1
            await reply(link, frame, frame["params"][0])

        task = asyncio.create_task(later())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async with nas(slow) as server, AsyncClient(server.url) as client:
        assert await asyncio.gather(*(client.call("x", n) for n in range(200))) == list(range(200))
    assert most == 9


async def test_timeout_keeps_the_slot_until_the_answer() -> None:
    held: list[dict[str, Any]] = []

    async def hold(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "hold":
            held.append(frame)
        else:
            await reply(link, frame, "ok")

    async with nas(hold) as server, AsyncClient(server.url) as client:
        for _ in range(9):
            with pytest.raises(CallTimeout, match="may still work"):
                await client.call("hold", timeout=0.01)
        assert len(held) == 9
        with pytest.raises(CallTimeout, match="not sent"):
            await client.call("other", timeout=0.01)
        assert "other" not in server.methods()
        assert await client.call("core.ping", timeout=5) == "pong"
        await reply(server.links[0], held[0], "late")
        assert await client.call("other", timeout=5) == "ok"


async def test_cancelled_call_leaves_the_client_usable() -> None:
    async with (
        nas(lambda link, frame: silent(link, frame) if frame["method"] == "hold" else echo(link, frame)) as server,
        AsyncClient(server.url) as client,
    ):
        task = asyncio.create_task(client.call("hold"))
        await server.got("hold")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await client.call("x", 1) == [1]


@pytest.mark.parametrize(("signed_in", "limit"), [(False, 8192), (True, 65536)])
async def test_a_message_too_long_is_not_sent(signed_in: bool, limit: int) -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        if signed_in:
            await client.login_with_password("admin", "x")
        overhead = len('{"jsonrpc":"2.0","id":"","method":"x","params":[""]}') + 36
        fits = "é" * (limit - overhead)
        assert await client.call("x", fits) == [fits]
        with pytest.raises(PayloadTooLarge) as caught:
            await client.call("x", fits + "é")
        assert (caught.value.size, caught.value.limit) == (limit + 1, limit)
        assert server.methods().count("x") == 1


async def test_a_big_answer_is_taken() -> None:
    big = "x" * 6_000_000

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        await reply(link, frame, big)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        assert await client.call("x") == big


async def test_garbage_between_answers_is_reported_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        for text in ("not json", "[]", '{"id": "unknown", "result": 1}', '{"id": 7, "result": 1}'):
            await link.send(text)
        await reply(link, frame, 1)
        await reply(link, frame, 2)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        with caplog.at_level(logging.WARNING, "truenas_client"):
            assert await client.call("x") == 1
            assert await client.call("x") == 1
    assert "not JSON" in caplog.text


async def test_an_answer_that_cannot_be_read_fails_its_call_alone() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        bad = frame["method"] == "bad"
        await reply(link, frame, {"$date": "x"} if bad else 1)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        with pytest.raises(ProtocolError):
            await client.call("bad")
        assert await client.call("good") == 1


async def test_error_without_id_fails_the_only_call_it_can_mean() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        await link.send('{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}')

    async with nas(answer) as server, AsyncClient(server.url) as client:
        with pytest.raises(ClientException, match="Parse error"):
            await client.call("x")


# -- the end ---------------------------------------------------------------------------


async def test_loss_tells_sent_from_unsent() -> None:
    async with nas(silent) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        calls = [asyncio.create_task(client.call("hold", n)) for n in range(12)]
        await server.got("hold", 9)
        assert client.waiting == 3
        server.links[0].transport.abort()
        losses = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(loss, ConnectionLost) for loss in losses)
        assert [loss.sent for loss in losses if isinstance(loss, ConnectionLost)] == [True] * 9 + [False] * 3
        assert not client.connected
        with pytest.raises(ConnectionLost):
            await client.call("x")
        with pytest.raises(ConnectionLost):
            await client.ping()
        await client.close()
        await client.close()


async def test_our_own_close_fails_what_waits() -> None:
    async with nas(silent) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        call = asyncio.create_task(client.call("hold"))
        await server.got("hold")
        closed = asyncio.create_task(client.wait_closed())
        await client.close()
        with pytest.raises(ConnectionLost, match="was closed"):
            await call
        assert await closed is None


async def test_nothing_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    """No task, no "exception was never retrieved", after losses nobody awaited."""
    async with nas(silent) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        subscription = client.subscribe("x")
        opening = asyncio.create_task(subscription.open())
        await server.got("core.subscribe")
        server.links[0].transport.abort()
        with pytest.raises(ConnectionLost):
            await opening
        await client.close()
        del client, subscription, opening
    gc.collect()
    await asyncio.sleep(0)
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert "truenas_client reader" not in names
    assert "never retrieved" not in caplog.text


async def test_ping_measures_a_round_trip() -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        assert 0 < await client.ping() < 5


# -- subscriptions ---------------------------------------------------------------------


async def send_events(link: ServerConnection, name: str, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        await notify(link, "collection_update", msg="added", collection=name, id=number)


async def test_listeners_of_a_name_share_one_subscription() -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        async with client.subscribe("alerts") as first, client.subscribe("alerts") as second:
            await send_events(server.links[0], "alerts", 1)
            assert await anext(first) == await anext(second) == Event("alerts", "added", 0, None, None)
            await first.close()
            assert "core.unsubscribe" not in server.methods()
            await send_events(server.links[0], "alerts", 1, start=5)
            event = await anext(second)
            assert isinstance(event, Event)
            assert event.id == 5
        await server.got("core.unsubscribe")
        assert server.methods().count("core.subscribe") == server.methods().count("core.unsubscribe") == 1


async def test_refused_subscription_tells_every_listener_and_can_be_tried_again() -> None:
    refusals = iter([True, False])

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if next(refusals, False):
            data = {"error": 13, "errname": "EACCES", "reason": "[EACCES] no", "trace": None, "extra": None}
            await refuse(link, frame, -32001, "Method call error", data)
        else:
            await reply(link, frame, "handle")

    async with nas(answer) as server, AsyncClient(server.url) as client:
        both = await asyncio.gather(client.subscribe("x").open(), client.subscribe("x").open(), return_exceptions=True)
        assert [type(error) for error in both] == [NotAuthorized, NotAuthorized]
        async with client.subscribe("x"):
            pass


async def test_who_gives_up_subscribing_does_not_take_the_answer_from_others_nor_leave_it_behind() -> None:
    async def hold(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] != "core.subscribe":
            await echo(link, frame)

    async with nas(hold) as server, AsyncClient(server.url) as client:
        first, second = (asyncio.create_task(client.subscribe("x").open()) for _ in range(2))
        await server.got("core.subscribe")
        first.cancel()
        await asyncio.wait([first])
        assert not second.done()
        await reply(server.links[0], server.received[-1], "handle")
        await (await second).close()
        await server.got("core.unsubscribe")

        alone = asyncio.create_task(client.subscribe("y").open())
        await server.got("core.subscribe", 2)
        alone.cancel()
        await asyncio.wait([alone])
        await reply(server.links[0], server.received[-1], "late")
        await server.got("core.unsubscribe", 2)
        assert [frame["params"] for frame in server.received if frame["method"] == "core.unsubscribe"] == [
            ["handle"],
            ["late"],
        ]


async def test_slow_consumer_costs_its_queue_and_sees_the_gap() -> None:
    async with (
        nas(echo) as server,
        AsyncClient(server.url) as client,
        client.subscribe("flood", queue=10) as events,
    ):
        await send_events(server.links[0], "flood", 50)
        await client.call("x")  # answered after all events
        assert await anext(events) == Gap("the consumer was slow", 40)
        seen = [await anext(events) for _ in range(10)]
        assert [event.id for event in seen if isinstance(event, Event)] == list(range(40, 50))
        assert events.dropped == 40


async def test_cancelled_wait_for_an_event_loses_none() -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client, client.subscribe("x") as events:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.01)
        await send_events(server.links[0], "x", 1)
        event = await anext(events)
        assert isinstance(event, Event)
        assert event.id == 0


async def test_close_ends_the_iteration() -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        subscription = client.subscribe("x")
        await subscription.open()
        waiting = asyncio.create_task(anext(subscription, "over"))
        await asyncio.sleep(0)
        await subscription.close()
        assert await waiting == "over"


async def test_lost_connection_ends_the_iteration_after_what_came() -> None:
    async with nas(echo) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        subscription = await client.subscribe("x").open()
        await send_events(server.links[0], "x", 2)
        await client.call("x")
        server.links[0].transport.abort()
        await client.wait_closed()
        assert [await anext(subscription) for _ in range(2)]
        with pytest.raises(ConnectionLost):
            await anext(subscription)
        await subscription.close()
        await client.close()


# -- jobs ------------------------------------------------------------------------------


def job_event(frame: dict[str, Any], state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "message_ids": [frame["id"]],
        "method": frame["method"],
        "arguments": frame["params"],
        "state": state,
        "progress": {"percent": None, "description": "", "extra": None},
        "exc_info": None,
        "error": None,
        "result": None,
    } | more


async def announce(link: ServerConnection, frame: dict[str, Any], state: str, **more: Any) -> None:
    fields = job_event(frame, state, **more)
    await notify(link, "collection_update", msg="changed", collection="core.get_jobs", id=fields["id"], fields=fields)


async def test_job_attached_to_other_work_is_lost() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe":
            await reply(link, frame, "handle")
        else:
            others = ["somebody else's", frame["id"]]
            await announce(link, frame, "WAITING", message_ids=others, arguments=["somebody else's"])

    async with nas(answer) as server, AsyncClient(server.url) as client:
        with pytest.raises(JobLost, match="other work"):
            await client.start("pool.scrub.scrub", "tank")


async def test_connection_lost_in_the_middle_of_a_job() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe":
            await reply(link, frame, "handle")
        else:
            await announce(link, frame, "RUNNING")

    async with nas(answer) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        job = await client.start("pool.scrub.scrub", "tank")
        progress = [item async for item in _first(job)]
        assert progress
        server.links[0].transport.abort()
        with pytest.raises(ConnectionLost) as caught:
            await job.result()
        assert caught.value.sent
        await client.close()


async def _first(job: Any) -> AsyncIterator[Any]:
    async for item in job:
        yield item
        return


async def test_null_answer_without_event_asks_the_server() -> None:
    started: list[dict[str, Any]] = []

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe":
            await reply(link, frame, "handle")
        elif frame["method"] == "core.get_jobs":
            await reply(link, frame, [job_event(started[0], "ABORTED")])
        else:
            started.append(frame)
            await announce(link, frame, "RUNNING")
            await reply(link, frame, None)

    from truenas_client import JobAborted

    async with nas(answer) as server, AsyncClient(server.url) as client:
        job = await client.start("pool.scrub.scrub", "tank")
        with pytest.raises(JobAborted):
            await job.result(10)
        (query,) = [frame for frame in server.received if frame["method"] == "core.get_jobs"]
        assert query["params"] == [[["id", "=", 7]], {"extra": {"raw_result": True}}]


async def test_two_consumers_of_a_job_see_the_same() -> None:
    started = asyncio.Event()

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe":
            await reply(link, frame, "handle")
        elif frame["method"] == "finish":
            await reply(link, frame, None)
            first = next(f for f in server.received if f["method"] == "job")
            for percent in (10, 20, 50):
                await announce(link, first, "RUNNING", progress={"percent": percent, "description": "", "extra": None})
            await announce(link, first, "SUCCESS", result=1, progress={"percent": 50, "description": "", "extra": None})
            await reply(link, first, 1)
        else:
            await announce(link, frame, "RUNNING")
            started.set()

    async with nas(answer) as server, AsyncClient(server.url) as client:
        job = await client.start("job")

        async def watch() -> list[float | None]:
            return [progress.percent async for progress in job]

        watchers = [asyncio.create_task(watch()) for _ in range(2)]
        await asyncio.sleep(0)
        await client.call("finish")
        assert await job.result(5) == 1
        assert [await w for w in watchers] == [[None, 10, 20, 50]] * 2, "each step, however fast they come"
        pending = await client.start("job2")
        with pytest.raises(CallTimeout):
            await pending.result(0.01)


async def test_secrets_stay_out_of_logs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with nas(echo) as server, AsyncClient(server.url) as client:
            await client.login_with_password("admin", "hunter2-marker")
            await client.call("user.create", {"password": "hunter2-marker"})
            assert "hunter2-marker" in json.dumps(server.received)
    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert "hunter2-marker" not in "".join(ours)
