"""Regular expressions of schemas: which are safe to run, and a short text that one matches.

It reads the part of the syntax that schemas use: literals, classes, escapes, groups, alternatives, quantifiers and
anchors. A pattern that it cannot read is never run, because a server's pattern could run forever (``(a+)+$``) or use
all memory. Every example is tested before it is returned, so a misread construct may lose the example but never makes
a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["example", "finds", "runnable"]

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
    """``unit``, a text or the sequence of a group, repeated ``least`` to ``most`` times."""

    unit: str | list[_Repeat]
    least: int
    most: int
    choice: bool = False
    """Whether the group has alternatives."""

    @property
    def size(self) -> int:
        """Characters of the shortest text."""
        return self.least * (len(self.unit) if isinstance(self.unit, str) else sum(part.size for part in self.unit))

    @property
    def parts(self) -> list[_Repeat]:
        """The repeats inside the group."""
        return [] if isinstance(self.unit, str) else self.unit

    def text(self, times: int) -> str:
        times = max(self.least, min(times, self.most))
        return (self.unit if isinstance(self.unit, str) else "".join(part.text(times) for part in self.unit)) * times


class _Reader:
    """Reads one pattern from left to right into a sequence of repeats. It keeps only the first alternative."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.chose = False

    def sequence(self) -> list[_Repeat]:
        parts: list[_Repeat] = []
        kept: list[_Repeat] | None = None
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            char = self.pattern[self.at]
            self.at += 1
            if char == "|":
                kept = parts if kept is None else kept
                parts = []
                self.chose = True
            elif char not in "^$":
                outer, self.chose = self.chose, False
                unit = self.atom(char)
                least, most = self.quantifier()
                parts.append(_Repeat(unit, least, most, self.chose))
                self.chose = self.chose or outer
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


_LONGEST_PATTERN = 500
_LONGEST_EXAMPLE = 4096
_MOST_WORK = 2e7
"""The most steps of a search in the worst case: some tenths of a second."""


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> tuple[re.Pattern[str], list[_Repeat], int] | None:
    """The compiled pattern, its parts, and the longest text to run it on; None when it is not safe to run."""
    if len(pattern) > _LONGEST_PATTERN:
        return None
    try:
        reader = _Reader(pattern)
        parts = reader.sequence()
        if reader.at < len(pattern):  # an unmatched parenthesis
            return None
        wide, choices = _work(parts)
        compiled = re.compile(pattern)
    except (re.error, _UnreadableError, RecursionError, OverflowError):
        return None
    if wide > 3 or choices > 16 or sum(part.size for part in parts) > _LONGEST_EXAMPLE:
        return None
    # The cost is a power of the length: each wide part may end anywhere, and a search without ^ may begin anywhere.
    exponent = wide + (not pattern.startswith("^"))
    return compiled, parts, int((_MOST_WORK / 2**choices) ** (1 / exponent)) if exponent else 2**31


def _work(parts: list[_Repeat]) -> tuple[int, int]:
    """The number of parts that may end anywhere, and of binary choices besides. Raises for nested ones."""
    wide = choices = 0
    for part in parts:
        inner_wide, inner_choices = _work(part.parts)
        inner_choices += part.choice
        if part.most > 1 and part.least != part.most:
            if inner_wide or inner_choices:
                raise _UnreadableError
            wide += 1
        else:
            wide += inner_wide * part.most
            choices += inner_choices * part.most + part.most - part.least
    return wide, choices


def runnable(pattern: str) -> bool:
    """Whether a pattern runs in bounded time. One with nested quantifiers, for example, does not."""
    return _compiled(pattern) is not None


def finds(pattern: str, text: str) -> bool | None:
    """Whether the text contains a match; None when the search could take too long."""
    known = _compiled(pattern)
    if known is None or len(text) > known[2]:
        return None
    return known[0].search(text) is not None


def example(pattern: str, *, min_length: int = 0, max_length: int | None = None) -> str | None:
    """A text with a match of ``pattern`` and a length within the bounds; None when none was found.

    The shortest form of the pattern is tried first, then longer ones.
    """
    longest = min(max_length if max_length is not None else max(min_length, 64), _LONGEST_EXAMPLE)
    known = _compiled(pattern)
    if known is None:
        return None
    for times in range(min(longest, 100) + 1):
        text = "".join(part.text(times) for part in known[1])
        if len(text) > longest:
            break
        # A pattern without an end anchor leaves the rest of the text free.
        for candidate in (text, text + "a" * (min_length - len(text))):
            if min_length <= len(candidate) <= longest and finds(pattern, candidate):
                return candidate
    return None
