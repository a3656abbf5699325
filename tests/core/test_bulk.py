from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection

from truenas_client import (
    AsyncClient,
    ClientException,
    ConnectionLost,
    JobAborted,
    PayloadTooLarge,
    ProtocolError,
    ValidationErrors,
)
from truenas_client.aio.bulk import PIECE_ITEMS, BulkInterrupted, BulkResult, _pieces
from truenas_client.engine.dialect import encode_params

from ..replay.flows import ReplayServer, read_flow
from .nas import nas, notify, refuse, reply


class Bulk:
    """A server that runs `core.bulk` jobs; ``stop`` says what becomes of the piece of that number instead."""

    def __init__(self, stop: dict[int, str] | None = None) -> None:
        self.pieces: list[list[Any]] = []
        self.stop = stop or {}

    async def answer(self, link: ServerConnection, frame: dict[str, Any]) -> None:
        if frame["method"] != "core.bulk":
            await reply(link, frame, "handle")
            return
        how = self.stop.get(len(self.pieces))
        self.pieces.append(frame["params"])
        if how == "refuse":
            data = {"error": 22, "errname": "EINVAL", "reason": "x", "trace": None, "extra": [["method", "none", 22]]}
            await refuse(link, frame, -32602, "Invalid params", data)
            return
        job = {
            "id": len(self.pieces),
            "message_ids": [frame["id"]],
            "method": "core.bulk",
            "arguments": frame["params"],
            "state": "WAITING",
        }
        await self.tell(link, "added", job)
        if how == "drop":
            link.transport.abort()
            return
        if how == "abort":
            await self.tell(link, "changed", job | {"state": "ABORTED"})
            await reply(link, frame, None)
            return
        rows = [self.row(item) for item in frame["params"][1]]
        if how == "short":
            rows.pop()
        await self.tell(link, "changed", job | {"state": "SUCCESS", "result": rows})
        await reply(link, frame, rows)

    def row(self, item: list[Any]) -> dict[str, Any]:
        if item and item[0] == "bad":
            return {"job_id": None, "error": "[ENOENT] bad\n", "result": None}
        return {"job_id": 7 if item and item[0] == "job" else None, "error": None, "result": item}

    async def tell(self, link: ServerConnection, kind: str, job: dict[str, Any]) -> None:
        await notify(link, "collection_update", msg=kind, collection="core.get_jobs", id=job["id"], fields=job)


async def signed_in(client: AsyncClient) -> None:
    await client.login_with_password("admin", "admin-pw")


async def test_items_fail_one_by_one_and_nothing_is_raised() -> None:
    bulk = Bulk()
    async with nas(bulk.answer) as server, AsyncClient(server.url) as client:
        results = await client.bulk("x.do", [["good"], ["bad"], ["job"], []], "do {0}")
        assert results == [
            BulkResult(0, ["good"], None, None),
            BulkResult(1, None, "[ENOENT] bad", None),
            BulkResult(2, ["job"], None, 7),
            BulkResult(3, [], None, None),
        ]
        assert [result.ok for result in results] == [True, False, True, True]
        assert bulk.pieces == [["x.do", [["good"], ["bad"], ["job"], []], "do {0}"]]
        assert await client.bulk("x.do", []) == []
        assert len(bulk.pieces) == 1


async def test_the_recorded_server_is_understood() -> None:
    flow = read_flow("core_bulk_with_failing_item")
    async with ReplayServer(flow) as server, AsyncClient(server.url, reconnect=False) as client:
        await signed_in(client)
        results = await client.bulk("wiretest.call_error", [[2, "first", None], [5, "second", None]], "item {0}")
        assert results == [BulkResult(0, None, "[ENOENT] first", None), BulkResult(1, None, "[EIO] second", None)]
        good, many, none = await client.bulk("wiretest.echo", [[1], [2, 3], []])
        assert good == BulkResult(0, 1, None, None)
        assert many.error is not None
        assert "Too many arguments" in many.error
        assert none.error == "[EINVAL] value: Field required"
        assert not server.unexpected


async def test_long_lists_go_in_pieces_in_order() -> None:
    bulk = Bulk()
    async with nas(bulk.answer) as server, AsyncClient(server.url) as client:
        await signed_in(client)
        items = [[n, "ü" * 3000] for n in range(150)]
        results = await client.bulk("x.do", iter(items))
        assert [result.index for result in results] == list(range(150))
        assert [result.result for result in results] == items
        assert len(bulk.pieces) == 8
        assert all(len(json.dumps(piece, ensure_ascii=False)) < 65536 for piece in bulk.pieces)


async def test_an_item_too_long_sends_nothing() -> None:
    bulk = Bulk()
    async with nas(bulk.answer) as server, AsyncClient(server.url) as client:
        await signed_in(client)
        with pytest.raises(PayloadTooLarge):
            await client.bulk("x.do", [["short"]] * 200 + [["x" * 66000]])
        assert bulk.pieces == []
        with pytest.raises(TypeError):
            await client.bulk("x.do", ["text"])


@pytest.mark.parametrize(("how", "cause"), [("drop", ConnectionLost), ("abort", JobAborted), ("short", ProtocolError)])
async def test_a_piece_of_unknown_outcome_tells_what_is_known(how: str, cause: type[ClientException]) -> None:
    bulk = Bulk({1: how})
    async with nas(bulk.answer) as server, AsyncClient(server.url, reconnect=False) as client:
        items = [[n] for n in range(2 * PIECE_ITEMS + 50)]
        with pytest.raises(BulkInterrupted, match="100 to 199, which may have run") as caught:
            await client.bulk("x.do", items)
        assert [result.result for result in caught.value.results] == items[:PIECE_ITEMS]
        assert caught.value.unknown == range(100, 200)
        assert caught.value.unsent == range(200, 250)
        assert isinstance(caught.value.__cause__, cause)
        assert len(bulk.pieces) == 2


async def test_a_refused_piece_did_not_run() -> None:
    bulk = Bulk({0: "refuse", 2: "refuse"})
    async with nas(bulk.answer) as server, AsyncClient(server.url) as client:
        with pytest.raises(ValidationErrors):
            await client.bulk("x.do", [[1]])
        with pytest.raises(BulkInterrupted, match="item 100, which did not run") as caught:
            await client.bulk("x.do", [[n] for n in range(120)])
        assert len(caught.value.results) == 100
        assert (list(caught.value.unknown), caught.value.unsent) == ([], range(100, 120))


@given(st.lists(st.lists(st.text(max_size=60), max_size=3), max_size=120), st.integers(600, 2000))
def test_pieces_hold_every_item_in_order_and_fit(items: list[list[str]], limit: int) -> None:
    pieces = list(_pieces("x.do", items, None, limit))
    assert [item for piece in pieces for item in piece] == items
    for piece in pieces:
        assert len(encode_params("core.bulk", ["x.do", piece, None])) <= limit - 200
        assert 1 <= len(piece) <= PIECE_ITEMS
