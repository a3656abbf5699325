"""A list of objects as a table: its columns, its cells, sorting and finding.

A `Table` reads the given list and copies no row. Columns are paths (`columns`); without a choice of the user it shows
the same ones as `TextTable`. The user's choice (order, shown, hidden, pinned, sorting) is an `Arrangement`; columns
that it does not name come after those it names. Work that grows with the number of rows is an iterator of steps of a
few milliseconds, so that the caller can run other tasks in between.

Invariant: sorting is stable in both directions, and null and missing values come last in both.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from truenas_client.dotted import escaped, split

from .arrangement import Arrangement
from .cells import MISSING, Cell, cell_of, property_value, sort_key
from .columns import MISSING as NOTHING
from .columns import at_path, inner_columns, own_columns, place_of, present
from .kinds import Path, is_container
from .texttable import cell_text, key_of

__all__ = ["Arrangement", "Cell", "Table", "is_table", "named_rows"]

FIRST_LOOKED_AT = 500
"""Rows whose keys are read before the table is shown; `Table.look_further` reads the others."""
STEP = 20_000
"""Values in one step of long work."""
_LONG_NUMBERS = frozenset({"guid", "uuid"})
"""Keys of identifiers that mean nothing to users."""


def is_table(value: Any) -> bool:
    """Whether a value is a list of objects, with at least one."""
    return isinstance(value, list) and bool(value) and all(type(row) is dict for row in value)


def named_rows(value: Any) -> list[dict[str, Any]] | None:
    """The members of an object as rows with ``name`` and ``value``, where they are alike: two or more numbers (the
    temperature of each disk). None for any other value."""
    if type(value) is not dict or len(value) < 2:
        return None
    numbers = [item for item in value.values() if type(item) in (int, float)]
    if len(numbers) < 2 or any(item is not None and type(item) not in (int, float) for item in value.values()):
        return None
    return [{"name": name, "value": item} for name, item in value.items()]


class Table:
    """Rows and columns of a list of objects, which must not change while it is shown.

    Rows are numbered from 0 as they are shown; `source` is the index in the list.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        arrangement: Arrangement | None = None,
        *,
        best: Sequence[str] = (),
    ) -> None:
        self.rows = rows
        self.exact = False
        """Whether cells show exact values (bytes, ISO 8601) instead of readable ones."""
        self.given_order: tuple[str, bool] | None = None
        """The column that the server sorted the rows by, and whether descending; None where that is not known."""
        self._known: dict[str, None] = {}
        for row in islice(rows, FIRST_LOOKED_AT):
            self._known.update(dict.fromkeys(row))
        self.chosen = present(rows, best) or own_columns(rows)
        """The columns that are shown without an arrangement."""
        self._natural = tuple(dict.fromkeys([*self.chosen, *self._by_use(), *inner_columns(rows)]))
        self._order: array[int] | None = None
        self._sorted_by: tuple[str, bool] | None = None
        self.arrangement = arrangement or Arrangement()
        self._columns = self._arranged()

    def __len__(self) -> int:
        return len(self.rows)

    # Columns

    @property
    def keys(self) -> tuple[str, ...]:
        """Every column, shown or not, in order: pinned ones first."""
        arrangement, known = self.arrangement, dict.fromkeys(self._natural)
        pinned = [key for key in arrangement.pinned if key in known]
        return tuple(dict.fromkeys([*pinned, *(key for key in arrangement.order if key in known), *known]))

    @property
    def whole(self) -> tuple[str, ...]:
        """The columns of the members of the rows themselves: each value is in one of them."""
        return tuple(map(escaped, self._known))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are shown, in order; at least one as long as there is one."""
        return self._columns

    def is_shown(self, key: str) -> bool:
        """Whether the arrangement shows a column."""
        return key in self.arrangement.shown or (key in self.chosen and key not in self.arrangement.hidden)

    @property
    def pinned(self) -> int:
        """The number of columns pinned at the left."""
        return sum(1 for key in self._columns if key in self.arrangement.pinned)

    def arrange(self, arrangement: Arrangement) -> None:
        """Use another arrangement. This does not sort the rows: see `sort`."""
        self.arrangement = arrangement
        self._columns = self._arranged()

    def toggled(self, key: str) -> Arrangement:
        """The arrangement with a column hidden, or shown again."""
        arrangement = self.arrangement
        if self.is_shown(key):
            return replace(arrangement, hidden=arrangement.hidden | {key}, shown=arrangement.shown - {key})
        return replace(arrangement, hidden=arrangement.hidden - {key}, shown=arrangement.shown | {key})

    def moved(self, key: str, by: int, *, hidden: bool = False) -> Arrangement:
        """The arrangement with a column moved this many places to the right (negative: to the left).

        Pinned columns move among themselves, and so do the others. Hidden columns count only with ``hidden``.
        """
        keys = list(self.keys)
        group = [other for other in keys if self._fixed(other) == self._fixed(key)]
        shown = [other for other in group if hidden or self.is_shown(other) or other == key]
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
        self._natural = tuple(dict.fromkeys([*self._natural, *map(escaped, islice(self._known, before, None))]))
        self._columns = self._arranged()

    def _fixed(self, key: str) -> bool:
        return key in self.arrangement.pinned

    def _arranged(self) -> tuple[str, ...]:
        keys = self.keys
        return tuple(filter(self.is_shown, keys)) or keys[:1]

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

        return tuple(map(escaped, sorted(self._known, key=rank)))

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

    def value(self, index: int, key: str) -> Any:
        """The value in a column of a shown row; None where the row has none."""
        found = _reader(key)(self.row(index))
        return None if found is NOTHING else found

    def place(self, index: int, key: str) -> Path:
        """The path of that value from the list."""
        return (self.source(index), *place_of(self.row(index), split(key)))

    def field(self, key: str) -> str:
        """The field that a server has to sort by to sort a column; "" where it cannot."""
        if "*" in split(key):
            return ""
        values = map(_reader(key), islice(self.rows, 100))
        value = next((value for value in values if value is not NOTHING and value is not None), None)
        if property_value(value) is not value:
            return f"{key}.parsed"
        return "" if is_container(value) else key

    def cell(self, index: int, key: str) -> Cell:
        """The cell in a column of a shown row."""
        return self._cell(_reader(key)(self.row(index)), key_of(key))

    def _cell(self, value: Any, name: str) -> Cell:
        if value is NOTHING:
            return MISSING
        cell = cell_of(name, value)
        return Cell(cell_text(name, value, human=False), cell.kind) if self.exact and value is not None else cell

    def samples(self, key: str, count: int) -> Iterator[str]:
        """The texts of a column in the first rows of the list. Sorting does not change them."""
        return (self._cell(value, key_of(key)).text for value in map(_reader(key), islice(self.rows, count)))

    def is_numeric(self, key: str) -> bool:
        """Whether the first rows have only numbers and nulls under a key, or only times."""
        kinds = {self._cell(value, key_of(key)).kind for value in map(_reader(key), islice(self.rows, 100))}
        return any(kind in kinds and kinds <= {kind, "null", "missing"} for kind in ("number", "date"))

    # Sorting

    @property
    def sorting(self) -> tuple[str, bool] | None:
        """The column that the rows are shown sorted by, and whether descending."""
        wanted = self.arrangement
        return (wanted.sort, wanted.descending) if wanted.sort is not None else self.given_order

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
    read = _reader(key)
    keys: list[Any] = []
    pieces: list[list[int]] = []
    last: list[int] = []
    piece: list[int] = []
    for place, row in enumerate(rows):
        value = read(row)
        found = None if value is NOTHING else sort_key(value)
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


def _reader(key: str) -> Callable[[Mapping[str, Any]], Any]:
    """What reads the value of a column from a row; `NOTHING` where there is none."""
    path = split(key)
    if len(path) > 1:
        return lambda row: at_path(row, path)
    name = path[0]
    return lambda row: row.get(name, NOTHING)
