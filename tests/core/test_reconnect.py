"""A client that stays: losses, new connections, and what survives them."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from truenas_client import (
    AsyncClient,
    CallTimeout,
    ConnectionLost,
    Event,
    Gap,
    HandshakeRejected,
    InvalidCredentials,
    JobLost,
    NotAuthenticated,
    NotAuthorized,
    SubscriptionEnded,
)
from truenas_client.aio import supervisor as supervisor_module
from truenas_client.aio.supervisor import State
from truenas_client.simulator import Simulator

from .nas import Nas, echo, nas, notify, refuse, reply


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnect at once: the pauses have their own test."""
    monkeypatch.setattr(supervisor_module, "pause_for", lambda error, attempt, uniform: 0.0)


def drop(server: Nas) -> None:
    server.links[-1].transport.abort()


async def reach(client: AsyncClient, state: State) -> None:
    async with asyncio.timeout(10):
        async for status in client.states():
            if status.state is state:
                return


async def test_reads_are_repeated_writes_are_not() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if len(server.links) > 1:
            await reply(link, frame, "second time")

    async with nas(answer) as server, AsyncClient(server.url) as client:
        calls = [asyncio.create_task(client.call(m)) for m in ("pool.query", "pool.create", "system.info")]
        own_word = asyncio.create_task(client.call("pool.update", repeat=True))
        await server.got("pool.update")
        drop(server)
        assert await calls[0] == await calls[2] == await own_word == "second time"
        with pytest.raises(ConnectionLost) as caught:
            await calls[1]
        assert caught.value.sent is True
        assert server.methods().count("pool.query") == 2
        assert server.methods().count("pool.create") == 1


async def test_calls_that_had_not_left_leave_later() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if len(server.links) > 1:
            await reply(link, frame, frame["params"][0])

    async with nas(answer) as server, AsyncClient(server.url) as client:
        calls = [asyncio.create_task(client.call("pool.create", n)) for n in range(20)]
        await server.got("pool.create", 9)
        drop(server)
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(r) for r in results[:9]] == [ConnectionLost] * 9
        assert results[9:] == list(range(9, 20))
        sent = [frame["params"][0] for frame in server.received if frame["method"] == "pool.create"]
        assert sorted(sent) == list(range(20)), "nothing twice"


async def test_a_call_made_while_offline_waits_for_the_connection() -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        drop(server)
        await reach(client, State.WAITING)
        assert await client.call("pool.create", 1) == [1]


async def test_a_subscription_being_asked_for_when_the_connection_breaks_is_asked_for_again() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if len(server.links) > 1:
            await reply(link, frame, "handle")
            await notify(link, "collection_update", msg="changed", collection="x", id=1, fields={})

    async with nas(answer) as server, AsyncClient(server.url) as client:
        events = client.subscribe("x")
        opening = asyncio.create_task(events.open())
        await server.got("core.subscribe")
        drop(server)
        assert await opening is events
        assert isinstance(await anext(events), Gap)
        assert isinstance(await anext(events), Event)
        assert server.methods().count("core.subscribe") == 2


async def test_what_is_refused_when_it_is_asked_for_again_is_told_to_the_caller() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if len(server.links) > 1:
            data = {"error": 13, "errname": "EACCES", "reason": "[EACCES] no", "trace": None, "extra": None}
            await refuse(link, frame, -32001, "Method call error", data)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        opening = asyncio.create_task(client.subscribe("x").open())
        await server.got("core.subscribe")
        drop(server)
        with pytest.raises(NotAuthorized):
            await opening


async def test_a_server_that_takes_logins_and_grants_nothing_is_not_asked_for_ever() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        data = {"error": 207, "errname": "ENOTAUTHENTICATED", "reason": "[ENOTAUTHENTICATED] Not authenticated"}
        await refuse(link, frame, -32001, "Method call error", data)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "secret")
        with pytest.raises(NotAuthenticated):
            await client.call("pool.query")
        assert server.methods().count("pool.query") == 2


async def test_a_timeout_names_the_seconds_that_the_caller_passed_over_all_attempts() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        """Never."""

    async with nas(answer) as server, AsyncClient(server.url) as client:
        call = asyncio.create_task(client.call("pool.query", timeout=1.25))
        await server.got("pool.query")
        drop(server)
        with pytest.raises(CallTimeout, match=r"no answer in 1\.25 s"):
            await call


async def test_without_holding_what_had_not_left_never_leaves() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe" or len(server.links) > 1:
            await reply(link, frame, "handle")

    async with nas(answer) as server, AsyncClient(server.url, hold_unsent=False) as client:
        calls = [asyncio.create_task(client.call("pool.create", n)) for n in range(20)]
        await server.got("pool.create", 9)
        job = asyncio.create_task(client.start("pool.scrub.scrub", "tank"))
        await server.got("core.subscribe")
        drop(server)
        outcomes = await asyncio.gather(job, *calls, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {ConnectionLost}
        assert [outcome.sent for outcome in outcomes].count(True) == 9  # type: ignore[union-attr]
        assert outcomes[0].sent is False  # type: ignore[union-attr]
        with pytest.raises(ConnectionLost, match="not sent"):
            await client.call("pool.create", "while there is none")
        with pytest.raises(ConnectionLost, match="not sent"):
            await client.start("pool.scrub.scrub", "while there is none")
        await reach(client, State.READY)
        assert await client.call("pool.create", "again") == "handle"
        assert server.methods().count("pool.create") == 10
        assert "pool.scrub.scrub" not in server.methods()


async def test_login_is_repeated_once_and_subscriptions_return_with_a_gap() -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "x")
        async with client.subscribe("alert.list") as events, client.subscribe("alert.list") as same:
            await notify(server.links[0], "collection_update", msg="added", collection="alert.list", id=1)
            assert (await anext(events)) == Event("alert.list", "added", 1, None, None)
            drop(server)
            assert isinstance(await anext(events), Gap)
            await server.got("core.subscribe", 2)
            await reach(client, State.READY)
            assert client.signed_in
            await notify(server.links[1], "collection_update", msg="added", collection="alert.list", id=2)
            assert (await anext(events)) == Event("alert.list", "added", 2, None, None)
            seen = [await anext(same) for _ in range(3)]
            assert [type(item) for item in seen] == [Event, Gap, Event]
        assert server.methods().count("auth.login_ex") == 2
        second = server.received[server.methods().index("auth.login_ex", 3) :]
        assert [frame["method"] for frame in second][:2] == ["auth.login_ex", "core.subscribe"]


async def test_a_subscription_refused_afterwards_ends_and_the_others_go_on() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe" and frame["params"] == ["secret"] and len(server.links) > 1:
            await refuse(link, frame, -32001, "m", {"error": 13, "reason": "no", "trace": None, "extra": None})
        else:
            await reply(link, frame, "handle")

    async with (
        nas(answer) as server,
        AsyncClient(server.url) as client,
        client.subscribe("secret") as secret,
        client.subscribe("open") as still,
    ):
        drop(server)
        assert isinstance(await anext(secret), Gap)
        with pytest.raises(SubscriptionEnded):
            await anext(secret)
        assert isinstance(await anext(still), Gap)
        await reach(client, State.READY)
        await notify(server.links[1], "collection_update", msg="added", collection="open", id=2)
        assert isinstance(await anext(still), Event)


async def test_refused_login_is_not_tried_again() -> None:
    attempts = 0

    async def handle(link: ServerConnection) -> None:
        nonlocal attempts
        async for text in link:
            frame = json.loads(text)
            if frame["method"] == "auth.login_ex":
                attempts += 1
                await reply(link, frame, {"response_type": "SUCCESS" if attempts == 1 else "AUTH_ERR"})
            elif frame["method"] == "drop":
                link.transport.abort()
            else:
                await reply(link, frame, {"legacy_jobs": False})

    async with serve(handle, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/api/current"
        async with AsyncClient(url) as client:
            await client.login_with_password("admin", "x")
            with pytest.raises(ConnectionLost):
                await client.call("drop")
            async with asyncio.timeout(10):
                reason = await client.wait_closed()
            assert isinstance(reason, InvalidCredentials)
            assert client.status.state is State.FAILED
            with pytest.raises(ConnectionLost, match="Wrong user name") as caught:
                await client.call("pool.query")
            assert caught.value.sent is False
    assert attempts == 2


async def test_wrong_address_afterwards_is_fatal_a_bad_gateway_is_not() -> None:
    answers = iter(["HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n"])

    async with nas(echo) as server:
        client = await AsyncClient(server.url).connect()
        port = int(server.url.split(":")[2].split("/")[0])
        statuses: list[tuple[State, str]] = []

        async def note() -> None:
            async for status in client.states():
                statuses.append((status.state, type(status.reason).__name__))

        watcher = asyncio.create_task(note())
        server.stop()
        await reach(client, State.WAITING)

        async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(next(answers).encode())
            await writer.drain()
            writer.close()

        other = await asyncio.start_server(http, "127.0.0.1", port, reuse_address=True)
        async with asyncio.timeout(10):
            reason = await client.wait_closed()
        assert isinstance(reason, HandshakeRejected)
        assert reason.status_code == 404
        await watcher
        kinds = [kind for _, kind in statuses]
        assert "HandshakeRejected" in kinds
        assert statuses[-1][0] is State.FAILED
        other.close()
        await client.close()


async def test_expired_session_signs_in_again_once_for_all_calls() -> None:
    expired = True

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if expired and server.methods().count("auth.login_ex") < 2:
            data = {"error": 207, "errname": "ENOTAUTHENTICATED", "reason": "no", "trace": None, "extra": None}
            await refuse(link, frame, -32001, "m", data)
        else:
            await reply(link, frame, "ok")

    async with nas(answer) as server, AsyncClient(server.url) as client:
        with pytest.raises(NotAuthenticated):
            await client.call("pool.query")
        await client.login_with_password("admin", "x")
        assert await asyncio.gather(*(client.call("pool.create", n) for n in range(5))) == ["ok"] * 5
        assert server.methods().count("auth.login_ex") == 2


async def test_a_job_start_signs_in_again_too() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "core.subscribe":
            await reply(link, frame, "handle")
        elif server.methods().count("auth.login_ex") < 2:
            data = {"error": 207, "errname": "ENOTAUTHENTICATED", "reason": "no", "trace": None, "extra": None}
            await refuse(link, frame, -32001, "m", data)
        else:
            fields = job_fields(frame, "RUNNING")
            await notify(link, "collection_update", msg="added", collection="core.get_jobs", id=7, fields=fields)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "x")
        job = await client.start("pool.scrub.scrub", "tank")
        assert job.id == 7
        assert server.methods().count("auth.login_ex") == 2


async def test_a_restart_we_asked_for_is_information(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "system.general.ui_restart":
            link.transport.abort()
        else:
            await reply(link, frame, "ok")

    async with nas(answer) as server, AsyncClient(server.url) as client:
        with caplog.at_level(logging.INFO, "truenas_client"):
            assert await client.call("system.general.ui_restart") is None
            async with asyncio.timeout(10):
                async for status in client.states():
                    if status.state is State.WAITING:
                        assert status.expected
                        assert status.pause > 0
                        client.reconnect_now()
                    if status.state is State.READY:
                        break
            assert await client.call("pool.query") == "ok"
        assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_close_while_waiting_ends_everything() -> None:
    async with nas(echo) as server:
        client = await AsyncClient(server.url).connect()
        subscription = await client.subscribe("x").open()
        server.stop()
        await reach(client, State.WAITING)
        call = asyncio.create_task(client.call("pool.query"))
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await client.close()
        with pytest.raises(ConnectionLost):
            await call
        assert await anext(subscription, "over") == "over"
        assert client.status.state is State.CLOSED
        assert await client.wait_closed() is None
        assert "truenas_client supervisor" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_close_while_the_new_connection_is_being_made() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if len(server.links) == 1:
            await reply(link, frame, "handle")

    async with nas(answer) as server:
        client = await AsyncClient(server.url).connect()
        await client.subscribe("x").open()
        drop(server)
        await server.got("core.subscribe", 2)  # the new connection waits for an answer that never comes
        async with asyncio.timeout(5):
            await client.close()
        assert "truenas_client supervisor" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_close_while_the_first_connection_is_being_made() -> None:
    async with nas(echo) as server:
        client = AsyncClient(server.url)
        connecting = asyncio.create_task(client.connect())
        async with asyncio.timeout(5):
            await reach(client, State.CONNECTING)
            await client.close()
            with pytest.raises(ConnectionLost, match="was closed"):
                await connecting
            for link in server.links:
                await link.wait_closed()
        assert not client.connected


async def test_call_timeout_covers_the_time_offline() -> None:
    async with nas(echo) as server:
        client = await AsyncClient(server.url).connect()
        server.stop()
        await reach(client, State.WAITING)
        with pytest.raises(CallTimeout):
            await client.call("pool.query", timeout=0.05)
        await client.close()


# -- jobs --------------------------------------------------------------------------------


def job_fields(frame: dict[str, Any], state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "message_ids": [frame["id"]],
        "method": frame["method"],
        "arguments": frame["params"],
        "state": state,
        "progress": {"percent": 10, "description": "", "extra": None},
        "time_started": {"$date": 1000},
        "result": None,
        "error": None,
        "exc_info": None,
    } | more


class Jobs:
    """A server whose one job outlives connections."""

    def __init__(self, rows: list[dict[str, Any]] | None = None, *, new_style: bool = True) -> None:
        self.rows = rows
        self.new_style = new_style
        self.start: dict[str, Any] = {}

    async def answer(self, link: ServerConnection, frame: dict[str, Any]) -> None:
        method = frame["method"]
        if method == "core.subscribe":
            await reply(link, frame, "handle")
        elif method == "core.get_jobs":
            await reply(link, frame, [job_fields(self.start, "RUNNING")] if self.rows is None else self.rows)
        elif method == "pool.scrub.scrub":
            self.start = frame
            await self.event(link, "RUNNING")
        else:
            await reply(link, frame, None)

    async def event(self, link: ServerConnection, state: str, **more: Any) -> None:
        fields = job_fields(self.start, state, **more)
        await notify(link, "collection_update", msg="changed", collection="core.get_jobs", id=7, fields=fields)


async def test_a_job_is_found_again_by_its_message_id() -> None:
    jobs = Jobs()
    async with nas(jobs.answer) as server, AsyncClient(server.url) as client:
        job = await client.start("pool.scrub.scrub", "tank")
        drop(server)
        await server.got("core.get_jobs")
        (query,) = [frame for frame in server.received if frame["method"] == "core.get_jobs"]
        assert query["params"][0] == [["message_ids", "rin", jobs.start["id"]]]
        await reach(client, State.READY)
        assert not job.done
        await jobs.event(server.links[1], "SUCCESS", result="done")
        assert await job.result(10) == "done"
        assert server.methods().count("pool.scrub.scrub") == 1


async def test_a_job_that_ended_meanwhile_tells_its_result() -> None:
    jobs = Jobs()
    async with nas(jobs.answer) as server, AsyncClient(server.url) as client:
        job = await client.start("pool.scrub.scrub", "tank")
        jobs.rows = [job_fields(jobs.start, "SUCCESS", result=5)]
        drop(server)
        assert await job.result(10) == 5


@pytest.mark.parametrize(
    "row",
    [
        None,
        {"message_ids": ["somebody else's"]},
        {"method": "pool.export"},
        {"arguments": ["other"], "message_ids": ["somebody else's", "ours"]},
    ],
)
async def test_a_job_without_proof_is_lost(row: dict[str, Any] | None) -> None:
    jobs = Jobs()
    async with nas(jobs.answer) as server, AsyncClient(server.url) as client:
        job = await client.start("pool.scrub.scrub", "tank")
        if row is not None and "ours" in row.get("message_ids", ()):
            row = row | {"message_ids": ["somebody else's", jobs.start["id"]]}
        jobs.rows = [] if row is None else [job_fields(jobs.start, "SUCCESS", result="not ours") | row]
        drop(server)
        with pytest.raises(JobLost):
            await job.result(10)


async def test_waiting_jobs_start_after_the_reconnect() -> None:
    jobs = Jobs()
    async with nas(jobs.answer) as server, AsyncClient(server.url) as client:
        first = await client.start("pool.scrub.scrub", "tank")
        drop(server)
        await reach(client, State.WAITING)
        second = asyncio.create_task(client.start("pool.scrub.scrub", "tank"))
        assert (await second).id == 7
        assert first is not await second


async def test_who_kept_no_login_is_asked_for_one() -> None:
    async def ask(client: AsyncClient) -> None:
        await client.login_with_password("admin", "x")

    async with nas(echo) as server:
        async with AsyncClient(server.url, on_login_needed=ask) as client:
            drop(server)
            await reach(client, State.WAITING)
            assert await client.call("pool.query", 1) == [1]
            assert client.signed_in
        assert server.methods().count("auth.login_ex") == 1


async def test_signing_out_is_not_undone() -> None:
    out = False

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        nonlocal out
        if frame["method"] == "auth.logout":
            out = True
            await reply(link, frame, True)
        elif out:
            data = {"error": 207, "errname": "ENOTAUTHENTICATED", "reason": "no", "trace": None, "extra": None}
            await refuse(link, frame, -32001, "m", data)
        else:
            await reply(link, frame, "ok")

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "x")
        assert await client.call("pool.query") == "ok"
        assert await client.call("auth.logout") is True
        with pytest.raises(NotAuthenticated):
            await client.call("pool.query")
        assert not client.signed_in
        assert server.methods().count("auth.login_ex") == 1


async def test_subscribing_can_be_cancelled_at_any_moment() -> None:
    async with Simulator() as simulator, AsyncClient(simulator.url) as client:
        await client.login_with_password("admin", "admin")
        (session,) = simulator.sessions
        for turns in range(1000):
            subscription = client.subscribe(f"alert.list:{turns}")
            opening = asyncio.create_task(subscription.open())
            for _ in range(turns):
                await asyncio.sleep(0)
            if opening.done():
                await subscription.close()
                break
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
        async with asyncio.timeout(10):
            while session.subscriptions:  # noqa: ASYNC110 - a value without a signal
                await asyncio.sleep(0)
