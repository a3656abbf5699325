"""Text on the lines of a terminal: without what steers it, measured and cut by cells.

Invariant: what `harmless` returns holds no control character besides tab and line feed, and nothing that reorders a
line; `one_line` holds no line feed either.
"""

from __future__ import annotations

import re

__all__ = ["cells", "cut", "fit", "harmless", "one_line", "padded"]

# Control characters except tab and line feed, and the characters that reorder the text of a line.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def harmless(text: str) -> str:
    """``text`` without the characters that steer a terminal; tabs and line feeds stay."""
    return _STEERING.sub("", text)


def one_line(text: str) -> str:
    """``text`` as one harmless line, each run of white space a single space."""
    if text.isprintable() and text.isascii() and "  " not in text:
        return text.strip()
    return " ".join(_STEERING.sub("", _SPACES.sub(" ", text)).split())


def fit(text: str, cells: int) -> str:
    """The beginning of ``text``, as one harmless line, that fits into this many cells of a terminal."""
    line = one_line(text)
    if line.isascii():
        return line[: max(cells, 0)]
    shown: list[str] = []
    for character in line:
        cells -= _cells_of(character)
        if cells < 0:
            break
        shown.append(character)
    return "".join(shown)


def cut(text: str, most: int) -> str:
    """``text`` as one harmless line of at most ``most`` cells, the last one an ellipsis where something was cut."""
    line = one_line(text)
    return line if cells(line) <= most else f"{fit(line, most - 1)}…"


def padded(line: str, width: int, *, right: bool = False) -> str:
    """A harmless line with spaces up to this many cells: behind it, or before it (``right``)."""
    spaces = " " * (width - cells(line))
    return spaces + line if right else line + spaces


def cells(text: str) -> int:
    """The number of terminal cells that a harmless line takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if character.isascii():
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
