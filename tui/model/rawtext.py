"""A value as indented JSON, line by line, without ever having all of its text.

A `RawText` counts its lines in steps (`measure`) and remembers a place every few hundred lines; a line that is wanted
is written anew from the place before it. So a value of fifty megabytes costs a few thousand places, not a copy of
itself as text. Dates, sets and the like are written in the server's extended forms, in one line.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

from truenas_client import ejson
from truenas_client.values.kinds import Kind, Members, kind_of
from tui.model.finding import holding

__all__ = ["RawLine", "RawText", "escaped_steps", "raw_steps"]

BLOCK = 256
"""Lines between two remembered places, about."""
KEPT_BLOCKS = 16
LONGEST = 4000
"""Characters of a value in a line that is to be drawn."""
STEP = 4000
"""Values read between two steps."""
INDENT = "  "

_CONTAINERS = (dict, list, tuple)


class RawLine(NamedTuple):
    """A line: its depth, its key as JSON with the colon (or ""), its text, and the kind of its value."""

    depth: int
    key: str
    text: str
    kind: Kind

    @property
    def whole(self) -> str:
        """The whole line with its indent."""
        return f"{INDENT * self.depth}{self.key}{self.text}"


class _Frame:
    """A container whose members are being written; `next` is the index of the next one.

    The first frame, which has no lines of its own, holds the whole value.
    """

    __slots__ = ("members", "next")

    def __init__(self, container: Any, following: int = 0) -> None:
        self.members = Members(container)
        self.next = following


class RawText:
    """The lines of a value, which must not change meanwhile. `len` is how many have been counted."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._count = 0
        # The first line of each block, and the positions that lead to it; () is the very first line.
        self._starts: list[int] = [0]
        self._places: list[tuple[int, ...]] = [()]
        self._blocks: OrderedDict[int, list[RawLine]] = OrderedDict()
        self.complete = False

    def __len__(self) -> int:
        return self._count

    def measure(self) -> Iterator[None]:
        """Counts the lines, in steps of a few milliseconds; `complete` once it has ended."""
        self._count = 0
        frames = [_Frame((self._value,))]
        looked = 0
        while True:
            frame = frames[-1]
            members = frame.members
            if frame.next == members.size:
                frames.pop()
                if not frames:
                    break
                self._count += 1
                continue
            if self._count - self._starts[-1] >= BLOCK:
                self._remember(self._count, tuple(each.next if each is frame else each.next - 1 for each in frames[1:]))
            value = members.at(frame.next)
            frame.next += 1
            self._count += 1
            looked += 1
            if _has_lines(value):
                looked += len(value)
                if _is_flat(value):
                    self._count_flat(value, tuple(each.next - 1 for each in frames[1:]))
                else:
                    frames.append(_Frame(value))
            if looked >= STEP:
                looked = 0
                yield
        self.complete = True

    def _count_flat(self, value: Any, place: tuple[int, ...]) -> None:
        """A container whose members take a line each."""
        size = len(value)
        for at in range(0, size, BLOCK):
            if self._count + at - self._starts[-1] >= BLOCK:
                self._remember(self._count + at, (*place, at))
        self._count += size + 1

    def _remember(self, line: int, place: tuple[int, ...]) -> None:
        self._starts.append(line)
        self._places.append(place)

    def line(self, index: int) -> RawLine:
        """A line that has been counted, cut where it is longer than any screen. Raises IndexError for others."""
        if not 0 <= index < self._count:
            raise IndexError(index)
        block = bisect_right(self._starts, index) - 1
        lines = self._blocks.get(block)
        # The last block grows while the lines are counted.
        if lines is None or index - self._starts[block] >= len(lines):
            lines = self._blocks[block] = list(self._block(block, LONGEST))
            if len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return lines[index - self._starts[block]]

    def _block(self, block: int, longest: int | None) -> Iterator[RawLine]:
        start = self._starts[block]
        end = self._starts[block + 1] if block + 1 < len(self._starts) else self._count
        for _, line in zip(range(end - start), _lines(self._value, self._places[block], longest), strict=False):
            yield line

    def search(self, text: str, *, after: int, backwards: bool = False) -> Iterator[int | None]:
        """The numbers of the counted lines that hold ``text``, from ``after`` (which comes last) on and around the end;
        None now and then. Capitals count only when ``text`` has some."""
        if not text or not self._count:
            return
        holds = holding(text)
        after = max(-1, min(after, self._count - 1))
        first = bisect_right(self._starts, max(after, 0)) - 1
        blocks = len(self._starts)
        # The search reads the block of `after` twice: behind it at first, before it at last.
        for distance in range(blocks + 1):
            block = (first + (-distance if backwards else distance)) % blocks
            numbered = list(enumerate(self._block(block, None), self._starts[block]))
            for number, line in reversed(numbered) if backwards else numbered:
                beyond = number < after if backwards else number > after
                if (distance == 0 and not beyond) or (distance == blocks and beyond):
                    continue
                if holds(line.whole):
                    yield number
            yield None


def raw_steps(value: Any) -> Iterator[str]:
    """The text of a value in pieces of some hundred lines, to be joined as they are."""
    lines: list[str] = []
    for line in _lines(value, (), None):
        lines.append(line.whole)
        if len(lines) == BLOCK:
            yield "\n".join(lines) + "\n"
            lines.clear()
    yield "\n".join(lines)


def escaped_steps(value: Any) -> Iterator[str]:
    """The same for other places than this screen: what steers a terminal, reorders a line or is half of a surrogate
    pair stands there as JSON's escape of it."""
    return (_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", piece) for piece in raw_steps(value))


# Those below a space are escaped already.
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def _lines(value: Any, place: tuple[int, ...], longest: int | None) -> Iterator[RawLine]:
    """The lines from a place on."""
    frames = [_Frame((value,), 1)]
    for position in place:
        frames.append(_Frame(value, position + 1))
        value = frames[-1].members.at(position)
    frames[-1].next -= 1
    while True:
        frame, depth = frames[-1], len(frames) - 1
        members = frame.members
        if frame.next == members.size:
            frames.pop()
            if not frames:
                return
            bracket = "]" if members.keys is None else "}"
            comma = "," if frames[-1].next < frames[-1].members.size else ""
            yield RawLine(depth - 1, "", bracket + comma, "list" if members.keys is None else "object")
            continue
        inner = members.at(frame.next)
        name = members.name(frame.next)
        key = "" if members.keys is None else f"{json.dumps(str(name), ensure_ascii=False)}: "
        if longest is not None:
            key = key[:longest]
        frame.next += 1
        if _has_lines(inner):
            yield RawLine(depth, key, _opening(inner), kind_of(inner))
            frames.append(_Frame(inner))
        else:
            comma = "," if frame.next < members.size else ""
            yield RawLine(depth, key, _plain(inner, longest) + comma, kind_of(inner))


def _has_lines(value: Any) -> bool:
    """Whether a value takes more than one line."""
    return isinstance(value, _CONTAINERS) and bool(value)


def _is_flat(value: Any) -> bool:
    members = value.values() if isinstance(value, dict) else value
    return not any(isinstance(member, _CONTAINERS) and member for member in members)


def _opening(value: Any) -> str:
    return "{" if isinstance(value, dict) else "["


def _plain(value: Any, longest: int | None) -> str:
    """A value in one line."""
    if isinstance(value, str) and longest is not None:
        value = value[:longest]
    try:
        return ejson.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        # A number with more digits than Python writes, or a type that only a test could have put there.
        return hex(value) if isinstance(value, int) else str(value)
