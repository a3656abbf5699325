"""`AsyncClient.call` of a job: its number on every release, and what that costs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.facts import RELEASES
from truenas_client import AsyncClient, ClientException, JobLost, PayloadTooLarge
from truenas_client.engine.ledger import ANNOUNCE_SECONDS
from truenas_client.simulator import Simulator

from .nas import OPTIONS, Nas, nas, refuse, reply
from .test_client import announce


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("path", ["", "/websocket"])
async def test_a_job_answers_its_number(release: str, path: str) -> None:
    async with Simulator(release=release, speed=100.0) as simulator:
        address = simulator.url.split("/api/")[0].removesuffix("/websocket") + path
        async with AsyncClient(address) as client:
            await client.login_with_password("admin", "admin")
            number = await client.call("app.redeploy", "notes")
            assert type(number) is int
            job = await client.follow(number)
            await job.result(10)
            assert job.method == "app.redeploy"


class Scripted:
    """A server with the new job style: what it does with calls, and whether it tells of jobs."""

    def __init__(self, *, tells: bool = True) -> None:
        self.tells = tells
        self.asked: list[str] = []

    async def __call__(self, link: ServerConnection, frame: dict[str, Any]) -> None:
        method = frame["method"]
        self.asked.append(method)
        if method == "core.subscribe":
            if self.tells:
                await reply(link, frame, "handle")
            else:
                await refuse(link, frame, -32001, "no", {"error": 13, "reason": "[EACCES] Not authorized"})
        elif method == "merged":
            await announce(link, frame, "WAITING", message_ids=["other", frame["id"]], arguments=["other"])
        elif method == "job":
            await announce(link, frame, "WAITING")
        else:
            await reply(link, frame, "plain")


async def signed_in(server: Nas) -> AsyncClient:
    client = await AsyncClient(server.url).connect()
    await client.login_with_password("admin", "admin")
    return client


async def test_events_are_asked_for_once_and_nobody_waits_for_that() -> None:
    script = Scripted()
    async with nas(script) as server:
        client = await signed_in(server)
        assert "core.subscribe" not in server.methods(), "nothing follows yet"
        writes: list[bytes] = []
        connection = client._supervisor.connection
        assert connection is not None
        transport = connection._link.transport
        write = transport.write
        transport.write = lambda data: (writes.append(bytes(data)), write(data))  # type: ignore[method-assign, func-returns-value]
        assert await client.call("transient.or.plain") == "plain"
        assert len(writes) == 1, "the question and the call leave in one write"
        assert await client.call("job", 1) == 7
        assert await client.call("transient.or.plain") == "plain"
        assert script.asked == ["core.subscribe", "transient.or.plain", "job", "transient.or.plain"]
        await client.close()


async def test_an_account_that_sees_no_jobs_gets_the_result() -> None:
    script = Scripted(tells=False)
    async with nas(script) as server:
        client = await signed_in(server)
        for _ in range(2):
            assert await client.call("plain") == "plain"
        assert script.asked.count("core.subscribe") == 1
        with pytest.raises(ClientException, match="EACCES"):
            await client.start("plain")
        await client.close()


async def test_a_call_attached_to_other_work_is_never_that_work() -> None:
    async with nas(Scripted()) as server:
        client = await signed_in(server)
        with pytest.raises(JobLost, match="other work"):
            await client.call("merged", "ours")
        await client.close()


async def test_running_jobs_of_calls_keep_their_slots_and_let_other_calls_through() -> None:
    async with nas(Scripted()) as server:
        client = await signed_in(server)
        assert await client.call("job") == 7
        connection = client._supervisor.connection
        assert connection is not None
        assert connection.talk.ledger.in_flight == 1, "its answer is still to come"
        assert await client.call("plain") == "plain"
        await client.close()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("auth.login_ex", [{"mechanism": "PASSWORD_PLAIN", "username": "admin", "password": "admin"}]),
        ("auth.login", ["admin", "admin"]),
    ],
)
async def test_a_login_by_an_ordinary_call_counts(method: str, params: list[Any]) -> None:
    async with Simulator(release="25.10") as simulator, AsyncClient(simulator.url) as client:
        with pytest.raises(PayloadTooLarge):
            await client.call("core.ping", "x" * 9000)
        await client.call(method, *params)
        assert client.signed_in
        assert len(await client.call("pool.query", [["name", "!=", "x" * 9000]])) > 0
        await client.call("auth.logout")
        assert not client.signed_in


async def test_a_login_by_an_ordinary_call_that_fails_counts_for_nothing() -> None:
    async with Simulator() as simulator, AsyncClient(simulator.url) as client:
        wrong = {"mechanism": "PASSWORD_PLAIN", "username": "admin", "password": "wrong"}
        assert (await client.call("auth.login_ex", wrong))["response_type"] == "AUTH_ERR"
        assert not client.signed_in


async def test_job_starts_leave_one_by_one_in_the_old_style_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIONS, "legacy_jobs", True)
    held: list[tuple[ServerConnection, dict[str, Any]]] = []

    async def answer(link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] == "job":
            held.append((link, frame))
        else:
            await reply(link, frame, None)

    async with nas(answer) as server, AsyncClient(server.url) as client:
        time = asyncio.get_running_loop().time
        began = time()
        starts = [asyncio.create_task(client.start("job", number)) for number in range(2)]
        await server.got("job")
        await client.call("x")
        assert server.methods().count("job") == 1 or time() - began > ANNOUNCE_SECONDS
        await reply(*held[0], 7)
        await server.got("job", 2)
        await reply(*held[1], 8)
        assert [(await start).id for start in starts] == [7, 8]
