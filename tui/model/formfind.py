"""Finding rows of a form by their names, also those that are folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from truenas_client.methods.catalogue import Method

from .form import Field, fields, key_of
from .jsontext import Path

__all__ = ["first_found", "folds_above", "found_fields"]

_DEEPEST = 4
"""Members further down are not looked for: a schema may contain itself."""


def found_fields(method: Method, values: Sequence[Any], sought: str) -> list[Field]:
    """The rows whose names hold all the words, or else their descriptions, each below those that hold it."""
    rows = fields(method, values, lambda key, _usual: key.count(",") <= _DEEPEST)
    rows = [row for row in rows if row.kind not in ("more", "add")]
    words = sought.lower().split()
    for told in (lambda row: row.name, lambda row: f"{row.described.get('description')}"):
        found = {row.path for row in rows if all(word in told(row).lower() for word in words)}
        if found:
            above = {path[:length] for path in found for length in range(1, len(path))}
            return [row for row in rows if row.path in found or row.path in above]
    return []


def first_found(rows: Sequence[Field]) -> Field | None:
    """The first of the rows that is not only there for one below it."""
    below = [row.path for row in rows[1:]]
    return next((row for row, path in zip(rows, [*below, ()], strict=False) if path[: len(row.path)] != row.path), None)


def folds_above(path: Path) -> list[str]:
    """The keys of the rows that have to be unfolded for the row at a path to be there."""
    return [key for length in range(1, len(path)) for key in (key_of(path[:length]), key_of(path[:length], "more"))]
