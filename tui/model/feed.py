"""A feed of events: the newest of one subscription, and how many there were. No I/O here.

Invariants: a feed keeps at most so many events and bytes, the newest ones; `seen` and `dropped` together are what the
server sent, once nothing is on its way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from truenas_client.values.kinds import weight

__all__ = ["MARKS", "MOST_BYTES", "Feed", "FeedEvent"]

MARKS = frozenset({"gap", "dropped"})
"""Kinds that are no events: they mark where some are missing."""
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

    make: type[FeedEvent] = FeedEvent
    """The events that it keeps."""

    def __init__(self, name: str, limit: int | None = None) -> None:
        self.name = name
        self.events: deque[Any] = deque(maxlen=limit)
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

    def add(self, kind: str, event_id: Any, fields: Any, **facts: Any) -> None:
        """Counts and keeps one event; ``facts`` are those that a sub-class's events have besides."""
        self.seen += 1
        self._arrivals.append(self._keep(kind, event_id, fields, None, **facts))

    def mark(self, kind: str, missing: int | None = None) -> None:
        """Keeps the mark of a place where events are missing: ``gap`` or ``dropped``. Two in a row become one."""
        last = self.events[-1] if self.events else None
        if last is not None and last.kind == kind:
            self._weight -= self.events.pop().weight
            missing = None if missing is None or last.missing is None else missing + last.missing
        self._keep(kind, None, None, missing)

    def _keep(self, kind: str, event_id: Any, fields: Any, missing: int | None, **facts: Any) -> float:
        """Keeps an event as the newest, and lets the oldest go where there are too many. Returns its time."""
        clock, heavy = time.monotonic(), weight(fields, MOST_BYTES)
        self._weight += heavy
        while self.events and (self._weight > MOST_BYTES or len(self.events) == self.events.maxlen):
            self._weight -= self.events.popleft().weight
        self._number += 1
        at = datetime.now().astimezone()
        event = self.make(kind, event_id, fields, at, clock, self._number, heavy, missing, **facts)
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
