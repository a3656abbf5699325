"""The fields of rows: paths into them, selecting fields, and sorting by them.

A path is dotted: ``*`` goes through the items of a list, a number picks one, and
``\\.`` is a dot in a name. Invariants: no row is changed; a row without the member
gives `MISSING`, a member of a null is null, and a path that goes on below a plain
value gives that value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from truenas_client.dotted import split

__all__ = [
    "MISSING",
    "FilterError",
    "InvalidQuery",
    "Order",
    "Row",
    "Selection",
    "find",
    "in_order",
    "select",
    "selection",
]

Row = Any


class FilterError(ValueError):
    """The filters or options are invalid, or compare values that cannot be compared."""


class InvalidQuery(FilterError):
    """The filters or options are invalid for any rows: the server refuses them before it reads a row.

    ``part`` is the wrong argument (``filters``, ``options``, ...), ``reason`` the text of a
    server of 26 for it.
    """

    def __init__(self, message: str, part: str, reason: str) -> None:
        super().__init__(message)
        self.part = part
        self.reason = reason


class _Missing:
    """The value of a path in a row without that member."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def find(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value at the path. Without a ``*`` that is exactly one, perhaps `MISSING`."""
    for depth, name in enumerate(path):
        if value is None or value is MISSING:
            break
        if isinstance(value, dict):
            value = value.get(name, MISSING)
        elif isinstance(value, (list, tuple)):
            if name == "*":
                for item in value:
                    yield from find(item, path[depth + 1 :])
                return
            if not name.isdecimal():
                yield MISSING
                return
            value = value[int(name)] if int(name) < len(value) else None
        # Below a plain value the path leads to that value.
    yield value


Selection = tuple[list[str], list[str]]


def selection(field: Any, newest: bool) -> Selection:
    """Read one field of ``select``: the path in the row, and the path in the result."""
    if isinstance(field, (list, tuple)):
        if len(field) != 2 or not all(isinstance(part, str) for part in field):
            message = f"a renamed field is a pair of field and new name, not {field!r}"
            raise _bad_selection(message, f"Invalid select {field}", newest)
        source, target = field
        path = split(source)
        renamed = [target]  # dots in a new name do not nest
    elif isinstance(field, str):
        path = renamed = split(field)
    else:
        raise _bad_selection(f"a selected field is text or a pair, not {field!r}", f"Invalid select {field}", newest)
    if any(part == "*" or part.isdecimal() for part in path):
        reason = "Selecting by list index is not supported"
        raise _bad_selection("nothing can be selected from inside a list", reason, newest)
    return path, renamed


def _bad_selection(message: str, reason: str, newest: bool) -> FilterError:
    # 27 finds these when it reads the rows.
    return FilterError(message) if newest else InvalidQuery(message, "options", f"Value error, {reason}")


def select(row: Row, fields: list[Selection], newest: bool) -> dict[str, Any]:
    """The selected fields of a row, nested as in the row unless renamed. ``newest``: by the rules of 27."""
    chosen: dict[str, Any] = {}
    for path, target in fields:
        found = next(find(row, path), MISSING)
        if found is MISSING:
            continue
        on_the_way = (depth for depth in range(1, len(path)) if next(find(row, path[:depth])) is None)
        null = next(on_the_way, None)
        if null is not None:
            if newest:
                continue  # 27 finds no member below a null
            if target is path:
                # 26 keeps the null where it is instead of nesting below it.
                target = path[:null]
        place = chosen
        for name in target[:-1]:
            deeper = place.get(name)
            if not isinstance(deeper, dict):
                deeper = place[name] = {}
            place = deeper
        place[target[-1]] = found
    return chosen


@dataclass(frozen=True, slots=True)
class Order:
    """One field to sort by."""

    path: list[str]
    descending: bool
    nulls: int
    """The place of nulls: -1 first, 1 last, 0 by comparison, which may raise."""

    @classmethod
    def read(cls, field: Any) -> Order:
        """Read one field of ``order_by``."""
        if not isinstance(field, str):
            raise InvalidQuery(f"order_by names fields, not {field!r}", "options", "Input should be a valid string")
        nulls = 0
        for prefix, where in (("nulls_first:", -1), ("nulls_last:", 1)):
            if field.startswith(prefix):
                nulls, field = where, field[len(prefix) :]
        descending = field.startswith("-")
        name = field[1:] if descending else field
        # With nulls_first or nulls_last the server takes the whole text as one name and does not split it at dots.
        return cls(split(name) if not nulls else [name], descending, nulls)

    def key(self, row: Row) -> Any:
        """The sort key of a row; None for a row without the field."""
        found = next(find(row, self.path), MISSING)
        return None if found is MISSING else found

    def sort(self, rows: list[Row]) -> list[Row]:
        """Sort by this field alone; rows that are equal in it keep their order."""
        if not self.nulls:
            return sorted(rows, key=self.key, reverse=self.descending)
        empty = [row for row in rows if self.key(row) is None]
        rest = sorted((row for row in rows if self.key(row) is not None), key=self.key, reverse=self.descending)
        return empty + rest if self.nulls < 0 else rest + empty

    def compare(self, one: Row, other: Row) -> int:
        """Negative when ``one`` comes before ``other``, 0 for equal values, nulls too."""
        a, b = self.key(one), self.key(other)
        if a == b:
            return 0
        if self.nulls and (a is None or b is None):
            return self.nulls if a is None else -self.nulls
        return -1 if (b < a if self.descending else a < b) else 1


def in_order(rows: list[Row], order: list[Order], newest: bool) -> list[Row]:
    """The rows sorted: up to 26 the last field weighs most, from 27 on (``newest``) the first."""
    # Sorting is stable, so the field of the last sort weighs most.
    for field in reversed(order) if newest else order:
        rows = sorted(rows, key=cmp_to_key(field.compare)) if newest else field.sort(rows)
    return rows
