"""How a value stands in a cell of a table, and where it comes when the rows are sorted by it."""

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
"""Characters of a cell; no screen is wider."""
INLINE_ITEMS = 12
"""Items of a list of plain values that are written out in a cell."""

_PROPERTY = frozenset({"value", "rawvalue"})
_DIGITS = re.compile(r"(\d{1,18})")

Kind = Literal["text", "number", "null", "container", "missing"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: one short text (any text of a server), and what kind of value it stands for."""

    text: str
    kind: Kind


MISSING = Cell("", "missing")
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
