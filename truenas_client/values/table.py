"""A list of objects as a table: its columns, its cells, sorting and finding.

A `Table` reads the given list and copies no row. The user's choice (order, hidden, pinned, sorting) is an
`Arrangement`; keys that it does not name come after those it names. Work that grows with the number of rows is an
iterator of steps of a few milliseconds, so that the caller can run other tasks in between.

Invariant: sorting is stable in both directions, and null and missing values come last in both.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from .arrangement import Arrangement
from .cells import MISSING, Cell, cell_of, property_value, sort_key
from .kinds import is_container

__all__ = ["Arrangement", "Cell", "Table", "is_table"]

FIRST_LOOKED_AT = 500
"""Rows whose keys are read before the table is shown; `Table.look_further` reads the others."""
STEP = 20_000
"""Values in one step of long work."""
_LONG_NUMBERS = frozenset({"guid", "uuid"})
"""Keys of identifiers that mean nothing to users."""


def is_table(value: Any) -> bool:
    """Whether a value is a list of objects, with at least one."""
    return isinstance(value, list) and bool(value) and all(type(row) is dict for row in value)


class Table:
    """Rows and columns of a list of objects, which must not change while it is shown.

    Rows are numbered from 0 as they are shown; `source` is the index in the list.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], arrangement: Arrangement | None = None) -> None:
        self.rows = rows
        self._known: dict[str, None] = {}
        for row in islice(rows, FIRST_LOOKED_AT):
            self._known.update(dict.fromkeys(row))
        self._natural = self._by_use()
        self._order: array[int] | None = None
        self._sorted_by: tuple[str, bool] | None = None
        self.arrangement = arrangement or Arrangement()
        self._columns = self._arranged()

    def __len__(self) -> int:
        return len(self.rows)

    # Columns

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key, shown or not, in the order of the columns: pinned ones first."""
        chosen, known = self.arrangement, self._natural
        pinned = [key for key in chosen.pinned if key in self._known]
        ordered = dict.fromkeys([*pinned, *(key for key in chosen.order if key in self._known), *known])
        return tuple(ordered)

    @property
    def natural(self) -> tuple[str, ...]:
        """Every key, in the order without an arrangement."""
        return self._natural

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys that are shown, in order; at least one as long as there is a key."""
        return self._columns

    @property
    def pinned(self) -> int:
        """The number of columns pinned at the left."""
        return sum(1 for key in self._columns if key in self.arrangement.pinned)

    def arrange(self, arrangement: Arrangement) -> None:
        """Use another arrangement. This does not sort the rows: see `sort`."""
        self.arrangement = arrangement
        self._columns = self._arranged()

    def know(self, keys: Sequence[str]) -> None:
        """Add these keys in front of the known ones, in this order."""
        self._known = dict.fromkeys([*keys, *self._known])
        self._natural = tuple(self._known)
        self._columns = self._arranged()

    def moved(self, key: str, by: int, *, hidden: bool = False) -> Arrangement:
        """The arrangement with a column moved this many places to the right (negative: to the left).

        Pinned columns move among themselves, and so do the others. Hidden columns count only with ``hidden``.
        """
        keys = list(self.keys)
        group = [other for other in keys if self._fixed(other) == self._fixed(key)]
        shown = [other for other in group if hidden or other not in self.arrangement.hidden or other == key]
        at = shown.index(key)
        target = shown[max(0, min(at + by, len(shown) - 1))]
        if target == key:
            return self.arrangement
        group.remove(key)
        group.insert(group.index(target) + (by > 0), key)
        if self._fixed(key):
            return replace(self.arrangement, pinned=tuple(group))
        return replace(self.arrangement, order=(*(other for other in keys if self._fixed(other)), *group))

    def look_further(self) -> Iterator[bool]:
        """Read the remaining rows for further keys. Yields after each step whether it found a new one."""
        before = len(self._known)
        looked = 0
        for row in islice(self.rows, FIRST_LOOKED_AT, None):
            # Rows of a table nearly always have the same keys, and comparing is cheaper than adding.
            if not row.keys() <= self._known.keys():
                self._known.update(dict.fromkeys(row))
            looked += len(row) + 1
            if looked >= STEP:
                looked = 0
                if len(self._known) > before:
                    self._taken(before)
                yield len(self._known) > before
                before = len(self._known)
        if len(self._known) > before:
            self._taken(before)
            yield True

    def _taken(self, before: int) -> None:
        self._natural = (*self._natural, *islice(self._known, before, None))
        self._columns = self._arranged()

    def _fixed(self, key: str) -> bool:
        return key in self.arrangement.pinned

    def _arranged(self) -> tuple[str, ...]:
        keys = self.keys
        return tuple(key for key in keys if key not in self.arrangement.hidden) or keys[:1]

    def _by_use(self) -> tuple[str, ...]:
        """The keys in the server's order, except that keys of containers come later and keys without values last."""
        rows = self.rows[:FIRST_LOOKED_AT]

        def rank(key: str) -> int:
            if key in _LONG_NUMBERS:
                return 1
            least = 2
            for row in islice(rows, 50):
                value = row.get(key)
                if value is None or value in ("", [], {}):
                    continue
                if not is_container(value) or property_value(value) is not value:
                    return 0
                least = 1
            return least

        return tuple(sorted(self._known, key=rank))

    # Rows

    def source(self, index: int) -> int:
        """The index in the list of a shown row."""
        return index if self._order is None else self._order[index]

    def row(self, index: int) -> Mapping[str, Any]:
        """A shown row."""
        return self.rows[self.source(index)]

    def shown_at(self, source: int) -> int:
        """The shown position of the row with this index in the list."""
        return source if self._order is None else self._order.index(source)

    def cell(self, index: int, key: str) -> Cell:
        """The cell in a column of a shown row."""
        row = self.row(index)
        return cell_of(key, row[key]) if key in row else MISSING

    def samples(self, key: str, count: int) -> Iterator[str]:
        """The texts of a column in the first rows of the list. Sorting does not change them."""
        return (cell_of(key, row[key]).text for row in islice(self.rows, count) if key in row)

    def is_numeric(self, key: str) -> bool:
        """Whether the first rows have only numbers and nulls under a key."""
        kinds = {cell_of(key, row[key]).kind for row in islice(self.rows, 100) if key in row}
        return "number" in kinds and kinds <= {"number", "null"}

    # Sorting

    @property
    def is_sorted(self) -> bool:
        """Whether the rows are in the order of the arrangement."""
        wanted = self.arrangement
        return self._sorted_by == (None if wanted.sort is None else (wanted.sort, wanted.descending))

    def sort(self) -> Iterator[None]:
        """Sort the rows by the arrangement, in steps. They keep the old order until the last step."""
        key, descending = self.arrangement.sort, self.arrangement.descending
        order = None if key is None else (yield from _order(self.rows, key, descending))
        # An array, because a list of a million integers would take as much memory as the rows' keys.
        self._order = None if order is None else array("q", order)
        self._sorted_by = None if key is None else (key, descending)

    # Finding

    def search(self, text: str, *, after: tuple[int, int], backwards: bool = False) -> Iterator[tuple[int, int] | None]:
        """Yield row and column of each shown cell that contains ``text``, starting behind ``after`` and wrapping around
        to it. Yields None after each step, so that other tasks can run. Case counts only when ``text`` has capitals."""
        columns = self._columns
        total = len(self.rows) * len(columns)
        if not text or not total:
            return
        exact = text != text.lower()
        start = after[0] * len(columns) + after[1]
        for distance in range(1, total + 1):
            row, column = divmod((start + (-distance if backwards else distance)) % total, len(columns))
            there = self.cell(row, columns[column]).text
            if text in (there if exact else there.lower()):
                yield row, column
            if distance % 2000 == 0:
                yield None

    def matches(self, row: int, column: int, text: str) -> bool:
        """Whether `search` would find this shown cell."""
        there = self.cell(row, self._columns[column]).text
        return bool(text) and text in (there if text != text.lower() else there.lower())


def _order(rows: Sequence[Mapping[str, Any]], key: str, descending: bool) -> Generator[None, None, list[int]]:
    """The sorted indexes of the rows. Pieces are sorted one by one and then merged, so that no step is long."""
    keys: list[Any] = []
    pieces: list[list[int]] = []
    last: list[int] = []
    piece: list[int] = []
    for place, row in enumerate(rows):
        found = sort_key(row.get(key))
        keys.append(found)
        (last if found is None else piece).append(place)
        if (place + 1) % STEP == 0:
            yield
            _sort_piece(piece, keys, descending)
            pieces.append(piece)
            piece = []
            yield
    _sort_piece(piece, keys, descending)
    pieces.append(piece)
    if len(pieces) == 1:
        return piece + last
    order: list[int] = []
    merged: Iterable[int] = heapq.merge(*pieces, key=keys.__getitem__, reverse=descending)
    for place in merged:
        order.append(place)
        if len(order) % STEP == 0:
            yield
    return order + last


def _sort_piece(piece: list[int], keys: list[Any], descending: bool) -> None:
    piece.sort(key=keys.__getitem__, reverse=descending)
