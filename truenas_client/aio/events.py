"""Events as a program sees them, and the subscriptions of one client across connections.

Invariants: listening starts before the server is asked, because events and even the end of a source may come before
its answer; a subscription that is being asked for when the connection breaks is asked for again on the next one; the
reader never waits for a consumer. What waits for a consumer is an `Inbox`; who listens to what is `Topics`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import Self

from ..engine.inbox import QUEUE, Event, Gap, Inbox, Overflow, record_key
from ..engine.messages import Ended, Update
from ..engine.topics import Listener, Topic, Topics
from ..exc import CallTimeout, ClientException, ConnectionLost
from ..secrets.logs import log
from .connection import Connection
from .supervisor import Supervisor

__all__ = ["QUEUE", "AsyncSubscription", "Event", "Gap", "Overflow", "Subscriptions", "record_key"]

TURN_SECONDS = 0.005
"""How long events that wait are handed out before others of the loop have their turn."""
SUBSCRIBE_SECONDS = 60.0
UNSUBSCRIBE_SECONDS = 10.0


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
        subscriptions: Subscriptions,
        *,
        queue: int = QUEUE,
        overflow: Overflow = "drop",
        key: Callable[[Event], Hashable] = record_key,
    ) -> None:
        self.name = name
        self.closed = False
        self._subscriptions = subscriptions
        self.inbox = Inbox(name, self._wake, limit=queue, overflow=overflow, key=key)
        self.topic: Topic | None = None
        self._turn_began = 0.0
        self._waiter: asyncio.Future[None] | None = None

    @property
    def dropped(self) -> int:
        """Events dropped or replaced by newer ones so far because the consumer was slow."""
        return self.inbox.dropped

    @property
    def ended(self) -> ClientException | None:
        """Why the subscription ended; None while it lives and when it just finished."""
        return self.inbox.ended

    async def open(self) -> Self:
        """Subscribe. Raises what the server says, such as `NotAuthorized` for a name it does not grant."""
        self.topic = await self._subscriptions.open(self.name, self.inbox)
        return self

    async def close(self) -> None:
        """Unsubscribe; iteration ends at once. Twice is fine."""
        if not self.closed:
            self.closed = True
            self.inbox.finish(None)
            self.inbox.clear()
            if self.topic is not None:
                await self._subscriptions.close(self.topic, self.inbox)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event | Gap:
        inbox, now = self.inbox, asyncio.get_running_loop().time
        while True:
            if now() - self._turn_began > TURN_SECONDS:
                # A consumer that never waits for anything else leaves the loop to others now and then.
                self._turn_began = now()
                await asyncio.sleep(0)
            if (item := inbox.next()) is not None:
                return item
            if inbox.finished:
                if inbox.ended is not None:
                    raise inbox.ended
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
                self._turn_began = now()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Subscriptions:
    """Everything one client listens to."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._topics = Topics()
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def open(self, name: str, listener: Listener, *, again: bool = True) -> Topic:
        """Start listening, and ask the server when the name is new. Raises what it says.

        When the connection breaks before the answer, the next one is waited for, unless not ``again``.
        """
        topic = self.begin(name, listener, await self._supervisor.ready())
        try:
            await self.answered(topic, again=again)
        except BaseException:
            self._topics.leave(topic, listener)
            raise
        return topic

    def begin(self, name: str, listener: Listener, connection: Connection) -> Topic:
        """Start listening without waiting for the answer; a refusal ends it.

        The question leaves in one write with what this turn of the loop sends next.
        """
        topic, is_new = self._topics.listen(name, listener)
        if is_new:
            try:
                answer = connection.ask_for(name, SUBSCRIBE_SECONDS)
            except ClientException:
                self._topics.leave(topic, listener)
                raise
            self._asking[name] = asyncio.get_running_loop().create_task(self._ask(connection, topic, answer))
        return topic

    async def answered(self, topic: Topic, *, again: bool = True) -> None:
        """Wait for the server's answer; it is shared, so a caller that gives up does not take it from the others."""
        asking = self._asking.get(topic.name)
        if asking is None:
            return
        try:
            await asyncio.shield(asking)
        except ConnectionLost:
            if not again:
                raise
            # The name is among those that are asked for again. Raises where there will be no connection.
            await self._supervisor.ready()
            if topic.refused is not None:
                raise topic.refused from None

    async def _ask(self, connection: Connection, topic: Topic, answer: asyncio.Future[str]) -> None:
        """Take the server's answer, for everyone who joins the topic meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(_retrieve)
        try:
            topic.handle = str(await answer)
        except ConnectionLost:
            raise  # it is asked for again
        except ClientException as e:
            self._topics.refuse(topic, e)
            raise
        finally:
            if self._asking.get(topic.name) is task:
                del self._asking[topic.name]
        if not topic.listeners:
            await self._give_back(connection, topic)  # all of them gave up waiting

    async def close(self, topic: Topic, listener: Listener) -> None:
        """Stop listening, and give the server's subscription back with the last listener."""
        if not self._topics.leave(topic, listener) or topic.handle is None:
            return
        connection = self._supervisor.connection
        if connection is not None and connection.lost is None and not connection.closing:
            await self._give_back(connection, topic)

    async def _give_back(self, connection: Connection, topic: Topic) -> None:
        assert topic.handle is not None
        try:
            await connection.unsubscribe(topic.handle, UNSUBSCRIBE_SECONDS)
        except (ConnectionLost, CallTimeout):
            pass  # the server's subscription ends with the connection
        except ClientException as e:
            # A session that ran out may not even unsubscribe. Listening is over all the same.
            log.info("the subscription of %s could not be given back: %s", topic.name, type(e).__name__)

    def update(self, update: Update) -> None:
        """The reader's side: an event."""
        self._topics.update(update)

    def ended(self, ended: Ended) -> None:
        """The reader's side: the server ended a source."""
        self._topics.ended(ended)

    def lost(self) -> None:
        """The connection is gone."""
        self._topics.lost()

    async def renew(self, connection: Connection) -> None:
        """Subscribe again on a new connection. What is refused now ends; the rest goes on after a `Gap`.

        Raises `ConnectionLost` and `CallTimeout` when the new connection fails too.
        """
        for topic in self._topics.renew():
            try:
                topic.handle = str(await connection.ask_for(topic.name, SUBSCRIBE_SECONDS))
            except (ConnectionLost, CallTimeout):
                raise
            except ClientException as e:
                self._topics.refuse(topic, e)
            else:
                if not topic.listeners:  # the last one left while we asked
                    await connection.unsubscribe(topic.handle, UNSUBSCRIBE_SECONDS)

    def finish(self, error: ClientException | None) -> None:
        """The client is over: every subscription ends, with the error if there is one."""
        self._topics.finish(error)


def _retrieve(task: asyncio.Task[None]) -> None:
    """Retrieve a task's error so that asyncio does not log it: the callers that wait are told it."""
    if not task.cancelled():
        task.exception()
