"""`ResultViews`: one decoded value as a tree, as a table when it is a list of objects, or as raw JSON.

Each view is made and filled when it is first wanted, and lets go of the value when another one is shown. What the user
chose for the results of a method (the view, the columns) is kept in the memory of the connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from textual import on
from textual.containers import Vertical
from textual.widget import Widget

from truenas_client.values.best_columns import best_columns
from truenas_client.values.diff import KEYS
from truenas_client.values.kinds import path_text, title_of
from truenas_client.values.table import Arrangement, Table, is_table, named_rows
from tui import actions
from tui.memory.state import ConnectionMemory
from tui.model.differences import Differences
from tui.model.export import Shown
from tui.model.page import Page
from tui.widgets.diff_view import DiffView
from tui.widgets.json_view import JsonView
from tui.widgets.pane import Fact
from tui.widgets.raw_view import RawView
from tui.widgets.result_messages import ColumnsWanted, QueryWanted, ViewChanged
from tui.widgets.table_view import TableView
from tui.widgets.value_view import ValueView

__all__ = ["DIFF", "RAW", "TABLE", "TREE", "ResultViews"]

V = TypeVar("V", bound=ValueView)

TREE = "Tree"
TABLE = "Table"
RAW = "Raw"
DIFF = "Diff"


class ResultViews(Vertical):
    """Shows `show_value(...)`. Posts the messages of `result_messages`, and `Found` of its view."""

    BINDINGS = actions.bindings("result")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: ValueView | None = None
        self._value: Any = None
        self._table: Table | None = None
        self._memory = ConnectionMemory()
        self._method = ""
        self.view = ""
        """The one of `views` that is shown."""
        self._row: int | None = None
        self._filled: set[str] = set()
        self._page: Page | None = None
        self._named: list[dict[str, Any]] | None = None
        """The rows of an object that is shown as a table."""
        self._exact = False
        self.differences: Differences | None = None
        """What differs from another value, where the user compared."""
        self._left_at: tuple[str, Any, str] | None = None

    # The value

    def show_value(
        self, value: Any, method: str, memory: ConnectionMemory, *, as_table: bool, page: Page | None = None
    ) -> None:
        """Shows a value, which must not change meanwhile, as results of this method were looked at before, or else
        as a table if it is one and ``as_table``, or as a tree. ``page`` says which part of a query's rows it is."""
        self.clear()
        self._value, self._method, self._memory, self._page = value, method, memory, page
        self._named = named_rows(value)
        if self._named is not None or is_table(value):
            self._table = self._new_table(self._named or value)
        wanted = memory.view_of(method) or (TABLE if as_table else TREE)
        self._open(wanted if wanted in self.views else TREE)

    def _new_table(self, rows: list[Any]) -> Table:
        arrangement = Arrangement.from_dict(self._memory.table_of(self._method))
        if self._page is not None and self._page.is_part:
            arrangement = replace(arrangement, sort=None)  # the server sorts: see `tui.model.page`
        selected = self._page.selected if self._page is not None else ()
        table = Table(rows, arrangement, best=selected or best_columns(self._method) or ())
        table.exact = self._exact
        if self._page is not None and (sorting := self._page.sorting) is not None:
            field, descending = sorting
            key = next((key for key in table.keys if table.field(key) == field), field)
            table.given_order = key, descending
        return table

    def _cursor(self, table: Table) -> tuple[int, str]:
        """Where the cursor was when the last result of this method was left: on the row of the same name."""
        method, row, key = self._left_at or ("", None, "")
        if method != self._method:
            return 0, ""
        if not isinstance(row, dict):
            return 0, key
        name = next((name for name in KEYS if name in row), None)
        same = (at for at, other in enumerate(table.rows) if name is not None and other.get(name) == row[name])
        return next(same, 0), key

    def clear(self) -> None:
        """Lets go of the value."""
        table = self.table_view
        if self._table is not None and table is not None and table.key is not None:
            row = self._table.row(table.cursor)
            self._left_at = self._method, {name: row[name] for name in KEYS if name in row}, table.key
        for view in self.query_children().results(ValueView):  # type selectors see first bases only
            view.clear()
        self._filled.clear()
        self._value = self._table = self._row = self.differences = self._named = None

    @property
    def views(self) -> tuple[str, ...]:
        """The views that the value has."""
        views = (TREE, RAW) if self._table is None else (TREE, TABLE, RAW)
        return views if self.differences is None else (*views, DIFF)

    def show_differences(self, differences: Differences) -> None:
        """Shows what differs between another value and this one, as one more view of it."""
        self.differences = differences
        self._filled.discard("diff")
        self._open(DIFF)

    @property
    def content(self) -> Widget:
        """The widget that is shown."""
        return self if self._shown is None else self._shown

    @property
    def table_view(self) -> TableView | None:
        """The table, while it is what is shown."""
        return self._shown if isinstance(self._shown, TableView) else None

    def choose_view(self, view: str) -> None:
        """Shows another view, and the results of this method from now on in it."""
        if view in self.views and (view != self.view or self._row is not None):
            if view != DIFF:
                self._memory.set_view(self._method, view)
            self._open(view)

    def next_view(self) -> None:
        """Tree, table, raw, and around."""
        views = self.views
        self.choose_view(views[(views.index(self.view) + 1) % len(views)])

    def _open(self, view: str) -> None:
        self.view, self._row = view, None
        value = self._value
        if view == TABLE:
            self._fill("table", TableView, self._fill_table)
        elif view == DIFF:
            self._fill("diff", DiffView, lambda diff: diff.set_differences(self.differences))
        elif view == RAW:
            self._fill("raw", RawView, lambda raw: raw.set_value(value))
        else:
            self._fill("tree", JsonView, lambda tree: tree.set_value(value))

    def _fill_table(self, view: TableView) -> None:
        if self._table is not None:
            view.set_table(self._table, self._cursor(self._table))

    def _fill(self, name: str, kind: type[V], fill: Callable[[V], None]) -> None:
        """Shows the view of this name, made and filled if it is not."""
        view = next(iter(self.query_children(f"#{name}").results(kind)), None)
        if view is None:
            view = kind(id=name)
            self.mount(view)
        if name not in self._filled:
            self._filled.add(name)
            fill(view)
        inside = self.has_focus_within
        if self._shown is not None:
            self._shown.display = False
        self._shown = view
        view.display = True
        if inside:
            view.focus()
        self.post_message(ViewChanged())

    # Rows

    @on(TableView.Chosen)
    def _row_chosen(self, event: TableView.Chosen) -> None:
        event.stop()
        self._row = int(event.path[0])
        row = (self._named or self._value)[self._row]
        self._filled.discard("row")
        self._fill("row", JsonView, lambda tree: tree.set_value(row))

    def back(self) -> bool:
        """From a row to the table it is in; False when no row is open."""
        if self._row is None:
            return False
        self._open(TABLE)
        return True

    # Columns

    @on(TableView.HeadChosen)
    def action_table_sort(self) -> None:
        view, page = self.table_view, self._page
        if view is None or view.key is None:
            return
        if page is not None and page.is_part:
            if field := view.table.field(view.key):
                self.post_message(QueryWanted(self._method, page.sorted_by(field)))
            else:
                self.notify("The server cannot sort by this column: its values are lists or objects.", timeout=4)
            return
        self._change(lambda table, key: table.arrangement.sorted_by(key))

    def action_table_exact(self) -> None:
        self._exact = not self._exact
        if self.table_view is not None:
            self.table_view.show_exact(self._exact)
            self.post_message(ViewChanged())

    def action_table_page(self, by: int) -> None:
        """The next page of the query's rows, or with -1 the one before."""
        page = self._page
        if page is None or not (page.has_next if by > 0 else page.offset):
            self.notify("There is no further page." if by > 0 else "This is the first page.", timeout=2)
            return
        self.post_message(QueryWanted(self._method, page.moved(by)))

    def action_table_hide(self) -> None:
        self._change(lambda table, key: table.toggled(key))

    def action_table_pin(self) -> None:
        self._change(lambda table, key: table.arrangement.with_pin(key))

    def action_table_left(self) -> None:
        self._change(lambda table, key: table.moved(key, -1))

    def action_table_right(self) -> None:
        self._change(lambda table, key: table.moved(key, 1))

    def _change(self, what: Callable[[Table, str], Arrangement]) -> None:
        if self.table_view is not None:
            self.table_view.change(what)

    def action_table_columns(self) -> None:
        if self.table_view is not None:
            self.post_message(ColumnsWanted())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "table_page":
            return self.table_view is not None and self._page is not None and bool(self._page.limit)
        return self.table_view is not None if action.startswith("table_") else True

    # Facts for the border

    @property
    def title(self) -> str:
        """The shown part of the result: "" for all of it, else the row."""
        if self._row is None:
            return ""
        rows = self._named or self._value
        name = title_of(rows[self._row])
        return f"row {self._row + 1} of {len(rows)}" + (f"  {name}" if name else "")

    @property
    def part_shown(self) -> Shown | None:
        """What the table or the open row shows of the value; None where all of it is shown as it is."""
        if self._row is not None:
            return Shown((self._named or self._value)[self._row], None, self.title)
        if self.table_view is None:
            return None
        table = self.table_view.table
        rows, columns = [table.row(at) for at in range(len(table))], table.columns
        words = f"{len(columns)} of {len(table.keys)} columns"
        return Shown(rows, columns, f"{words}, sorted by {table.sorting[0]}" if table.sorting else words)

    @property
    def path(self) -> tuple[str | int, ...] | None:
        """The path of the value under the cursor; None where there is no cursor."""
        path = None if self._shown is None else self._shown.path
        path = path if path is None or self._row is None else (self._row, *path)
        if self._named is None or not path or (self.table_view is None and self._row is None):
            return path
        return (self._named[int(path[0])]["name"],)  # the row of a member

    @property
    def facts(self) -> list[Fact]:
        """Where the cursor is, and how the view shows the value."""
        facts: list[Fact] = [] if self._row is None else ["{app.back} back"]
        if self.table_view is not None and self._page is not None and self._page.has_next:
            facts.append("{table.next_page} next")
        if self.path:
            facts.append((path_text(self.path), "title"))
        return facts if self._shown is None else [*facts, *self._shown.facts]

    @on(TableView.Arranged)
    def _arranged(self, event: TableView.Arranged) -> None:
        event.stop()
        self._memory.set_table(self._method, event.arrangement.as_dict())
        self.post_message(ViewChanged())

    # Copying

    def under_cursor(self) -> tuple[str, Any] | None:
        """Path, as people write it, and value under the cursor; None where there is no cursor."""
        path = self.path
        return None if path is None or self._shown is None else (path_text(path), self._shown.value)
