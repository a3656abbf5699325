"""Events of one subscription, taken one by one by the thread of the command.

Invariants: nothing is lost between the callbacks of the client and the command, which takes its time; the end of the
subscription comes after its last event.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event
from time import monotonic
from typing import Any

from truenas_client.exc import ConnectionLost, SubscriptionEnded
from truenas_client.sync.client import Client

__all__ = ["Listener", "TimeIsUp", "listening"]

HELD = 1000
"""Events that wait for the command here. When it is slower, more wait in the client, which counts what it drops."""


class TimeIsUp(Exception):
    """No event ended the wait in time."""


class _End(Event):
    def __init__(self, queue: Queue[dict[str, Any] | None]) -> None:
        super().__init__()
        self._queue = queue

    def set(self) -> None:
        super().set()
        self._queue.put(None)


class Listener:
    """An open subscription."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: Queue[dict[str, Any] | None] = Queue(HELD)
        self.payload = client.event_payload() | {"event": _End(self._queue)}

    def receive(self, mtype: str, **message: Any) -> None:
        """The client's side: an event."""
        self._queue.put(message)

    def messages(self, seconds: float | None = None) -> Iterator[dict[str, Any]]:
        """Each event as the server sent it, until the server ends them. Raises `TimeIsUp` after so many seconds.

        Raises `SubscriptionEnded` when the server says why, `ConnectionLost`.
        """
        until = None if seconds is None else monotonic() + seconds
        while True:
            try:
                message = self._queue.get(timeout=None if until is None else max(0.0, until - monotonic()))
            except Empty:
                raise TimeIsUp from None
            if message is not None:
                yield message
                continue
            if self._client.closed:
                raise ConnectionLost(str(self.payload["error"] or "The connection ended"))
            if self.payload["error"]:
                raise SubscriptionEnded(str(self.payload["error"]))
            return


@contextmanager
def listening(client: Client, event: str) -> Iterator[Listener]:
    """Subscribe for the time of a block. Raises what the server says."""
    listener = Listener(client)
    client.subscribe(event, listener.receive, listener.payload)
    yield listener
