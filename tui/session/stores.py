"""The data of one connection, in plain deques and dicts that panels pull from.

No Textual and no I/O here. Every store counts its changes in ``version``, so a
panel that looks ten times a second draws only when something is new. Stores are
changed on the event loop only, by the session.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from truenas_client.secrets.value import Secret
from tui.model.job import Job
from tui.session.jobstore import JobStore
from tui.session.transfers import Transfer

__all__ = ["Call", "Job", "JobStore", "Saved", "Signal"]


class Signal:
    """Callbacks without arguments, called in order of subscription; calling one twice is fine."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Adds a listener; the returned function removes it again."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def publish(self) -> None:
        """Calls every listener."""
        for listener in tuple(self._listeners):
            listener()


@dataclass(frozen=True, slots=True)
class Saved:
    """The file that holds the whole of a result of which only the beginning was read, and its bytes."""

    path: Path
    size: int


@dataclass(slots=True, weakref_slot=True)
class Call:
    """One call made from this app; its result belongs to it and to no other.

    ``state`` is ``running``, ``done``, ``failed`` or ``cancelled``. ``failure`` is
    what the error pane shows. Times are of the monotonic clock, in seconds.
    """

    number: int
    method: str
    params: list[Any]
    state: str = "running"
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    value: Any = None
    size: int | None = None
    """Bytes of the result as text, where that is known."""
    saved: Saved | None = None
    """Where all of a result is of which only the beginning is ``value``."""
    let_go: bool = False
    """Whether a large result was given up for others."""
    failure: Any = None
    job: Any = None
    transfer: Transfer | None = None
    """The file that goes along, where one does."""
    reviewed: bool = False
    """Whether the user has read the card of this call and said to send it; a write needs that."""
    answers: dict[str, Secret] = field(default_factory=dict, repr=False)
    """The secrets that the user gave for variables in ``params``; they are put in as the call is sent."""
    recorded: str = ""
    """The id of the call in the history, from when it was sent."""

    @property
    def elapsed(self) -> float:
        """Seconds since the call was sent, or that it took."""
        return (self.ended if self.ended is not None else time.monotonic()) - self.started

    def restart(self) -> None:
        """Starts the clock: time spent on reviewing a call is not part of it."""
        self.started = time.monotonic()

    def end(self, state: str) -> None:
        """Stops the clock, once."""
        if self.ended is None:
            self.state = state
            self.ended = time.monotonic()
