"""`TableView`: a list of objects as rows and columns, drawn line by line from `truenas_client.values.table`.

The cursor is a cell: up and down move it by rows, left and right by columns. Columns are as wide as their first rows
want, cut and aligned by terminal cells; when there are more than fit, they scroll by whole columns, the pinned ones
staying. Only what is on screen is ever asked for, so a page of ten thousand rows costs what one of forty does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events, work
from textual.message import Message

from truenas_client.values.kinds import Path
from truenas_client.values.table import Arrangement, Cell, Table
from tui import actions
from tui.text import pad, width
from tui.widgets.column_places import SIGN, ColumnPlaces
from tui.widgets.columns import GAP
from tui.widgets.cursor_view import CursorView
from tui.widgets.finding_view import found_spans
from tui.widgets.lines import Span
from tui.widgets.value_view import ValueView

__all__ = ["TableView"]

_AT_ONCE = 20_000  # rows that are sorted without letting others run
_STYLES = {"null": "dim", "container": "dim", "missing": "dim"}


class TableView(CursorView, ValueView):
    """Shows a `Table`. `Chosen` is enter on a row, `Arranged` tells of other columns or another order, `HeadChosen` is
    a click on a title."""

    BINDINGS = actions.bind("nav.open", ("nav.left", "column(-1)"), ("nav.right", "column(1)"))

    @dataclass
    class Chosen(Message):
        """Enter or a double click on a row; `path` is the place of the row in the list."""

        path: Path

    class HeadChosen(Message):
        """A click on the title of a column, which has the cursor now."""

    @dataclass
    class Arranged(Message):
        """The user chose other columns or another order."""

        arrangement: Arrangement

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table: Table | None = None
        self._column = 0
        self._places: ColumnPlaces | None = None
        self._told: tuple[object, ...] = ()

    # The table

    def set_table(self, table: Table | None, at: tuple[int, str] = (0, "")) -> None:
        """Shows a table, the cursor on this row of the list and this column; None shows nothing and lets go of it."""
        self._end_work()
        self._table = table
        self._places = None if table is None else ColumnPlaces(table)
        row, key = at
        self._column = table.columns.index(key) if table is not None and key in table.columns else 0
        self._told = ()
        self.set_reactive(TableView.cursor, row)
        self._columns_changed()
        self.scroll_lines(0)
        self.show_cursor()
        if table is not None:
            self._sort(table, row or None)
            self._look_further()

    def clear(self) -> None:
        self.set_table(None)

    @property
    def table(self) -> Table | None:
        """The table that is shown."""
        return self._table

    @property
    def key(self) -> str | None:
        """The key of the column under the cursor."""
        return self._table.columns[self._column] if self._table is not None and self._table.columns else None

    @property
    def path(self) -> Path:
        """The path of the value under the cursor."""
        if self._table is None or self.key is None:
            return ()
        return self._table.place(self.cursor, self.key)

    @property
    def value(self) -> Any:
        """The value under the cursor; None where a row has nothing there."""
        return None if self._table is None or self.key is None else self._table.value(self.cursor, self.key)

    @property
    def shown_columns(self) -> tuple[int, int, int]:
        """Numbers, from 1, of the first and last column on screen after those that stay, and how many there are."""
        cells = self.scrollable_content_region.width
        total = len(self._table.columns) if self._table is not None else 0
        if not cells:  # nothing is on screen yet
            return 1, total, total
        places = self._on_screen(cells)
        if not places:
            return 0, 0, total
        first = next((column for at, (column, _) in enumerate(places) if column != at), 0)
        return first + 1, places[-1][0] + 1, total

    def show_exact(self, exact: bool) -> None:
        """Shows exact values in the cells, or readable ones."""
        if self._table is not None:
            self._table.exact = exact
            self._columns_changed()

    @property
    def facts(self) -> list[str]:
        return [*(["exact values"] if self._table is not None and self._table.exact else []), *self._hidden]

    @property
    def _hidden(self) -> list[str]:
        first, last, total = self.shown_columns
        hidden = len(set(self._table.whole) - set(self._table.columns)) if self._table is not None else 0
        if (first, last) != (1, total):
            return [f"columns {first}-{last} of {total}" + (f", {hidden} hidden" if hidden else "")]
        return [f"{hidden} hidden"] if hidden else []

    # Arranging

    def rearrange(self, arrangement: Arrangement) -> None:
        """Shows the columns as chosen, the cursor on the same value where it is still shown."""
        table = self._table
        if table is None:
            return
        key, source = self.key, table.source(self.cursor)
        table.arrange(arrangement)
        columns = table.columns
        self._column = columns.index(key) if key in columns else min(self._column, max(len(columns) - 1, 0))
        self._columns_changed()
        self._sort(table, source)
        self.post_message(self.Arranged(arrangement))

    def change(self, what: Callable[[Table, str], Arrangement]) -> None:
        """Arranges the columns anew by a change of the one under the cursor."""
        if self._table is not None and self.key is not None:
            self.rearrange(what(self._table, self.key))

    def _sort(self, table: Table, source: int | None = None) -> None:
        if table.is_sorted:
            return
        if len(table) > _AT_ONCE:
            self._sort_slowly(source)
            return
        for _ in table.sort():
            pass
        self._sorted(table, source)

    @work(exclusive=True, group="sort")
    async def _sort_slowly(self, source: int | None) -> None:
        table = self._table
        try:
            for _ in table.sort() if table is not None else ():
                await asyncio.sleep(0)
            if table is not None and table is self._table:
                self._sorted(table, source)
        finally:
            del table

    def _sorted(self, table: Table, source: int | None) -> None:
        self.redraw()
        if source is not None:
            self.cursor = table.shown_at(source)
            self.show_cursor()
        self.cursor_moved()

    @work(exclusive=True, group="look")
    async def _look_further(self) -> None:
        table = self._table
        try:
            for more in table.look_further() if table is not None else ():
                if table is not self._table:
                    return
                if more:
                    self._columns_changed()
                await asyncio.sleep(0)
        finally:
            del table

    def _end_work(self) -> None:
        self.end_search()
        if self.is_attached:
            for group in ("sort", "look"):
                self.workers.cancel_group(self, group)

    # Drawing

    def line_count(self) -> int:
        return 0 if self._table is None else len(self._table)

    @property
    def header_height(self) -> int:
        return 1

    def header_spans(self, cells: int) -> Sequence[Span] | None:
        table = self._table
        if table is None:
            return None
        spans = [Span("  ")]
        sorting, descending = table.sorting or (None, False)
        for place, (column, room) in enumerate(self._on_screen(cells)):
            key = table.columns[column]
            title = self.fitted(key, room)
            if key == sorting:
                sign = self.glyphs.descending if descending else self.glyphs.ascending
                title = self.fitted(f"{self.fitted(key, max(room - 2, 1))} {sign}", room)
            filled = pad(title, room, "right" if self._numeric(key) else "left")
            spans += [Span(" " * GAP if place else ""), Span(filled, "accent" if column == self._column else "")]
        return spans

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        assert self._table is not None
        on_cursor = index == self.cursor
        spans = [Span(f"{self.glyphs.cursor} " if on_cursor else "  ", "accent")]
        for place, (column, room) in enumerate(self._on_screen(cells)):
            key = self._table.columns[column]
            spans.append(Span(" " * GAP if place else ""))
            spans += self._cell(self._table.cell(index, key), room, key, on_cursor and column == self._column)
        return spans

    def _cell(self, cell: Cell, room: int, key: str, chosen: bool) -> list[Span]:
        text = self.fitted(cell.text, room)
        filling = " " * (room - width(text))
        style = _STYLES.get(cell.kind, "")
        if chosen:
            # An empty cell has to show where the cursor is, too.
            text, filling, style = (text, filling, f"{style} cell".strip()) if text else (" ", filling[1:], "cell")
        spans = found_spans(text, self.sought, style)
        if filling:
            spans.insert(0 if self._numeric(key) else len(spans), Span(filling))
        return spans

    def _numeric(self, key: str) -> bool:
        return self._places is not None and self._places.is_numeric(key)

    def _on_screen(self, cells: int) -> list[tuple[int, int]]:
        return [] if self._places is None else self._places.on_screen(cells)

    def _columns_changed(self) -> None:
        if self._places is not None:
            self._places.forget()
        self.lines_changed()
        self._show_column()

    # Moving

    def action_column(self, by: int) -> None:
        """The column before or after."""
        if self._table is not None:
            self._column = max(0, min(self._column + by, len(self._table.columns) - 1))
            self._show_column()

    def _show_column(self) -> None:
        """Scrolls no further than needed to have all of the cursor's column on screen."""
        cells = self.scrollable_content_region.width
        if self._places is not None and cells and self._places.show(self._column, cells):
            self._strips.clear()
        self.line_changed(self.cursor)
        self.refresh()
        self.cursor_moved()

    def cursor_moved(self) -> None:
        told = (self.path, self._places and self._places.first, self.scrollable_content_region.width)
        if told != self._told:
            self._told = told
            self.post_message(self.PathChanged(self.path))

    def on_resize(self, event: events.Resize) -> None:
        self._show_column()

    def action_choose(self) -> None:
        if self._table is not None:
            self.post_message(self.Chosen((self._table.source(self.cursor),)))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.header_height or self._table is None:
            return  # a line: the base class takes it
        event.prevent_default()
        if self._column_at(offset.x):
            self._show_column()
            self.post_message(self.HeadChosen())

    def _column_at(self, cell: int) -> bool:
        """Puts the cursor on the column at a cell of the screen; False where there is none."""
        at = SIGN
        for place, room in self._on_screen(self.scrollable_content_region.width):
            if at <= cell < at + room + GAP:
                self._column = place
                return True
            at += room + GAP
        return False

    def choose_at(self, index: int, column: int) -> bool:
        before = (self.cursor, self._column)
        self._column_at(column)
        self.cursor = index
        self._show_column()
        return before == (self.cursor, self._column)

    # Finding

    def matches(self, text: str, *, backwards: bool) -> Iterator[tuple[int, int] | None]:
        if self._table is None:
            return iter(())
        return self._table.search(text, after=(self.cursor, self._column), backwards=backwards)

    def match_here(self, text: str) -> tuple[int, int] | None:
        table, here = self._table, (self.cursor, self._column)
        return here if table is not None and table.columns and table.matches(*here, text) else None

    def go_to_match(self, place: tuple[int, int]) -> None:
        row, self._column = place
        self.show_line(row)
        self.cursor = row
        self._show_column()
