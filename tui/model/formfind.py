"""Finding rows of a form by their names, also those that are folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from truenas_client.methods.catalogue import Method

from .form import Field, fields, key_of
from .jsontext import Path

__all__ = ["folds_above", "found_fields"]

_DEEPEST = 4
"""Members further down are not looked for: a schema may contain itself."""


def found_fields(method: Method, values: Sequence[Any], sought: str) -> tuple[list[Field], Field | None]:
    """The rows whose names hold all the words, or else their descriptions: each with what it holds, below those that
    hold it. Then the first of them."""
    rows = fields(method, values, lambda key, _usual: key.count(",") <= _DEEPEST)
    rows = [row for row in rows if row.kind != "more"]
    words = sought.lower().split()
    for told in (lambda row: row.name, lambda row: str(row.described.get("description") or "")):
        found = {row.path for row in rows if row.kind != "add" and all(word in told(row).lower() for word in words)}
        if found:
            above = {path[:length] for path in found for length in range(1, len(path))}
            shown = [
                row
                for row in rows
                if (row.path in above and row.kind != "add")
                or any(row.path[:length] in found for length in range(1, len(row.path) + 1))
            ]
            return shown, next(row for row in shown if row.path in found)
    return [], None


def folds_above(path: Path) -> list[str]:
    """The keys of the rows that have to be unfolded for the row at a path to be there."""
    return [key for length in range(1, len(path)) for key in (key_of(path[:length]), key_of(path[:length], "more"))]
