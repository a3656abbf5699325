"""Three versions of the members of a file become one: what two runs of the app have changed since they last agreed.

Pure. Invariants: a change of one side alone is kept, whatever it is; where both changed the same object, its members
are merged one by one; where both changed the same list of names, what either added is there and what either removed
is gone; of one value that both changed, ours is kept.
"""

from __future__ import annotations

from typing import Any

__all__ = ["merged"]

_NOTHING = object()
"""Stands for a member that is not there."""


def merged(base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """The members with the changes of both sides since ``base``. Those that we changed come last, in our order."""
    changed = [name for name, value in ours.items() if value != base.get(name, _NOTHING)]
    values = {name: _value(*(side.get(name, _NOTHING) for side in (base, ours, theirs))) for name in {**theirs, **ours}}
    order = [*(name for name in values if name not in changed), *changed]
    return {name: values[name] for name in order if values[name] is not _NOTHING}


def _value(base: Any, ours: Any, theirs: Any) -> Any:
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return merged(base if isinstance(base, dict) else {}, ours, theirs)
    if _names(ours) and _names(theirs):
        return _list(base if _names(base) else [], ours, theirs)
    return ours


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _list(base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """What we added comes before theirs or after, as it stands in ours: the newest are first in some lists."""
    known = next((at for at, name in enumerate(ours) if name in base), len(ours))
    first = ours[:known]
    last = [name for name in ours[known:] if name not in base]
    gone = {*base} - {*ours} | {*first, *last}
    return [*first, *(name for name in theirs if name not in gone), *last]
