"""Lines of plain text, drawn line by line: a result as raw JSON, the log of a job."""

from __future__ import annotations

from collections.abc import Sequence

from tui.text import safe
from tui.widgets.lines import LineView, Span

__all__ = ["TextView"]


class TextView(LineView):
    """Shows the lines of a text; any text of a server is fine. Long lines are cut."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[str] = []
        self._marked = ""
        self._found = -1

    def set_text(self, text: str) -> None:
        """Shows this text from its beginning."""
        self._lines = text.split("\n") if text else []
        self._found = -1
        self.lines_changed()
        self.scroll_lines(0)

    def line_count(self) -> int:
        return len(self._lines)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        line = safe(self._lines[index][: 4 * cells + 16])
        at = line.lower().find(self._marked) if self._marked else -1
        if at < 0:
            return [Span(line)]
        end = at + len(self._marked)
        return [Span(line[:at]), Span(line[at:end], "mark"), Span(line[end:])]

    def find(self, text: str) -> int:
        """Marks a text wherever it stands and goes to the first line with it; how many lines have it."""
        self._marked = text.lower()
        self._found = -1
        matches = sum(1 for line in self._lines if self._marked and self._marked in line.lower())
        self.lines_changed()
        if matches:
            self.action_find_next()
        return matches

    def action_find_next(self) -> None:
        self._step(1)

    def action_find_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        count = len(self._lines)
        for distance in range(1, count + 1):
            index = (self._found + by * distance) % count
            if self._marked and self._marked in self._lines[index].lower():
                self._found = index
                self.scroll_lines(index - self.page_height // 2)
                return
