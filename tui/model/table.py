"""A list of objects as a table: which columns there are, what stands in a cell, how rows are sorted and found.

A `Table` looks at the list it was given and copies no row. What the user chose (order, hidden, pinned, sorting) is an
`Arrangement`, a value that can be kept as plain JSON and given to the next table of the same method; keys that it does
not know stand behind those it does. Work that grows with the number of rows comes as an iterator of steps of a few
milliseconds, so that whoever runs it can let others run in between.

Invariant: sorting is stable both ways, and what is null or missing stands last both ways.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Literal

from .hints import hint
from .values import is_container, preview, title_of

__all__ = ["Arrangement", "Cell", "Table", "cell_of", "is_table", "property_value", "sort_key"]

FIRST_LOOKED_AT = 500
"""Rows that are looked at for keys before the table is shown; the others are by `Table.look_further`."""
STEP = 20_000
"""Values between two steps of long work."""
LONGEST = 1000
"""Characters of a cell; no screen is wider."""
INLINE_ITEMS = 12
"""Items of a list of plain values that are written out in a cell."""

_LONG_NUMBERS = frozenset({"guid", "uuid"})
"""Keys of what tells things apart and says nothing to people."""
_PROPERTY = frozenset({"value", "rawvalue"})
_DIGITS = re.compile(r"(\d{1,18})")

Kind = Literal["text", "number", "null", "container", "missing"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: one short text (any text of a server), and what kind of value it stands for."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a user wants the columns: ``order`` (others follow in their own), ``hidden``, ``pinned`` at the left, in this
    order, and the key to sort by with whether it is descending."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    pinned: tuple[str, ...] = ()
    sort: str | None = None
    descending: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "order": list(self.order),
            "hidden": sorted(self.hidden),
            "pinned": list(self.pinned),
            "sort": self.sort,
            "descending": self.descending,
        }

    @classmethod
    def from_dict(cls, kept: Any) -> Arrangement:
        """What `as_dict` gave; anything else in it counts as not chosen."""
        if not isinstance(kept, Mapping):
            return cls()
        sort = kept.get("sort")
        return cls(
            order=_texts(kept.get("order")),
            hidden=frozenset(_texts(kept.get("hidden"))),
            pinned=_texts(kept.get("pinned")),
            sort=sort if isinstance(sort, str) else None,
            descending=kept.get("descending") is True,
        )

    def toggled(self, key: str) -> Arrangement:
        """With the column hidden, or shown again."""
        return replace(self, hidden=self.hidden ^ {key})

    def with_pin(self, key: str) -> Arrangement:
        """With the column kept at the left, or no longer."""
        if key in self.pinned:
            return replace(self, pinned=tuple(other for other in self.pinned if other != key))
        return replace(self, pinned=(*self.pinned, key))

    def sorted_by(self, key: str) -> Arrangement:
        """The next way to sort by a column: ascending, descending, as the server sent it."""
        if self.sort != key:
            return replace(self, sort=key, descending=False)
        if not self.descending:
            return replace(self, descending=True)
        return replace(self, sort=None, descending=False)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in value if isinstance(text, str))) if isinstance(value, list) else ()


def is_table(value: Any) -> bool:
    """Whether a value is a list of objects, with at least one."""
    return isinstance(value, list) and bool(value) and all(type(row) is dict for row in value)


class Table:
    """Rows and columns of a list of objects, which must not change while it is shown.

    Rows are numbered from 0 as they are shown; `source` is the place in the list.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], arrangement: Arrangement | None = None) -> None:
        self.rows = rows
        self._known: dict[str, None] = {}
        for row in islice(rows, FIRST_LOOKED_AT):
            self._known.update(dict.fromkeys(row))
        self._natural = self._by_use()
        self._order: list[int] | None = None
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
        """Every key in the order without a choice."""
        return self._natural

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys that are shown, in order; at least one as long as there is a key."""
        return self._columns

    @property
    def pinned(self) -> int:
        """How many columns at the left stay where they are."""
        return sum(1 for key in self._columns if key in self.arrangement.pinned)

    def arrange(self, arrangement: Arrangement) -> None:
        """Takes another choice of columns. Sorting is not done here: see `sort`."""
        self.arrangement = arrangement
        self._columns = self._arranged()

    def know(self, keys: Sequence[str]) -> None:
        """Has these keys too, in this order."""
        self._known = dict.fromkeys([*keys, *self._known])
        self._natural = tuple(self._known)
        self._columns = self._arranged()

    def moved(self, key: str, by: int, *, hidden: bool = False) -> Arrangement:
        """The arrangement with a column so many places to the right (below zero: to the left).

        Pinned columns move among themselves, and so do the others. Hidden ones do not count, unless ``hidden``.
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
        """Looks at the rows not looked at yet for further keys; yields now and then whether there was a new one."""
        before = len(self._known)
        looked = 0
        for row in islice(self.rows, FIRST_LOOKED_AT, None):
            # Rows of a table nearly always have the same keys: asking is cheaper than adding.
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
        """The keys in the server's order, but those of containers behind the others, and empty ones last."""
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
        """The place in the list of a shown row."""
        return index if self._order is None else self._order[index]

    def row(self, index: int) -> Mapping[str, Any]:
        """A shown row."""
        return self.rows[self.source(index)]

    def shown_at(self, source: int) -> int:
        """Where the row of a place in the list is shown."""
        return source if self._order is None else self._order.index(source)

    def cell(self, index: int, key: str) -> Cell:
        """What stands in a column of a shown row."""
        row = self.row(index)
        return cell_of(key, row[key]) if key in row else _MISSING

    def samples(self, key: str, count: int) -> Iterator[str]:
        """What stands in a column in the first rows of the list, so that sorting changes nothing in it."""
        return (cell_of(key, row[key]).text for row in islice(self.rows, count) if key in row)

    def is_numeric(self, key: str) -> bool:
        """Whether the first rows hold only numbers (and nothing) under a key."""
        kinds = {cell_of(key, row[key]).kind for row in islice(self.rows, 100) if key in row}
        return "number" in kinds and kinds <= {"number", "null"}

    # Sorting

    @property
    def is_sorted(self) -> bool:
        """Whether the rows stand as the arrangement wants them."""
        wanted = self.arrangement
        return self._sorted_by == (None if wanted.sort is None else (wanted.sort, wanted.descending))

    def sort(self) -> Iterator[None]:
        """Brings the rows into the order of the arrangement, in steps; they stand as before until the last one."""
        key, descending = self.arrangement.sort, self.arrangement.descending
        order = None if key is None else (yield from _order(self.rows, key, descending))
        self._order = order
        self._sorted_by = None if key is None else (key, descending)

    # Finding

    def search(self, text: str, *, after: tuple[int, int], backwards: bool = False) -> Iterator[tuple[int, int] | None]:
        """Row and column of each shown cell whose text holds ``text``, from ``after`` (which comes last) on and around
        the end; None now and then, where others can run. Capitals count only when ``text`` has some."""
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
        """Whether a shown cell is one that `search` would stop at."""
        there = self.cell(row, self._columns[column]).text
        return bool(text) and text in (there if text != text.lower() else there.lower())


_MISSING = Cell("", "missing")
_NULL = Cell("null", "null")


def property_value(value: Any) -> Any:
    """What a ZFS property (an object that holds one value in several forms) says in words; others as they are."""
    if type(value) is dict and value.keys() >= _PROPERTY:
        said = value["value"]
        return said if said is not None else value.get("parsed")
    return value


def cell_of(key: str, value: Any) -> Cell:
    """A value as a table writes it: texts bare, booleans as yes and no, sizes and dates as people read them."""
    if isinstance(value, str):
        return Cell(value[:LONGEST] or '""', "text" if value else "null")
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return Cell("yes" if value else "no", "text")
    if isinstance(value, (int, float)):
        return Cell(hint(key, value) or preview(value), "number")
    if isinstance(value, (datetime, date, time)):
        return Cell(hint(key, value), "text")
    inner = property_value(value)
    if inner is not value:
        return cell_of(key, inner)
    if isinstance(value, (list, tuple)):
        return Cell(_list_text(value), "container" if not value or is_container(value[0]) else "text")
    if isinstance(value, dict):
        title = title_of(value)
        return Cell(f"{preview(value)} {title}" if title else preview(value), "container")
    return Cell(preview(value), "container" if is_container(value) else "text")


def _list_text(value: Sequence[Any]) -> str:
    if not value or any(is_container(item) for item in value[:INLINE_ITEMS]):
        return preview(value)
    texts = [cell_of("", item).text for item in value[:INLINE_ITEMS]]
    return ", ".join(texts) + (f", … [{len(value)}]" if len(value) > INLINE_ITEMS else "")


# What comes before what, when the values of a column are of several kinds.
_BOOLEAN, _NUMBER, _TEXT, _MOMENT, _DATE, _TIME, _CONTAINER, _OTHER = range(8)


def sort_key(value: Any) -> tuple[int, Any] | None:
    """What a value is sorted by, None for what stands last. Numbers in texts count as numbers: sda2 before sda10."""
    value = _sortable(value)
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return _BOOLEAN, value
    if isinstance(value, (int, float)):
        return _NUMBER, value
    if isinstance(value, str):
        parts = _DIGITS.split(value[:LONGEST].casefold())
        # Texts stand at the even places and digits at the odd ones, so like meets like.
        return _TEXT, [int(part) if at % 2 else part for at, part in enumerate(parts)]
    if isinstance(value, datetime):
        return _MOMENT, value.timestamp()
    if isinstance(value, date):
        return _DATE, value
    if isinstance(value, time):
        return _TIME, value.isoformat()
    if is_container(value):
        return _CONTAINER, len(value)
    return _OTHER, str(value)


def _sortable(value: Any) -> Any:
    """Of a ZFS property its exact value, not the rounded words."""
    if type(value) is dict and value.keys() >= _PROPERTY:
        parsed = value.get("parsed")
        return parsed if parsed is not None else value["value"]
    return value


def _order(rows: Sequence[Mapping[str, Any]], key: str, descending: bool) -> Generator[None, None, list[int]]:
    """The places of the rows, sorted: piece by piece, then merged, so that no step is long."""
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
