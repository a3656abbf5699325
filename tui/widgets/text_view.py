"""`TextView`: lines of plain text, in the place of content that is not there yet."""

from __future__ import annotations

from collections.abc import Iterator

from tui.text import safe
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span

__all__ = ["TextView"]


class TextView(LaidLines):
    """Shows the lines of a text; any text of a server is fine. Long lines are cut."""

    _text = ""

    def set_text(self, text: str) -> None:
        """Shows this text from its beginning."""
        self._text = text
        self.lay_anew()
        self.scroll_lines(0)

    def lay(self, cells: int) -> Iterator[Line]:
        for line in self._text.split("\n") if self._text else ():
            yield (Span(safe(line[: 4 * cells + 16])),)
