"""A panel of events: what one person looks at of a feed.

The feed counts and keeps what arrives; a panel may be paused, filtered or plotted meanwhile. So two panels of one
event can differ. Invariants: a paused panel keeps what it showed, however much arrives; the events that a filter lets
through are kept even after the feed has let go of them, as many as a feed keeps, up to `MOST_BYTES`; each event is
tested once for each filter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal, cast

from tui.model.answers import text
from tui.model.feed import MARKS, Feed, FeedEvent

if TYPE_CHECKING:
    from tui.model.eventfilter import EventFilter

__all__ = ["VIEWS", "Panel", "View"]

View = Literal["list", "raw", "plot"]
VIEWS: tuple[View, ...] = ("list", "raw", "plot")

MOST_BYTES = 8_000_000


class Panel:
    """One view of a feed. `version` changes whenever there is something new to draw."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.view: View | None = None
        """How the events are shown; None until it was chosen."""
        self.paths = ""
        """What the paths in a plot must contain."""
        self._filter: EventFilter | None = None
        self._fitting: deque[FeedEvent] = deque(maxlen=feed.events.maxlen)
        self._weight = 0
        self._tested = 0
        self._held: list[FeedEvent] | None = None
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

    def fits(self, event: FeedEvent) -> bool:
        """Whether the filter lets an event through."""
        return self._filter is None or self._filter.fits(event)

    def _begin_again(self) -> None:
        self._fitting.clear()
        self._weight = self._tested = 0
        self.changes += 1

    def shown(self) -> Sequence[Any]:
        """The events that the panel shows now, newest first: while paused, only those before the pause."""
        self.keep_up()
        return list(self._there if self._filter is None else self._fitting)[::-1]

    @property
    def _there(self) -> Sequence[FeedEvent]:
        """All events that the panel may show now."""
        return self.feed.events if self._held is None else self._held

    def keep_up(self) -> None:
        """Tests what arrived since the last time, so that less is left to be tested when it is shown."""
        if self._filter is None:
            return
        new = list(takewhile(lambda event: event.number > self._tested, reversed(self._there)))
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
        self.filter, self.paths, view = text(kept.get("filter")), text(kept.get("paths")), kept.get("view")
        self.view = cast(View, view) if view in VIEWS else None
