"""`Rows`: the one list of the app, drawn line by line. Methods, tables, jobs, history: all are rows of cells.

A row is a value (`Row`), found again by its key; the widget never changes one. Columns are cut and aligned by terminal
cells. Only the rows on screen are drawn, so ten thousand cost no more than forty. Folding is the owner's: `Folded` says
what was asked for, the owner gives the rows that are now to be seen.
"""

from collections.abc import Sequence

from textual.message import Message

from tui import actions
from tui.text import Align, safe_lines, width
from tui.widgets.columns import GAP, Cell, Column, Row, cell_spans, natural_widths, share_width, text_of
from tui.widgets.cursor_view import CursorView
from tui.widgets.lines import Span

__all__ = ["Cell", "Column", "Row", "Rows"]

LEAST_OF_CELL = 4
"""The fewest cells in which a further text of a row is useful."""


class RowsMessage(Message):
    """Tells what was done in a list, and on the row of which key."""

    def __init__(self, rows: "Rows", key: str | None) -> None:
        super().__init__()
        self.rows = rows
        self.key = key

    @property
    def control(self) -> "Rows":
        return self.rows


class Rows(CursorView):
    """A list with a cursor. `set_rows` gives it the rows, `columns` how they are drawn, messages tell what was done."""

    BINDINGS = actions.bind("nav.open", "nav.toggle", ("tree.all", "fold_toggle"), "nav.left", "nav.right")

    class Highlighted(RowsMessage):
        """The cursor came to another row; `key` is None when there are no rows."""

    class Chosen(RowsMessage):
        """Enter or a double click on a row that does not fold."""

        key: str

    class Folded(RowsMessage):
        """A row is to be folded or unfolded."""

        key: str

        def __init__(self, rows: "Rows", key: str, *, folded: bool) -> None:
            super().__init__(rows, key)
            self.folded = folded

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        empty: str = "No rows.",
        header: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self.header_height = int(header)
        self._empty = empty
        self.rows: Sequence[Row] = ()
        self._index: dict[str, int] = {}
        self._tree = False
        self._natural: list[int] = []
        self._widths: tuple[int, list[int]] | None = None
        self._highlighted: str | None = None
        self._measure()

    # The rows

    @property
    def empty(self) -> str:
        """The text in place of rows when there are none."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        self._empty = text
        if not self.rows:
            self.lines_changed()

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        return self.rows[self.cursor].key if self.rows else None

    @property
    def current(self) -> Row | None:
        return self.rows[self.cursor] if self.rows else None

    def set_rows(self, rows: Sequence[Row], *, keep: bool = True) -> None:
        """Shows these rows. With `keep` the cursor stays on the row of its key, at the same place of the screen.

        Where they are the rows of before, some of them changed, only those are drawn again.
        """
        if keep and self._renewed(rows):
            return
        key, place = self.key, self.cursor - round(self.scroll_target_y)
        self.rows = list(rows)
        self._index = {row.key: index for index, row in enumerate(self.rows)}
        self._tree = any(row.fold is not None or row.depth for row in self.rows)
        self._measure()
        self.lines_changed()
        if keep:
            kept = self._index.get(key) if key is not None else None
            cursor = self.cursor if kept is None else kept
        else:
            cursor, place = 0, 0
        cursor = max(0, min(cursor, len(self.rows) - 1))
        self.scroll_lines(cursor - place)
        self.set_reactive(Rows.cursor, cursor)
        self.show_cursor()
        self.cursor_moved()

    def _renewed(self, rows: Sequence[Row]) -> bool:
        """Takes rows that are those of before but for what stands in some; False when they are others."""
        if len(rows) != len(self.rows) or not rows:
            return False
        changed: list[int] = []
        for index, (row, before) in enumerate(zip(rows, self.rows, strict=True)):
            if row is not before:
                if row.key != before.key or (row.fold, row.depth) != (before.fold, before.depth):
                    return False
                if row != before:
                    changed.append(index)
        natural = natural_widths(self._columns, [rows[index] for index in changed], header=bool(self.header_height))
        if any(taken > known for taken, known in zip(natural, self._natural, strict=True)):
            return False  # a column grows, and with it every line
        self.rows = list(rows)
        for index in changed:
            self.line_changed(index)
        return True

    def move_to(self, key: str) -> bool:
        """Puts the cursor on the row of a key; False when there is none."""
        index = self._index.get(key)
        if index is None:
            return False
        self.cursor = index
        return True

    # Drawing

    def line_count(self) -> int:
        return len(self.rows) if self.rows else len(safe_lines(self._empty)) if self._empty else 0

    def is_cursor_line(self, index: int) -> bool:
        return index == self.cursor and bool(self.rows)

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self.rows) - 1))

    def _measure(self) -> None:
        self._widths = None
        self._natural = natural_widths(self._columns, self.rows, header=bool(self.header_height))

    def _column_widths(self, cells: int) -> list[int]:
        """The width of each column in a widget of `cells` cells; 0 hides one."""
        if self._widths is None or self._widths[0] != cells:
            indent = 4 if self._tree else 2
            self._widths = (cells, share_width(self._columns, self._natural, cells, indent))
        return self._widths[1]

    def place_of(self, column: int) -> tuple[int, int]:
        """The first cell of a column, and how many it has."""
        widths = self._column_widths(self.scrollable_content_region.width)
        left = 4 if self._tree else 2
        return left + sum(taken + GAP for taken in widths[:column] if taken), widths[column]

    def header_spans(self, cells: int) -> Sequence[Span] | None:
        widths = self._column_widths(cells)
        spans = [Span("  " + ("  " if self._tree else ""))]
        shown = [at for at, taken in enumerate(widths) if taken]
        for at in shown:
            column = self._columns[at]
            spans += self._cell(Cell(column.title), widths[at], column.align, "", last=at == shown[-1])
        return spans

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        if not self.rows:
            return [Span("  "), Span(safe_lines(self._empty)[index], "dim")]
        row = self.rows[index]
        glyphs = self.glyphs
        spans = [Span(f"{glyphs.cursor} " if index == self.cursor else "  ", "accent")]
        used = 2
        if self._tree:
            marker = f"{row.sign or ' '} " if row.fold is None else f"{glyphs.folded if row.fold else glyphs.open} "
            spans.append(Span("  " * row.depth + marker, "dim" if row.fold is not None else "warning"))
            used += 2 * row.depth + 2
        badges = self._badges(row, cells)
        badge_cells = sum(width(span.text) for span in badges)
        if self._columns:
            widths = self._column_widths(cells)
            shown = [at for at, taken in enumerate(widths) if taken and at < len(row.cells)]
            for at in shown:
                column = self._columns[at]
                # Indentation is taken from the first column, so the others stay in line.
                room = widths[at] - (2 * row.depth if self._tree and at == shown[0] else 0)
                style = row.style or column.style
                spans += self._cell(row.cells[at], max(room, 0), column.align, style, last=at == shown[-1])
        else:
            room = cells - used - badge_cells
            for place, cell in enumerate(row.cells):
                text = self.fitted(text_of(cell), max(room, 0))
                if place and width(text) < LEAST_OF_CELL and text != text_of(cell):
                    break  # a letter and an ellipsis are of no use
                spans += cell_spans(text, cell, row.style)
                room -= width(text) + 1
                if place < len(row.cells) - 1 and room > 0:
                    spans.append(Span(" "))
        if badges:
            spans = [*self.within(spans, cells - badge_cells), *badges]
        return spans

    def _badges(self, row: Row, cells: int) -> list[Span]:
        """The badges with a space before each; they never take more than half of the line."""
        spans: list[Span] = []
        for badge in row.badges:
            text = self.fitted(text_of(badge), cells // 2)
            if text:
                spans += [Span(" "), *cell_spans(text, badge, "dim")]
        if spans:
            spans.append(Span(" "))
        return spans

    def _cell(self, cell: Cell | str, cells: int, align: Align, style: str, *, last: bool) -> list[Span]:
        text = self.fitted(text_of(cell), cells)
        spans = cell_spans(text, cell, style)
        filling = Span(" " * (cells - width(text)))
        if align == "right":
            spans.insert(0, filling)
        elif not last:
            spans.append(filling)
        if not last:
            spans.append(Span(" " * GAP))
        return spans

    def takes_click(self, index: int) -> bool:
        return bool(self.rows)

    # Acting

    def cursor_moved(self) -> None:
        key = self.key
        if key != self._highlighted:
            self._highlighted = key
            self.post_message(self.Highlighted(self, key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "choose":
            return bool(self.rows)
        if action in ("fold", "unfold", "fold_toggle"):
            return self._tree
        return super().check_action(action, parameters)

    def action_choose(self) -> None:
        row = self.current
        if row is None:
            return
        if row.fold is None:
            self.post_message(self.Chosen(self, row.key))
        else:
            self.fold(not row.fold)

    def folded(self, index: int) -> bool | None:
        return self.rows[index].fold if self.rows else None

    def fold(self, folded: bool) -> None:
        """Asks the owner to: it alone knows the rows below."""
        self.post_message(self.Folded(self, self.rows[self.cursor].key, folded=folded))

    def line_above(self) -> int | None:
        above = range(self.cursor - 1, -1, -1)
        return next((at for at in above if self.rows[at].depth < self.rows[self.cursor].depth), None)

    def line_inside(self) -> int | None:
        row, below = self.rows[self.cursor], self.rows[self.cursor + 1 : self.cursor + 2]
        return self.cursor + 1 if below and below[0].depth > row.depth else None
