"""The tap on a connection: every text is told, linked to its call, and without secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from truenas_client import AsyncClient, Frame, MethodNotFound, Tap
from truenas_client.engine.tap import LONGEST
from truenas_client.simulator import Call, Simulator, shapes


@pytest.mark.parametrize("legacy", [False, True])
async def test_every_text_is_told_with_its_call_and_no_secret(legacy: bool) -> None:
    async with Simulator() as nas:
        tap, frames = Tap(), list[Frame]()
        tap.tell = frames.append
        password = nas.users["admin"]["password"]
        async with AsyncClient(nas.legacy_url if legacy else nas.url, tap=tap) as client:
            await client.login_with_password("admin", password)
            token = await client.call("auth.generate_token")
            await client.call("pool.query", [["name", "=", "tank"]])
            async with client.subscribe("alert.list") as events:
                nas.send_event("alert.list", "ADDED", id="a1", fields={"key": "shown", "text": "warm"})
                await anext(events)
            with pytest.raises(MethodNotFound):
                await client.call("no.such_method")
            tap.tell = None
            count = len(frames)
            await client.call("core.ping")
            assert len(frames) == count, "off is off"
        text = repr(frames)
        assert token not in text
        login = next(frame for frame in frames if frame.method.startswith("auth.log") and frame.outgoing)
        # The password of the demo is the user's name.
        assert repr(login.value).count(password) <= 1
        asked = next(frame for frame in frames if frame.method == "pool.query" and frame.outgoing)
        answer = next(frame for frame in frames if frame.method == "pool.query" and not frame.outgoing)
        assert (asked.kind, answer.kind) == ("call", "answer")
        assert asked.message_id == answer.message_id
        assert answer.seconds is not None
        assert answer.value["result"][0]["name"] == "tank"
        event = next(frame for frame in frames if frame.kind == "event")
        assert event.method == "alert.list"
        assert "warm" in repr(event.value)
        assert any(frame.kind == "error" and frame.method == "no.such_method" for frame in frames)


def test_texts_too_deep_to_be_masked_are_told_without_their_content() -> None:
    tap, frames = Tap(), list[Frame]()
    tap.tell = frames.append
    deep = "[" * 700 + "]" * 700
    tap.sent(f'{{"id": "1", "method": "a.b", "params": {deep}}}', "a.b", "1", 1.0)
    tap.received(f'{{"id": "1", "result": {deep}}}', 2.0)
    assert [(frame.kind, frame.method, frame.value, frame.seconds) for frame in frames] == [
        ("call", "a.b", None, None),
        ("answer", "a.b", None, 1.0),
    ]


async def test_long_texts_are_told_without_their_content() -> None:
    async with Simulator() as nas:

        @nas.method("demo.long", accepts=[shapes.any_()])
        def long(call: Call, text: Any) -> str:
            return "x" * (LONGEST + 1)

        tap, frames = Tap(), list[Frame]()
        async with AsyncClient(nas.url, tap=tap) as client:
            await client.login_with_password("admin", nas.users["admin"]["password"])
            tap.tell = frames.append
            assert client.slots == (0, 0)
            await client.call("demo.long", "y")
        shown = [frame for frame in frames if frame.method == "demo.long"]
        assert [(frame.outgoing, frame.value is None) for frame in shown] == [(True, False), (False, True)]
        assert shown[1].size > LONGEST


def test_texts_that_nobody_can_read_are_told_too() -> None:
    tap, frames = Tap(), list[Frame]()
    tap.tell = frames.append
    for text in ("{", "[1]", "{}", json.dumps({"id": 5}), '{"method": "collection_update", "params": []}'):
        tap.received(text, 0.0)
    assert [frame.kind for frame in frames] == ["other"] * 5
