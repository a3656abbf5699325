"""A panel of events: what one person looks at of a feed.

The feed counts and keeps what arrives; a panel may be paused meanwhile. So two panels of one event can
differ, one paused and one not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

__all__ = ["EventFeed", "Panel", "PanelEvent"]


class PanelEvent(Protocol):
    """An event for showing; `kind` is added, changed, removed, or gap where some may be missing."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> Any: ...
    @property
    def fields(self) -> Any: ...
    @property
    def at(self) -> datetime: ...


class EventFeed(Protocol):
    """The source of a panel: the newest events in order of arrival, and counters."""

    @property
    def name(self) -> str: ...
    @property
    def events(self) -> deque[Any]: ...
    @property
    def seen(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def ended(self) -> str: ...
    def rate(self) -> float: ...


class Panel:
    """One view of a feed. `version` changes whenever there is something new to draw."""

    def __init__(self, feed: EventFeed) -> None:
        self.feed = feed
        self._paused_at: int | None = None
        self._pauses = 0

    @property
    def version(self) -> tuple[int, int]:
        """Counts the changes of the feed, and how often this panel was paused or resumed."""
        return self.feed.version, self._pauses

    @property
    def paused(self) -> bool:
        """Whether the panel stands still."""
        return self._paused_at is not None

    @property
    def waiting(self) -> int:
        """Events that arrived since the pause."""
        return 0 if self._paused_at is None else self.feed.seen - self._paused_at

    def pause(self, on: bool) -> None:
        """Stops or resumes the panel, not the counting."""
        self._paused_at = self.feed.seen if on else None
        self._pauses += 1

    def shown(self) -> Sequence[Any]:
        """The events that the panel shows now, newest first: while paused, only those before the pause."""
        events = list(self.feed.events)
        if self.paused:
            events = events[: max(0, len(events) - self.waiting)]
        return events[::-1]
