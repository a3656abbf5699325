"""Documentation as text for a terminal: wrapped, indented, with a little colour.

Invariant: the text of a server is made harmless before anything is added to it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from textwrap import wrap

from truenas_client.values.lines import harmless

from .output import print_harmless
from .showing import has_colour, terminal_width

__all__ = ["Prose"]

_ITEM = re.compile(r"(?:[-*+•]|\d+[.)])\s+")
WIDEST = 100
"""Longer lines are hard to read."""
_BOLD, _DIM, _NAME, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"


class Prose:
    """Lines of text under construction; `text` is the whole."""

    def __init__(self, colour: str = "auto") -> None:
        self.width = min(terminal_width(), WIDEST)
        self._colour = has_colour(sys.stdout, colour)
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """All lines, without empty ones at the end."""
        return "\n".join(self._lines).rstrip()

    def print(self) -> None:
        """Print the text, if there is any."""
        if text := self.text:
            print_harmless(text)

    def gap(self) -> None:
        """Add an empty line, unless there is one."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def heading(self, text: str) -> None:
        """Add a heading, after a gap."""
        self.gap()
        self._lines.append(self._paint(harmless(text), _BOLD))

    def paragraphs(self, text: str, indent: int = 0, *, dim: bool = False) -> None:
        """Add paragraphs. A line is a paragraph of its own; one that begins with spaces keeps them."""
        for line in harmless(text).split("\n"):
            lead = len(line) - len(line.lstrip())
            item = _ITEM.match(line.strip())
            hang = len(item[0]) if item else 0
            self._flow(line.strip(), " " * (indent + lead), " " * (indent + lead + hang), dim=dim)

    def entry(self, name: str, words: str, indent: int, column: int) -> None:
        """Add a name, and words beside it that begin at a column, or on the next line where the name is too long."""
        name, words = harmless(name), harmless(words)
        begin = " " * indent + name
        if len(begin) + 2 > column or not words:
            self._lines.append(" " * indent + self._paint(name, _NAME))
            if words:
                self._flow(words, " " * column, " " * column)
            return
        pieces = wrap(words, max(self.width - column, 20), break_on_hyphens=False) or [""]
        self._lines.append(" " * indent + self._paint(name, _NAME) + " " * (column - len(begin)) + pieces[0])
        self._lines += [" " * column + piece for piece in pieces[1:]]

    def line(self, text: str, indent: int = 0) -> None:
        """Add one line as it is, however long."""
        self._lines += [" " * indent + line for line in harmless(text).split("\n")]

    def table(self, rows: Iterable[tuple[str, str, str]], column: int) -> None:
        """Add rows of a name, a mark and a summary, each one line."""
        from truenas_client.values.lines import cut

        for name, mark, summary in rows:
            name = harmless(name)
            head = f"{name:<{column}}  {mark:<4} "
            room = self.width - len(head)
            words = cut(summary, room) if room > 10 else ""
            self._lines.append(f"{self._paint(name, _NAME)}{head[len(name) :]}{words}".rstrip())

    def _flow(self, text: str, first: str, rest: str, *, dim: bool = False) -> None:
        if not text:
            self._lines.append("")
            return
        for piece in wrap(
            text,
            max(self.width, len(rest) + 20),
            initial_indent=first,
            subsequent_indent=rest,
            break_on_hyphens=False,
            break_long_words=False,
        ):
            self._lines.append(self._paint(piece, _DIM) if dim else piece)

    def _paint(self, text: str, style: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colour and text else text
