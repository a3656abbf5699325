"""`EventPanel`: the events of one subscription as they come, as a list or as plots of their numbers.

The panel is never told of an event. It looks at its `Panel` ten times a second while it can be seen, less often where
more comes than can be followed, and draws only when that has changed: a thousand events a second cost what ten do.
The newest stand on top; a cursor that was moved off the top stays on its event. Pausing stops the drawing, not the
counting, and the border says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from tui import actions
from tui.model.feed import MARKS
from tui.model.panel import VIEWS, Panel, View
from tui.widgets.event_lines import EventLines
from tui.widgets.event_words import Words, event_spans, label_of, plottable
from tui.widgets.lines import LineView
from tui.widgets.pane import Fact, Pane
from tui.widgets.plot_view import PlotView
from tui.widgets.pulse import on_pulse
from tui.widgets.sparkline import Path, describe_number

__all__ = ["EventPanel"]

_RATE_LOOKS = 10  # looks after which the rate is written anew although nothing came
_BUSY_LOOKS = 2
_BUSY_EVENTS = 2
"""Events in half a second above which no eye follows single lines: then two looks a second are enough, for keys come
first."""


class EventPanel(Pane):
    """A pane with the events of a feed. `Chosen` tells which event is to be opened."""

    BINDINGS = actions.bind(("nav.toggle", "pause"))

    @dataclass
    class Chosen(Message):
        """An event is to be opened."""

        panel: EventPanel
        event: Any

    class Arranged(Message):
        """The user has chosen another view or filter."""

    def __init__(self, panel: Panel, *, words: Words = event_spans, name: str = "", id: str | None = None) -> None:
        """``name`` is the title, where that is not the name of the feed."""
        super().__init__("", id=id)
        self._title = name or panel.feed.name
        self.panel = panel
        self.lines = EventLines(words)
        self.field = Input(classes="panel-filter", compact=True)
        """Where the filter is typed: of events, or of paths while plotting."""
        self._plot = PlotView()
        self.note: Callable[[], Fact | None] = lambda: None
        """A word for the lower border, such as how many events were written to a file."""
        self._version: object = None
        self._drawn: object = None
        self._looks = 0
        self._busy_look = 0
        self._busy = False
        self._seen = panel.feed.seen
        self._plotted: Path | None = None

    def compose(self) -> ComposeResult:
        yield self.lines
        yield self._plot
        yield self.field

    @property
    def content(self) -> LineView:
        """What is shown: the lines, or one plot."""
        return self.lines if self._plotted is None else self._plot

    @property
    def view(self) -> View:
        return self.lines.view

    def on_mount(self) -> None:
        self.field.display = self._plot.display = False
        if self.panel.view is not None:
            self.change_view(self.panel.view)
        on_pulse(self, self._look)
        self.pull()

    def _look(self) -> None:
        # By the clock, so that all busy panels are drawn at the same beat: one frame costs less than four.
        look = int(time.monotonic() * _BUSY_LOOKS)
        if look != self._busy_look:
            seen = self.panel.feed.seen
            self._busy = seen - self._seen > _BUSY_EVENTS * max(look - self._busy_look, 1)
            self._busy_look, self._seen = look, seen
        elif self._busy:
            self.panel.keep_up()
            return
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
            self.lines.filtered, self.lines.paused = bool(panel.filter), panel.paused
            # Until the user chooses: numbers that come without an id are there to be plotted.
            if panel.view is None and shown and self.lines.view == "list" and plottable(shown[0]):
                self.lines.show(shown)
                self.change_view("plot", chosen=False)
            # Paused or filtered, most of what arrives is not shown: then only the counts in the border are new.
            ends = (len(shown), shown[0].number, shown[-1].number) if shown else ()
            if (drawn := (panel.changes, ends)) != self._drawn:
                self._drawn = drawn
                self.lines.show(shown)
                self._draw_plot()
        self._looks = 0
        self._write_borders(panel)

    def _write_borders(self, panel: Panel) -> None:
        feed = panel.feed
        typed = panel.paths if self.lines.plotting else panel.filter
        self.title = f"{self._title}  /{typed}" if typed else self._title
        state = "ended" if feed.ended else "paused" if panel.paused else "live"
        self.set_tabs((self.lines.view, f"{feed.rate():.1f}/s", state))
        facts: list[Fact] = []
        if feed.ended:
            facts.append((feed.ended, "error"))
        if panel.paused:
            facts.append((f"{panel.waiting:,} waiting; {actions.key('nav.toggle')} resumes", "warning"))
        if panel.filter:
            facts.append(f"{sum(1 for event in panel.shown() if event.kind not in MARKS):,} fit")
        facts.append(f"{feed.seen:,} seen")
        facts.append((f"{feed.dropped:,} dropped", "warning") if feed.dropped else "0 dropped")
        if (note := self.note()) is not None:
            facts.append(note)
        self.facts = facts

    # Acting

    def action_pause(self) -> None:
        self.panel.pause(not self.panel.paused)
        self.pull()

    def change_view(self, view: View, *, chosen: bool = True) -> None:
        """Shows events as lines, as raw lines or as plots."""
        self.close_plot()
        if chosen:
            self.panel.view = view
            self.post_message(self.Arranged())
        self.lines.change_view(view, self.panel.paths)
        if self.panel.version == self._version:
            self._write_borders(self.panel)

    @on(Pane.TabPressed)
    def _tab_pressed(self, event: Pane.TabPressed) -> None:
        event.stop()
        if event.tab in VIEWS:
            self.change_view(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])
        else:
            self.action_pause()
        self.content.focus()

    @on(EventLines.Chosen)
    def _line_chosen(self, message: EventLines.Chosen) -> None:
        message.stop()
        if message.path is None:
            self.post_message(self.Chosen(self, message.event))
            return
        self._plotted = message.path
        self._plot.display, self.lines.display = True, False
        self._draw_plot()
        self.screen.set_focus(self._plot)

    def _draw_plot(self) -> None:
        if (path := self._plotted) is not None:
            values, times = self.lines.series(path, 2 * max(self.size.width, 40))
            self._plot.show(label_of(path), values, times, lambda value: describe_number(value, path))

    def close_plot(self) -> bool:
        """From one large plot back to the lines; False when none is shown."""
        if self._plotted is None:
            return False
        inside = self._plot.has_focus
        self._plot.display, self.lines.display, self._plotted = False, True, None
        if inside:
            self.lines.focus()
        return True

    # The filter

    def open_filter(self) -> None:
        """Goes into the field below the events; what is typed there filters at once."""
        self.close_plot()
        plotting = self.lines.plotting
        self.field.placeholder = (
            "words in the path, e.g. cpu usage" if plotting else 'e.g. tank  state:running  msg:changed  !"scrub"'
        )
        self.field.display = True
        self.field.value = self.panel.paths if plotting else self.panel.filter
        self.screen.set_focus(self.field)

    def close_filter(self) -> bool:
        """Leaves the field, or takes the filter away; False when there is neither."""
        typing = self.field.display
        if not typing and not (self.panel.paths if self.lines.plotting else self.panel.filter):
            return False
        self._filter("")
        self._leave_field()
        return True

    def _leave_field(self) -> None:
        self.field.display = False
        self.screen.set_focus(self.content)
        self.post_message(self.Arranged())

    def _filter(self, text: str) -> None:
        if self.lines.plotting:
            self.panel.paths = text.strip()
            self.lines.change_view("plot", text)
            self._write_borders(self.panel)
        else:
            self.panel.filter = text
            self.pull()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.field.display:
            self._filter(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._filter(event.value)
        self._leave_field()
