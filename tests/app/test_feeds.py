"""What a session tells of its feeds, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from truenas_client import AsyncClient
from truenas_client.simulator import CallError, Simulator, Source
from tui.session.feeds import Feeds


@asynccontextmanager
async def begun(nas: Simulator) -> AsyncIterator[Feeds]:
    async with AsyncClient(nas.url) as client:
        await client.login_with_password("admin", nas.users["admin"]["password"])
        feeds = Feeds(lambda fields: fields, lambda: None)
        feeds.begin(client)
        yield feeds
        await feeds.end()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - a feed is a value without a signal
            await asyncio.sleep(0)


async def test_a_source_that_fails_is_told_in_one_line_without_the_name() -> None:
    async with Simulator() as nas:

        @nas.source("demo.broken")
        async def broken(source: Source, argument: Any) -> None:
            raise CallError("the disk\nwas wet", 5)

        async with begun(nas) as feeds:
            feed = feeds.hold("demo.broken")
            await until(lambda: feed.ended)
            assert feed.ended == "[EIO] the disk was wet"


async def test_a_name_is_subscribed_once_until_its_last_holder_lets_go() -> None:
    async with Simulator() as nas, begun(nas) as feeds:
        first, second = feeds.hold("alert.list"), feeds.hold("alert.list")
        assert first is second
        assert feeds.open == [first]
        await until(lambda: first.live)
        feeds.release(first)
        nas.send_event("alert.list", "ADDED", id="a1", fields={})
        await until(lambda: first.seen == 1)
        feeds.release(second)
        assert feeds.open == []
        await until(lambda: not first.live)
        again = feeds.hold("alert.list")
        assert again is not first
        assert again.seen == 0
