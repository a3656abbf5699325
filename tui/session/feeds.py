"""The subscriptions of a session: one a name, from connection to connection, for any number of panels.

Invariants: a name is subscribed once, while any panel holds its feed; a panel may hold it at any time, and it is
subscribed when there is a connection; a subscription that the server refused or ended stays as it ended;
`Feed.live` is true only while events can arrive; a feed keeps at most so many events and bytes, the newest ones;
`seen` and `dropped` together are what the server sent, once nothing is on its way.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from truenas_client import AsyncClient, Gap, exc
from truenas_client.values.kinds import weight
from tui.settings.values import in_force

__all__ = ["MOST_BYTES", "Feed", "FeedEvent", "Feeds"]

MOST_BYTES = 32_000_000
"""Bytes that the events of one feed may take together, roughly."""


@dataclass(slots=True)
class FeedEvent:
    """One event with the time of its arrival.

    ``kind`` is ``gap`` where the connection was lost and some may be missing, and ``dropped`` where this program was
    too slow for ``missing`` of them (None: unknown). ``number`` counts the arrivals of the feed, marks included.
    """

    kind: str
    id: Any
    fields: Any
    at: datetime
    clock: float
    number: int = 0
    weight: int = 0
    missing: int | None = None


class Feed:
    """The newest events of one subscription, and how many there were; the oldest are dropped and counted.

    ``holders`` counts its panels. ``ended`` is why no more events come, empty while they may.
    """

    def __init__(self, name: str, limit: int | None = None) -> None:
        self.name = name
        self.events: deque[FeedEvent] = deque(maxlen=limit or in_force().events)
        self.holders = 0
        self.seen = 0
        self.dropped = 0
        self.live = False
        self.ended = ""
        self.version = 0
        self.listeners: list[Callable[[FeedEvent], None]] = []
        """Called with each event as it arrives, marks of gaps included. They must neither block nor raise."""
        self._arrivals: deque[float] = deque(maxlen=64)
        self._began = time.monotonic()
        self._number = 0
        self._weight = 0

    def add(self, kind: str, event_id: Any, fields: Any) -> None:
        """Counts and keeps one event."""
        self.seen += 1
        self._arrivals.append(self.keep(kind, event_id, fields, None))

    def mark(self, kind: str, missing: int | None = None) -> None:
        """Keeps the mark of a place where events are missing: ``gap`` or ``dropped``. Two in a row become one."""
        last = self.events[-1] if self.events else None
        if last is not None and last.kind == kind:
            self._weight -= self.events.pop().weight
            missing = None if missing is None or last.missing is None else missing + last.missing
        self.keep(kind, None, None, missing)

    def keep(
        self,
        kind: str,
        event_id: Any,
        fields: Any,
        missing: int | None,
        make: Callable[..., FeedEvent] = FeedEvent,
    ) -> float:
        """Keeps an event as the newest, and lets the oldest go where there are too many. Returns its time."""
        clock, heavy = time.monotonic(), weight(fields, MOST_BYTES)
        self._weight += heavy
        while self.events and (self._weight > MOST_BYTES or len(self.events) == self.events.maxlen):
            self._weight -= self.events.popleft().weight
        self._number += 1
        at = datetime.now().astimezone()
        event = make(kind, event_id, fields, at, clock, self._number, heavy, missing)
        self.events.append(event)
        self.version += 1
        for listener in self.listeners:
            listener(event)
        return clock

    def set_live(self, live: bool) -> None:
        """Whether events can arrive now."""
        if live is not self.live:
            self.live = live
            self.version += 1

    def rate(self, window: float = 10.0) -> float:
        """Events a second over the last ``window`` seconds."""
        now = time.monotonic()
        recent = [clock for clock in self._arrivals if clock >= now - window]
        # Of a busy feed only the newest arrivals are kept: they tell over how long they came.
        if len(recent) == self._arrivals.maxlen:
            return len(recent) / max(now - recent[0], 0.001)
        # A feed that has just begun had less time for them.
        return len(recent) / min(window, max(now - self._began, 1.0))


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
            feed = Feed(full)
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
