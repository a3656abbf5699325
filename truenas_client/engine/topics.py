"""The subscriptions of one client and their listeners, across connections.

The server sends one copy of an event per connection and names no subscription in it
(recorded: flow subscribe_twice_and_foreign_unsubscribe). So all listeners of one name
share one server subscription. A listener is added before the server is asked, because
events and even the end of a source may come before the answer (recorded: flow
event_source_errors).

Invariants: there is at most one server subscription for a name; it is ended exactly
when the last listener of the name leaves; on a new connection each listener gets a gap
before its first event.
"""

from __future__ import annotations

from typing import Protocol

from ..exc import ClientException, SubscriptionEnded
from .messages import Ended, Update

__all__ = ["EVERYTHING", "Listener", "Topic", "Topics", "source_failure"]

EVERYTHING = "*"
"""The name that stands for all ordinary events, but no event sources. The server grants it to full administrators only
(recorded: flow subscribe_wildcard)."""


def source_failure(name: str, error: ClientException | None) -> SubscriptionEnded | None:
    """The error for the consumers of a source that the server ended; None where it just finished."""
    if error is None:
        return None
    ended = SubscriptionEnded(f"{name} ended: {error.error}", error.errno, error.trace, error.extra)
    ended.__cause__ = error
    return ended


class Listener(Protocol):
    """A receiver of events: an `inbox.Inbox`, or an object that handles each event at once."""

    def push(self, update: Update) -> None:
        """Take in an event."""

    def gap(self, reason: str) -> None:
        """Take in that events are missing here."""

    def source_ended(self, error: ClientException | None) -> None:
        """Take in that the server ended the source, or refused it on a new connection."""

    def finish(self, error: ClientException | None) -> None:
        """Take in that the client is over."""


class Topic:
    """One subscribed name.

    ``handle`` is the server's id of the subscription, None until it has answered. ``refused`` is the server's error
    when it refused the name on a new connection.
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
        """Add a listener. True: the name is new, so the driver must subscribe to it."""
        topic = self._topics.get(name)
        is_new = topic is None
        if topic is None:
            topic = self._topics[name] = Topic(name)
        topic.listeners.append(listener)
        return topic, is_new

    def leave(self, topic: Topic, listener: Listener) -> bool:
        """Remove a listener. True: it was the last, so the driver must end the server's subscription."""
        if listener in topic.listeners:
            topic.listeners.remove(listener)
        if topic.listeners or self._topics.get(topic.name) is not topic:
            return False
        del self._topics[topic.name]
        return True

    def update(self, update: Update) -> None:
        """Hand an event to every listener of its name, and to those of ``*``."""
        topic = self._topics.get(update.collection)
        if topic is not None:
            for listener in topic.listeners:
                listener.push(update)
        everything = self._topics.get(EVERYTHING)
        if everything is not None:
            for listener in everything.listeners:
                listener.push(update)

    def ended(self, ended: Ended) -> None:
        """Take in that the server ended a source. Its name may be subscribed to again."""
        topic = self._topics.pop(ended.collection, None)
        for listener in topic.listeners if topic is not None else ():
            listener.source_ended(ended.error)

    def refuse(self, topic: Topic, error: ClientException) -> None:
        """Take in that the server refused a subscription."""
        topic.refused = error
        self.ended(Ended(topic.name, error))

    def lost(self) -> None:
        """Take in the loss of the connection: the server's subscriptions ended with it."""
        for topic in self._topics.values():
            topic.handle = None

    def renew(self) -> list[Topic]:
        """Return the topics that the driver must subscribe to on a new connection. Every listener gets a gap first."""
        return self._with_gap(list(self._topics.values()), "the connection was lost and made again")

    def renew_login(self) -> list[Topic]:
        """Return the topics that the driver must subscribe to again, because the login had ended on their connection.

        The server has dropped the event sources then, and no other subscription; the names do not tell which they
        are. Every listener gets a gap first. Topics that the server has not answered yet are left out.
        """
        return self._with_gap(
            [topic for topic in self._topics.values() if topic.handle is not None], "the login had ended on the server"
        )

    def _with_gap(self, topics: list[Topic], reason: str) -> list[Topic]:
        for topic in topics:
            for listener in topic.listeners:
                listener.gap(reason)
        return topics

    def finish(self, error: ClientException | None) -> None:
        """End every subscription: the client is over."""
        listeners = [listener for topic in self._topics.values() for listener in topic.listeners]
        self._topics.clear()
        for listener in listeners:
            listener.finish(error)
