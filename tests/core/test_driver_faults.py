"""Faults that need their moment: what a months-long connection meets sooner or later."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from truenas_client import AsyncClient, CallTimeout, Event, Gap, InvalidCredentials, JobLost
from truenas_client.aio.supervisor import State

from .nas import Nas, echo, nas, notify, refuse, reply


async def lose(server: Nas) -> None:
    """End the newest connection without a close frame."""
    server.links[-1].transport.abort()


@asynccontextmanager
async def hurried(client: AsyncClient) -> AsyncIterator[None]:
    """Cut every pause before an attempt short."""

    async def hurry() -> None:
        async for status in client.states():
            if status.state is State.WAITING:
                client.reconnect_now()

    task = asyncio.ensure_future(hurry())
    try:
        yield
    finally:
        task.cancel()


async def test_a_login_asked_for_by_the_client_may_use_the_client() -> None:
    async def sign_in(client: AsyncClient) -> None:
        await client.login_with_password("admin", "secret")

    async with nas(echo) as server, AsyncClient(server.url, on_login_needed=sign_in) as client:
        assert not client.signed_in
        await lose(server)
        async with asyncio.timeout(10):
            assert await client.call("pool.query", 1) == [1]
        assert client.signed_in
        assert server.methods().count("auth.login_ex") == 1


async def test_a_failing_login_callback_ends_the_client_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    async def sign_in(client: AsyncClient) -> None:
        raise KeyError("nothing in the keyring")

    async with nas(echo) as server, AsyncClient(server.url, on_login_needed=sign_in) as client:
        await lose(server)
        async with asyncio.timeout(10):
            reason = await client.wait_closed()
        assert client.status.state is State.FAILED
        assert isinstance(reason.__cause__, KeyError)
    assert "never retrieved" not in caplog.text


async def test_a_login_refused_to_the_callback_ends_the_client() -> None:
    async def sign_in(client: AsyncClient) -> None:
        raise InvalidCredentials("no")

    async with nas(echo) as server, AsyncClient(server.url, on_login_needed=sign_in) as client:
        await lose(server)
        async with asyncio.timeout(10):
            assert isinstance(await client.wait_closed(), InvalidCredentials)


def _event(frame: dict[str, Any], state: str) -> dict[str, Any]:
    fields = {"id": 7, "message_ids": [frame["id"]], "method": frame["method"], "arguments": frame["params"]}
    return {"msg": "changed", "collection": "core.get_jobs", "id": 7, "fields": fields | {"state": state}}


@pytest.mark.parametrize("code", [-32001, -32602])
async def test_a_refused_question_for_jobs_costs_the_jobs_not_the_connection(code: int) -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "m.job":
            await notify(link, "collection_update", **_event(frame, "RUNNING"))
        elif frame["method"] == "core.get_jobs":
            await refuse(link, frame, code, "no", {"error": 13, "reason": "not for you", "extra": None})
        else:
            await echo(link, frame)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "secret")
        job = await client.start("m.job")
        await lose(server)
        async with asyncio.timeout(10):
            with pytest.raises(JobLost):
                await job.result()
            assert await client.call("pool.query", 1) == [1]
        assert len(server.links) == 2


async def test_a_null_answer_whose_question_is_refused_ends_the_job() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "m.job":
            await notify(link, "collection_update", **_event(frame, "RUNNING"))
            await reply(link, frame, None)
        elif frame["method"] == "core.get_jobs":
            await refuse(link, frame, -32001, "no", {"error": 13, "reason": "not for you", "extra": None})
        else:
            await echo(link, frame)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "secret")
        job = await client.start("m.job")
        async with asyncio.timeout(10):
            with pytest.raises(JobLost, match="not for you"):
                await job.result()


async def test_a_call_that_was_refused_and_then_timed_out_is_not_sent_after_all() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "m.write":
            await refuse(link, frame, -32000, "Maximum number of concurrent calls (20) has exceeded")
            # The loop is busy elsewhere while both the second try and the deadline fall due.
            asyncio.get_running_loop().call_later(0.03, time.sleep, 0.4)
        else:
            await echo(link, frame)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "secret")
        with pytest.raises(CallTimeout) as caught:
            await client.call("m.write", 1, timeout=0.2)
        await client.call("pool.query", 2)
        sent = server.methods().count("m.write")
        assert ("it was not sent" in str(caught.value)) == (sent == 1), f"sent {sent} times: {caught.value}"


async def test_a_deadline_holds_when_the_server_takes_nothing_any_more() -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "stall":
            link.transport.pause_reading()
        await echo(link, frame)

    async with nas(answer) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        await client.login_with_password("admin", "secret")
        await client.call("stall")
        began = time.monotonic()
        try:
            calls = [client.call("filesystem.file_receive", "x" * 2_000_000, timeout=0.5) for _ in range(9)]
            async with asyncio.timeout(10):
                ends = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(end) for end in ends} == {CallTimeout}
            assert time.monotonic() - began < 5
        finally:
            server.links[0].transport.abort()
            await client.close()


@pytest.mark.parametrize("overflow", ["drop", "coalesce"])
async def test_losses_do_not_pile_up_where_nobody_listens(overflow: Any) -> None:
    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        for number in range(3):
            await notify(link, "collection_update", msg="changed", collection="a", id=number, fields={})
        await echo(link, frame)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "secret")
        async with hurried(client), client.subscribe("a", queue=2, overflow=overflow) as events:
            for number in range(6):
                await lose(server)
                await server.got("core.subscribe", number + 2)
                assert await client.call("pool.query", number) == [number]
            async with asyncio.timeout(5):
                first = await anext(events)
                rest = [await anext(events) for _ in range(2)]
            assert isinstance(first, Gap)
            assert first.dropped is None, "what was lost with a connection cannot be counted"
            assert [item.id for item in rest if isinstance(item, Event)] == [1, 2]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.1)


async def test_nothing_is_logged_as_an_error_through_losses(caplog: pytest.LogCaptureFixture) -> None:
    async with nas(echo) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "secret")
        async with hurried(client):
            for _ in range(5):
                calls = [asyncio.ensure_future(client.call("pool.query", n)) for n in range(30)]
                await asyncio.sleep(0)
                await lose(server)
                assert await asyncio.gather(*calls) == [[n] for n in range(30)]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
