"""`LogView`: the lines of a log, with finding, and narrowed to the lines that hold what is sought.

At its end it goes along with new lines; scrolled up it stays where it is. Long lines go on below. Invariant: a line is
safe text, and only what is on screen is coloured.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from textual import events

from tui import actions
from tui.model.loglines import LogLines, places
from tui.text import safe, wrap
from tui.widgets.finding_view import FindingView, found_spans
from tui.widgets.laid_lines import Laid
from tui.widgets.lines import Span

__all__ = ["LogView"]


class LogView(Laid[tuple[int, str]], FindingView):
    """Shows `set_log(lines)`; `pull` draws what was added."""

    BINDINGS = actions.bind("log.only")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._log = LogLines()
        self._version = -1
        self._lines: list[str] = []
        self._stays = True
        self._words = ""
        self.only = False
        """Whether only the lines are shown that hold what is sought."""

    def set_log(self, log: LogLines) -> None:
        """Shows another log, from its end."""
        self._log, self._version = log, -1
        self.only = False
        self.end_search()
        self.sought = ""
        self.pull("")
        self.scroll_lines(self.line_count())

    @property
    def at_end(self) -> bool:
        """Whether the last line is on screen, so that new ones move it."""
        return self.scroll_target_y >= self.line_count() - self.page_height

    def pull(self, words: str) -> None:
        """Draws the log as it is now; ``words`` stand in the place of lines while there are none."""
        if (self._log.version, words) == (self._version, self._words):
            return
        end = self.at_end
        self._version, self._words = self._log.version, words
        self._narrow()
        if end:
            self.scroll_lines(self.line_count())

    def _narrow(self) -> None:
        self._lines = self._log.fitting(self.sought) if self.only else list(self._log.lines)
        self.lay_anew()

    @property
    def facts(self) -> tuple[int, int]:
        """How many lines are shown, and how many there are."""
        return len(self._lines), len(self._log)

    # Drawing

    def lay(self, cells: int) -> Iterator[tuple[int, str]]:
        """The lines as they stand on a screen of this width, each with the number of the line it is of."""
        if not self._lines:
            yield 0, self._words
        for at, line in enumerate(self._lines):
            for piece in _pieces(line, cells):
                yield at, piece

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        text = self.laid(cells)[index][1]
        return found_spans(text, self.sought, "") if self._lines else [Span(text, "dim")]

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        self._stays = self.at_end

    def on_resize(self, event: events.Resize) -> None:
        if self._stays:
            self.call_after_refresh(self.action_line_end)

    # Finding

    def find(self, text: str) -> None:
        laid, top = self.laid(), round(self.scroll_target_y)
        self._found = laid[top][0] - 1 if top < len(laid) else -1  # from the first line on screen
        super().find(text)
        if self.only:
            self.only = bool(text)
            self._narrow()

    _found = -1

    def matches(self, text: str, *, backwards: bool) -> Iterator[int | None]:
        return places(self._lines, text, after=self._found, backwards=backwards)

    def go_to_match(self, place: int) -> None:
        self._found = place
        self.show_line(bisect_left(self.laid(), (place, "")))

    def action_log_only(self) -> None:
        """Shows only the lines that hold what is sought, or all of them."""
        self.only = not self.only
        self._narrow()
        self.scroll_lines(self.line_count() if self.at_end else 0)
        self.post_message(self.Found(self.sought, self._found))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.seeks if action == "log_only" else super().check_action(action, parameters)


def _pieces(line: str, cells: int) -> Iterator[str]:
    """A line in pieces of the width of the screen."""
    if len(line) <= cells and line.isascii() and line.isprintable():
        yield line
    else:
        yield from wrap(safe(line), cells) if line else ("",)
