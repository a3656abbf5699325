"""`LaidLines`: the common part of the viewers whose lines are made for a width, and made again for another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events

from tui.widgets.lines import LineView, Span

__all__ = ["LaidLines", "Line"]

NARROWEST = 20
"""Cells that lines are made for at least; what does not fit is cut."""

Line = Sequence[Span]


class LaidLines(LineView):
    """A sub-class makes its lines in `lay`, and calls `lay_anew` when they change."""

    _laid: tuple[int, list[Line]] | None = None
    """The cells that the lines were made for, and the lines."""

    def lay(self, cells: int) -> Iterable[Line]:
        """All lines, for this width."""
        raise NotImplementedError

    def laid(self, cells: int) -> list[Line]:
        """The lines for this width, made once."""
        cells = max(cells, NARROWEST)
        if self._laid is None or self._laid[0] != cells:
            self._laid = (cells, list(self.lay(cells)))
        return self._laid[1]

    def lay_anew(self) -> None:
        """Makes the lines again, and draws them where they came out otherwise."""
        before, self._laid = self._laid, None
        self.laid(self.scrollable_content_region.width)
        if self._laid != before:
            self.lines_changed()

    def on_resize(self, event: events.Resize) -> None:
        # Also of the same width: a scroll bar that has become needless goes by this.
        self.lines_changed()

    def line_count(self) -> int:
        return len(self.laid(self.scrollable_content_region.width))

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        return self.laid(cells)[index]
