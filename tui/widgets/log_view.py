"""`LogView`: the lines of a log, with finding, and narrowed to the lines that hold what is sought.

At its end it goes along with new lines; scrolled up it stays where it is. Invariant: only visible lines are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui import actions
from tui.model.loglines import LogLines, places
from tui.text import safe
from tui.widgets.finding_view import FindingView, found_spans
from tui.widgets.lines import Span

__all__ = ["LogView"]


class LogView(FindingView):
    """Shows `set_log(lines)`; `pull` draws what was added. Long lines are cut."""

    BINDINGS = actions.bind("log.only")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._log = LogLines()
        self._version = -1
        self._lines: list[str] = []
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
        self.lines_changed()

    @property
    def facts(self) -> tuple[int, int]:
        """How many lines are shown, and how many there are."""
        return len(self._lines), len(self._log)

    # Drawing

    def line_count(self) -> int:
        return max(len(self._lines), 1)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        if not self._lines:
            return [Span(self._words, "dim")]
        return found_spans(safe(self._lines[index][: 4 * cells + 16]), self.sought, "")

    # Finding

    def find(self, text: str) -> None:
        self._found = min(round(self.scroll_target_y), len(self._lines)) - 1  # from the first line on screen
        super().find(text)
        if self.only:
            self.only = bool(text)
            self._narrow()

    _found = -1

    def matches(self, text: str, *, backwards: bool) -> Iterator[int | None]:
        return places(self._lines, text, after=self._found, backwards=backwards)

    def go_to_match(self, place: int) -> None:
        self._found = place
        self.show_line(place)

    def action_log_only(self) -> None:
        """Shows only the lines that hold what is sought, or all of them."""
        self.only = not self.only
        self._narrow()
        self.scroll_lines(self.line_count() if self.at_end else 0)
        self.post_message(self.Found(self.sought, self._found))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.seeks if action == "log_only" else super().check_action(action, parameters)
