"""The lines of a log: so many at most, the newest ones, searched and narrowed down.

Pure. Invariants: a text that ends in the middle of a line is gone on with by the next one; lines and characters are
bounded, and what was let go of is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui.model.finding import holding

__all__ = ["MOST_CHARACTERS", "MOST_LINES", "LogLines", "places"]

MOST_LINES = 20_000
MOST_CHARACTERS = 4_000_000
LONGEST_LINE = 4000
SLICE = 2000

_BREAK = re.compile(r"\r\n|\n|\r(?!\n)")


class LogLines:
    """The lines, oldest first. `version` counts the changes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.dropped = 0
        """Lines at the beginning that there was no room for."""
        self.version = 0
        self._characters = 0
        self._open = False
        self._held = ""

    def __len__(self) -> int:
        return len(self.lines)

    def clear(self) -> None:
        """Begins anew."""
        self.lines, self.dropped, self._characters, self._open, self._held = [], 0, 0, False, ""
        self.version += 1

    def add(self, text: str) -> None:
        """Appends a text that follows directly on the one before."""
        text = self._held + text
        # The line feed that belongs to a carriage return may come with the next text.
        self._held = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r")
        if not text:
            return
        parts = _BREAK.split(text)
        if self._open and self.lines:
            last = self.lines.pop()
            self._characters -= len(last)
            parts[0] = last + parts[0]
        self._open = parts[-1] != ""
        if not self._open:
            parts.pop()
        parts = [part if len(part) <= LONGEST_LINE else f"{part[:LONGEST_LINE]}…" for part in parts]
        self.lines += parts
        self._characters += sum(map(len, parts))
        self._trim()
        self.version += 1

    def _trim(self) -> None:
        gone = 0
        while len(self.lines) - gone > MOST_LINES or (self._characters > MOST_CHARACTERS and len(self.lines) > gone):
            self._characters -= len(self.lines[gone])
            gone += 1
        if gone:
            del self.lines[:gone]
            self.dropped += gone

    def fitting(self, text: str) -> list[str]:
        """The lines that hold a text; all of them for "". Capitals count only where the text has some."""
        return list(filter(holding(text), self.lines))


def places(lines: list[str], text: str, *, after: int, backwards: bool) -> Iterator[int | None]:
    """The numbers of the lines that hold a text, from the one ``after`` on and around; None after every slice."""
    holds, count, step = holding(text), len(lines), -1 if backwards else 1
    for looked in range(1, count + 1):
        at = (after + step * looked) % count
        if holds(lines[at]):
            yield at
        elif looked % SLICE == 0:
            yield None
