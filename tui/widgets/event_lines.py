"""`EventLines`: events as lines, newest first, as people read them or as JSON; or the plots of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textual.message import Message

from tui import actions
from tui.model.feed import MARKS
from tui.model.panel import View
from tui.text import fit, pad, safe, width
from tui.widgets.cursor_view import CursorView
from tui.widgets.event_words import Words, event_spans, label_of, mark_words, raw_spans
from tui.widgets.lines import Span
from tui.widgets.sparkline import Path, describe_number, number_at, numeric_paths, sparkline

__all__ = ["EventLines"]


class EventLines(CursorView):
    """The lines inside a panel: events, newest first, or the plots of their numbers."""

    BINDINGS = actions.bind("nav.open")

    @dataclass
    class Chosen(Message):
        """Enter or a double click on an event, or on the plot of a path."""

        event: Any = None
        path: Path | None = None

    def __init__(self, words: Words = event_spans) -> None:
        super().__init__()
        self._words = words
        self._events: Sequence[Any] = ()
        self._paths: list[Path] = []
        self._labels = 0
        self._wanted = ""
        self.empty = "waiting for the first event"
        """What is said while there is none."""
        self.filtered = False
        """Whether a filter may keep events away."""
        self.paused = False
        """Whether those that arrive wait."""
        self.view: View = "list"

    @property
    def plotting(self) -> bool:
        return self.view == "plot"

    @property
    def event(self) -> Any:
        """The event under the cursor; None where there is none."""
        if self.plotting or not 0 <= self.cursor < len(self._events):
            return None
        return self._events[self.cursor]

    @property
    def path(self) -> Path | None:
        """The path whose plot is under the cursor."""
        return self._paths[self.cursor] if self.plotting and self.cursor < len(self._paths) else None

    def show(self, events_: Sequence[Any]) -> None:
        """Shows these events, newest first; a cursor not on the top stays on its event."""
        chosen = self._events[self.cursor] if 0 < self.cursor < len(self._events) and not self.plotting else None
        self._events = events_
        if self.plotting:
            self._find_paths()
        moved = 0
        if chosen is not None:
            place = next((at for at, event in enumerate(events_) if event is chosen), len(events_) - 1)
            moved = place - self.cursor
        top = self.scroll_offset.y
        self.lines_changed()
        if moved:
            self.scroll_lines(top + moved)
            self.set_reactive(EventLines.cursor, max(self.cursor + moved, 0))
        elif self.cursor >= self.line_count():
            self.set_reactive(EventLines.cursor, max(self.line_count() - 1, 0))

    def change_view(self, view: View, paths: str) -> None:
        """Shows the events in another way; of the plots those whose path contains all these words."""
        was_plotting, self.view, self._wanted = self.plotting, view, paths
        if was_plotting or self.plotting:
            self.set_reactive(EventLines.cursor, 0)
            self._find_paths()
            self.scroll_lines(0)
        self.lines_changed()

    def _find_paths(self) -> None:
        newest = next((event.fields for event in self._events if event.kind not in MARKS), None)
        words = self._wanted.lower().split()
        self._paths = [path for path in numeric_paths(newest) if all(word in label_of(path).lower() for word in words)]
        self._labels = max((width(label_of(path)) for path in self._paths), default=0)

    def line_count(self) -> int:
        return max(len(self._paths if self.plotting else self._events), 1)

    def is_cursor_line(self, index: int) -> bool:
        return index == self.cursor and bool(self._paths if self.plotting else self._events)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        marker = Span(f"{self.glyphs.cursor} " if self.is_cursor_line(index) else "  ", "accent")
        if self.plotting and self._events:
            if not self._paths:
                wanted = f" with {safe(self._wanted)} in its path" if self._wanted else ""
                return [Span(f"  no number{wanted} in the newest event", "dim")]
            return [marker, *self._plot_spans(self._paths[index], cells - 2)]
        if not self._events:
            empty = "nothing fits" if self.filtered else "nothing came before the pause" if self.paused else self.empty
            return [Span(f"  {empty}", "dim")]
        event = self._events[index]
        if event.kind in MARKS:
            # A thin line through the list: above it nothing is missing, below it nothing was.
            words = f"{event.at:%H:%M:%S} {mark_words(event)} "
            return [marker, Span(words, "warning"), Span(self.glyphs.rule * max(cells - 2 - len(words), 0), "dim")]
        if self.view == "raw":
            return [marker, *raw_spans(event, cells - 2)]
        return [marker, *self._words(event, cells - 2)]

    def series(self, path: Path, most: int) -> tuple[list[float | None], list[datetime]]:
        """The newest values at a path, oldest first, with their times. A mark of missing events has no value."""
        shown = self._events[:most]
        values = [None if event.kind in MARKS else number_at(event.fields, path) for event in reversed(shown)]
        return values, [event.at for event in reversed(shown)]

    def _plot_spans(self, path: Path, cells: int) -> list[Span]:
        """Label, blocks, newest value and the most there was."""
        label_cells = min(self._labels, max(cells // 3, 8))
        label = label_of(path)
        if width(label) > label_cells:  # the end of a path says more than its beginning
            label = self.glyphs.ellipsis + label[len(label) - label_cells + 1 :]
        blocks = max(cells - label_cells - 26, 4)
        values, _times = self.series(path, blocks)
        known = [value for value in values if value is not None]
        now = describe_number(values[-1] if values else None, path)
        most = describe_number(max(known, default=None), path)
        return [
            Span(fit(label, label_cells) + "  ", "key"),
            Span(pad(sparkline(values, blocks, self.glyphs), blocks), "accent"),
            Span(pad(now, 10, "right"), "strong"),
            Span(f"  max {most}", "dim"),
        ]

    def action_choose(self) -> None:
        if self.path is not None:
            self.post_message(self.Chosen(path=self.path))
        elif self.event is not None and self.event.kind not in MARKS:
            self.post_message(self.Chosen(event=self.event))
