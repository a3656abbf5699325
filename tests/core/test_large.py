"""Large answers: announced before they are read, read in order, or answered without being read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import AsyncClient, ConnectionLost, LargeAnswer
from truenas_client.aio.large import LARGE
from truenas_client.engine.envelope import open_envelope
from truenas_client.simulator import Call, Simulator

ROWS = LARGE // 10


@pytest.fixture
async def nas() -> AsyncIterator[Simulator]:
    async with Simulator(speed=100.0) as simulator:

        @simulator.method("my.rows", roles=["READONLY_ADMIN"])
        def rows(call: Call, count: int = ROWS) -> list[str]:
            simulator.send_event("my.items", "ADDED", id=count, fields={"n": count})
            return ["0123456789"] * count

        simulator.event("my.items", roles=["READONLY_ADMIN"])
        yield simulator


class Reader:
    """A handler that keeps what it was given and does what it is told."""

    def __init__(self, *, hold: bool = False) -> None:
        self.answers: list[LargeAnswer] = []
        self.came = asyncio.Event()
        self.release = asyncio.Event()
        if not hold:
            self.release.set()

    async def __call__(self, answer: LargeAnswer) -> None:
        self.answers.append(answer)
        self.came.set()
        await self.release.wait()
        await self.act(answer)

    async def act(self, answer: LargeAnswer) -> None:
        return


@asynccontextmanager
async def signed_in(nas: Simulator, reader: Any) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(nas.url, reconnect=False, on_large=reader) as client:
        await client.login_with_password("admin", nas.users["admin"]["password"])
        yield client


async def test_a_large_answer_is_told_before_it_is_read(nas: Simulator) -> None:
    reader = Reader(hold=True)
    async with signed_in(nas, reader) as client:
        call = asyncio.ensure_future(client.call("my.rows"))
        await asyncio.wait_for(reader.came.wait(), 10)
        (answer,) = reader.answers
        assert answer.method == "my.rows"
        assert answer.size == len(answer.text) >= LARGE
        assert not answer.done
        assert not call.done()
        reader.release.set()
        assert len(await call) == ROWS
        assert answer.done
        assert answer.text == "", "nothing keeps the text once it was read"


async def test_what_comes_later_waits_so_that_the_order_stays(nas: Simulator) -> None:
    reader = Reader(hold=True)
    order: list[str] = []
    async with signed_in(nas, reader) as client, client.subscribe("my.items") as events:
        large = asyncio.ensure_future(client.call("my.rows"))
        await asyncio.wait_for(reader.came.wait(), 10)
        small = asyncio.ensure_future(client.call("my.rows", 1))
        large.add_done_callback(lambda _: order.append("large"))
        small.add_done_callback(lambda _: order.append("small"))
        assert (await anext(events)).id == ROWS, "what came before it did not wait"
        reader.release.set()
        assert await small == ["0123456789"]
        assert order == ["large", "small"]
        assert (await anext(events)).id == 1
        assert len(reader.answers) == 1, "the small one was not announced"


async def test_a_call_can_be_answered_without_reading(nas: Simulator) -> None:
    class Cut(Reader):
        async def act(self, answer: LargeAnswer) -> None:
            assert answer.envelope is not None
            text = answer.text[answer.envelope.start : answer.envelope.end]
            assert json.loads(text) == ["0123456789"] * ROWS
            answer.give(text[:14])

    async with signed_in(nas, Cut()) as client:
        assert await client.call("my.rows") == '["0123456789",'[:14]
        assert await client.call("my.rows", 2) == ["0123456789"] * 2, "the slot is free again"


async def test_a_handler_that_fails_loses_nothing(nas: Simulator) -> None:
    class Broken(Reader):
        async def act(self, answer: LargeAnswer) -> None:
            raise RuntimeError("no")

    async with signed_in(nas, Broken()) as client:
        assert len(await client.call("my.rows")) == ROWS
        assert await client.call("my.rows", 1) == ["0123456789"]


async def test_an_answer_that_came_before_the_end_is_still_given(nas: Simulator) -> None:
    reader = Reader(hold=True)
    async with signed_in(nas, reader) as client:
        call = asyncio.ensure_future(client.call("my.rows"))
        await asyncio.wait_for(reader.came.wait(), 10)
        nas.drop_connections()
        lost = asyncio.ensure_future(client.wait_closed())
        await asyncio.wait([lost], timeout=0.05)
        assert not lost.done()
        reader.release.set()
        assert len(await call) == ROWS
        assert isinstance(await lost, ConnectionLost)


async def test_closing_does_not_wait_for_a_handler(nas: Simulator) -> None:
    reader = Reader(hold=True)
    async with signed_in(nas, reader) as client:
        call = asyncio.ensure_future(client.call("my.rows"))
        await asyncio.wait_for(reader.came.wait(), 10)
        async with asyncio.timeout(10):
            await client.close()
    with pytest.raises(ConnectionLost):
        await call


async def test_a_large_event_answers_no_call(nas: Simulator) -> None:
    reader = Reader()
    async with signed_in(nas, reader) as client, client.subscribe("my.items") as events:
        nas.send_event("my.items", "ADDED", id=1, fields={"text": "x" * LARGE})
        assert len((await anext(events)).fields["text"]) == LARGE
        (answer,) = reader.answers
        assert answer.method is None
        with pytest.raises(ValueError, match="no call"):
            answer.give(1)


# The envelope.

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "result", "msg", "x"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(
    result=values,
    members=st.permutations(["jsonrpc", "id", "result"]),
    compact=st.booleans(),
    space=st.sampled_from(["", " ", "\n"]),
)
def test_the_envelope_of_an_answer_is_found_wherever_its_members_stand(
    result: Any, members: list[str], compact: bool, space: str
) -> None:
    frame = {"jsonrpc": "2.0", "id": "00000000-0000-4000-8000-000000000000", "result": result}
    text = space + json.dumps({key: frame[key] for key in members}, separators=(",", ":") if compact else None) + space
    envelope = open_envelope(text)
    assert envelope is not None
    assert envelope.id == frame["id"]
    assert json.loads(text[envelope.start : envelope.end]) == result


@given(result=values)
def test_the_old_protocol_s_answers_too(result: Any) -> None:
    text = json.dumps({"id": "1", "msg": "result", "result": result})
    envelope = open_envelope(text)
    assert envelope is not None
    assert json.loads(text[envelope.start : envelope.end]) == result


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"result": 1}', '{"jsonrpc": "2.0", "id": null, "result": 1}', '{"result": ',
        '{"jsonrpc": "2.0", "id": "1", "error": {"result": 1}}', '{"id": "1", "result": }',
        '{"jsonrpc": "2.0", "method": "collection_update", "params": {"id": "1", "result": 1}}',
    ],
)  # fmt: skip
def test_other_texts_have_none(text: str) -> None:
    assert open_envelope(text) is None
