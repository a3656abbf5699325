"""Decoded values for a viewer: their kind, their members in order, and a preview in one line.

The values are those that `ejson` decodes: JSON's types, and dates, times, sets and interface addresses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Literal

from truenas_client import ejson

__all__ = ["Kind", "Members", "Path", "has_members", "is_container", "kind_of", "path_text", "preview", "title_of"]

Path = tuple[str | int, ...]
Kind = Literal["object", "list", "set", "text", "number", "boolean", "null", "date", "other"]

PREVIEW = 400
"""Longest preview, in characters."""
_LONG_NUMBER = 10**PREVIEW
_TITLES = ("name", "title", "username", "hostname", "path", "id", "description", "method", "klass")


class Members:
    """The members of a container, by position. An object keeps its order; a set gets a fixed one."""

    __slots__ = ("keys", "size", "values")

    def __init__(self, value: Any) -> None:
        self.keys: list[str] | None = list(value) if isinstance(value, dict) else None
        self.values: Any = _in_order(value) if isinstance(value, (set, frozenset)) else value
        self.size = len(value)

    def at(self, index: int) -> Any:
        """The value at a position."""
        return self.values[index if self.keys is None else self.keys[index]]

    def name(self, index: int) -> str | int:
        """The key (in lists and sets: the index) at a position."""
        return index if self.keys is None else self.keys[index]

    def position(self, name: str | int) -> int | None:
        """The position of the member of this name, or None."""
        if self.keys is None:
            return name if isinstance(name, int) and 0 <= name < self.size else None
        return self.keys.index(name) if isinstance(name, str) and name in self.values else None


def _in_order(value: set[Any] | frozenset[Any]) -> list[Any]:
    return sorted(value, key=lambda item: (type(item).__name__, str(item)))


def is_container(value: Any) -> bool:
    """Whether a value can have members."""
    return isinstance(value, (dict, list, tuple, set, frozenset))


def has_members(value: Any) -> bool:
    """Whether a value has members."""
    return bool(value) and is_container(value)


def kind_of(value: Any) -> Kind:
    """The kind of a value, by which the viewer colours it."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, (list, tuple)):
        return "list"
    if isinstance(value, (set, frozenset)):
        return "set"
    return "date" if isinstance(value, (datetime, date, time)) else "other"


def beginning(value: Any, most: int) -> str:
    """The first characters of a value as JSON. The time depends on ``most``, not on the size of the value."""
    text = ""
    try:
        for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value):
            text += piece[:most]
            if len(text) > most:
                break
    except (RecursionError, ValueError):
        text += "…"
    return text if len(text) <= most else f"{text[:most]}…"


def weight(value: Any, most: int) -> int:
    """The rough size of a value in bytes. The count stops once it is above ``most``."""
    total, stack = 0, [value]
    while stack and total <= most:
        one = stack.pop()
        total += 60
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, dict):
            stack += one.values()
            stack += one
        elif isinstance(one, (list, tuple, set, frozenset)):
            stack += one
    return total


def preview(value: Any) -> str:
    """A value in one short line: JSON as the server writes it, or the size of a container in brackets."""
    kind = kind_of(value)
    if kind == "object":
        return f"{{{len(value)}}}"
    if kind in ("list", "set"):
        return f"[{len(value)}]"
    if kind == "text":
        text = json.dumps(value[:PREVIEW], ensure_ascii=False)
        return text if len(value) <= PREVIEW else f"{text[:-1]}…"
    if kind in ("date", "other"):
        try:
            return ejson.dumps(value)[:PREVIEW]
        except TypeError:
            return str(value)[:PREVIEW]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LONG_NUMBER:
        # Python refuses to write very long numbers in decimal digits.
        return f"{hex(value)[:PREVIEW]}…"
    return json.dumps(value)


def title_of(value: Any) -> str:
    """The member that best identifies an object, as a short text; "" when there is none."""
    if isinstance(value, dict):
        for key in _TITLES:
            name = value.get(key)
            if isinstance(name, str) and name:
                return name[:80]
            if isinstance(name, int) and not isinstance(name, bool):
                return preview(name)[:80]
    return ""


def path_text(path: Sequence[str | int | tuple[str, str | int]]) -> str:
    """A path in the usual notation: ``[0].size``, ``["odd key"]``; "" for the root.

    A pair is the item of a list that has this member: ``[id=3]``.
    """
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif isinstance(part, tuple):
            parts.append(f"[{part[0]}={part[1]}]")
        elif part.isidentifier() and part.isascii():
            parts.append(f".{part}" if parts else part)
        else:
            parts.append(f"[{json.dumps(part, ensure_ascii=False)}]")
    return "".join(parts)
