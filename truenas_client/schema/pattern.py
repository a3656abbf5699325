"""A short text that a regular expression finds, for drafts.

Reads the part of the syntax that schemas use: literals, classes, escapes,
groups, alternatives, quantifiers and anchors. The answer is always tried with
`re.search` before it is given, so a construct read wrongly costs the answer,
never its truth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["example"]

_READABLE = "a0A-_.:/ "
_PRINTABLE = "".join(map(chr, range(33, 127)))
_MANY = 1 << 16
_ESCAPED = {"d": "0", "w": "a", "s": " ", "D": "a", "W": " ", "S": "a", "n": "\n", "t": "\t", "r": "\r"}
_WITHOUT_WIDTH = frozenset("bBAZ")
_BOUNDS = re.compile(r"\{(\d*)(,?)(\d*)\}")


class _UnreadableError(Exception):
    """A construct outside the part of the syntax read here."""


@dataclass(slots=True)
class _Repeat:
    """``unit`` stands ``least`` to ``most`` times; a text, or a sequence in a group."""

    unit: str | list[_Repeat]
    least: int
    most: int

    def text(self, times: int) -> str:
        times = max(self.least, min(times, self.most))
        return (self.unit if isinstance(self.unit, str) else "".join(part.text(times) for part in self.unit)) * times


class _Reader:
    """Reads one pattern from left to right into a sequence of repeats; of alternatives it keeps the first."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def sequence(self) -> list[_Repeat]:
        parts: list[_Repeat] = []
        kept: list[_Repeat] | None = None
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            char = self.pattern[self.at]
            self.at += 1
            if char == "|":
                kept = parts if kept is None else kept
                parts = []
            elif char not in "^$":
                unit = self.atom(char)
                least, most = self.quantifier()
                parts.append(_Repeat(unit, least, most))
        return parts if kept is None else kept

    def atom(self, char: str) -> str | list[_Repeat]:
        if char == "(":
            return self.group()
        if char == "[":
            return self.one_of()
        if char == "\\":
            return self.escape()
        return "a" if char == "." else char

    def group(self) -> list[_Repeat]:
        if self.pattern.startswith("?", self.at):
            if not self.pattern.startswith("?:", self.at):
                raise _UnreadableError
            self.at += 2
        parts = self.sequence()
        if self.at >= len(self.pattern):
            raise _UnreadableError
        self.at += 1
        return parts

    def escape(self) -> str:
        if self.at >= len(self.pattern):
            raise _UnreadableError
        char = self.pattern[self.at]
        self.at += 1
        if char in _WITHOUT_WIDTH:
            return ""
        if char.isdigit() or char in "xuUpP":
            raise _UnreadableError
        return _ESCAPED.get(char) or char

    def one_of(self) -> str:
        start = self.at - 1
        self.at += 1 if self.pattern.startswith("^", self.at) else 0
        self.at += 1 if self.pattern.startswith("]", self.at) else 0
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        self.at += 1
        fits = re.compile(self.pattern[start : self.at])
        for char in _READABLE + _PRINTABLE:
            if fits.fullmatch(char):
                return char
        raise _UnreadableError

    def quantifier(self) -> tuple[int, int]:
        least, most = 1, 1
        if self.at < len(self.pattern):
            char = self.pattern[self.at]
            bounds = _BOUNDS.match(self.pattern, self.at)
            if char in "*+?":
                least, most = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1)}[char]
                self.at += 1
            elif bounds and (bounds[1] or bounds[3]):
                least = int(bounds[1] or 0)
                most = int(bounds[3]) if bounds[3] else (_MANY if bounds[2] else least)
                self.at = bounds.end()
            else:
                return 1, 1
            if self.at < len(self.pattern) and self.pattern[self.at] in "?+":
                self.at += 1
        return least, most


def example(pattern: str, *, min_length: int = 0, max_length: int | None = None) -> str | None:
    """A text in which ``pattern`` is found and whose length lies within the bounds, or None when none was found.

    The shortest form the pattern allows is tried first, then longer ones.
    """
    longest = max_length if max_length is not None else max(min_length, 64)
    try:
        found = re.compile(pattern)
        parts = _Reader(pattern).sequence()
    except (re.error, _UnreadableError, RecursionError):
        return None
    for times in range(longest + 1):
        text = "".join(part.text(times) for part in parts)
        if len(text) > longest:
            break
        # A pattern without an end anchor leaves the rest of the text free.
        for candidate in (text, text + "a" * (min_length - len(text))):
            if min_length <= len(candidate) <= longest and found.search(candidate):
                return candidate
    return None
