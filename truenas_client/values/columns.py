"""Columns of a list of objects, by nested path: ``name``, ``used.parsed``, ``topology.data.*.type``.

``*`` goes through the items of a list, a number picks one, and ``\\.`` is a dot in a name. The first rows decide which
columns a table shows by itself: names, then states, sizes and messages, then the rest, flags last.

Invariant: no row is changed, and a path that leads nowhere gives `MISSING`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from truenas_client.dotted import escaped, split
from truenas_client.secrets.names import is_secret_name

from .cells import property_value
from .human import hint
from .kinds import Path, is_container

__all__ = [
    "MISSING",
    "at_path",
    "every_column",
    "inner_columns",
    "own_columns",
    "picked",
    "place_of",
    "present",
    "read_columns",
]

_LOOKED_AT = 100
"""Rows that decide which columns a table shows."""
_ROWS_WITH_INNER = 20
_MOST_INNER = 400
_NOTHING: tuple[Any, ...] = (None, "", [], {})
"""Values that say nothing: a column with only these is not shown."""
_LONG = 100
"""A text with more characters is no column that a table shows by itself."""


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING: Any = _Missing()
"""The value of a path that leads nowhere."""

_RANKS = (
    {"nas", "id", "name", "title", "username", "hostname", "service", "method", "klass", "key", "uid", "gid"},
    {"state", "status", "level", "type", "health", "enable", "enabled", "progress"},
)
_MESSAGES = frozenset(
    {"message", "formatted", "text", "description", "error", "comment", "comments", "mountpoint", "path"}
)
_SIZES = frozenset({"size", "used", "available", "free", "allocated", "capacity"})
_NEVER = frozenset({"guid", "uuid", "locale", "children"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIRST = {name: rank for rank, names in enumerate(_RANKS) for name in names}
_SIZE, _MESSAGE, _OTHER, _FLAG = range(2, 6)


def read_columns(text: str) -> tuple[str, ...]:
    """The paths of ``name, used.parsed``, each once. Raises ValueError for an empty one."""
    paths = [path.strip() for path in text.split(",")]
    if not all(paths):
        raise ValueError("a column has no name: write them as name,used.parsed")
    return tuple(dict.fromkeys(paths))


def at_path(value: Any, names: Sequence[str]) -> Any:
    """The value at a path below ``value``; with a ``*`` the list of those below each item."""
    for depth, name in enumerate(names):
        if isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif isinstance(value, (list, tuple)) and name == "*":
            found = [at_path(item, names[depth + 1 :]) for item in value]
            return [item for item in found if item is not MISSING]
        elif isinstance(value, (list, tuple)) and name.isdecimal() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return None if value is None else MISSING
    return value


def place_of(value: Any, names: Sequence[str]) -> Path:
    """The path that these names lead along: places of lists as numbers, no further than a ``*`` or a missing member."""
    path: Path = ()
    for name in names:
        if isinstance(value, Mapping) and name in value:
            path = (*path, name)
        elif isinstance(value, (list, tuple)) and name.isdecimal() and int(name[:9]) < len(value):
            path = (*path, int(name[:9]))
        else:
            break
        value = value[path[-1]]
    return path


def picked(rows: Iterable[Any], columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows with these columns alone, each under its path; what a row lacks is left out."""
    paths = [(column, split(column)) for column in columns]
    return [{column: found for column, path in paths if (found := at_path(row, path)) is not MISSING} for row in rows]


def every_column(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every key of the rows, in the order in which they come."""
    known: dict[str, None] = {}
    for row in rows:
        if not row.keys() <= known.keys():
            known.update(dict.fromkeys(row))
    return tuple(map(escaped, known))


def inner_columns(rows: Iterable[Any], deepest: int = 3) -> tuple[str, ...]:
    """The paths of members inside the members of the first rows, in the order in which they come."""
    known: dict[str, None] = {}

    def walk(value: Mapping[str, Any], above: str, depth: int) -> None:
        for name, inner in value.items():
            path = f"{above}{escaped(name)}"
            if depth:
                known[path] = None
            if depth < deepest and type(inner) is dict and len(known) < _MOST_INNER:
                walk(inner, f"{path}.", depth + 1)

    for row in islice(rows, _ROWS_WITH_INNER):
        walk(row, "", 0)
    return tuple(known)


def present(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns in which the first rows tell anything."""
    sample = list(islice(rows, _LOOKED_AT))
    paths = [(column, split(column)) for column in columns]
    return tuple(
        column
        for column, path in paths
        if any(property_value(at_path(row, path)) not in (MISSING, *_NOTHING) for row in sample)
    )


def own_columns(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The columns that a table shows by itself, the most telling first; at least one, if any row has a key."""
    sample = list(islice(rows, _LOOKED_AT))
    ranked: list[tuple[int, str]] = []
    seen: list[list[Any]] = []
    for column in every_column(sample):
        name = split(column)[0]
        values = [property_value(row.get(name)) for row in sample]
        rank = _rank(name, values)
        # `id` and `name` of a dataset are the same text: one column is enough.
        if rank is not None and (len(sample) < 2 or values not in seen):
            ranked.append((rank, column))
            seen.append(values)
    # Sorting is stable, so columns of one rank keep the server's order.
    ranked.sort(key=lambda item: item[0])
    return tuple(column for _, column in ranked) or every_column(sample)


def _rank(name: str, values: list[Any]) -> int | None:
    """The place of a column among the others; None for one that says nothing in a table."""
    told = [value for value in values if value not in _NOTHING]
    if not told or name in _NEVER or is_secret_name(name) or all(is_container(value) for value in told):
        return None
    if all(isinstance(value, str) and _UUID.fullmatch(value) for value in told):
        return None
    if any(isinstance(value, str) and len(value) > _LONG for value in told):
        return _MESSAGE if name in _MESSAGES else None
    if name in _FIRST:
        return _FIRST[name]
    if name in _MESSAGES:
        return _MESSAGE
    if all(isinstance(value, bool) for value in told):
        return _FLAG
    sized = any(hint(name, value) for value in told if isinstance(value, (int, float)))
    return _SIZE if sized or name in _SIZES else _OTHER
