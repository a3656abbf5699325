"""Reading the answers of a server with care: what is missing, or of another type, is nothing.

Releases differ in the members of a row and in their types. A row that cannot be read costs that row only; an answer
that is not a list or an object at all is `Unreadable`, never an empty list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

__all__ = ["Unreadable", "first_text", "mapping", "number", "object_of", "rows_of", "text", "time_of"]

NOTHING: Mapping[str, Any] = {}


class Unreadable(ValueError):
    """The answer has another form than that of any known release."""


def rows_of(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The rows of an answer that lists objects. Raises `Unreadable`, before the first row."""
    if not isinstance(answer, list):
        raise Unreadable(f"The answer is no list but {_kind(answer)}.")
    return (row for row in answer if isinstance(row, Mapping))


def object_of(answer: Any) -> Mapping[str, Any]:
    """An answer that is one object. Raises `Unreadable`."""
    if not isinstance(answer, Mapping):
        raise Unreadable(f"The answer is no object but {_kind(answer)}.")
    return answer


def mapping(value: Any) -> Mapping[str, Any]:
    """A member that is an object; an empty one for everything else."""
    return value if isinstance(value, Mapping) else NOTHING


def text(value: Any) -> str:
    """A member that is a text; "" for everything else."""
    return value if isinstance(value, str) else ""


def first_text(row: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text and not blank; "" without one."""
    return next((found for name in names if (found := text(row.get(name))).strip()), "")


def number(value: Any) -> float | None:
    """A member that is a finite number, also one written as a text; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def time_of(value: Any) -> datetime | None:
    """A member that is a time, with its zone; None for everything else."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _kind(value: Any) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
