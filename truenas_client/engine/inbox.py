"""The events of one subscription, queued for its consumer.

Invariants: events come in the order the server sent them; the inbox holds at most ``limit`` events for a slow
consumer, and a `Gap` stands in the place of those it dropped, with their number; a `Gap` stands where the connection
was made again; nothing comes after the end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

from ..exc import ClientException, SubscriptionEnded
from .messages import NO_ID, Update
from .topics import source_failure

__all__ = ["QUEUE", "Event", "Gap", "Inbox", "Overflow", "record_key"]

QUEUE = 1000
"""Events that an inbox holds for a slow consumer by default."""

Overflow = Literal["drop", "coalesce", "end"]
"""What a full inbox does: drop the oldest event, keep only the newest event of each key, or end the subscription."""


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
    """Events are missing here. ``dropped`` is how many, None when that is unknown; ``reason`` says why."""

    reason: str
    dropped: int | None


def record_key(event: Event) -> Hashable:
    """The default key of ``coalesce``: one record of one collection."""
    return (event.name, event.id if isinstance(event.id, Hashable) else str(event.id))


class Inbox:
    """The queue of one subscription. It calls ``wake`` when there is something new for the consumer."""

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
        """The error that ended the subscription; None while it lives, and when it ended without an error."""
        self.finished = False
        """Whether nothing more will come."""
        # Updates become events only when the consumer takes them: most updates of a busy event are dropped first.
        # The key is a running number, or with coalescing the event's own key.
        self._queue: OrderedDict[Hashable, Update | Gap] = OrderedDict()
        self._limit, self._overflow, self._key = limit, overflow, key
        self._turn = 0
        self._missing = 0
        self._gap_dropped = False

    def next(self) -> Event | Gap | None:
        """Take the next event, or the gap before it; None where nothing waits."""
        if self._missing or self._gap_dropped:
            # When a gap of unknown size was dropped too, the number of missing events is unknown.
            dropped = None if self._gap_dropped else self._missing
            self._missing, self._gap_dropped = 0, False
            return Gap("the consumer was slow", dropped)
        if not self._queue:
            return None
        item = self._queue.popitem(last=False)[1]
        return item if isinstance(item, Gap) else _event(item)

    @property
    def empty(self) -> bool:
        """Whether `next` has nothing to give."""
        return not (self._queue or self._missing or self._gap_dropped)

    def push(self, update: Update) -> None:
        """Queue an event."""
        if self.finished:
            return
        if self._overflow == "coalesce":
            key: Hashable = ("event", self._key(_event(update)))
            if key in self._queue:
                # The new event takes the place in line of the old one. At the end of the line, the events of a busy
                # key would never be reached.
                self._queue[key] = update
                self.dropped += 1
                return
        else:
            self._turn += 1
            key = self._turn
        # Gaps are queued without making room, so more than one item may have to go.
        while len(self._queue) >= self._limit:
            if not self._make_room():
                return
        self._queue[key] = update
        self.wake()

    def gap(self, reason: str) -> None:
        """Queue a gap: an unknown number of events is missing here. Gaps with no event between them become one."""
        if self.finished or (self._queue and isinstance(next(reversed(self._queue.values())), Gap)):
            return
        self._turn += 1
        self._queue[("gap", self._turn)] = Gap(reason, None)
        self.wake()

    def finish(self, error: ClientException | None) -> None:
        """End the subscription, with this error or without one. What is queued can still be taken."""
        if self.finished:
            return
        self.finished, self.ended = True, error
        self.wake()

    def source_ended(self, error: ClientException | None) -> None:
        """End the subscription because the server ended the event source, with an error or without."""
        self.finish(source_failure(self.name, error))

    def clear(self) -> None:
        """Drop what is queued: the consumer closed the subscription."""
        self._queue.clear()
        self._missing, self._gap_dropped = 0, False

    def _make_room(self) -> bool:
        if self._overflow == "end":
            self.finish(SubscriptionEnded(f"{self.name} ended: {self._limit} events waited and the consumer took none"))
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
