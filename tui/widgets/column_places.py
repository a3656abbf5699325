"""Which columns of a table are on screen, and how wide each is.

Without a pinned column the first one stays at the left, where it leaves room: rows are told apart by it.
"""

from __future__ import annotations

from truenas_client.values.table import Table
from tui.text import safe, width
from tui.widgets.columns import GAP

__all__ = ["SIGN", "ColumnPlaces"]

SIGN = 2
"""Cells at the left, for the cursor's sign."""
WIDEST = 40
_MEASURED = 200  # rows that decide how wide a column is
_WIDEST_TITLE = 20
_LEAST = 4  # cells below which a column at the right edge is not begun


class ColumnPlaces:
    """The columns of one table on a widget of so many cells: pinned ones, then those from `first` on."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.first = 0
        self._widths: dict[str, int] = {}
        self._numeric: dict[str, bool] = {}
        self._places: tuple[int, list[tuple[int, int]]] | None = None

    def forget(self) -> None:
        """Other columns are shown, or the same ones in another way."""
        self._places = None
        self._widths.clear()
        self._numeric.clear()

    def on_screen(self, cells: int) -> list[tuple[int, int]]:
        """Each column on screen with its width; the last one may be narrower than it wants."""
        if self._places is not None and self._places[0] == cells:
            return self._places[1]
        columns = self._table.columns
        places: list[tuple[int, int]] = []
        fixed = self._fixed(cells)
        room = cells - SIGN
        for column in [*range(fixed), *range(max(self.first, fixed), len(columns))]:
            wanted = self.width_of(columns[column])
            if room < min(wanted, _LEAST) and places:
                break
            places.append((column, min(wanted, max(room, 1))))
            room -= wanted + GAP
        self._places = (cells, places)
        return places

    def show(self, column: int, cells: int) -> bool:
        """Scrolls no further than needed to have all of a column on screen; whether it scrolled."""
        columns = self._table.columns
        fixed, first = self._fixed(cells), self.first
        if column >= fixed:
            first = min(max(first, fixed), column)
            taken = SIGN + sum(self.width_of(key) + GAP for key in columns[:fixed])
            while first < column:
                wanted = sum(self.width_of(key) + GAP for key in columns[first : column + 1])
                if taken + wanted - GAP <= cells:
                    break
                first += 1
        if first == self.first:
            return False
        self.first = first
        self._places = None
        return True

    def width_of(self, key: str) -> int:
        """The cells a column wants, by its title and its first rows."""
        found = self._widths.get(key)
        if found is None:
            texts = self._table.samples(key, _MEASURED)
            cells = (width(safe(text[: 4 * WIDEST])) for text in texts)
            title = min(width(safe(key[:100])), _WIDEST_TITLE) + (2 if key == (self._table.sorting or ("",))[0] else 0)
            found = self._widths[key] = max(min(max(cells, default=0), WIDEST), title, 2)
        return found

    def is_numeric(self, key: str) -> bool:
        """Whether a column stands at the right."""
        found = self._numeric.get(key)
        if found is None:
            found = self._numeric[key] = self._table.is_numeric(key)
        return found

    def _fixed(self, cells: int) -> int:
        """How many columns stay: the pinned ones or the first one, as far as they leave room for one that moves."""
        if not self._table.pinned:
            return int(bool(self._table.columns) and self.width_of(self._table.columns[0]) <= cells // 3)
        room = 2 * cells // 3 - SIGN
        for count, key in enumerate(self._table.columns[: self._table.pinned]):
            room -= self.width_of(key) + GAP
            if room < 0:
                return count
        return self._table.pinned
