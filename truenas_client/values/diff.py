"""What differs between two JSON values, as a list of changes that leads from the first to the second.

Items of a list are the same item when they have the same ``id``, else ``name`` (or another key); other lists are
compared place by place. Invariants: the changes, made to the first value, give the second, types included (``true`` is
not ``1``); neither value is changed; the work grows with the size of the values, not with its square.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, time
from typing import Any, Literal, NamedTuple

from .kinds import path_text

__all__ = ["Change", "Item", "Path", "change_row", "change_text", "diff"]

KEYS = ("id", "name")
"""The members that tell which item of a list an object is, the first that all items have."""


class Item(NamedTuple):
    """A step into a list: the item whose member ``key`` has this value."""

    key: str
    value: str | int


Step = str | int | Item
"""A member of an object, a place in a list, or an item of a list that is known by its id or name."""
Path = tuple[Step, ...]


class Change(NamedTuple):
    """One difference. ``at`` is the place in the second list of an item that was added or has moved."""

    kind: Literal["added", "removed", "changed", "moved"]
    path: Path
    old: Any = None
    new: Any = None
    at: int = -1


def diff(old: Any, new: Any, keys: Sequence[str] = KEYS) -> list[Change]:
    """The changes from the first to the second value. ``keys`` tell the items of lists."""
    changes: list[Change] = []
    _walk(old, new, (), changes, keys)
    return changes


def _walk(old: Any, new: Any, path: Path, changes: list[Change], keys: Sequence[str]) -> None:
    if type(old) is not type(new):
        changes.append(Change("changed", path, old, new))
    elif isinstance(old, dict):
        for name, value in old.items():
            if name not in new:
                changes.append(Change("removed", (*path, name), value))
            elif (other := new[name]) is not value:
                if isinstance(value, (dict, list)):
                    _walk(value, other, (*path, name), changes, keys)
                elif not _same(value, other):
                    changes.append(Change("changed", (*path, name), value, other))
        for name, value in new.items():
            if name not in old:
                changes.append(Change("added", (*path, name), new=value))
    elif isinstance(old, list):
        key = _key_of(old, new, keys)
        if key is None:
            for place, (value, other) in enumerate(zip(old, new, strict=False)):
                _walk(value, other, (*path, place), changes, keys)
            # From the end, so that each place is right when it is reached.
            for place in range(len(old) - 1, len(new) - 1, -1):
                changes.append(Change("removed", (*path, place), old[place]))
            for place in range(len(old), len(new)):
                changes.append(Change("added", (*path, place), new=new[place], at=place))
        else:
            _walk_items(old, new, key, path, changes, keys)
    elif not _same(old, new):
        changes.append(Change("changed", path, old, new))


def _walk_items(
    old: list[Any], new: list[Any], key: str, path: Path, changes: list[Change], keys: Sequence[str]
) -> None:
    places = {row[key]: place for place, row in enumerate(new)}
    stayed: list[int] = []
    for row in old:
        step = (*path, Item(key, row[key]))
        place = places.get(row[key])
        if place is None:
            changes.append(Change("removed", step, row))
        else:
            stayed.append(place)
            _walk(row, new[place], step, changes, keys)
    before = {row[key] for row in old}
    in_order = _longest_rise(stayed)
    for place in stayed:
        if place not in in_order:
            changes.append(Change("moved", (*path, Item(key, new[place][key])), at=place))
    for place, row in enumerate(new):
        if row[key] not in before:
            changes.append(Change("added", (*path, Item(key, row[key])), new=row, at=place))


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The most of these different numbers that can stay where they are: a longest rising part."""
    ends: list[int] = []
    back: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        back[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    rise: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        rise.add(last)
        last = back[last]
    return rise


def _key_of(old: list[Any], new: list[Any], keys: Sequence[str]) -> str | None:
    """The member by which the items of both lists are known; None where there is none."""
    if not old or not new:
        return None
    for key in keys:
        if _all_known(old, key) and _all_known(new, key):
            return key
    return None


def _all_known(rows: list[Any], key: str) -> bool:
    seen = set()
    for row in rows:
        value = row.get(key) if isinstance(row, dict) else None
        if type(value) not in (str, int) or value in seen:
            return False
        seen.add(value)
    return True


def _same(old: Any, new: Any) -> bool:
    if type(old) is not type(new):
        return False
    return bool(old == new) or (old != old and new != new)  # two NaN are the same value


def _where(change: Change) -> str:
    return path_text(change.path) or "all of it"


def change_row(change: Change) -> dict[str, Any]:
    """A change for a program to read."""
    return {"kind": change.kind, "path": _where(change), "old": change.old, "new": change.new}


def change_text(change: Change, most: int = 60) -> str:
    """A change as one line: ``+``, ``-`` or ``~``, the path, and the values, cut to ``most`` characters."""
    path = _where(change)
    match change.kind:
        case "added":
            return f"+ {path}: {_shown(change.new, most)}"
        case "removed":
            return f"- {path}: {_shown(change.old, most)}"
        case "moved":
            return f"~ {path}: now item {change.at + 1}"
    return f"~ {path}: {_shown(change.old, most)} -> {_shown(change.new, most)}"


def _shown(value: Any, most: int) -> str:
    from .. import ejson

    text = str(value) if isinstance(value, (date, time)) else ejson.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 3]}..."
