"""The language that lists are filtered by: ``state:running method:pool by:admin``.

Every word has to fit. A word without a colon fits a part of anything that is shown of an item. ``field:a,b`` fits one
of the values, ``-word`` keeps what does not fit, and a quoted word keeps its spaces. Pure. Invariant: no text is an
error; what can fit no item is said in `problem`. A sub-class says which fields its items have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

__all__ = ["WordFilter"]

_WORD = re.compile(r'-?(?:[\w.]+:)?(?:"[^"]*"?|[^\s"]+)')


@dataclass(frozen=True, slots=True)
class _Word:
    field: str
    read: Callable[[Any], str]
    values: tuple[str, ...]
    wanted: bool

    def fits(self, item: Any, hay: str) -> bool:
        if not self.field:
            return (self.values[0] in hay) is self.wanted
        there = self.read(item).lower()
        if self.field == "id":
            return (there in self.values) is self.wanted
        return any(value in there for value in self.values) is self.wanted


class WordFilter:
    """A filter as it was typed."""

    fields: ClassVar[Mapping[str, Callable[[Any], str]]] = {}
    """The names before a colon, and what they look at."""
    states: ClassVar[tuple[str, ...]] = ()
    """The values of the field ``state``, which may be abbreviated."""
    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Words for several states."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.problem = ""
        """Why no item can fit; "" when some may."""
        self._words = [word for found in _WORD.findall(text) if (word := self._word(found)) is not None]

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self._words)

    @classmethod
    def haystack(cls, item: Any) -> str:
        """What a word without a field is looked for in, in small letters. An owner may keep it as long as the item."""
        return "\n".join(read(item) for read in cls.fields.values()).lower()

    def fits(self, item: Any, hay: str | None = None) -> bool:
        """Whether an item is to be shown; ``hay`` is its `haystack`, where the caller keeps it."""
        hay = self.haystack(item) if hay is None else hay
        return all(word.fits(item, hay) for word in self._words)

    def _word(self, typed: str) -> _Word | None:
        wanted = not typed.startswith("-")
        typed = typed if wanted else typed[1:]
        field, colon, rest = typed.partition(":")
        field = field.lower()
        if not colon or '"' in field:
            value = typed.replace('"', "").lower()
            return _Word("", str, (value,), wanted) if value else None
        if field not in self.fields:
            # A text with a colon in it is looked for as it is, as in cron:5. A field that is nearly one is a slip.
            if near := get_close_matches(field, self.fields, 1, 0.7):
                self.problem = f"There is no field {field}: did you mean {near[0]}:?"
            return _Word("", str, (typed.replace('"', "").lower(),), wanted)
        values = [value for part in rest.replace('"', "").lower().split(",") if (value := part.strip())]
        if not values:
            return None  # still being typed
        if field == "state":
            values = [state for value in values for state in self._states(value)]
        return _Word(field, self.fields[field], tuple(values), wanted)

    def _states(self, value: str) -> tuple[str, ...]:
        if value in self.groups:
            return self.groups[value]
        begun = tuple(state for state in self.states if state.startswith(value))
        if not begun:
            near = get_close_matches(value, (*self.states, *self.groups), 1, 0.5)
            self.problem = f"No state is called {value}" + (f": did you mean {near[0]}?" if near else ".")
        return begun or (value,)
