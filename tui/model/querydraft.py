"""The arguments of a query as the texts of a form, and back.

Invariant: nothing is lost on the way: options without a field, further arguments and the members beside filters and
options in an object stay as they are. What text cannot say is an `Unsayable` that says where.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from truenas_client.methods.queryarguments import in_an_object, joined, parts_of
from truenas_client.methods.queryoptions import Query, read_order, read_select
from truenas_client.methods.querytext import QueryTextError, Unsayable, filters_text, read_filters

__all__ = [
    "ANSWERS",
    "TEXTS",
    "QueryError",
    "QueryTexts",
    "params_of",
    "suggested",
    "texts_of",
    "unsayable_text",
    "where_of",
]

Answer = Literal["rows", "count", "first row"]
ANSWERS: tuple[Answer, ...] = ("rows", "count", "first row")
TEXTS = ("where", "columns", "order", "limit", "offset")
_OPTIONS = {"columns": "select", "order": "order_by"}


class QueryError(ValueError):
    """The text of a field is wrong, from ``position`` on for ``length`` characters."""

    def __init__(self, field: str, message: str, position: int, length: int) -> None:
        super().__init__(message)
        self.field, self.position, self.length = field, position, length


@dataclass(frozen=True, slots=True)
class QueryTexts:
    """What stands in the fields."""

    where: str = ""
    columns: str = ""
    order: str = ""
    limit: str = ""
    offset: str = ""
    answer: Answer = "rows"


def texts_of(method: str, params: Sequence[Any]) -> QueryTexts:
    """The fields for these arguments. Raises `Unsayable`."""
    filters, options, _ = parts_of(method, params)
    if not isinstance(options, dict):
        raise Unsayable("the options are no object")
    query = Query.of(filters, options)
    if query.count and query.get:
        raise Unsayable("count and get are given together")
    return QueryTexts(
        where=query.where,
        columns=query.select or "",
        order=query.order_by or "",
        limit="" if query.limit is None else str(query.limit),
        offset="" if query.offset is None else str(query.offset),
        answer="count" if query.count else "first row" if query.get else "rows",
    )


def params_of(method: str, texts: QueryTexts, params: Sequence[Any]) -> list[Any]:
    """The arguments that these fields make of ``params``. Raises `QueryError`."""
    _, given, others = parts_of(method, params)
    options = dict(given) if isinstance(given, dict) else {}
    filters = _read("where", texts.where, read_filters)
    for name, reader in (("columns", read_select), ("order", read_order)):
        _put(options, _OPTIONS[name], _read(name, getattr(texts, name), reader))
    for name in ("limit", "offset"):
        _put(options, name, _number(name, getattr(texts, name)))
    _put(options, "count", texts.answer == "count")
    _put(options, "get", texts.answer == "first row")
    made = joined(method, filters, options, others)
    if in_an_object(method):
        return made
    made += params[2:]
    # What was not given and is empty stays away.
    while len(made) > len(params) and made[-1] in ([], {}):
        made.pop()
    return made


def _read(field: str, text: str, reader: Callable[[str], list[Any]]) -> list[Any]:
    try:
        return reader(text)
    except QueryTextError as error:
        raise QueryError(field, str(error), error.position, error.length) from None


def _number(field: str, text: str) -> int:
    if not text.strip():
        return 0
    if not (text.strip().isascii() and text.strip().isdecimal()) or len(text) > 18:
        raise QueryError(field, f"{field} is a number of rows", 0, len(text))
    return int(text)


def _put(options: dict[str, Any], name: str, value: Any) -> None:
    """Sets an option; an empty one is taken away, unless it was there and was empty as well."""
    if value or (name in options and not options[name] and options[name] is not None):
        options[name] = value
    else:
        options.pop(name, None)


def where_of(paste: str) -> str | None:
    """Pasted filters in JSON, or a single one, as the text of the where line; None for any other text."""
    try:
        value = json.loads(paste)
        if isinstance(value, list) and value and isinstance(value[0], str) and value[0] not in ("OR", "AND"):
            value = [value]
        return filters_text(value) if isinstance(value, list) else None
    except (ValueError, RecursionError):  # Unsayable is a ValueError
        return None


def unsayable_text(error: Unsayable) -> str:
    """Where the arguments have no words, and why."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    return f"Text cannot say this query: {error}" + (f", at {path}" if path else "") + ". Edit it as JSON."


def suggested(field: str, text: str, names: Iterable[str]) -> str | None:
    """The text with the name of a field completed at its end, where one is being typed there; None without any."""
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    word, before = text[start:], text[:start].rstrip()
    if not word:
        return None
    if field == "where":
        last = before.rpartition(" ")[2].lower()
        if before and not before.endswith("(") and last not in ("and", "or"):
            return None
    elif before and before[-1] not in ",-:":
        return None
    found = next((name for name in names if name.startswith(word) and name != word), None)
    return None if found is None else text[:start] + found
