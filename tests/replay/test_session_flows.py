"""What callers see of recorded flows over several connections: tokens and sessions."""

from __future__ import annotations

import asyncio

import pytest

from truenas_client import AsyncClient, Event, InvalidCredentials, NotAuthenticated

from .caller import Run, play
from .flows import Flow, ReplayServer, read_flow


async def played_all(flow: Flow, server: ReplayServer) -> dict[int, Run]:
    """Every connection, one after the other, all left open."""
    return {number: await play(flow, server, number) for number in sorted(flow.connections)}


async def test_a_token_signs_in_and_a_bad_one_does_not() -> None:
    flow = read_flow("token_login")
    async with ReplayServer(flow) as server:
        runs = await played_all(flow, server)
        try:
            assert server.unexpected == []
            first, second, third = (list(run.saw.values()) for run in runs.values())
            token = first[-1].value
            assert [saw.error for saw in first + second] == [None] * 4
            assert [session["credentials"] for session in second[-1].value] == ["LOGIN_PASSWORD", "TOKEN"]
            sent = [frame for frame in server.received if frame["method"] == "auth.login_ex"]
            assert sent[1]["params"][0]["token"] == token
            assert third[0].value is False
            assert type(third[1].error) is InvalidCredentials
            assert token not in str(third[1].error)
            assert [run.client.signed_in for run in runs.values()] == [True, True, False]
        finally:
            for run in runs.values():
                await run.client.close()


async def test_a_session_that_ran_out_keeps_its_connection_and_its_events() -> None:
    flow = read_flow("session_expires_while_connected")
    # The recorded client did not sign in again; ours tries, and the server of that time would have refused.
    lines = flow.lines
    recorded = next(line["frame"] for line in flow.connections[2] if "auth.login_ex" in str(line.get("frame")))
    index = next(i for i, line in enumerate(lines) if "NotAuthenticated" in str(line) or "ENOTAUTH" in str(line))
    again = {"dir": "c2s", "conn": 2, "frame": {**recorded, "id": "again"}}
    refused = {
        "dir": "s2c",
        "conn": 2,
        "frame": {"jsonrpc": "2.0", "result": {"response_type": "AUTH_ERR"}, "id": "again"},
    }
    flow = Flow(flow.header, [*lines[: index + 1], again, refused, *lines[index + 1 :]])
    async with ReplayServer(flow) as server:
        admin = await play(flow, server, 1)
        client = await AsyncClient(server.url, reconnect=False).connect()
        token = next(saw.value for saw in admin.saw.values() if isinstance(saw.value, str))
        await client.login_with_token(token)
        assert await client.call("wiretest.echo", 1) == 1
        async with client.subscribe("wiretest.items") as events:
            with pytest.raises((NotAuthenticated, InvalidCredentials)):
                await client.call("wiretest.echo", 2)
            assert await client.call("core.ping") == "pong"
            event = await asyncio.wait_for(anext(events), 10)
            assert isinstance(event, Event)
            assert (event.kind, event.id) == ("added", 1)
        assert client.connected
        assert [frame["method"] for frame in server.unexpected] == ["core.unsubscribe"]
        await client.close()
        await admin.client.close()


async def test_sessions_of_others_come_and_go_as_events() -> None:
    async with ReplayServer(read_flow("session_events")) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "admin-pw")
        async with client.subscribe("auth.sessions") as events:
            added, removed = [await asyncio.wait_for(anext(events), 10) for _ in range(2)]
        assert isinstance(added, Event)
        assert isinstance(removed, Event)
        assert (added.kind, removed.kind) == ("added", "removed")
        assert (added.id, removed.id, removed.fields) == (None, None, None)
        assert removed.extra["fields"]["id"] == added.fields["id"]
