"""JSON values as Python source, for scripts that people go on editing.

Invariants: evaluating the text gives the value again; it holds no character that steers a terminal or reorders a line;
what one line cannot hold stands one member a line, as formatters write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any

__all__ = ["call_text", "literal", "quoted"]

ROOM = 88
"""Characters of a line."""
_STEP = 4
_DEEPEST = 150
"""Python reads no source with more than 200 brackets inside each other."""

Text = Callable[[str], str]
"""Writes a text: `quoted`, or what also finds placeholders in it."""


def quoted(text: str) -> str:
    """A text as a literal in double quotes."""
    # The escapes of JSON are Python's too; what cannot be printed gets one of Python's own.
    return re.sub(r"[^ -~]", lambda found: _escaped(found[0]), json.dumps(text, ensure_ascii=False))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def literal(value: Any, text: Text = quoted, *, column: int = 0, indent: int = 0) -> str:
    """A value that begins at a column of a line with this indent. Raises RecursionError for one nested too deeply."""
    line = _flat(value, text)
    if column + len(line) <= ROOM or not isinstance(value, (dict, list)) or not value:
        return line
    inside = indent + _STEP
    members: Iterable[tuple[str, Any]] = (
        ((f"{quoted(key)}: ", member) for key, member in value.items())
        if isinstance(value, dict)
        else (("", member) for member in value)
    )
    lines = [
        f"{' ' * inside}{key}{literal(member, text, column=inside + len(key) + 1, indent=inside)},\n"
        for key, member in members
    ]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return f"{begin}\n{''.join(lines)}{' ' * indent}{end}"


def _flat(value: Any, text: Text, depth: int = 0) -> str:
    if depth > _DEEPEST:
        raise RecursionError("nested too deeply")
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{quoted(key)}: {_flat(member, text, depth + 1)}" for key, member in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_flat(member, text, depth + 1) for member in value) + "]"
    return f'float("{value}")' if isinstance(value, float) and not isfinite(value) else repr(value)


def call_text(before: str, arguments: Sequence[tuple[str, Any]], text: Text = quoted, *, indent: int) -> str:
    """The line or lines of a call. ``before`` is all up to its bracket; an argument is its name with ``=``, or "", and
    its value."""
    margin = " " * indent
    flat = ", ".join(name + _flat(value, text) for name, value in arguments)
    if indent + len(before) + len(flat) + 2 <= ROOM:
        return f"{margin}{before}({flat})\n"
    inside = indent + _STEP
    lines = [
        f"{' ' * inside}{name}{literal(value, text, column=inside + len(name) + 1, indent=inside)},\n"
        for name, value in arguments
    ]
    return f"{margin}{before}(\n{''.join(lines)}{margin})\n"
