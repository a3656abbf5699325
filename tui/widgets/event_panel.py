"""`EventPanel`: the events of one subscription as they come, as a list or as plots of their numbers.

The panel is never told of an event. It looks at its `Panel` ten times a second while it can be seen, and draws only
when that has changed, so a thousand events a second cost what ten do. The newest stand on top; a cursor that was
moved off the top stays on its event. Pausing stops the drawing, not the counting, and the border says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textual.app import ComposeResult
from textual.message import Message

from truenas_client.values.human import human_time
from tui import actions
from tui.model.panel import Panel, PanelEvent
from tui.text import fit, pad, safe, width
from tui.widgets.lines import CursorView, Span
from tui.widgets.pane import Fact, Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.sparkline import Path, describe_number, number_at, numeric_paths, sparkline

_RATE_LOOKS = 10  # looks after which the rate is written anew although nothing came

# The fields that tell what an event is about, best first; they need no name in front.
_TELLING = ("id", "name", "klass", "method", "state", "status", "level", "title", "description", "text", "formatted")
_KINDS = {"added": "ok", "removed": "error", "gap": "warning"}


class EventLines(CursorView):
    """The lines inside a panel: events, newest first, or the plots of their numbers."""

    BINDINGS = actions.bind("nav.open", ("nav.toggle", "pause"), "event.plot")

    @dataclass
    class Chosen(Message):
        """Enter or a double click on an event."""

        lines: "EventLines"
        event: Any

        @property
        def control(self) -> "EventLines":
            return self.lines

    @dataclass
    class Asked(Message):
        """A key for the panel: `pause` or `plot`."""

        what: str

    def __init__(self) -> None:
        super().__init__()
        self._events: Sequence[Any] = ()
        self._paths: list[Path] = []
        self._labels = 0
        self.plotting = False

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

    def plot(self, on: bool) -> None:
        self.plotting = on
        self.set_reactive(EventLines.cursor, 0)
        if on:
            self._find_paths()
        self.lines_changed()
        self.scroll_lines(0)

    def _find_paths(self) -> None:
        newest = next((event.fields for event in self._events if event.kind != "gap"), None)
        self._paths = numeric_paths(newest)
        self._labels = max((width(_label(path)) for path in self._paths), default=0)

    def line_count(self) -> int:
        return len(self._paths) if self.plotting else max(len(self._events), 1)

    def is_cursor_line(self, index: int) -> bool:
        return index == self.cursor and bool(self._events)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        marker = Span(f"{self.glyphs.cursor} " if index == self.cursor else "  ", "accent")
        if self.plotting:
            return [marker, *self._plot_spans(self._paths[index], cells - 2)]
        if not self._events:
            return [Span("  waiting for the first event", "dim")]
        event = self._events[index]
        if event.kind == "gap":
            # A thin line through the list: above it nothing is missing, below it nothing was.
            words = event.at.strftime("%H:%M:%S ") + "gap: events may be missing "
            return [marker, Span(words, "warning"), Span(self.glyphs.rule * max(cells - 2 - len(words), 0), "dim")]
        return [marker, *event_spans(event, cells - 2)]

    def _plot_spans(self, path: Path, cells: int) -> list[Span]:
        """Label, blocks, newest value and the most there was."""
        label_cells = min(self._labels, max(cells // 3, 8))
        label = _label(path)
        if width(label) > label_cells:  # the end of a path says more than its beginning
            label = self.glyphs.ellipsis + label[len(label) - label_cells + 1 :]
        blocks = max(cells - label_cells - 28, 4)
        newest_first = [event.fields for event in self._events[:blocks] if event.kind != "gap"]
        values = [number_at(fields, path) for fields in reversed(newest_first)]
        known = [value for value in values if value is not None]
        now = describe_number(values[-1] if values else None, path)
        most = describe_number(max(known, default=None), path)
        return [
            Span(fit(label, label_cells) + "  ", "key"),
            Span(pad(sparkline(values, blocks, self.glyphs), blocks), "accent"),
            Span(pad(now, 12, "right"), "strong"),
            Span(f"  max {most}", "dim"),
        ]

    def action_choose(self) -> None:
        if self._events and not self.plotting:
            self.post_message(self.Chosen(self, self._events[self.cursor]))

    def action_pause(self) -> None:
        self.post_message(self.Asked("pause"))

    def action_plot(self) -> None:
        self.post_message(self.Asked("plot"))


class EventPanel(Pane):
    """A pane with the events of a feed. Space pauses, `o` plots, enter posts `Chosen`."""

    @dataclass
    class Chosen(Message):
        """An event is to be opened."""

        panel: "EventPanel"
        event: Any

        @property
        def control(self) -> "EventPanel":
            return self.panel

    def __init__(self, panel: Panel, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes)
        self.panel = panel
        self._version: object = None
        self._looks = 0
        self._chosen_view = False

    def compose(self) -> ComposeResult:
        yield EventLines()

    @property
    def lines(self) -> EventLines:
        return self.query_one(EventLines)

    def on_mount(self) -> None:
        on_pulse(self, self._look)
        self.pull()

    def _look(self) -> None:
        if self.screen.is_active and self.is_on_screen:
            self.pull()

    def pull(self) -> None:
        """Draws what there is now, if that is news."""
        panel = self.panel
        self._looks += 1
        if panel.version == self._version and self._looks < _RATE_LOOKS:
            return
        if panel.version != self._version:
            self._version = panel.version
            shown = panel.shown()
            if shown and not self._chosen_view:
                # Until the user chooses: numbers that come without an id are there to be plotted.
                self._chosen_view = True
                if _plottable(shown[0]):
                    self.lines.show(shown)
                    self.lines.plot(True)
            self.lines.show(shown)
        self._looks = 0
        self._write_borders(panel)

    def _write_borders(self, panel: Panel) -> None:
        feed = panel.feed
        self.title = feed.name
        state = "ended" if feed.ended else "paused" if panel.paused else "live"
        self.set_tabs((f"{feed.rate():.1f}/s", state))
        facts: list[Fact] = []
        if feed.ended:
            facts.append((feed.ended, "error"))
        if panel.paused:
            facts.append((f"{panel.waiting} waiting; {actions.key('nav.toggle')} resumes", "warning"))
        facts.append(f"{feed.seen} seen")
        facts.append((f"{feed.dropped} dropped", "warning") if feed.dropped else "0 dropped")
        self.facts = facts

    def toggle_pause(self) -> None:
        self.panel.pause(not self.panel.paused)
        self.pull()

    def toggle_plot(self) -> None:
        self._chosen_view = True
        self.lines.plot(not self.lines.plotting)

    def on_event_lines_asked(self, message: EventLines.Asked) -> None:
        message.stop()
        if message.what == "pause":
            self.toggle_pause()
        else:
            self.toggle_plot()

    def on_event_lines_chosen(self, message: EventLines.Chosen) -> None:
        message.stop()
        self.post_message(self.Chosen(self, message.event))


def event_spans(event: PanelEvent, cells: int) -> list[Span]:
    """An event in one line: time, kind, and its object; not cut to `cells`, but not much longer either."""
    return [
        Span(event.at.strftime("%H:%M:%S "), "dim"),
        Span(fit(safe(event.kind[:20]), 8) + " ", _KINDS.get(event.kind, "")),
        Span(" ".join(_about(event))[: 4 * cells + 16]),
    ]


def _about(event: PanelEvent) -> Iterable[str]:
    fields = event.fields
    told = 0
    if event.id is not None:
        yield safe(str(event.id)[:200])
    if not isinstance(fields, Mapping):
        if fields is not None:
            yield safe(str(fields)[:400])
        return
    for name in _TELLING:
        value = fields.get(name)
        if isinstance(value, str | int | float) and value != "" and not (name == "id" and value == event.id):
            told += 1
            yield safe(str(value)[:200])
    progress = fields.get("progress")
    if isinstance(progress, Mapping) and isinstance(progress.get("percent"), int | float):
        yield f"{progress['percent']:.0f} %"
        told += 1
    for name, value in fields.items():
        if told >= 8:
            return
        if name in _TELLING:
            continue
        if isinstance(value, str | int | float) and value != "":
            told += 1
            yield safe(f"{name}={value}"[:200])
        elif isinstance(value, datetime):
            told += 1
            yield safe(f"{name}={human_time(value)}")
        elif isinstance(value, Mapping | list) and value:
            told += 1
            opened, closed = "{}" if isinstance(value, Mapping) else "[]"
            yield safe(f"{name}={opened}{len(value)}{closed}"[:200])


def _plottable(event: PanelEvent) -> bool:
    if event.id is not None or not isinstance(event.fields, Mapping) or "id" in event.fields:
        return False
    return len(numeric_paths(event.fields)) >= 3


def _label(path: Path) -> str:
    return safe(".".join(str(part) for part in path)[:200])
