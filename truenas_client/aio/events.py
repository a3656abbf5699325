"""Events as a program sees them, and the bounded queue they wait in.

Invariants: events of one subscription come in the order the server sent them; a
consumer that falls behind costs at most its queue, and what it misses is counted
and shown as a `Gap` in its place; the reader never waits for a consumer.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from ..engine.messages import NO_ID, Update
from ..engine.topics import Topic
from ..exc import ClientException, SubscriptionEnded

__all__ = ["QUEUE", "AsyncSubscription", "Event", "Gap", "Overflow"]

TURN_SECONDS = 0.005
"""How long events that wait are handed out before others of the loop have their turn."""
QUEUE = 1000
"""Events a subscription holds for a slow consumer unless told otherwise."""

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


class AsyncSubscription:
    """A subscription: ``async with client.subscribe(name) as events: async for event in events``.

    Iteration yields `Event` and `Gap`, ends when the server ends the source or after
    `close`, and raises `SubscriptionEnded` (the source failed, the queue overflowed
    where that ends it) or `ConnectionLost` in its place among the events. A connection
    that is made again shows as a `Gap`. Cancelling the wait for an event loses none.
    """

    def __init__(
        self,
        name: str,
        opener: Callable[[AsyncSubscription], Awaitable[None]],
        closer: Callable[[AsyncSubscription], Awaitable[None]],
        *,
        queue: int = QUEUE,
        overflow: Overflow = "drop",
        key: Callable[[Event], Hashable] = record_key,
    ) -> None:
        if queue < 1:
            raise ValueError("queue must hold at least one event")
        self.name = name
        self.dropped = 0
        """Events dropped or replaced by newer ones so far because the consumer was slow."""
        self.ended: ClientException | None = None
        """Why the subscription ended; None while it lives and when it just finished."""
        self.closed = False
        self.topic: Topic[AsyncSubscription] | None = None
        self._opener, self._closer = opener, closer
        # Updates wait as they came and become events when asked for. Keys: a running number,
        # or with coalescing the event's own key.
        self._queue: OrderedDict[Hashable, Update | Gap] = OrderedDict()
        self._turn_began = 0.0
        self._limit, self._overflow, self._key = queue, overflow, key
        self._turn = 0
        self._missing = 0
        self._gap_dropped = False
        self._waiter: asyncio.Future[None] | None = None
        self._finished = False

    async def open(self) -> Self:
        """Subscribe. Raises what the server says, such as `NotAuthorized` for a name it does not grant."""
        await self._opener(self)
        return self

    async def close(self) -> None:
        """Unsubscribe; iteration ends at once. Twice is fine."""
        if not self.closed:
            self.closed = True
            self.finish(None)
            self._queue.clear()
            await self._closer(self)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event | Gap:
        while True:
            if self._missing or self._gap_dropped:
                # Where a gap of unknown size was dropped too, nobody can know how many are missing.
                dropped = None if self._gap_dropped else self._missing
                self._missing, self._gap_dropped = 0, False
                return Gap("the consumer was slow", dropped)
            if self._queue:
                now = asyncio.get_running_loop().time()
                if now - self._turn_began > TURN_SECONDS:
                    # A consumer that never waits for anything else leaves the loop to others now and then.
                    self._turn_began = now
                    await asyncio.sleep(0)
                    continue
                item = self._queue.popitem(last=False)[1]
                return item if isinstance(item, Gap) else _event(item)
            if self._finished:
                if self.ended is not None:
                    raise self.ended
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
                self._turn_began = asyncio.get_running_loop().time()

    def push(self, update: Update) -> None:
        """The reader's side: an event has come."""
        if self._finished:
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
        if self._waiter is not None:
            self._wake()

    def mark(self, gap: Gap) -> None:
        """The reader's side: events are missing from here on. Gaps with no event between them are one."""
        if not self._finished:
            if self._queue and isinstance(next(reversed(self._queue.values())), Gap):
                return
            self._turn += 1
            self._queue[("gap", self._turn)] = gap
            self._wake()

    def finish(self, error: ClientException | None) -> None:
        """The reader's side: nothing more will come."""
        if self._finished:
            return
        self._finished = True
        if error is not None:
            self.ended = error
        self._wake()

    def finish_source(self, error: ClientException | None) -> None:
        """The reader's side: the server ended the source, with an error or without."""
        if error is None:
            self.finish(None)
        else:
            ended = SubscriptionEnded(f"{self.name} ended: {error.error}", error.errno, error.trace, error.extra)
            ended.__cause__ = error
            self.finish(ended)

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

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _event(update: Update) -> Event:
    record_id = None if update.record_id is NO_ID else update.record_id
    return Event(update.collection, update.kind, record_id, update.fields, update.extra)
