"""Which columns a table shows, in which order, and which of them stay at the left."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from truenas_client.values.table import Arrangement, Table
from tui import actions
from tui.cards.card import CardScreen
from tui.widgets.find_field import FindField
from tui.widgets.key_line import Hint
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["ColumnsScreen"]


class ColumnsScreen(CardScreen[Arrangement | None]):
    """Dismisses with the arrangement for enter, with None for escape. ``key`` is the column with the cursor."""

    TITLE = "Columns"
    BINDINGS = [
        *actions.bind(
            *(("card.accept", "answer"), ("nav.toggle", "hide")),
            *(("table.left", "move(-1)"), ("nav.left", "move(-1)")),
            *(("table.right", "move(1)"), ("nav.right", "move(1)")),
            priority=True,
        ),
        *actions.bind(
            *(("app.close", "leave"), ("table.columns", "leave")),
            *(("table.pin", "pin"), ("table.sort", "sort")),
            *(("columns.all", "all"), ("columns.only", "none"), ("columns.reset", "reset")),
            ("pane.find", "filter"),
        ),
    ]

    def __init__(self, table: Table, key: str | None) -> None:
        super().__init__()
        # A table of its own over the same rows: a trial here does not show behind the card.
        self._table = copy(table)
        self._key = key
        self._sought = ""

    def lines(self) -> ComposeResult:
        yield Rows((Column(cells=3), Column(flex=True), Column(cells=18, style="dim")), id="columns")
        yield FindField(self._filter, lambda: self.query_one(Rows), placeholder="part of a name")
        yield Hint(
            *(("nav.toggle", "show or hide"), ("table.left table.right", "move")),
            *(("table.pin", "pin"), ("table.sort", "sort")),
        )
        yield Hint(
            *(("pane.find", "filter"), ("columns.all", "all"), ("columns.only", "only this")),
            *(("columns.reset", "reset"), ("card.leave", "back"), ("card.accept", "done")),
        )

    def on_mount(self) -> None:
        self._renew()
        if self._key is not None:
            self.query_one(Rows).move_to(f"={self._key}")

    def _renew(self) -> None:
        table, chosen = self._table, self._table.arrangement
        rows = [
            Row(
                f"={key}",
                (
                    Cell("[x]", "accent") if table.is_shown(key) else Cell("[ ]", "dim"),
                    Cell(key, "" if table.is_shown(key) else "dim"),
                    "  ".join(_words(chosen, key)),
                ),
            )
            for key in table.keys
            if self._sought in key.lower()
        ]
        self.query_one(Rows).set_rows(rows)
        shown = sum(map(table.is_shown, table.keys))
        found = f"{len(rows)} found  " if self._sought else ""
        self.query_one("#card").border_subtitle = f"{found}{shown} of {len(table.keys)} shown"

    # The filter

    def _filter(self, text: str) -> None:
        self._sought = text.strip().lower()
        self._renew()

    def action_filter(self) -> None:
        self.query_one(FindField).open()

    def action_leave(self) -> None:
        if not self.query_one(FindField).close():
            super().action_leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # In the filter letters and arrows belong to the text.
        typing = self.query_one(FindField).has_focus
        return not typing if action in ("answer", "hide", "move") else super().check_action(action, parameters)

    def _take(self, arrangement: Arrangement) -> None:
        self._table.arrange(arrangement)
        self._renew()

    def _change(self, changed: Callable[[str], Arrangement]) -> None:
        """Arranges the columns anew by what becomes of the one under the cursor."""
        if (key := self.query_one(Rows).key) is not None:
            self._take(changed(key.removeprefix("=")))

    @on(Rows.Chosen)
    def action_hide(self) -> None:
        self._change(self._table.toggled)

    def action_pin(self) -> None:
        self._change(self._table.arrangement.with_pin)

    def action_sort(self) -> None:
        self._change(self._table.arrangement.sorted_by)

    def action_move(self, by: int) -> None:
        self._change(lambda key: self._table.moved(key, by, hidden=True))

    def action_all(self) -> None:
        self._take(replace(self._table.arrangement, hidden=frozenset(), shown=frozenset(self._table.whole)))

    def action_none(self) -> None:
        chosen = self._table.arrangement
        others = frozenset(self._table.chosen)
        self._change(lambda key: replace(chosen, hidden=others - {key}, shown=frozenset({key})))

    def action_reset(self) -> None:
        self._take(Arrangement())

    def action_answer(self) -> None:
        self.dismiss(self._table.arrangement)


def _words(chosen: Arrangement, key: str) -> list[str]:
    words = ["pinned"] if key in chosen.pinned else []
    if key == chosen.sort:
        words.append("descending" if chosen.descending else "ascending")
    return words
