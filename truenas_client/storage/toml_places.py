"""The line of a key in a TOML text, for messages that say where something is wrong.

A simple reader, because no TOML reader tells it: it knows table headers and assignments, dotted and quoted keys.
"""

from __future__ import annotations

import re

__all__ = ["line_of"]

_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_ASSIGNMENT = re.compile(r"\s*([^=#\[\]]+?)\s*=")


def line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The number of the line with a key; None where this simple reader cannot find it."""
    table: tuple[str, ...] = ()
    member = container = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            here = table = _parts(header[1])
        elif assignment := _ASSIGNMENT.match(line):
            here = table + _parts(assignment[1])
        else:
            continue
        if here == keys:
            return number
        if here[: len(keys)] == keys:
            member = member or number
        elif len(here) > 1 and here == keys[: len(here)]:
            container = container or number
    return member or container


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
