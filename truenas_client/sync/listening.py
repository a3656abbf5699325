"""The calls of `Client` that subscribe to events and unsubscribe, as the official client has them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Event
from typing import Any

from ..exc import CallTimeout, ClientException
from .events import Callback, Subscription, SubscriptionRefused, Subscriptions

__all__ = ["Listening"]


class Listening(ABC):
    """The event methods of a client."""

    _subscriptions: Subscriptions

    @property
    @abstractmethod
    def dialect(self) -> str:
        """``jsonrpc`` or ``ddp`` (the old protocol)."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether the connection is over."""

    def event_payload(self) -> dict[str, Any]:
        """A dictionary for `subscribe`: ``event`` is set when the subscription has ended, ``error`` tells why."""
        payload: dict[str, Any] = {"callback": None, "sync": False, "event": Event()}
        if self.dialect == "ddp":
            payload |= {"id": None, "ready": Event(), "error": None}
        return payload

    def subscribe(
        self, name: str, callback: Callback, payload: dict[str, Any] | None = None, sync: bool = False
    ) -> str:
        """Call ``callback(mtype, **message)`` for each event of a name (``*``: all ordinary ones). Return an id.

        ``mtype`` is ADDED, CHANGED or REMOVED; the message has ``msg``, ``collection`` and, where the event has them,
        ``id``, ``fields`` and ``extra``. The callbacks of a subscription run in order on its own thread, whatever
        ``sync`` is. For a slow callback at most 100,000 events wait; the oldest beyond that are dropped, with a
        warning in the log. Raises the server's error; in the old protocol that is a ValueError too.
        """
        payload = payload if payload is not None else self.event_payload()
        payload |= {"callback": callback, "sync": sync}
        subscription = Subscription(self, name, callback, payload)
        try:
            payload["id"] = self._subscriptions.subscribe(subscription)
        except CallTimeout:
            raise
        except ClientException as e:
            if self.dialect == "ddp" and not isinstance(e, ValueError) and not self.closed:
                raise SubscriptionRefused(e.error, e.errno, e.trace, e.extra) from e
            raise
        ready = payload.get("ready")
        if isinstance(ready, Event):
            ready.set()
        return str(payload["id"])

    def unsubscribe(self, id_: str) -> None:
        """End a subscription; no callback begins after this."""
        self._subscriptions.unsubscribe(id_)
