"""Query filters and options over rows, as in the server's ``*.query`` methods.

A filter is ``[field, operator, value]`` or ``["OR", [branch, ...]]``, where a branch is
one filter or a list of them; a list of filters means all of them. A field is a dotted
path into a row; ``*`` goes through the items of a list, a number picks one, and
``\\.`` is a dot in a name.

The rules are those of the servers' own list filter (the facts of the API, "Query filters
and options").

Invariants: nothing here does I/O and no row is changed. Filters are tried in order,
row by row, and stop at the first that fails, so a bad comparison is only refused
when it is reached. A row without the member matches nothing, not even ``!=``; a
member of a null is null. Where the server raises an error, `FilterError` is raised.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from truenas_client.dotted import split

from .rowfields import (
    MISSING,
    FilterError,
    InvalidQuery,
    Order,
    Row,
    Selection,
    find,
    in_order,
    select,
    selection,
)

__all__ = ["OPERATORS", "FilterError", "InvalidQuery", "MatchNotFound", "filter_list"]

Predicate = Callable[[Row], bool]


class MatchNotFound(FilterError):
    """The query has ``get``, and no row matches."""

    def __str__(self) -> str:
        return self.args[0] if self.args else ""


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    # A pattern treats null as an empty text. No other operator does.
    "~": lambda value, pattern: re.match(pattern, value or "") is not None,
    "in": lambda value, choices: value in choices,
    "nin": lambda value, choices: value is not None and value not in choices,
    "rin": lambda value, part: value is not None and part in value,
    "rnin": lambda value, part: value is not None and part not in value,
    "^": lambda value, start: value is not None and value.startswith(start),
    "!^": lambda value, start: value is not None and not value.startswith(start),
    "$": lambda value, end: value is not None and value.endswith(end),
    "!$": lambda value, end: value is not None and not value.endswith(end),
}
"""The operators. With a ``C`` before it, an operator ignores case (``C~`` only from 27 on)."""

_TIMED = frozenset({"=", "!=", ">", ">=", "<", "<="})
_UP_TO_26 = frozenset({"24.10", "25.04", "25.10", "26"})
_DATE = ".$date"
_ROWS_AT_MOST = 10_000
_DEPTH_OF_27 = 3


def filter_list(
    rows: Iterable[Row],
    filters: Sequence[Any] = (),
    options: Mapping[str, Any] | None = None,
    *,
    release: str = "26",
) -> list[Any] | dict[str, Any] | int | Any:
    """Apply filters and options to ``rows`` as a query method of ``release`` does.

    Returns a list of rows; with ``options["get"]`` the first matching row, with ``count``
    their number. ``offset`` applies before ``limit``, and ``limit`` 0 means all; ``count``
    ignores both. ``order_by`` names fields (``-field`` for descending), with
    ``nulls_first:`` or ``nulls_last:`` before the name where values may be null. Up to 26 the
    *last* named field weighs most, from 27 on the first. ``select`` names fields, or
    ``[field, new name]``. It applies before the sorting, so a field that is not selected
    is null to ``order_by``. Raises `FilterError`, and its subclass `MatchNotFound`
    for a ``get`` without a row.
    """
    options = options or {}
    rules = _Rules(release not in _UP_TO_26)
    _check_options(options, rules.newest)
    predicate = rules.all_of(filters)
    rules.check_depth()
    fields = [selection(field, rules.newest) for field in options.get("select") or ()]
    order = [Order.read(field) for field in options.get("order_by") or ()]
    get, count = bool(options.get("get")), bool(options.get("count"))
    try:
        if get and not order and (not count or (filters and not rules.newest)):
            first = next((row for row in rows if predicate(row)), MISSING)
            return _only(first, fields, rules.newest)
        found = [row for row in rows if predicate(row)]
        if count:
            # With get, 27 stops at the first matching row and counts only that one.
            return min(len(found), 1) if get and not order and rules.newest else len(found)
        if fields:
            found = [select(row, fields, rules.newest) for row in found]
        found = in_order(found, order, rules.newest)
        if get:
            return _only(found[0] if found else MISSING, [], rules.newest)
        offset, limit = options.get("offset") or 0, options.get("limit") or 0
        if offset:
            found = found[offset:]
        return found[:limit] if limit else found
    except re.error as e:
        raise FilterError(f"bad pattern: {e}") from e
    except (TypeError, AttributeError) as e:
        raise FilterError(f"the filter can't be applied to these values ({e})") from e


def _check_options(options: Mapping[str, Any], newest: bool) -> None:
    limit = options.get("limit") or 0
    if isinstance(limit, int) and limit > _ROWS_AT_MOST:
        reason = f"Input should be less than or equal to {_ROWS_AT_MOST}"
        raise InvalidQuery(f"`limit` is {_ROWS_AT_MOST} at most, not {limit}", "options.limit", reason)
    if options.get("get") and (options.get("offset") or limit not in (0, 1)):
        message = "`get` asks for one row, so it can't go with `offset` or a `limit` over 1"
        if newest:
            raise FilterError(message)
        reason = "Value error, Invalid options combination. `get` implies a single result."
        raise InvalidQuery(message, "options", reason)


def _bad_filter(message: str, reason: str) -> InvalidQuery:
    return InvalidQuery(message, "filters", f"Value error, {reason}")


def _only(row: Row, fields: list[Selection], newest: bool) -> Any:
    if row is MISSING:
        raise MatchNotFound
    return select(row, fields, newest) if fields else row


# --- filters -----------------------------------------------------------------------------------


class _Rules:
    """Turns filters into predicates, by the rules of 27 (``newest``) or those of 26 and before."""

    def __init__(self, newest: bool) -> None:
        self.newest = newest
        self._depth = 0
        self._times: dict[Any, datetime] = {}
        """The ISO texts that filters on times compare with. Like 26, look up every filter's value here."""

    def check_depth(self) -> None:
        if self.newest and self._depth > _DEPTH_OF_27:
            raise FilterError(f"filters are nested {self._depth} deep; {_DEPTH_OF_27} is the most")

    def all_of(self, filters: Sequence[Any], depth: int = 0) -> Predicate:
        tests = [self.one(item, depth) for item in filters]
        if len(tests) == 1:
            return tests[0]
        return lambda row: all(test(row) for test in tests)

    def one(self, item: Any, depth: int) -> Predicate:
        self._depth = max(self._depth, depth)
        if not isinstance(item, (list, tuple)):
            message = f"a filter is a list of field, operator and value, not {item!r}"
            raise InvalidQuery(message, "filters", "Input should be a valid list")
        if len(item) == 2 and item[0] == "OR":
            return self.any_of(item[1], depth)
        if len(item) != 3:
            wrong = len(item) == 2  # a pair can only be an OR
            reason = f"Invalid operation: {item[0]}" if wrong else f"Invalid filter {list(item)}"
            raise _bad_filter(f"a filter has three members (field, operator, value): {item!r}", reason)
        field, sign, value = item
        if not isinstance(field, str) or not isinstance(sign, str):
            raise _bad_filter(f"field and operator of a filter are text: {item!r}", f"Invalid filter {list(item)}")
        compare, folds = _operation(sign, self.newest)
        if field.endswith(_DATE):
            value = self._time(sign, value)
        return self._test(split(field), compare, value, folds)

    def any_of(self, branches: Any, depth: int) -> Predicate:
        if not isinstance(branches, (list, tuple)) or not (branches or self.newest):
            raise _bad_filter("OR needs a list of at least one branch", "OR filter requires at least one branch.")
        tests = []
        for branch in branches:
            if not isinstance(branch, (list, tuple)) or not branch:
                message = f"a branch of OR is a filter or a list of filters, not {branch!r}"
                raise _bad_filter(message, f"Invalid filter {branch}")
            several = isinstance(branch[0], (list, tuple))
            tests.append(self.all_of(branch, depth + 2) if several else self.one(branch, depth + 1))
        return lambda row: any(test(row) for test in tests)

    def _time(self, sign: str, value: Any) -> Any:
        if sign not in _TIMED:
            message = f"{sign!r} does not compare times; these do: {' '.join(sorted(_TIMED))}"
            raise _bad_filter(message, f"{sign}: invalid timestamp operation.")
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError) as e:
            reason = f"{value}: must be an ISO-8601 formatted timestamp string"
            raise _bad_filter(f"a time is compared with ISO 8601 text, not {value!r}", reason) from e
        self._times[value] = moment
        return moment

    def _test(self, path: list[str], compare: Callable[[Any, Any], bool], value: Any, folds: bool) -> Predicate:
        if folds and self.newest:
            # 27 folds the filter's value once, before it reads any row, so it refuses it even without rows.
            if not isinstance(value, (str, list, tuple, type(None))):
                reason = f"filter_list: cannot casefold value of type {type(value).__name__}"
                raise _bad_filter(f"only text and lists of text have a case to ignore, not {value!r}", reason)
            value = _fold(value)

        def matches(found: Any) -> bool:
            if found is MISSING:
                return False
            wanted = value
            if not self.newest and self._times:
                wanted = self._times.get(wanted, wanted)
            if folds:
                found, wanted = _fold(found), _fold(wanted)
            return compare(found, wanted)

        if len(path) == 1:
            (name,) = path

            def plain(row: Row) -> bool:
                return matches(row.get(name, MISSING) if isinstance(row, dict) else next(find(row, path), MISSING))

            return plain
        return lambda row: any(matches(found) for found in find(row, path))


def _operation(sign: str, newest: bool) -> tuple[Callable[[Any, Any], bool], bool]:
    """The function of an operator, and whether it folds the case of both sides."""
    known = OPERATORS.get(sign)
    if known is not None:
        return known, False
    if sign == "C~":
        if newest:
            return lambda value, pattern: re.match(pattern, value or "", re.IGNORECASE) is not None, False
        message, reason = f"{sign!r} is no operator that ignores case", f"Invalid case-insensitive operation: {sign}"
        raise _bad_filter(message, reason)
    known = OPERATORS.get(sign[1:]) if sign[:1] == "C" else None
    if known is not None:
        return known, True
    raise _bad_filter(f"{sign!r} is no operator; there are {' '.join(OPERATORS)}", f"Invalid operation: {sign}")


def _fold(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return [item.casefold() for item in value]
    raise FilterError(f"only text and lists of text have a case to ignore, not {value!r}")
