"""Who listens to what.

The server sends one copy of an event per connection, without naming a
subscription, so listeners of one name share one server subscription. A listener
is there before the subscription is asked for, because events and even the end of
a source may come before the answer.

Invariants: at most one server subscription a name; it is given back exactly when
the last listener of the name has gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from .messages import Update

__all__ = ["EVERYTHING", "Topic", "Topics"]

EVERYTHING = "*"
"""The name that stands for all ordinary events (full administrators only; no event sources)."""

L = TypeVar("L")


class Topic(Generic[L]):
    """One subscribed name; ``handle`` is the server's id of the subscription once it has answered."""

    __slots__ = ("handle", "listeners", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.listeners: list[L] = []
        self.handle: str | None = None


class Topics(Generic[L]):
    """The subscriptions of one client; ``L`` is whatever the driver calls a listener."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic[L]] = {}

    def __iter__(self) -> Iterator[Topic[L]]:
        return iter(self._topics.values())

    def listen(self, name: str, listener: L) -> tuple[Topic[L], bool]:
        """Add a listener. True: the name is new and has to be asked of the server."""
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = Topic(name)
            topic.listeners.append(listener)
            return topic, True
        topic.listeners.append(listener)
        return topic, False

    def leave(self, topic: Topic[L], listener: L) -> bool:
        """Remove a listener. True: it was the last, so the server's subscription is to be given back."""
        if listener in topic.listeners:
            topic.listeners.remove(listener)
        if topic.listeners or self._topics.get(topic.name) is not topic:
            return False
        del self._topics[topic.name]
        return True

    def of(self, update: Update) -> list[L]:
        """Everyone who is to get this event."""
        topic = self._topics.get(update.collection)
        everything = self._topics.get(EVERYTHING)
        if everything is None:
            return topic.listeners if topic is not None else []
        return [*(topic.listeners if topic is not None else ()), *everything.listeners]

    def end(self, name: str) -> list[L]:
        """The server ended this name; those who listened. The name is free again."""
        topic = self._topics.pop(name, None)
        return topic.listeners if topic is not None else []

    def close(self) -> list[L]:
        """The connection is over; everyone who still listened."""
        listeners = [listener for topic in self._topics.values() for listener in topic.listeners]
        self._topics.clear()
        return listeners
