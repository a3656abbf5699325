"""`Differences`: what differs between two results, as lines to be shown, copied and gone through.

Each change has the place where it is in the second value; a change that removed something, in the first. Computing
them takes as long as reading both values, so the caller does it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from truenas_client.values.diff import Change, Item, change_text, diff
from truenas_client.values.diff import Path as ChangePath
from truenas_client.values.kinds import Path
from tui.model.answers import first_text

__all__ = ["Differences", "compare"]

SIGNS = {"changed": "~", "added": "+", "removed": "-", "moved": "~"}
_LONGEST = 2000
"""Characters of one value in the text of a diff."""


@dataclass(frozen=True, slots=True)
class Differences:
    """The ``changes`` from a first value to the second, ``value``; ``title`` names what was compared."""

    title: str
    value: Any
    changes: Sequence[Change]
    places: Sequence[Path]
    """Where each change is, as paths of the viewers."""
    names: Sequence[str]
    """Of each change in an item of a list that is known by a number: what that item is called."""
    marks: dict[Path, str] = field(repr=False)
    """The sign of each place of the second value that is other, and of the places that hold such ones."""

    @property
    def summary(self) -> str:
        """How many places changed, and how."""
        if not self.changes:
            return "No differences."
        counts = dict.fromkeys(SIGNS, 0)
        for change in self.changes:
            counts[change.kind] += 1
        return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)

    def lines(self) -> Iterator[str]:
        """The diff as text."""
        yield f"# {self.title}"
        yield f"# {self.summary}"
        for change, name in zip(self.changes, self.names, strict=True):
            yield change_text(change, _LONGEST) + (f"  ({name})" if name else "")


def compare(title: str, old: Any, new: Any) -> Differences:
    """What differs between two values, which must not change meanwhile."""
    order = list(SIGNS)
    changes = sorted(diff(old, new), key=lambda change: order.index(change.kind))
    before, after = _Places(old), _Places(new)
    places = [(before if change.kind == "removed" else after).of(change.path) for change in changes]
    marks: dict[Path, str] = {}
    for change, place in zip(changes, places, strict=True):
        if change.kind == "removed":
            # The nearest place that is still there.
            place = after.of(change.path[:-1])
        for depth in range(len(place)):
            marks.setdefault(place[:depth], "~")
        marks[place] = "~" if change.kind == "removed" else SIGNS[change.kind]
    names = [
        _name(old if change.kind == "removed" else new, change.path, place)
        for change, place in zip(changes, places, strict=True)
    ]
    return Differences(title, new, changes, places, names, marks)


def _name(value: Any, path: ChangePath, place: Path) -> str:
    """The title of the innermost item on the way that is known by a number only; "" without one."""
    found = ""
    for depth, step in enumerate(place):
        value = value[step]
        known = path[depth]
        if isinstance(known, Item) and isinstance(known.value, int):
            found = first_text(value, "name", "service", "username", "description", "path")[:60] or found
    return found


class _Places:
    """Paths of one value: items known by their id or name become places in their list."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._items: dict[tuple[int, str], dict[Any, int]] = {}

    def of(self, path: ChangePath) -> Path:
        value = self._value
        plain: Path = ()
        for step in path:
            if isinstance(step, Item):
                index = self._items.get((id(value), step.key))
                if index is None:
                    index = {row[step.key]: at for at, row in enumerate(value)}
                    self._items[id(value), step.key] = index
                at: str | int = index[step.value]
            else:
                at = step
            plain = (*plain, at)
            value = value[at]
        return plain
