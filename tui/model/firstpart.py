"""The beginning of a JSON text that is too long to be read, and how long a value would be as text."""

from __future__ import annotations

import json
from typing import Any

from truenas_client import ejson
from truenas_client.values.kinds import weight

__all__ = ["first_part", "json_length"]

_SHOWN_CHARACTERS = 20_000
_SPACE = " \t\r\n"
_MOST_WEIGHT = 3_000_000
"""Some 50,000 values, or as many characters: 10 ms."""


def first_part(text: str, start: int, end: int, *, most: int = 2_000_000) -> Any:
    """What stands at the beginning of the JSON text between two places: of a list its first items, as many as stand
    whole in ``most`` characters; of anything else, and where no item does, the first characters as a text."""
    piece = text[start : min(end, start + most)]
    items = _items(piece) if piece.startswith("[") else []
    return items or piece[:_SHOWN_CHARACTERS]


def _items(piece: str) -> list[Any]:
    decode = json.JSONDecoder(object_hook=ejson.object_hook).raw_decode
    items: list[Any] = []
    at = _skip(piece, 1)
    try:
        while at < len(piece):
            item, at = decode(piece, at)
            at = _skip(piece, at)
            # What stands at the very end may be cut: 12 of 123.
            if piece[at : at + 1] not in (",", "]"):
                break
            items.append(item)
            if piece[at] == "]":
                break
            at = _skip(piece, at + 1)
    except (ValueError, RecursionError):
        return items
    return items


def _skip(piece: str, at: int) -> int:
    while piece[at : at + 1] and piece[at] in _SPACE:
        at += 1
    return at


def json_length(value: Any) -> int | None:
    """The bytes of a value as a server writes it; None for one so large that finding out would be felt."""
    try:
        return len(ejson.dumps(value)) if weight(value, _MOST_WEIGHT) <= _MOST_WEIGHT else None
    except (TypeError, ValueError, RecursionError):
        return None
