"""`CursorView`: lines with a cursor, which the keys and the mouse move, and lines below others that fold.

A sub-class with lines that fold says what folds, and what is above and inside; keys and clicks are the same everywhere.
"""

from textual import events
from textual.reactive import var

from tui.text import width
from tui.widgets.lines import LineView

__all__ = ["CursorView"]


class CursorView(LineView):
    """A `LineView` with a line the keys act on, always kept on screen. Sub-classes act in `cursor_moved`."""

    cursor: var[int] = var(0, init=False)
    """The line the keys act on; moved into what exists."""

    def is_cursor_line(self, index: int) -> bool:
        return index == self.cursor

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.line_count() - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        if old == new:
            return
        for index in (old, new):
            self.refresh_line(index + self.header_height)
        self.show_cursor()
        self.cursor_moved()

    def cursor_moved(self) -> None:
        """Called after the cursor came to another line."""

    def show_cursor(self) -> None:
        """Scrolls no further than needed to have the cursor's line on screen."""
        if not self.scrollable_content_region.height:
            return  # how much fits is not known yet
        top, height = round(self.scroll_target_y), self.page_height
        if self.cursor < top:
            self.scroll_lines(self.cursor)
        elif self.cursor >= top + height:
            self.scroll_lines(self.cursor - height + 1)

    def show_below(self, lines: int) -> None:
        """Scrolls so that the lines below the cursor are seen as well, as far as they fit under it."""
        last = min(self.cursor + lines, self.line_count() - 1)
        top, height = round(self.scroll_target_y), self.page_height
        if last >= top + height:
            self.scroll_lines(min(last - height + 1, self.cursor))

    def on_resize(self, event: events.Resize) -> None:
        self.show_cursor()

    def action_line_up(self) -> None:
        self.cursor -= 1

    def action_line_down(self) -> None:
        self.cursor += 1

    def action_page_up(self) -> None:
        self._page(-self.page_height)

    def action_page_down(self) -> None:
        self._page(self.page_height)

    def _page(self, lines: int) -> None:
        # The text moves with the cursor, so the eye finds it in the same place of the new page.
        self.scroll_lines(self.scroll_target_y + lines)
        self.cursor += lines

    def action_line_top(self) -> None:
        self.cursor = 0

    def action_line_end(self) -> None:
        self.cursor = self.line_count() - 1

    # The mouse

    _opened = False
    """Whether the first click of a double click has opened the line already."""

    def on_click(self, event: events.Click) -> None:
        """A click chooses a line; one on its triangle folds; a double click, or one on the chosen line, opens."""
        index, offset = self.line_at(event), event.get_content_offset(self)
        if index is None or offset is None or not self.takes_click(index):
            return
        event.prevent_default()  # the base class would select all text on a double click
        chosen = self.choose_at(index, offset.x)
        if offset.x in self._fold_mark(index):
            self._opened = True
            self.action_fold_toggle()
            return
        if event.chain == 1:
            self._opened = False
        if not self._opened and (chosen or event.chain == 2):
            self._opened = True
            self.action_choose()

    def takes_click(self, index: int) -> bool:
        """Whether a line is one to be chosen."""
        return True

    def choose_at(self, index: int, column: int) -> bool:
        """Puts the cursor where the mouse is; whether it was there already."""
        chosen = index == self.cursor
        self.cursor = index
        return chosen

    def action_choose(self) -> None:
        """Opens what the cursor is on."""

    def line_at(self, event: events.MouseEvent) -> int | None:
        """The line under the mouse, or None on the header and below the last line."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.header_height:
            return None
        index = offset.y - self.header_height + self.scroll_offset.y
        return index if index < self.line_count() else None

    # Folding

    def folded(self, index: int) -> bool | None:
        """Whether what is below a line is folded away; None where the line does not fold."""
        return None

    def fold(self, folded: bool) -> None:
        """Folds or unfolds what is below the cursor's line, which folds."""

    def line_above(self) -> int | None:
        """The line that the cursor's line is below of; None at the top."""
        return None

    def line_inside(self) -> int | None:
        """The first line below the cursor's line, which is open; None where there is none."""
        return None

    def action_fold_toggle(self) -> None:
        """Folds or unfolds the lines below the cursor's line."""
        if (folded := self.folded(self.cursor)) is not None:
            self.fold(not folded)

    def action_fold(self) -> None:
        """Folds an open line; from any other goes to the one that it is below of."""
        if self.folded(self.cursor) is False:
            self.fold(True)
        elif (line := self.line_above()) is not None:
            self.cursor = line

    def action_unfold(self) -> None:
        """Unfolds a folded line; from an open one goes to the first line inside."""
        if folded := self.folded(self.cursor):
            self.fold(False)
        elif folded is False and (line := self.line_inside()) is not None:
            self.cursor = line

    def _fold_mark(self, index: int) -> range:
        """The cells of the triangle that tells whether a line is folded."""
        if (folded := self.folded(index)) is None:
            return range(0)
        at, sign = 0, self.glyphs.folded if folded else self.glyphs.open
        for text, _style in self.line_spans(index, self.scrollable_content_region.width):
            if text.strip() == sign:
                start = at + width(text) - width(text.lstrip())
                return range(start, start + 2)
            at += width(text)
        return range(0)
