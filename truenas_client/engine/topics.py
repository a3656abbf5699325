"""Who listens to what, from connection to connection.

The server sends one copy of an event per connection, without naming a
subscription, so listeners of one name share one server subscription. A listener
is there before the subscription is asked for, because events and even the end of
a source may come before the answer.

Invariants: at most one server subscription a name; it is given back exactly when
the last listener of the name has gone; on a new connection each listener is shown a gap before
its first event.
"""

from __future__ import annotations

from typing import Protocol

from ..exc import ClientException
from .messages import Ended, Update

__all__ = ["EVERYTHING", "Listener", "Topic", "Topics"]

EVERYTHING = "*"
"""The name that stands for all ordinary events (full administrators only; no event sources)."""


class Listener(Protocol):
    """Who listens: an `inbox.Inbox`, or a book that takes events as they come."""

    def push(self, update: Update) -> None:
        """An event has come."""

    def gap(self, reason: str) -> None:
        """Events are missing from here on."""

    def source_ended(self, error: ClientException | None) -> None:
        """The server ended the source, or refuses it now."""

    def finish(self, error: ClientException | None) -> None:
        """The client is over."""


class Topic:
    """One subscribed name.

    ``handle`` is the server's id of the subscription once it has answered, ``refused`` what it said when the name was
    asked for again.
    """

    __slots__ = ("handle", "listeners", "name", "refused")

    def __init__(self, name: str) -> None:
        self.name = name
        self.listeners: list[Listener] = []
        self.handle: str | None = None
        self.refused: ClientException | None = None


class Topics:
    """The subscriptions of one client."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}

    def listen(self, name: str, listener: Listener) -> tuple[Topic, bool]:
        """Add a listener. True: the name is new and has to be asked of the server."""
        topic = self._topics.get(name)
        is_new = topic is None
        if topic is None:
            topic = self._topics[name] = Topic(name)
        topic.listeners.append(listener)
        return topic, is_new

    def leave(self, topic: Topic, listener: Listener) -> bool:
        """Remove a listener. True: it was the last, so the server's subscription is to be given back."""
        if listener in topic.listeners:
            topic.listeners.remove(listener)
        if topic.listeners or self._topics.get(topic.name) is not topic:
            return False
        del self._topics[topic.name]
        return True

    def update(self, update: Update) -> None:
        """Hand an event to everyone who listens."""
        topic = self._topics.get(update.collection)
        if topic is not None:
            for listener in topic.listeners:
                listener.push(update)
        everything = self._topics.get(EVERYTHING)
        if everything is not None:
            for listener in everything.listeners:
                listener.push(update)

    def ended(self, ended: Ended) -> None:
        """The server ended a source. Its name is free again."""
        topic = self._topics.pop(ended.collection, None)
        for listener in topic.listeners if topic is not None else ():
            listener.source_ended(ended.error)

    def refuse(self, topic: Topic, error: ClientException) -> None:
        """The server refuses on a new connection what it granted before."""
        topic.refused = error
        self.ended(Ended(topic.name, error))

    def lost(self) -> None:
        """The connection is gone, and the server's subscriptions with it."""
        for topic in self._topics.values():
            topic.handle = None

    def renew(self) -> list[Topic]:
        """There is a new connection: the names to be asked for again. Every listener is shown a gap first."""
        for topic in self._topics.values():
            for listener in topic.listeners:
                listener.gap("the connection was lost and made again")
        return list(self._topics.values())

    def finish(self, error: ClientException | None) -> None:
        """The client is over."""
        listeners = [listener for topic in self._topics.values() for listener in topic.listeners]
        self._topics.clear()
        for listener in listeners:
            listener.finish(error)
