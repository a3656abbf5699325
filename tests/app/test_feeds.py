"""What a session tells of its feeds, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from truenas_client import AsyncClient
from truenas_client.simulator import CallError, Simulator, Source
from tui.model.panel import Panel
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


async def test_in_a_flood_nothing_is_uncounted_and_what_is_kept_is_bounded() -> None:
    names, many = ("pool.query", "alert.list", "disk.query", "user.query"), 4000
    async with Simulator() as nas, begun(nas) as feeds:
        panels = [Panel(feeds.hold(name)) for name in names]
        await until(lambda: all(feed.live for feed in feeds.open))
        panels[1].filter = "n:39"
        for number in range(many):
            for name in names:
                nas.send_event(name, "CHANGED", id=number, fields={"n": number, "name": "tank"})
            if number % 500 == 0:
                await asyncio.sleep(0)
                panels[1].shown()
            if number == many // 2:
                await until(lambda: feeds.open[0].seen > 100)
                panels[0].pause(True)
                before = list(panels[0].shown())
        await until(lambda: all(feed.seen + feed.dropped == many for feed in feeds.open))
        assert list(panels[0].shown()) == before
        assert 0 < panels[0].waiting < feeds.open[0].seen
        for feed in feeds.open:
            assert len(feed.events) <= 2000
            missing = sum(event.missing or 0 for event in feed.events if event.kind == "dropped")
            assert missing <= feed.dropped
