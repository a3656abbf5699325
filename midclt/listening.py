"""Events of one subscription, taken one by one by the thread of the command.

Invariants: nothing is lost between the callbacks of the client and the command, which takes its time; the end of the
subscription comes after its last event.
"""

from __future__ import annotations

from collections.abc import Iterator
from queue import Empty, Queue
from threading import Event
from time import monotonic
from typing import Any

from truenas_client.exc import ConnectionLost, SubscriptionEnded
from truenas_client.sync.client import Client

__all__ = ["TimeIsUp", "events"]

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


def events(client: Client, name: str, seconds: float | None = None) -> Iterator[dict[str, Any]]:
    """Subscribe, and yield each event as the server sent it, until the server ends them.

    Raises `TimeIsUp` after so many seconds, `SubscriptionEnded` when the server says why, `ConnectionLost`.
    """
    queue: Queue[dict[str, Any] | None] = Queue(HELD)
    payload = client.event_payload() | {"event": _End(queue)}
    client.subscribe(name, lambda mtype, **message: queue.put(message), payload)
    until = None if seconds is None else monotonic() + seconds
    while True:
        try:
            message = queue.get(timeout=None if until is None else max(0.0, until - monotonic()))
        except Empty:
            raise TimeIsUp from None
        if message is not None:
            yield message
            continue
        if client.closed:
            raise ConnectionLost(str(payload["error"] or "The connection ended"))
        if payload["error"]:
            raise SubscriptionEnded(str(payload["error"]))
        return
