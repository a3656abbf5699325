"""Finding text in a value, from a place on, in small steps.

The order is that of the document: a container comes before what it holds. Nothing
is built for places that are only passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from truenas_client.values.kinds import Members, Path, has_members, is_container, preview

__all__ = ["finder", "holding", "search", "way"]

_Names = list[str | int]
_PLAIN_NUMBER = 1 << 64
SLICE = 2000
"""Values that take a few milliseconds to search."""


def holding(text: str) -> Callable[[str], bool]:
    """A function that tells whether a text holds ``text``. Capitals are told apart only when ``text`` has some."""
    if text == text.lower():
        return lambda there: text in there.lower()
    return lambda there: text in there


def finder(text: str) -> Callable[[str | int | None, Any], bool]:
    """A function of a key and its value: whether either holds ``text``. Containers are judged by their key alone.

    Capitals are told apart only when ``text`` has some.
    """
    exact = text != text.lower()

    def found(key: str | int | None, value: Any) -> bool:
        if isinstance(key, str) and text in (key if exact else key.lower()):
            return True
        if isinstance(value, str):
            there = value
        elif type(value) is int and -_PLAIN_NUMBER < value < _PLAIN_NUMBER:
            there = str(value)
        elif is_container(value):
            return False
        else:
            there = preview(value)
        return text in (there if exact else there.lower())

    return found


def search(value: Any, text: str, *, after: Path | None = None, backwards: bool = False) -> Iterator[Path | None]:
    """The paths whose key or value holds ``text``, and a None after every `SLICE` values searched.

    It goes from ``after`` (not included) to the end, then from the other end up to ``after`` (included). Without
    ``after``, or when that path is gone, the search covers every value once.
    """
    if not text:
        return
    # The value as the only member of a list: so it is visited as all others are. Its own name, 0, is in no path.
    whole, last = (value,), [0, *(after or ())]
    step = -1 if backwards else 1
    rounds = [_walk([[Members(whole), 0]], [], step)]
    if after is not None and (found_way := way(whole, tuple(last))) is not None:
        frames, here = found_way
        stack = [[members, position + step] for members, position in frames]
        if has_members(here) and not backwards:
            stack.append([Members(here), 0])
        rounds.insert(0, _walk(stack, list(last), step))
    found = finder(text)
    looked = 0
    for number, steps in enumerate(rounds):
        for names, here in steps:
            looked += 1
            if found(names[-1] if len(names) > 1 else None, here):
                yield tuple(names[1:])
            if looked % SLICE == 0:
                yield None
            if number == 1 and names == last:
                return


def way(value: Any, path: Path) -> tuple[list[tuple[Members, int]], Any] | None:
    """The containers on the way to a path, each with the position taken, and the value there; None if not there."""
    frames: list[tuple[Members, int]] = []
    for part in path:
        if not is_container(value) or (position := (members := Members(value)).position(part)) is None:
            return None
        frames.append((members, position))
        value = members.at(position)
    return frames, value


def _walk(stack: list[list[Any]], names: _Names, step: int) -> Iterator[tuple[_Names, Any]]:
    """Names (one list, changed from step to step) and values. ``stack`` has the open containers and in each the next
    position; ``step`` is -1 against the order, where a container comes after what it holds."""
    while stack:
        members, position = stack[-1]
        depth = len(stack) - 1
        if not 0 <= position < members.size:
            stack.pop()
            if step < 0 and stack:
                del names[depth:]
                yield names, members.values
            continue
        stack[-1][1] = position + step
        names[depth:] = [members.name(position)]
        here = members.at(position)
        inside = has_members(here)
        if step > 0 or not inside:
            yield names, here
        if inside:
            container = Members(here)
            stack.append([container, container.size - 1 if step < 0 else 0])
