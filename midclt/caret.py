"""An error in a text that the user typed: the message, and the text with carets below the wrong part."""

from __future__ import annotations

from truenas_client.methods.querywords import QueryTextError
from truenas_client.values.lines import cells

__all__ = ["caret_text"]

_WIDTH = 76
_BEFORE = 40
"""Characters shown before the wrong part of a long text."""


def caret_text(option: str, text: str, error: QueryTextError) -> str:
    """Three lines: the option with the message, the text, the carets."""
    # Each character keeps its place: a line feed or a control character becomes a space.
    line = "".join(char if char.isprintable() else " " for char in text)
    begin = max(0, error.position - _BEFORE) if len(line) > _WIDTH else 0
    lead = "..." if begin else ""
    before = lead + line[begin : error.position]
    shown = lead + line[begin : begin + _WIDTH]
    marked = line[error.position : min(error.position + error.length, begin + _WIDTH)]
    carets = "^" * max(cells(marked), 1)
    return f"{option}: {error}\n  {shown.rstrip()}\n  {' ' * cells(before)}{carets}"
