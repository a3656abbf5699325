"""The changes by a call: the fields that differ from the stored object, and any arguments in readable rows.

The server stores more than the caller sends, and in other forms: a ZFS property is an object
around its value, a reference the object it leads to. Such forms are seen through, so a
field with the stored value is no change.

Invariants: secrets never reach a row, neither the old nor the new, though whether they
differ may; the texts are still untrusted and as long as the values: cut and clean them
where they are drawn.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truenas_client import ejson
from truenas_client.secrets.redact import MASK, redact, redact_call, redact_result
from truenas_client.values.human import hint, human_time
from tui.model.jsontext import json_line

__all__ = ["Change", "Changes", "Entry", "arguments", "changes"]

SHORT = 48
"""Characters of a list or an object that is shown as a whole."""
MOST_ITEMS = 4
"""Items that are named of what came to a list, or left it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that will be another. ``old`` is None where the stored object does not tell."""

    path: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All of them; ``same`` counts the fields that are so already.

    ``left_out`` names the objects inside that are given in part, with how many of their
    stored fields are not given: the server may keep those or set them back.
    """

    rows: tuple[Change, ...]
    same: int
    left_out: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An argument, or a field of one."""

    path: str
    value: str


# -- what differs --------------------------------------------------------------------------


def changes(method: str, params: Sequence[Any], position: int, reader: str, stored: Any) -> Changes:
    """Compare the fields at ``params[position]`` with the object that ``reader`` answered."""
    # Masked by what is known of either side: the stored form of a secret may have another name for its place.
    masked_old = redact(redact_result(reader, stored), method)
    masked_new = redact_call(method, params)[position]
    found = _Comparison()
    found.members("", _plain(stored), _plain(params[position]), _plain(masked_old), _plain(masked_new))
    return Changes(tuple(found.rows), found.same, tuple(found.left_out))


class _Comparison:
    def __init__(self) -> None:
        self.rows: list[Change] = []
        self.same = 0
        self.left_out: list[tuple[str, int]] = []

    def members(self, path: str, old: Any, new: Any, masked_old: Any, masked_new: Any) -> None:
        for name, value in new.items():
            where = f"{path}.{name}" if path else str(name)
            if name not in old:
                self.rows.append(Change(where, None, _text(name, _member(masked_new, name))))
                continue
            self._field(where, name, old[name], value, _member(masked_old, name), _member(masked_new, name))
        missing = len(old.keys() - new.keys())
        if path and missing:
            self.left_out.append((path, missing))

    def _field(self, where: str, name: str, old: Any, new: Any, masked_old: Any, masked_new: Any) -> None:
        if _is_property(old):
            if _says(old, new):
                self.same += 1
                return
            old, masked_old = old.get("value"), _member(masked_old, "value")
        elif isinstance(old, Mapping) and isinstance(new, Mapping) and new:
            if masked_old != MASK and masked_new != MASK:
                self.members(where, old, new, masked_old, masked_new)
                return
        elif isinstance(old, Mapping) and "id" in old and not isinstance(new, Mapping | list):
            old, masked_old = old["id"], _reference(masked_old)
        elif isinstance(old, list) and isinstance(new, list):
            old, masked_old = _references(old, new), _references(masked_old, new)
        if _equal(old, new):
            self.same += 1
        elif MASK in (masked_old, masked_new):
            self.rows.append(Change(where, MASK if old not in (None, "") else _text(name, old), MASK))
        elif isinstance(masked_old, list) and isinstance(masked_new, list):
            self.rows.append(Change(where, *_lists(name, masked_old, masked_new)))
        else:
            self.rows.append(Change(where, _text(name, masked_old), _text(name, masked_new)))


def _member(value: Any, name: str) -> Any:
    """The member of a masked object, which may have been masked as a whole."""
    return value.get(name) if isinstance(value, Mapping) else value


def _is_property(value: Any) -> bool:
    """Whether this is a ZFS property as the server tells it: its value in several spellings, and its source."""
    return isinstance(value, Mapping) and "rawvalue" in value and "value" in value


def _says(stored: Mapping[str, Any], new: Any) -> bool:
    if new == "INHERIT":
        return stored.get("source") in ("INHERITED", "DEFAULT", "NONE")
    if new is None:
        return stored.get("value") is None
    spellings = [stored.get("value"), stored.get("rawvalue"), stored.get("parsed")]
    if any(_equal(spelling, new) for spelling in spellings):
        return True
    # Numbers are kept as texts there.
    return isinstance(new, int | float) and not isinstance(new, bool) and str(new) in spellings


def _reference(masked: Any) -> Any:
    """A reference for the user: the number, then the name."""
    if not isinstance(masked, Mapping):
        return masked
    name = masked.get("name")
    return f"{masked.get('id')} ({name})" if isinstance(name, str) and name else masked.get("id")


def _references(stored: Any, new: list[Any]) -> Any:
    """A stored list of objects as the list of their ids, where the arguments give ids."""
    if not isinstance(stored, list) or not new or any(isinstance(item, Mapping | list) for item in new):
        return stored
    return [item["id"] if isinstance(item, Mapping) and "id" in item else item for item in stored]


def _equal(old: Any, new: Any) -> bool:
    """Equal as JSON values: true is not 1."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_equal(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_equal, old, new))
    return bool(old == new)


def _lists(name: str, old: list[Any], new: list[Any]) -> tuple[str, str]:
    whole = json_line(old), json_line(new)
    if max(map(len, whole)) <= SHORT:
        return whole
    before, after = [json_line(item) for item in old], [json_line(item) for item in new]
    gone, come = _without(before, after), _without(after, before)
    if not gone and not come:
        return _count(old), "the same in another order"
    moves = [f"- {text}" for text in gone[:MOST_ITEMS]] + [f"+ {text}" for text in come[:MOST_ITEMS]]
    more = max(len(gone) - MOST_ITEMS, 0) + max(len(come) - MOST_ITEMS, 0)
    return _count(old), ", ".join([_count(new), *moves, *([f"{more} more"] if more else [])])


def _without(items: list[str], others: list[str]) -> list[str]:
    """The items that are not among the others, of equal ones those that there are more of."""
    left = Counter(others)
    rest = []
    for item in items:
        left[item] -= 1
        if left[item] < 0:
            rest.append(item)
    return rest


def _count(items: list[Any]) -> str:
    return f"{len(items)} item" + ("" if len(items) == 1 else "s")


# -- arguments -----------------------------------------------------------------------------


def arguments(method: str, params: Sequence[Any], names: Sequence[str] = ()) -> tuple[Entry, ...]:
    """The arguments of any call, secrets masked: a row each, objects a row for each of their fields.

    ``names`` are those of the positional arguments; without a name the number is shown.
    """
    masked = _plain(redact_call(method, params))
    only_fields = len(masked) == 1 and isinstance(masked[0], Mapping) and masked[0]
    rows: list[Entry] = []
    for place, value in enumerate(masked):
        name = names[place] if place < len(names) else str(place + 1)
        rows += _entries("" if only_fields else name, name, value)
    return tuple(rows)


def _entries(path: str, name: str, value: Any) -> Iterator[Entry]:
    if isinstance(value, Mapping) and value and (not path or len(json_line(value)) > SHORT):
        for member, inner in value.items():
            yield from _entries(f"{path}.{member}" if path else str(member), str(member), inner)
    elif isinstance(value, list) and len(json_line(value)) > SHORT:
        for place, item in enumerate(value):
            yield from _entries(f"{path}[{place}]", name, item)
    else:
        yield Entry(path, _text(name, value))


# -- texts ---------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """The value as the JSON that is sent: dates and sets in their written form."""
    return json.loads(ejson.dumps(value))


def _text(name: str | int | None, value: Any) -> str:
    text = value if value == MASK else json_line(value)
    moment = value.get("$date") if isinstance(value, Mapping) and len(value) == 1 else None
    reading = human_time(moment) if type(moment) is int else hint(name, value)
    return f"{text} ({reading})" if reading else text
