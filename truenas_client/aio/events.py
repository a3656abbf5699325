"""Events as a program sees them, and the subscriptions of one client across connections.

An `Inbox` queues the events of one consumer; `Topics` knows the listeners of each name.

Invariants: a listener is added before the server is asked, because events and even the end of a source may come before
the answer (recorded: flow event_source_errors); when the connection breaks before the answer, the client subscribes
again on the next one; the reader never waits for a consumer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from types import TracebackType
from typing import Self

from ..engine.inbox import QUEUE, Event, Gap, Inbox, Overflow, record_key
from ..engine.topics import Listener, Topic, Topics
from ..exc import CallTimeout, ClientException, ConnectionLost, NotAuthenticated
from ..secrets.logs import log
from .connection import Connection
from .supervisor import Supervisor

__all__ = ["QUEUE", "AsyncSubscription", "Event", "Gap", "Overflow", "Subscriptions", "record_key"]

TURN_SECONDS = 0.001
"""How long a consumer may take queued events before other tasks of the loop get their turn."""
SUBSCRIBE_SECONDS = 60.0
UNSUBSCRIBE_SECONDS = 10.0


class AsyncSubscription:
    """A subscription: ``async with client.subscribe(name) as events: async for event in events``.

    Iteration yields `Event` and `Gap`. It ends when the server ends the source, and after
    `close`. After the last queued event it raises `SubscriptionEnded` (the source failed, or
    the queue was full and ``overflow`` is ``end``) or `ConnectionLost`. A reconnect shows as a
    `Gap`. Cancelling the wait for an event loses none.
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
        """The error that ended the subscription; None while it lives, and when it ended without an error."""
        return self.inbox.ended

    async def open(self) -> Self:
        """Subscribe. Raises the server's error, such as `NotAuthorized`."""
        self.topic = await self._subscriptions.open(self.name, self.inbox)
        return self

    async def close(self) -> None:
        """Unsubscribe; iteration ends at once. A second call does nothing."""
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
                # A queued item needs no wait, so a busy consumer would never leave the loop to other tasks.
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
    """The subscriptions of one client."""

    def __init__(self, supervisor: Supervisor, signed_in_again: Callable[[Connection], Awaitable[bool]]) -> None:
        """``signed_in_again`` renews a login that has ended; False: it can't."""
        self._supervisor, self._signed_in_again = supervisor, signed_in_again
        self._topics = topics = Topics()
        self._asking: dict[str, asyncio.Task[None]] = {}
        # The reader, the loss of a connection and the end of the client call these.
        self.update, self.ended, self.lost, self.finish = topics.update, topics.ended, topics.lost, topics.finish

    async def open(self, name: str, listener: Listener, *, again: bool = True) -> Topic:
        """Start listening, and ask the server when the name is new. Raises the server's error.

        When the connection breaks before the answer, wait for the next one, unless ``again`` is false.
        """
        topic = self.begin(name, listener, await self._supervisor.ready())
        try:
            await self.answered(topic, again=again)
        except BaseException:
            # Not only `leave`: a caller that is cancelled may not have seen yet that the server has answered.
            await self.close(topic, listener)
            raise
        return topic

    def begin(self, name: str, listener: Listener, connection: Connection) -> Topic:
        """Start listening without waiting for the answer. A refusal reaches the listener as `source_ended`.

        The request leaves in one write with the next text of this turn of the loop.
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
        """Wait for the server's answer. Several callers may wait for one answer, and each may give up alone."""
        asking = self._asking.get(topic.name)
        if asking is None:
            return
        try:
            await asyncio.shield(asking)
        except ConnectionLost:
            if not again:
                raise
            # `renew` subscribes to the name again before the next connection is ready. This raises when none comes.
            await self._supervisor.ready()
            if topic.refused is not None:
                raise topic.refused from None

    async def _ask(self, connection: Connection, topic: Topic, answer: asyncio.Future[str]) -> None:
        """Take the server's answer, for all listeners that join the topic meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(_retrieve)
        try:
            try:
                topic.handle = str(await answer)
            except NotAuthenticated:
                if not await self._signed_in_again(connection):
                    raise
                topic.handle = str(await connection.ask_for(topic.name, SUBSCRIBE_SECONDS))
        except ConnectionLost:
            raise  # `renew` asks again
        except ClientException as e:
            self._topics.refuse(topic, e)
            raise
        finally:
            if self._asking.get(topic.name) is task:
                del self._asking[topic.name]
        if not topic.listeners:  # every listener left before the answer
            self._topics.given_back(topic.name)
            await self._give_back(connection, topic)

    async def close(self, topic: Topic, listener: Listener) -> None:
        """Stop listening. With the last listener of the name, unsubscribe on the server."""
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
            # An expired session may not even unsubscribe. The listener is gone, so the error changes nothing.
            self._topics.given_back(topic.name, refused=True)
            log.info("the subscription of %s could not be given back: %s", topic.name, type(e).__name__)

    async def renew(self, connection: Connection) -> None:
        """Subscribe again on a new connection. A refused subscription ends; the others go on after a `Gap`.

        Raises `ConnectionLost` and `CallTimeout` when the new connection fails too.
        """
        for topic in self._topics.renew():
            await self._again(connection, topic)

    async def renew_login(self, connection: Connection) -> None:
        """Subscribe again after a new login on the same connection, because the end of the one before ended sources.

        Raises `CallTimeout`.
        """
        for topic in self._topics.renew_login():
            before = topic.handle
            try:
                await self._again(connection, topic)
                if before is not None:
                    # After the new one, so that no event is missed. Of a source it is gone already, which is no error.
                    await connection.unsubscribe(before, UNSUBSCRIBE_SECONDS)
            except ConnectionLost:
                return  # `renew` subscribes on the next connection

    async def _again(self, connection: Connection, topic: Topic) -> None:
        try:
            topic.handle = str(await connection.ask_for(topic.name, SUBSCRIBE_SECONDS))
        except (ConnectionLost, CallTimeout):
            raise
        except ClientException as e:
            self._topics.refuse(topic, e)
        else:
            if not topic.listeners:  # the last listener left before the answer
                self._topics.given_back(topic.name)
                await connection.unsubscribe(topic.handle, UNSUBSCRIBE_SECONDS)


def _retrieve(task: asyncio.Task[None]) -> None:
    """Retrieve a task's error so that asyncio does not log it. The waiting callers get the error themselves."""
    if not task.cancelled():
        task.exception()
