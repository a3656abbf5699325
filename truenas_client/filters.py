"""Query filters and options over rows, as the server's ``*.query`` methods take them.

A filter is ``[field, operator, value]`` or ``["OR", [branch, ...]]``, where a branch is
one filter or a list of them; a list of filters means all of them. A field is a dotted
path into a row; ``*`` goes through the items of a list, a number picks one, and
``\\.`` is a dot in a name.

Invariants: nothing here does I/O and no row is changed. Filters are tried in order,
row by row, and stop at the first that fails, so a bad comparison is only refused
when it is reached. A row without the member matches nothing, not even ``!=``; a
member of a null is null. What the server raises for, `FilterError` refuses.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["OPERATORS", "FilterError", "MatchNotFound", "filter_list"]

Row = Any
Predicate = Callable[[Row], bool]


class FilterError(ValueError):
    """The filters or options make no sense, or compare values that can't be compared."""


class MatchNotFound(FilterError):
    """``get`` was asked for and no row matches."""

    def __str__(self) -> str:
        return self.args[0] if self.args else ""


class _Missing:
    """What a path leads to in a row without that member."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def _within(value: Any, choices: Any) -> bool:
    return value in choices


def _not_within(value: Any, choices: Any) -> bool:
    return value is not None and value not in choices


def _holds(value: Any, part: Any) -> bool:
    return value is not None and part in value


def _holds_not(value: Any, part: Any) -> bool:
    return value is not None and part not in value


def _starts(value: Any, start: Any) -> bool:
    return value is not None and bool(value.startswith(start))


def _starts_not(value: Any, start: Any) -> bool:
    return value is not None and not value.startswith(start)


def _ends(value: Any, end: Any) -> bool:
    return value is not None and bool(value.endswith(end))


def _ends_not(value: Any, end: Any) -> bool:
    return value is not None and not value.endswith(end)


def _matches(value: Any, pattern: Any) -> bool:
    # A null is an empty text to a pattern, and only to a pattern.
    return re.match(pattern, value or "") is not None


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "~": _matches,
    "in": _within,
    "nin": _not_within,
    "rin": _holds,
    "rnin": _holds_not,
    "^": _starts,
    "!^": _starts_not,
    "$": _ends,
    "!$": _ends_not,
}
"""The operators, by how they are written; with a ``C`` before it (not ``C~``) one ignores case."""

_CASELESS = frozenset(OPERATORS) - {"~"}
_OPTIONS_OF_ONE_ROW = ("limit", "offset")


def filter_list(
    rows: Iterable[Row], filters: Sequence[Any] = (), options: Mapping[str, Any] | None = None
) -> list[Any] | dict[str, Any] | int | Any:
    """Answer ``rows`` as a query method would.

    A list of rows; with ``options["get"]`` the first matching row, with ``count`` their
    number. ``offset`` is taken before ``limit`` and ``limit`` 0 means all; ``count``
    looks at neither. ``order_by`` names fields, ``-field`` descending, with
    ``nulls_first:`` or ``nulls_last:`` before it where there may be nulls; as on the
    server the *last* field named weighs most. ``select`` names fields, or
    ``[field, new name]``, and happens before the sorting: a field that is not selected
    is null to ``order_by``. Raises `FilterError`, and `MatchNotFound` (one of those)
    for a ``get`` without a row.
    """
    options = options or {}
    if options.get("get"):
        for name in _OPTIONS_OF_ONE_ROW:
            if options.get(name):
                raise FilterError(f"`get` asks for one row, so it can't go with `{name}`")
    predicate = _all_of(filters)
    fields = [_selection(field) for field in options.get("select") or ()]
    order = [_sort_key(field) for field in options.get("order_by") or ()]
    try:
        if options.get("get") and not order:
            first = next((row for row in rows if predicate(row)), MISSING)
            return _only(first, fields)
        found = [row for row in rows if predicate(row)]
        if options.get("count"):
            return len(found)
        if fields:
            found = [_select(row, fields) for row in found]
        for sort in order:
            found = sort(found)
        if options.get("get"):
            return _only(found[0] if found else MISSING, [])
        offset, limit = options.get("offset") or 0, options.get("limit") or 0
        if offset:
            found = found[offset:]
        return found[:limit] if limit else found
    except re.error as e:
        raise FilterError(f"bad pattern: {e}") from e
    except (TypeError, AttributeError) as e:
        raise FilterError(f"the filter can't be applied to these values ({e})") from e


def _only(row: Row, fields: list[_Selection]) -> Any:
    if row is MISSING:
        raise MatchNotFound
    return _select(row, fields) if fields else row


# --- filters -----------------------------------------------------------------------------------


def _all_of(filters: Sequence[Any]) -> Predicate:
    tests = [_one(item) for item in filters]
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _one(item: Any) -> Predicate:
    if not isinstance(item, (list, tuple)):
        raise FilterError(f"a filter is a list of field, operator and value, not {item!r}")
    if len(item) == 2 and item[0] == "OR":
        return _any_of(item[1])
    if len(item) != 3:
        raise FilterError(f"a filter has three members (field, operator, value): {item!r}")
    field, sign, value = item
    if not isinstance(field, str) or not isinstance(sign, str):
        raise FilterError(f"field and operator of a filter are text: {item!r}")
    path = _split(field)
    return _test(path, *_operation(sign, value))


def _any_of(branches: Any) -> Predicate:
    if not isinstance(branches, (list, tuple)) or not branches:
        raise FilterError("OR needs a list of at least one branch")
    tests = []
    for branch in branches:
        if not isinstance(branch, (list, tuple)):
            raise FilterError(f"a branch of OR is a filter or a list of filters, not {branch!r}")
        several = bool(branch) and isinstance(branch[0], (list, tuple))
        tests.append(_all_of(branch) if several else _one(branch))
    return lambda row: any(test(row) for test in tests)


def _operation(sign: str, value: Any) -> tuple[Callable[[Any, Any], bool], Any]:
    known = OPERATORS.get(sign)
    if known is not None:
        return known, value
    if sign[:1] == "C":
        known = OPERATORS.get(sign[1:])
        if known is not None and sign[1:] in _CASELESS:
            compare = known
            return (lambda found, wanted: compare(_fold(found), wanted)), _fold(value)
        raise FilterError(f"{sign!r} is no operator that ignores case")
    raise FilterError(f"{sign!r} is no operator; there are {' '.join(OPERATORS)}")


def _fold(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, (list, tuple)):
        return [_fold(item) for item in value]
    return value


def _test(path: list[str], compare: Callable[[Any, Any], bool], value: Any) -> Predicate:
    if len(path) == 1:
        (name,) = path

        def plain(row: Row) -> bool:
            found = row.get(name, MISSING) if isinstance(row, dict) else next(_find(row, path), MISSING)
            return found is not MISSING and compare(found, value)

        return plain
    return lambda row: any(found is not MISSING and compare(found, value) for found in _find(row, path))


# --- paths -------------------------------------------------------------------------------------


def _split(field: str) -> list[str]:
    if "\\." not in field:
        return field.split(".")
    return [part.replace("\0", ".") for part in field.replace("\\.", "\0").split(".")]


def _find(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value the path leads to; with no ``*`` in it that is exactly one, perhaps `MISSING`."""
    for depth, name in enumerate(path):
        if value is None or value is MISSING:
            break
        if isinstance(value, dict):
            value = value.get(name, MISSING)
        elif isinstance(value, (list, tuple)):
            if name == "*":
                for item in value:
                    yield from _find(item, path[depth + 1 :])
                return
            value = value[int(name)] if name.isdecimal() and int(name) < len(value) else MISSING
        else:
            value = MISSING
    yield value


# --- options -----------------------------------------------------------------------------------

_Selection = tuple[list[str], list[str]]


def _selection(field: Any) -> _Selection:
    if isinstance(field, (list, tuple)):
        if len(field) != 2 or not all(isinstance(part, str) for part in field):
            raise FilterError(f"a renamed field is a pair of field and new name, not {field!r}")
        source, target = field
        path = _split(source)
        renamed = _split(target)
    elif isinstance(field, str):
        path = renamed = _split(field)
    else:
        raise FilterError(f"a selected field is text or a pair, not {field!r}")
    if any(part == "*" or part.isdecimal() for part in path):
        raise FilterError("nothing can be selected from inside a list")
    return path, renamed


def _select(row: Row, fields: list[_Selection]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for path, target in fields:
        found = next(_find(row, path), MISSING)
        if found is MISSING:
            continue
        place = chosen
        if target is path and len(path) > 1:
            # A null on the way is kept where it lies instead of being unfolded below.
            for depth in range(1, len(path)):
                if next(_find(row, path[:depth])) is None:
                    target = path[:depth]
                    break
        for name in target[:-1]:
            deeper = place.get(name)
            if not isinstance(deeper, dict):
                deeper = place[name] = {}
            place = deeper
        place[target[-1]] = found
    return chosen


def _sort_key(field: Any) -> Callable[[list[Row]], list[Row]]:
    if not isinstance(field, str):
        raise FilterError(f"order_by names fields, not {field!r}")
    nulls = None
    for prefix in ("nulls_first:", "nulls_last:"):
        if field.startswith(prefix):
            nulls, field = prefix, field[len(prefix) :]
    descending = field.startswith("-")
    name = field[1:] if descending else field
    # With nulls first or last the server looks for a member of that very name, dots and all.
    path = _split(name) if nulls is None else [name]

    def key(row: Row) -> Any:
        found = next(_find(row, path), MISSING)
        return None if found is MISSING else found

    def sort(rows: list[Row]) -> list[Row]:
        if nulls is None:
            return sorted(rows, key=key, reverse=descending)
        empty = [row for row in rows if key(row) is None]
        rest = sorted((row for row in rows if key(row) is not None), key=key, reverse=descending)
        return empty + rest if nulls == "nulls_first:" else rest + empty

    return sort
