"""A panel of events: what one person looks at of a feed.

The feed counts and keeps what arrives; a panel may be paused, filtered or plotted meanwhile. So two panels of one
event can differ. Invariants: a paused panel keeps what it showed, however much arrives; the events that a filter lets
through are kept even after the feed has let go of them, as many as a feed keeps, up to `MOST_BYTES`; each event is
tested once for each filter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

if TYPE_CHECKING:
    from tui.model.eventfilter import EventFilter

__all__ = ["MARKS", "VIEWS", "EventFeed", "Panel", "PanelEvent", "View"]

MARKS = frozenset({"gap", "dropped"})
"""Kinds that are no events: they mark where some are missing."""

View = Literal["list", "raw", "plot"]
VIEWS: tuple[View, ...] = ("list", "raw", "plot")

MOST_BYTES = 8_000_000


class PanelEvent(Protocol):
    """An event for showing; `kind` is added, changed, removed, or one of `MARKS`."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> Any: ...
    @property
    def fields(self) -> Any: ...
    @property
    def at(self) -> datetime: ...
    @property
    def number(self) -> int: ...
    @property
    def weight(self) -> int: ...
    @property
    def missing(self) -> int | None: ...


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
        self.view: View | None = None
        """How the events are shown; None until it was chosen."""
        self.paths = ""
        """What the paths in a plot must contain."""
        self._filter: EventFilter | None = None
        self._fitting: deque[PanelEvent] = deque(maxlen=feed.events.maxlen)
        self._weight = 0
        self._tested = 0
        self._held: list[PanelEvent] | None = None
        self._paused_at: int | None = None
        self.changes = 0
        """Counts the changes of this panel's own: of its filter, and of being paused."""

    @property
    def version(self) -> tuple[int, int]:
        """Counts the changes of the feed, and those of this panel's own."""
        return self.feed.version, self.changes

    # Pausing

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
        self._held = list(self.feed.events) if on else None
        self._paused_at = self.feed.seen if on else None
        self._begin_again()

    # Filtering

    @property
    def filter(self) -> str:
        """What events must contain to be shown, as typed; "" for all."""
        return self._filter.text if self._filter is not None else ""

    @filter.setter
    def filter(self, text: str) -> None:
        if text.strip() != self.filter:
            # Imported on first use: most panels have no filter.
            from tui.model.eventfilter import EventFilter

            self._filter = EventFilter(text) if text.strip() else None
            self._begin_again()

    def fits(self, event: PanelEvent) -> bool:
        """Whether the filter lets an event through."""
        return self._filter is None or self._filter.fits(event)

    def _begin_again(self) -> None:
        self._fitting.clear()
        self._weight = self._tested = 0
        self.changes += 1

    def shown(self) -> Sequence[Any]:
        """The events that the panel shows now, newest first: while paused, only those before the pause."""
        there = self.feed.events if self._held is None else self._held
        if self._filter is None:
            return list(there)[::-1]
        self._test(there)
        return list(self._fitting)[::-1]

    def keep_up(self) -> None:
        """Tests what arrived, so that less is left to be tested when it is shown."""
        if self._filter is not None:
            self._test(self.feed.events if self._held is None else self._held)

    def _test(self, there: Iterable[Any]) -> None:
        """Tests the events that came since the last time."""
        new: list[Any] = []
        for event in reversed(there):  # type: ignore[call-overload]
            if event.number <= self._tested:
                break
            new.append(event)
        for event in reversed(new):
            self._tested = event.number
            if not self.fits(event):
                continue
            last = self._fitting[-1] if self._fitting else None
            if event.kind in MARKS and last is not None and last.kind == event.kind:
                continue  # nothing that fits came between the two
            while self._fitting and (len(self._fitting) == self._fitting.maxlen or self._weight > MOST_BYTES):
                self._weight -= self._fitting.popleft().weight
            self._fitting.append(event)
            self._weight += event.weight

    # Remembering

    def as_dict(self) -> dict[str, str]:
        """What makes this panel again: the subscription, and how it is shown."""
        kept = {"event": self.feed.name, "filter": self.filter, "paths": self.paths, "view": self.view or ""}
        return {name: text for name, text in kept.items() if text}

    def arrange(self, kept: Mapping[str, Any]) -> None:
        """Filter and view as `as_dict` told them."""
        filtering, paths, view = (kept.get(name) for name in ("filter", "paths", "view"))
        self.filter = filtering if isinstance(filtering, str) else ""
        self.paths = paths if isinstance(paths, str) else ""
        self.view = cast(View, view) if view in VIEWS else None
