"""Filters of events as the user types them, and what makes an event fit.

A filter is words that must all fit: ``tank`` is a text anywhere in the event, ``msg:changed`` its kind, ``id:7`` its
id, ``state:running`` the value at a path (``progress.percent:37``), and ``path:cpu.usage`` that there is a value at
that path. ``!`` before a word turns it around, and double quotes keep spaces. Capitals do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tui.model.feed import MARKS, FeedEvent

__all__ = ["EventFilter"]

_WORD = re.compile(r'(?P<no>!?)(?:(?P<field>[\w.]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>\S*))\s*')
_INDEX = re.compile("[0-9]{1,9}")
_MOST_PARTS = 20_000
"""Parts of one event that are looked through for a text: one with more is taken as not fitting."""

Test = Callable[[FeedEvent], bool]


class EventFilter:
    """The meaning of a typed filter; an empty one fits every event. Marks of missing events always fit."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._tests = list(_tests(self.text))

    def fits(self, event: FeedEvent) -> bool:
        """Whether an event fits every word."""
        return event.kind in MARKS or all(test(event) for test in self._tests)


def _tests(text: str) -> Iterator[Test]:
    for found in _WORD.finditer(text):
        wanted = (found["plain"] if found["quoted"] is None else found["quoted"]).lower()
        if wanted or found["quoted"] is not None:
            test = _test(found["field"] or "", wanted)
            yield (lambda event, test=test: not test(event)) if found["no"] else test  # type: ignore[misc]


def _test(field: str, wanted: str) -> Test:
    match field.lower():
        case "":
            return lambda event: _holds((event.id, event.fields), wanted)
        case "msg":
            return lambda event: event.kind.startswith(wanted)
        case "id":
            return lambda event: str(event.id).lower() == wanted
        case "path":
            parts = wanted.split(".")
            return lambda event: bool(_at(event.fields, parts))
    parts = field.lower().split(".")
    return lambda event: any(_holds(value, wanted) for value in _at(event.fields, parts))


def _at(value: Any, parts: list[str]) -> list[Any]:
    """The values at a path of lower-case names; a list is looked into without an index too."""
    found = [value]
    for part in parts:
        found = [inner for one in found for inner in _inside(one, part)]
    return found


def _inside(value: Any, part: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from (item for key, item in value.items() if str(key).lower() == part)
    elif isinstance(value, list) and _INDEX.fullmatch(part):
        yield from value[int(part) :][:1]
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping):
                yield from _inside(item, part)


def _holds(value: Any, wanted: str) -> bool:
    stack, looked = [value], 0
    while stack and looked < _MOST_PARTS:
        one = stack.pop()
        looked += 1
        if isinstance(one, Mapping):
            stack += one.keys()
            stack += one.values()
        elif isinstance(one, list | tuple | set | frozenset):
            stack += one
        elif one is not None and wanted in _text(one):
            return True
    return False


def _text(value: Any) -> str:
    # As JSON writes it, for the user sees it so.
    return ("true" if value else "false") if isinstance(value, bool) else str(value).lower()
