"""The common part of the viewers whose lines are made for a width, and made again for another one.

`LaidLines` has plain lines; the lines of a `Laid` know more than what is drawn, such as the item that they are of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from textual import events

from tui.widgets.lines import LineView, Span

__all__ = ["Laid", "LaidLines", "Line"]

NARROWEST = 20
"""Cells that lines are made for at least; what does not fit is cut."""

Line = Sequence[Span]
L = TypeVar("L")


class Laid(LineView, Generic[L]):
    """A sub-class makes its lines in `lay`, draws them in `line_spans`, and calls `lay_anew` when they change."""

    _laid: tuple[int, list[L]] | None = None
    """The cells that the lines were made for, and the lines."""

    def lay(self, cells: int) -> Iterable[L]:
        """All lines, for this width."""
        raise NotImplementedError

    def laid(self, cells: int | None = None) -> list[L]:
        """The lines for this width, else for that of the widget; made once."""
        cells = max(self.scrollable_content_region.width if cells is None else cells, NARROWEST)
        if self._laid is None or self._laid[0] != cells:
            self._laid = (cells, list(self.lay(cells)))
        return self._laid[1]

    def lay_anew(self) -> None:
        """Makes the lines again, and draws them where they came out otherwise."""
        before, self._laid = self._laid, None
        self.laid()
        if self._laid != before:
            self.lines_changed()

    def on_resize(self, event: events.Resize) -> None:
        # Also of the same width: a scroll bar that has become needless goes by this.
        self.lines_changed()

    def line_count(self) -> int:
        return len(self.laid())


class LaidLines(Laid[Line]):
    """A sub-class makes its lines in `lay`, and calls `lay_anew` when they change."""

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        return self.laid(cells)[index]
