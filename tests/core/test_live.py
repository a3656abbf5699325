from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection

from truenas_client import AsyncClient, ClientException, ConnectionLost, NotAuthorized, ProtocolError
from truenas_client.aio.live_query import Change, Changes, LiveQuery
from truenas_client.engine.messages import Update
from truenas_client.methods.filters import filter_list

from .nas import nas, notify, refuse, reply

EACCES = {"error": 13, "errname": "EACCES", "reason": "[EACCES] Not authorized", "trace": None, "extra": None}


class Table:
    """The rows of a server, queried and announced."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = {row["id"]: row for row in rows}
        self.queries: list[list[Any]] = []
        self.order: list[str] = []
        self.links: list[ServerConnection] = []
        self.denied = False
        self.silent: asyncio.Event | None = None
        """Set by a query that gets no answer; the next one does."""
        self.before_answer: Callable[[ServerConnection], Awaitable[None]] | None = None

    async def answer(self, link: ServerConnection, frame: dict[str, Any]) -> None:
        method, params = frame["method"], frame["params"]
        self.order.append(method)
        if method == "core.subscribe":
            self.links.append(link)
            await reply(link, frame, "handle")
        elif method == "pool.query" and self.denied:
            await refuse(link, frame, -32001, "Method call error", EACCES)
        elif method == "pool.query":
            self.queries.append(params)
            if self.silent is not None and not self.silent.is_set():
                self.silent.set()
                return
            rows = filter_list(list(self.rows.values()), params[0], params[1])
            if self.before_answer is not None:
                await self.before_answer(link)
            await reply(link, frame, rows)
        else:
            await reply(link, frame, None)

    async def tell(self, kind: str, **event: Any) -> None:
        for link in self.links:
            with contextlib.suppress(Exception):
                await notify(link, "collection_update", msg=kind, collection="pool.query", **event)


def row(number: int, status: str = "ONLINE") -> dict[str, Any]:
    return {"id": number, "name": f"pool{number}", "status": status}


async def take(changes: Changes, count: int) -> list[Change]:
    async with asyncio.timeout(10):
        return [await anext(changes) for _ in range(count)]


async def test_rows_are_there_and_follow_whole_events() -> None:
    table = Table(row(1), row(2))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        assert table.order == ["core.subscribe", "pool.query"]
        assert dict(live.rows) == {1: row(1), 2: row(2)}
        assert live.ready
        changes = live.changes()
        await table.tell("changed", id=1, fields=row(1, "DEGRADED"))
        await table.tell("added", id=3, fields=row(3))
        await table.tell("changed", id=3, fields=row(3))
        await table.tell("removed", id=2)
        assert await take(changes, 3) == [
            Change("changed", 1, row(1, "DEGRADED"), row(1)),
            Change("added", 3, row(3), None),
            Change("removed", 2, None, row(2)),
        ]
        assert dict(live.rows) == {1: row(1, "DEGRADED"), 3: row(3)}
        assert len(table.queries) == 1


async def test_a_query_that_every_event_repeats_is_asked_once_a_second_at_most() -> None:
    table = Table(row(1), row(2), row(3))
    async with (
        nas(table.answer) as server,
        AsyncClient(server.url) as client,
        client.live("pool.query", [], {"order_by": ["name"], "limit": 2}) as live,
    ):
        time = asyncio.get_running_loop().time
        began, changes, told = time(), live.changes(), 0
        while time() < began + 1.5:
            told += 1
            await table.tell("changed", id=1, fields=row(1, f"after {told}"))
            await client.call("x")
        table.rows[1] = row(1, "at last")
        await table.tell("changed", id=1, fields=row(1))
        assert (await take(changes, 1))[0].row == row(1, "at last")
        assert len(table.queries) <= 2 + (time() - began)
        assert told > 10


async def test_partial_and_empty_events_have_their_rows_queried_together() -> None:
    table = Table(row(1), row(2), row(3))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        changes = live.changes()
        table.rows[1] = row(1, "DEGRADED")
        del table.rows[2]
        await table.tell("changed", id=1, fields={"id": 1, "status": "WRONG"})
        await table.tell("changed", id=2)
        assert {change.key: change.kind for change in await take(changes, 2)} == {1: "changed", 2: "removed"}
        assert dict(live.rows) == {1: row(1, "DEGRADED"), 3: row(3)}
        assert table.queries[1:] == [[[["id", "in", [1, 2]]], {}]]
        assert live.ready


async def test_events_without_an_id_tell_it_otherwise() -> None:
    table = Table(row(1), row(2))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        changes = live.changes()
        await table.tell("added", fields=row(3))
        await table.tell("removed", extra={"fields": {"id": 1}})
        assert [(change.kind, change.key) for change in await take(changes, 2)] == [("added", 3), ("removed", 1)]
        assert len(table.queries) == 1
        # One that tells nothing at all means anything.
        table.rows = {2: row(2, "DEGRADED")}
        await table.tell("changed")
        assert {(change.kind, change.key) for change in await take(changes, 2)} == {("changed", 2), ("removed", 3)}
        assert table.queries[1:] == [[[], {}]]
        # One whose row has no key that could be one has that row queried.
        table.rows = {2: row(2)}
        await table.tell("changed", id=2, fields={**row(2), "id": ["odd"]})
        assert [(change.kind, change.key) for change in await take(changes, 1)] == [("changed", 2)]
        assert table.queries[2:] == [[[["id", "in", [2]]], {}]]


async def test_an_event_between_subscribing_and_the_answer_counts() -> None:
    table = Table(row(1))

    async def meanwhile(link: ServerConnection) -> None:
        table.before_answer = None
        await table.tell("changed", id=1, fields=row(1, "DEGRADED"))

    table.before_answer = meanwhile
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        if live.rows[1]["status"] != "DEGRADED":
            [change] = await take(live.changes(), 1)
            assert change.key == 1
        assert live.rows[1] == row(1, "DEGRADED")


async def test_filters_hold_for_events_too() -> None:
    table = Table(row(1), row(2, "OFFLINE"))
    filters = [["status", "=", "ONLINE"]]
    async with (
        nas(table.answer) as server,
        AsyncClient(server.url) as client,
        client.live("pool.query", filters) as live,
    ):
        assert dict(live.rows) == {1: row(1)}
        changes = live.changes()
        await table.tell("changed", id=2, fields=row(2, "ONLINE"))
        await table.tell("changed", id=1, fields=row(1, "OFFLINE"))
        assert [(change.kind, change.key) for change in await take(changes, 2)] == [("added", 2), ("removed", 1)]
        table.rows[2] = row(2, "ONLINE") | {"name": "new"}
        await table.tell("changed", id=2)
        [change] = await take(changes, 1)
        assert change.row == table.rows[2]
        assert table.queries[-1] == [[*filters, ["id", "in", [2]]], {}]


async def test_select_has_rows_queried_and_order_the_whole_query() -> None:
    table = Table(row(2), row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client:
        options: dict[str, Any] = {"select": ["id", "status"]}
        async with client.live("pool.query", [], options) as live:
            table.rows[1] = row(1, "DEGRADED")
            await table.tell("changed", id=1, fields=table.rows[1])
            [change] = await take(live.changes(), 1)
            assert change.row == {"id": 1, "status": "DEGRADED"}
        options = {"order_by": ["name"], "limit": 2}
        async with client.live("pool.query", [], options) as live:
            assert list(live.rows) == [1, 2]
            table.rows[0] = row(0)
            await table.tell("added", id=0, fields=row(0))
            assert {change.key for change in await take(live.changes(), 2)} == {0, 2}
            assert list(live.rows) == [0, 1]
            assert table.queries[-1] == [[], options]


async def test_another_event_and_key() -> None:
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client:
        async with client.live("pool.query", event="zfs.pool.scan", key="name") as live:
            assert list(live.rows) == ["pool1"]
        assert any(frame["params"] == ["zfs.pool.scan"] for frame in server.received)
        with pytest.raises(ProtocolError, match="'serial'"):
            await client.live("pool.query", key="serial").__aenter__()


async def test_after_a_lost_connection_everything_is_queried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truenas_client.engine.retry.FIRST_PAUSE", 0.01)
    table = Table(row(1), row(2))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        changes = live.changes()
        del table.rows[1]
        table.rows[3] = row(3)
        server.links[0].transport.abort()
        assert {(change.kind, change.key) for change in await take(changes, 2)} == {("removed", 1), ("added", 3)}
        assert dict(live.rows) == {2: row(2), 3: row(3)}
        assert table.order == ["core.subscribe", "pool.query"] * 2
        assert live.ready


async def test_without_a_connection_to_come_the_query_ends() -> None:
    table = Table(row(1))
    async with (
        nas(table.answer) as server,
        AsyncClient(server.url, reconnect=False) as client,
        client.live("pool.query") as live,
    ):
        changes = live.changes()
        server.links[0].transport.abort()
        with pytest.raises(ConnectionLost):
            await take(changes, 1)
        assert isinstance(live.error, ConnectionLost)
        assert not live.ready
        with pytest.raises(ConnectionLost):
            await take(live.changes(), 1)
        assert dict(live.rows) == {1: row(1)}


async def test_a_refused_query_is_told() -> None:
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client:
        async with client.live("pool.query") as live:
            table.denied = True
            await table.tell("changed", id=1)
            with pytest.raises(NotAuthorized):
                await take(live.changes(), 1)
        with pytest.raises(NotAuthorized):
            await client.live("pool.query").__aenter__()
        await server.got("core.unsubscribe", 2)


async def test_a_query_that_times_out_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("truenas_client.aio.live_query.QUERY_SECONDS", 0.05)
    monkeypatch.setattr("truenas_client.aio.live_query.RETRY_SECONDS", 0.01)
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        table.rows[1] = row(1, "DEGRADED")
        table.silent = asyncio.Event()
        changes = live.changes()
        await table.tell("changed", id=1)
        await asyncio.wait_for(table.silent.wait(), 10)
        assert not live.ready
        assert (await take(changes, 1))[0].row == row(1, "DEGRADED")


async def test_closing_ends_the_changes() -> None:
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client:
        async with client.live("pool.query") as live:
            changes = live.changes()
        assert [change async for change in changes] == []
        assert [change async for change in live.changes()] == []
        await live.close()
        assert not live.ready
        assert server.methods().count("core.unsubscribe") == 1


async def test_it_is_not_ready_while_an_event_waits_to_be_taken() -> None:
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        assert live.ready
        live._events.inbox.push(Update("pool.query", "changed", 1, row(1, "DEGRADED"), None))
        assert not live.ready
        while not live.ready:
            await client.call("x")
        assert live.rows[1] == row(1, "DEGRADED")


async def test_a_flood_of_events_with_a_stuck_consumer_is_bounded() -> None:
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        changes = live.changes()
        for number in range(3000):
            await table.tell("added", id=2 + number, fields=row(2 + number))
            await table.tell("removed", id=2 + number)
        table.rows[1] = row(1, "DEGRADED")
        await table.tell("changed", id=1, fields=row(1, "DEGRADED"))
        async with asyncio.timeout(20):
            while live.rows[1]["status"] != "DEGRADED" or not live.ready:
                await client.call("x")
        assert dict(live.rows) == table.rows
        assert await take(changes, 1) == [Change("changed", 1, row(1, "DEGRADED"), row(1))]
        assert not changes._pending


@pytest.mark.parametrize("option", ["get", "count"])
async def test_what_makes_no_rows_is_refused(option: str) -> None:
    async with nas(Table().answer) as server, AsyncClient(server.url) as client:
        with pytest.raises(ValueError, match=option):
            client.live("pool.query", [], {option: True})


@given(
    st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 2))), max_size=30),
    st.sets(st.integers(0, 30)),
)
def test_merged_changes_lead_to_the_same_rows(steps: list[tuple[int, int | None]], pauses: set[int]) -> None:
    """However late a consumer reads, applying what it gets gives the rows as they are."""
    changes = Changes()
    rows: dict[int, dict[str, Any]] = {}
    seen: dict[Any, Any] = {}

    def consume() -> None:
        while changes._pending:
            change = asyncio.run(_next(changes))
            assert seen.get(change.key) == change.old
            assert change.old != change.row
            if change.row is None:
                del seen[change.key]
            else:
                seen[change.key] = change.row

    for number, (key, value) in enumerate(steps):
        old, new = rows.get(key), None if value is None else {"v": value}
        if old != new:
            kind: Any = "added" if old is None else "removed" if new is None else "changed"
            changes.push(Change(kind, key, new, old))
            if new is None:
                del rows[key]
            else:
                rows[key] = new
        if number in pauses:
            consume()
    consume()
    assert seen == rows


async def _next(changes: Changes) -> Change:
    return await anext(changes)


async def test_a_fault_of_ours_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: LiveQuery, item: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(LiveQuery, "_take", broken)
    table = Table(row(1))
    async with nas(table.answer) as server, AsyncClient(server.url) as client, client.live("pool.query") as live:
        changes = live.changes()
        await table.tell("changed", id=1)
        with pytest.raises(ClientException, match="ZeroDivisionError"):
            await take(changes, 1)
