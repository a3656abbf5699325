"""`PlotView`: one series of numbers as a large plot: what it is, its axes, its newest, least and greatest value.

It draws what `model.plot` makes of the values; the owner hands over new ones as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from textual import events

from tui.model.plot import DOTS_ACROSS, Plot, draw_plot
from tui.text import ASCII, pad, safe, width
from tui.widgets.lines import LineView, Span

__all__ = ["PlotView"]

_LEAST = (12, 4)
"""Cells and rows of the dots, where the screen has fewer they are cut off."""


class PlotView(LineView):
    """Shows a series until the next `show`."""

    DEFAULT_CSS = """
    PlotView {
        overflow-y: hidden;
    }
    """

    _series = ""
    _values: Sequence[float | None] = ()
    _times: Sequence[datetime] = ()
    _say: Callable[[float | None], str] = str
    _plot: tuple[object, Plot] | None = None

    def show(
        self,
        name: str,
        values: Sequence[float | None],
        times: Sequence[datetime],
        say: Callable[[float | None], str],
    ) -> None:
        """Draws these values, oldest first, each with its time; ``say`` words a number."""
        self._series, self._values, self._times, self._say = name, values, times, say
        self._plot = None
        self.lines_changed()

    def line_count(self) -> int:
        return 1 + self._rows + 2

    @property
    def _rows(self) -> int:
        return max(self.scrollable_content_region.height - 3, _LEAST[1])

    def on_resize(self, event: events.Resize) -> None:
        self._plot = None
        self.lines_changed()

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        plot, labels = self._drawn(cells)
        if index == 0:
            now = next((value for value in reversed(self._values) if value is not None), None)
            numbers = (("now", now), ("min", plot.least), ("max", plot.most))
            told = [Span(f"   {word} {self._say(value) or '-'}", "strong") for word, value in numbers]
            return [Span(safe(self._series), "title"), *told]
        corner, upright, across = ("+", "|", "-") if self.glyphs is ASCII else ("└", "│", "─")
        row = index - 1
        if row < len(plot.lines):
            return [
                Span(pad(plot.labels[row], labels, "right") + f" {upright}", "dim"),
                Span(plot.lines[row], "accent"),
            ]
        if row == len(plot.lines):
            return [Span(" " * (labels + 1) + corner + across * (cells - labels - 2), "dim")]
        return [Span(self._time_line(cells, plot.cells), "dim")]

    def _drawn(self, cells: int) -> tuple[Plot, int]:
        key = (cells, self._rows, self.glyphs)
        if self._plot is None or self._plot[0] != key:
            ascii_only = self.glyphs is ASCII
            # The labels need their room before it is known how many values fit.
            trial = draw_plot(self._values, cells, self._rows, self._say, ascii_only=ascii_only)
            labels = max(map(width, trial.labels), default=0)
            plot = draw_plot(
                self._values, max(cells - labels - 2, _LEAST[0]), self._rows, self._say, ascii_only=ascii_only
            )
            self._plot = (key, plot)
        return self._plot[1], max(map(width, self._plot[1].labels), default=0)

    def _time_line(self, cells: int, taken: int) -> str:
        """The times of the first and the last value that are drawn, each under its place."""
        shown = self._times[-cells * DOTS_ACROSS :]
        if not shown:
            return ""
        first, last = (time.strftime("%H:%M:%S") for time in (shown[0], shown[-1]))
        between = taken - len(first) - len(last)
        if between < 1:
            return pad(last, cells, "right")
        return pad(first + " " * between + last, cells, "right")
