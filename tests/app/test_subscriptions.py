"""What a session tells of its subscriptions, without a screen."""

from __future__ import annotations

import asyncio
from typing import Any

from truenas_client import AsyncClient
from truenas_client.simulator import CallError, Simulator, Source
from tui.session.subscriptions import Subscriptions


async def test_a_source_that_fails_is_told_in_one_line_without_the_name() -> None:
    async with Simulator() as nas:

        @nas.source("demo.broken")
        async def broken(source: Source, argument: Any) -> None:
            raise CallError("the disk\nwas wet", 5)

        async with AsyncClient(nas.url) as client:
            await client.login_with_password("admin", nas.users["admin"]["password"])
            subscriptions = Subscriptions(lambda fields: fields)
            subscriptions.begin(client)
            watch = subscriptions.add("demo.broken")
            async with asyncio.timeout(20):
                while not watch.ended:  # noqa: ASYNC110 - the watch is a value without a signal
                    await asyncio.sleep(0)
            assert watch.ended == "[EIO] the disk was wet"
            await subscriptions.end()
