"""Subscriptions across connections: opened, shared, renewed.

Invariants: listening starts before the server is asked, because events and even
the end of a source may come before its answer; after a reconnect a subscription
shows its `Gap` before the first event of the new connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..engine.messages import Ended, Update
from ..engine.topics import Topic, Topics
from ..exc import CallTimeout, ClientException, ConnectionLost
from ..secrets.logs import log
from .connection import Connection
from .events import AsyncSubscription, Gap

__all__ = ["Subscriptions"]

SUBSCRIBE_SECONDS = 60.0
UNSUBSCRIBE_SECONDS = 10.0


class Subscriptions:
    """Everything one client listens to.

    ``ready`` gives the connection to ask on, waiting while there is none; ``current``
    the one there is now, if any.
    """

    def __init__(self, ready: Callable[[], Awaitable[Connection]], current: Callable[[], Connection | None]) -> None:
        self._ready, self._current = ready, current
        self._topics: Topics[AsyncSubscription] = Topics()
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def open(self, subscription: AsyncSubscription) -> None:
        """Start listening, and ask the server when the name is new."""
        asking = self.begin(subscription, await self._ready())
        try:
            if asking is not None:
                # Shared: whoever gives up waiting does not take the answer from the others.
                await asyncio.shield(asking)
        except BaseException:
            self._leave(subscription)
            raise

    def begin(self, subscription: AsyncSubscription, connection: Connection) -> asyncio.Task[None] | None:
        """Start listening; what waits for the server's answer, None where there is nothing to wait for.

        The question leaves in one write with what this turn of the loop sends next.
        """
        name = subscription.name
        topic, is_new = self._topics.listen(name, subscription)
        subscription.topic = topic
        if is_new:
            try:
                answer = connection.ask_for(name, SUBSCRIBE_SECONDS)
            except ClientException:
                self._leave(subscription)
                raise
            self._asking[name] = asyncio.get_running_loop().create_task(self._ask(connection, topic, answer))
        return self._asking.get(name)

    def attempt(self, subscription: AsyncSubscription, connection: Connection) -> None:
        """Start listening without waiting for the answer; a refusal leaves the subscription closed."""

        def settled(asked: asyncio.Task[None]) -> None:
            if asked.cancelled() or asked.exception() is not None:
                self._leave(subscription)

        asking = self.begin(subscription, connection)
        if asking is not None:
            asking.add_done_callback(settled)

    async def answered(self, subscription: AsyncSubscription) -> None:
        """Wait for the server's answer where it was not waited for. Raises what that is."""
        asking = self._asking.get(subscription.name)
        if asking is not None:
            await asyncio.shield(asking)

    def _leave(self, subscription: AsyncSubscription) -> None:
        topic, subscription.topic = subscription.topic, None
        if topic is not None:
            self._topics.leave(topic, subscription)

    async def _ask(self, connection: Connection, topic: Topic[AsyncSubscription], answer: asyncio.Future[str]) -> None:
        """Take the server's answer, for everybody who joins the topic meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(_look)
        try:
            topic.handle = str(await answer)
        finally:
            if self._asking.get(topic.name) is task:
                del self._asking[topic.name]
        if not topic.listeners:
            await self._give_back(connection, topic)  # all of them gave up waiting

    async def close(self, subscription: AsyncSubscription) -> None:
        """Stop listening, and give the server's subscription back with the last listener."""
        topic, subscription.topic = subscription.topic, None
        if topic is None or not self._topics.leave(topic, subscription) or topic.handle is None:
            return
        connection = self._current()
        if connection is not None and connection.lost is None and not connection.closing:
            await self._give_back(connection, topic)

    async def _give_back(self, connection: Connection, topic: Topic[AsyncSubscription]) -> None:
        assert topic.handle is not None
        try:
            await connection.unsubscribe(topic.handle, UNSUBSCRIBE_SECONDS)
        except (ConnectionLost, CallTimeout):
            pass  # the server's subscription ends with the connection
        except ClientException as e:
            # A session that ran out may not even unsubscribe. Listening is over all the same.
            log.info("the subscription of %s could not be given back: %s", topic.name, type(e).__name__)

    def update(self, update: Update) -> None:
        """The reader's side: hand an event to everyone who listens."""
        for subscription in self._topics.of(update):
            subscription.push(update)

    def ended(self, ended: Ended) -> None:
        """The reader's side: the server ended a source."""
        for subscription in self._topics.end(ended.collection):
            subscription.topic = None
            subscription.finish_source(ended.error)

    def lost(self) -> None:
        """The connection is gone; the server's subscriptions with it."""
        for topic in self._topics:
            topic.handle = None

    async def renew(self, connection: Connection) -> None:
        """Subscribe again on a new connection. What is refused now ends; the rest goes on after a `Gap`.

        Raises `ConnectionLost` and `CallTimeout` when the new connection fails too.
        """
        for topic in list(self._topics):
            for subscription in topic.listeners:
                subscription.mark(Gap("the connection was lost and made again", None))
            try:
                topic.handle = await connection.subscribe(topic.name, SUBSCRIBE_SECONDS)
            except (ConnectionLost, CallTimeout):
                raise
            except ClientException as e:
                self.ended(Ended(topic.name, e))
            else:
                if not topic.listeners:  # the last one left while we asked
                    await connection.unsubscribe(topic.handle, UNSUBSCRIBE_SECONDS)

    def finish(self, error: ClientException | None) -> None:
        """The client is over: every subscription ends, with the error if there is one."""
        for subscription in self._topics.close():
            subscription.topic = None
            subscription.finish(error)


def _look(task: asyncio.Task[None]) -> None:
    """Take note of how a task ended: its error is told to those who wait for it, and there may be nobody."""
    if not task.cancelled():
        task.exception()
