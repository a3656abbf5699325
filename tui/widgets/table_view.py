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
from tui.widgets.result_messages import ViewChanged
from tui.widgets.value_view import ValueView

__all__ = ["TableView"]

_AT_ONCE = 20_000  # rows that are sorted without letting others run
_STYLES = {"null": "dim", "container": "dim", "missing": "dim"}


class TableView(CursorView, ValueView):
    """Shows a `Table`. `Chosen` is enter on a row, `Arranged` tells of other columns or another order, `HeadChosen` is
    a click on a title."""

    BINDINGS = actions.bind("nav.open", ("nav.left", "column(-1)"), ("nav.right", "column(1)"))

    header_height = 1

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
        self.table = Table(())
        """The table that is shown, empty where none is."""
        self._places = ColumnPlaces(self.table)
        self._column = 0
        self._told: tuple[object, ...] = ()

    # The table

    def set_table(self, table: Table, at: tuple[int, str] = (0, "")) -> None:
        """Shows a table, the cursor on this row of the list and this column."""
        self.end_search()
        if self.is_attached:
            for group in ("sort", "look"):
                self.workers.cancel_group(self, group)
        self.table, self._places = table, ColumnPlaces(table)
        row, key = at
        self._column = table.columns.index(key) if key in table.columns else 0
        self._told = ()
        self.set_reactive(TableView.cursor, row)
        self._columns_changed()
        self.scroll_lines(0)
        self.show_cursor()
        if len(table):
            self._sort(row or None)
            self._look_further()

    def clear(self) -> None:
        self.set_table(Table(()))

    @property
    def key(self) -> str | None:
        """The key of the column under the cursor."""
        return self.table.columns[self._column] if self.table.columns else None

    @property
    def path(self) -> Path:
        """The path of the value under the cursor."""
        return () if self.key is None else self.table.place(self.cursor, self.key)

    @property
    def value(self) -> Any:
        """The value under the cursor; None where a row has nothing there."""
        return None if self.key is None else self.table.value(self.cursor, self.key)

    @property
    def shown_columns(self) -> tuple[int, int, int]:
        """Numbers, from 1, of the first and last column on screen after those that stay, and how many there are."""
        cells = self.scrollable_content_region.width
        total = len(self.table.columns)
        if not cells:  # nothing is on screen yet
            return 1, total, total
        places = self._places.on_screen(cells)
        if not places:
            return 0, 0, total
        first = next((column for at, (column, _) in enumerate(places) if column != at), 0)
        return first + 1, places[-1][0] + 1, total

    def show_exact(self, exact: bool) -> None:
        """Shows exact values in the cells, or readable ones."""
        self.table.exact = exact
        self._columns_changed()

    @property
    def facts(self) -> list[str]:
        first, last, total = self.shown_columns
        hidden = len(set(self.table.whole) - set(self.table.columns))
        columns = [f"columns {first}-{last} of {total}"] if (first, last) != (1, total) else []
        columns += [f"{hidden} hidden"] if hidden else []
        return [*(["exact values"] if self.table.exact else []), *([", ".join(columns)] if columns else [])]

    # Arranging

    def rearrange(self, arrangement: Arrangement) -> None:
        """Shows the columns as chosen, the cursor on the same value where it is still shown."""
        table = self.table
        key, source = self.key, table.source(self.cursor)
        table.arrange(arrangement)
        columns = table.columns
        self._column = columns.index(key) if key in columns else min(self._column, max(len(columns) - 1, 0))
        self._columns_changed()
        self._sort(source)
        self.post_message(self.Arranged(arrangement))

    def change(self, what: Callable[[Table, str], Arrangement]) -> None:
        """Arranges the columns anew by a change of the one under the cursor."""
        if self.key is not None:
            self.rearrange(what(self.table, self.key))

    def _sort(self, source: int | None) -> None:
        if self.table.is_sorted:
            return
        if len(self.table) > _AT_ONCE:
            self._sort_slowly(source)
            return
        for _ in self.table.sort():
            pass
        self._sorted(source)

    @work(exclusive=True, group="sort")
    async def _sort_slowly(self, source: int | None) -> None:
        steps = self.table.sort()
        try:
            for _ in steps:
                await asyncio.sleep(0)
        finally:
            del steps  # the traceback of a cancelled task would go on holding the table
        self._sorted(source)

    def _sorted(self, source: int | None) -> None:
        self.redraw()
        if source is not None:
            self.cursor = self.table.shown_at(source)
            self.show_cursor()
        self.cursor_moved()

    @work(exclusive=True, group="look")
    async def _look_further(self) -> None:
        steps = self.table.look_further()
        try:
            for more in steps:
                if more:
                    self._columns_changed()
                await asyncio.sleep(0)
        finally:
            del steps

    # Drawing

    def line_count(self) -> int:
        return len(self.table)

    def header_spans(self, cells: int) -> Sequence[Span] | None:
        table, spans = self.table, [Span("  ")]
        sorting, descending = table.sorting or (None, False)
        for place, (column, room) in enumerate(self._places.on_screen(cells)):
            key = table.columns[column]
            title = self.fitted(key, room)
            if key == sorting:
                sign = self.glyphs.descending if descending else self.glyphs.ascending
                title = self.fitted(f"{self.fitted(key, max(room - 2, 1))} {sign}", room)
            filled = pad(title, room, "right" if self._places.is_numeric(key) else "left")
            spans += [Span(" " * GAP if place else ""), Span(filled, "accent" if column == self._column else "")]
        return spans

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        on_cursor = index == self.cursor
        spans = [Span(f"{self.glyphs.cursor} " if on_cursor else "  ", "accent")]
        for place, (column, room) in enumerate(self._places.on_screen(cells)):
            key = self.table.columns[column]
            spans.append(Span(" " * GAP if place else ""))
            spans += self._cell(self.table.cell(index, key), room, key, on_cursor and column == self._column)
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
            spans.insert(0 if self._places.is_numeric(key) else len(spans), Span(filling))
        return spans

    def _columns_changed(self) -> None:
        self._places.forget()
        self.lines_changed()
        self._show_column()

    # Moving

    def action_column(self, by: int) -> None:
        """The column before or after."""
        self._column = max(0, min(self._column + by, len(self.table.columns) - 1))
        self._show_column()

    def _show_column(self) -> None:
        """Scrolls no further than needed to have all of the cursor's column on screen."""
        cells = self.scrollable_content_region.width
        if cells and self._places.show(self._column, cells):
            self._strips.clear()
        self.line_changed(self.cursor)
        self.refresh()
        self.cursor_moved()

    def cursor_moved(self) -> None:
        told = (self.path, self._places.first, self.scrollable_content_region.width)
        if told != self._told:
            self._told = told
            self.post_message(ViewChanged())

    def on_resize(self, event: events.Resize) -> None:
        self._show_column()

    def action_choose(self) -> None:
        if len(self.table):
            self.post_message(self.Chosen((self.table.source(self.cursor),)))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.header_height:
            return  # a line: the base class takes it
        event.prevent_default()
        if self._column_at(offset.x):
            self._show_column()
            self.post_message(self.HeadChosen())

    def _column_at(self, cell: int) -> bool:
        """Puts the cursor on the column at a cell of the screen; False where there is none."""
        at = SIGN
        for place, room in self._places.on_screen(self.scrollable_content_region.width):
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
        return self.table.search(text, after=(self.cursor, self._column), backwards=backwards)

    def match_here(self, text: str) -> tuple[int, int] | None:
        table, here = self.table, (self.cursor, self._column)
        return here if table.columns and table.matches(*here, text) else None

    def go_to_match(self, place: tuple[int, int]) -> None:
        row, self._column = place
        self.show_line(row)
        self.cursor = row
        self._show_column()
