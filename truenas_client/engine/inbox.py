"""The events of one subscription, waiting for a consumer.

Invariants: events come in the order the server sent them; a consumer that falls behind costs at most ``limit``
events, and what it misses is counted and shown as a `Gap` in its place; a connection that was made again shows as a
`Gap`; nothing comes after the end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

from ..exc import ClientException, SubscriptionEnded
from .messages import NO_ID, Update

__all__ = ["QUEUE", "Event", "Gap", "Inbox", "Overflow", "record_key"]

QUEUE = 1000
"""Events that an inbox holds for a slow consumer unless told otherwise."""

Overflow = Literal["drop", "coalesce", "end"]
"""What happens when a consumer falls behind: the oldest are dropped, only the newest of each
key is kept, or the subscription ends."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``kind`` is added, changed or removed; ``id`` is None where the event has none."""

    name: str
    kind: str
    id: Any
    fields: Any
    extra: Any


@dataclass(frozen=True, slots=True)
class Gap:
    """Events are missing here. ``dropped`` is how many, None where nobody can know; ``reason`` says why."""

    reason: str
    dropped: int | None


def record_key(event: Event) -> Hashable:
    """The key that `coalesce` uses unless given another: one record of one collection."""
    return (event.name, event.id if isinstance(event.id, Hashable) else str(event.id))


class Inbox:
    """What waits for the consumer of one subscription. ``wake`` is called when there is something new for it."""

    __slots__ = (
        "_gap_dropped",
        "_key",
        "_limit",
        "_missing",
        "_overflow",
        "_queue",
        "_turn",
        "dropped",
        "ended",
        "finished",
        "name",
        "wake",
    )

    def __init__(
        self,
        name: str,
        wake: Callable[[], None] = lambda: None,
        *,
        limit: int = QUEUE,
        overflow: Overflow = "drop",
        key: Callable[[Event], Hashable] = record_key,
    ) -> None:
        if limit < 1:
            raise ValueError("queue must hold at least one event")
        self.name, self.wake = name, wake
        self.dropped = 0
        """Events dropped or replaced by newer ones so far because the consumer was slow."""
        self.ended: ClientException | None = None
        """Why the subscription ended; None while it lives and when it just finished."""
        self.finished = False
        """Whether nothing more will come."""
        # Updates wait as they came and become events when asked for. Keys: a running number,
        # or with coalescing the event's own key.
        self._queue: OrderedDict[Hashable, Update | Gap] = OrderedDict()
        self._limit, self._overflow, self._key = limit, overflow, key
        self._turn = 0
        self._missing = 0
        self._gap_dropped = False

    def next(self) -> Event | Gap | None:
        """Take the next event, or the gap before it; None where nothing waits."""
        if self._missing or self._gap_dropped:
            # Where a gap of unknown size was dropped too, nobody can know how many are missing.
            dropped = None if self._gap_dropped else self._missing
            self._missing, self._gap_dropped = 0, False
            return Gap("the consumer was slow", dropped)
        if not self._queue:
            return None
        item = self._queue.popitem(last=False)[1]
        return item if isinstance(item, Gap) else _event(item)

    def push(self, update: Update) -> None:
        """An event has come."""
        if self.finished:
            return
        if self._overflow == "coalesce":
            key: Hashable = ("event", self._key(_event(update)))
            if key in self._queue:
                # The newest takes the place of the one it replaces, so nothing waits for ever.
                self._queue[key] = update
                self.dropped += 1
                return
        else:
            self._turn += 1
            key = self._turn
        # More than one goes where gaps have come beside the events.
        while len(self._queue) >= self._limit:
            if not self._make_room():
                return
        self._queue[key] = update
        self.wake()

    def gap(self, reason: str) -> None:
        """An unknown number of events is missing from here on. Gaps with no event between them are one."""
        if self.finished or (self._queue and isinstance(next(reversed(self._queue.values())), Gap)):
            return
        self._turn += 1
        self._queue[("gap", self._turn)] = Gap(reason, None)
        self.wake()

    def finish(self, error: ClientException | None) -> None:
        """Nothing more will come: because of this error, or because listening is over."""
        if self.finished:
            return
        self.finished, self.ended = True, error
        self.wake()

    def source_ended(self, error: ClientException | None) -> None:
        """The server ended the source, with an error or without."""
        if error is None:
            self.finish(None)
        else:
            ended = SubscriptionEnded(f"{self.name} ended: {error.error}", error.errno, error.trace, error.extra)
            ended.__cause__ = error
            self.finish(ended)

    def clear(self) -> None:
        """Forget what waits: the consumer closed the subscription."""
        self._queue.clear()
        self._missing, self._gap_dropped = 0, False

    def _make_room(self) -> bool:
        if self._overflow == "end":
            self.finish(SubscriptionEnded(f"{self.name} ended: {self._limit} events waited and nobody took them"))
            return False
        if isinstance(self._queue.popitem(last=False)[1], Gap):
            self._gap_dropped = True
        else:
            self.dropped += 1
            self._missing += 1
        return True


def _event(update: Update) -> Event:
    record_id = None if update.record_id is NO_ID else update.record_id
    return Event(update.collection, update.kind, record_id, update.fields, update.extra)
