"""The text of a value in a cell of a table, and its key for sorting rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from truenas_client.values.human import hint

from .kinds import is_container, preview, title_of

__all__ = ["MISSING", "Cell", "cell_of", "property_value", "sort_key"]

LONGEST = 1000
"""The most characters of a cell; no screen is wider."""
INLINE_ITEMS = 12
"""The most items of a list of plain values that a cell shows."""

_PROPERTY = frozenset({"value", "rawvalue"})
_DIGITS = re.compile(r"(\d{1,18})")

Kind = Literal["text", "number", "date", "null", "container", "missing"]


@dataclass(frozen=True, slots=True)
class Cell:
    """The content of a cell: one short text (which may come from the server), and the kind of its value."""

    text: str
    kind: Kind


MISSING = Cell("", "missing")
_NULL = Cell("null", "null")


def property_value(value: Any, *, exact: bool = False) -> Any:
    """The shown value of a ZFS property, an object that holds one value in several forms; or its ``exact`` value, which
    is not rounded. Other values unchanged."""
    if type(value) is dict and value.keys() >= _PROPERTY:
        shown, parsed = value["value"], value.get("parsed")
        if shown is None or (exact and parsed is not None):
            return parsed
        return shown
    return value


def cell_of(key: str, value: Any) -> Cell:
    """A value as a table shows it: texts without quotes, booleans as yes and no, sizes and dates in readable form."""
    if isinstance(value, str):
        if value.isdecimal() and (percent := hint(key, int(value[:9]))).endswith("%"):
            return Cell(percent, "number")  # some percentages come as texts
        return Cell(value[:LONGEST] or '""', "text" if value else "null")
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return Cell("yes" if value else "no", "text")
    if isinstance(value, (int, float)):
        return Cell(hint(key, value) or preview(value), "number")
    if isinstance(value, (datetime, date, time)):
        return Cell(hint(key, value), "date")
    inner = property_value(value)
    if inner is not value:
        exact = value.get("parsed")
        cell = cell_of(key, inner)
        number = isinstance(exact, (int, float)) and not isinstance(exact, bool) and cell.kind == "text"
        return Cell(cell.text, "number") if number else cell
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


# The order of kinds, when the values of a column are of several kinds.
_BOOLEAN, _NUMBER, _TEXT, _MOMENT, _DATE, _TIME, _CONTAINER, _OTHER = range(8)


def sort_key(value: Any) -> tuple[int, Any] | None:
    """The sort key of a value; None for values that come last. Digits in texts sort as numbers: sda2 before sda10."""
    value = property_value(value, exact=True)
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return _BOOLEAN, value
    if isinstance(value, (int, float)):
        return _NUMBER, value
    if isinstance(value, str):
        parts = _DIGITS.split(value[:LONGEST].casefold())
        # Texts are at even positions and numbers at odd ones, so a comparison never mixes the two.
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
