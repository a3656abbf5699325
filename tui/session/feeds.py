"""The subscriptions of a session: one a name, from connection to connection, for any number of panels.

Invariants: a name is subscribed once, while any panel holds its feed; a panel may hold it at any time, and it is
subscribed when there is a connection; a subscription that the server refused or ended stays as it ended;
`Feed.live` is true only while events can arrive.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from truenas_client import AsyncClient, Gap, exc
from tui.model.feed import Feed
from tui.settings.values import in_force

__all__ = ["Feeds"]


class Feeds:
    """The feeds of a session and the tasks that fill them; ``mask`` sees each event's fields first."""

    def __init__(self, mask: Callable[[Any], Any], changed: Callable[[], None]) -> None:
        self.open: list[Feed] = []
        """The feeds with a holder, in the order they were first asked for."""
        self._mask = mask
        self._changed = changed
        self._client: AsyncClient | None = None
        self._followers: dict[Feed, asyncio.Task[None]] = {}

    def hold(self, name: str, arguments: Any = None) -> Feed:
        """The feed of a name, to be given back with `release`. Arguments (a value or text) are those of a source."""
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        full = name if arguments is None else f"{name}:{text}"
        feed = next((feed for feed in self.open if feed.name == full), None)
        if feed is None:
            feed = Feed(full, in_force().events)
            self.open.append(feed)
            self._follow(feed)
        feed.holders += 1
        self._changed()
        return feed

    def release(self, feed: Feed) -> None:
        """One holder less; the last one ends the subscription."""
        feed.holders -= 1
        if feed.holders > 0 or feed not in self.open:
            return
        self.open.remove(feed)
        task = self._followers.pop(feed, None)
        if task is not None:
            task.cancel()
        self._changed()

    def begin(self, client: AsyncClient) -> None:
        """There is a new client: everything is subscribed on it, after a gap."""
        self._client = client
        for feed in self.open:
            feed.mark("gap")
            self._follow(feed)

    def lost(self) -> None:
        """The connection is lost. The client keeps its subscriptions for the next one."""
        for feed in self.open:
            feed.set_live(False)

    def returned(self) -> None:
        """The connection is made again: what could not be subscribed meanwhile is subscribed now."""
        for feed in self.open:
            task = self._followers.get(feed)
            if (task is None or task.done()) and not feed.ended:
                self._follow(feed)

    async def end(self) -> None:
        """Ends all subscriptions; the feeds stay for the next client."""
        self._client = None
        tasks = list(self._followers.values())
        self._followers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _follow(self, feed: Feed) -> None:
        if self._client is not None:
            task = asyncio.create_task(self._receive(self._client, feed), name="session-feed")
            self._followers[feed] = task

    async def _receive(self, client: AsyncClient, feed: Feed) -> None:
        feed.ended = ""
        before = feed.dropped
        try:
            async with client.subscribe(feed.name) as events:
                feed.set_live(True)
                async for event in events:
                    feed.dropped = before + events.dropped
                    if isinstance(event, Gap):
                        # A number is of what this program dropped; after a loss of the connection there is none.
                        feed.set_live(True)
                        feed.mark("gap" if event.dropped is None else "dropped", event.dropped)
                    else:
                        fields = event.fields if event.fields is not None else event.extra
                        feed.add(event.kind, event.id, self._mask(fields))
            feed.ended = "The server ended it."
        except exc.ConnectionLost:
            feed.ended = ""
        except exc.ClientException as error:
            # One line, for a border that names the subscription already.
            feed.ended = " ".join(str(error).split()).removeprefix(f"{feed.name} ended: ")
        finally:
            feed.live = False
            feed.version += 1
