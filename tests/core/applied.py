"""What changes between two values lead to: they are right if that is the second value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from truenas_client.values.diff import Change, Item, Path

Step = str | int | Item


def apply(value: Any, changes: Sequence[Change]) -> Any:
    """The value that the changes lead to. ``value`` itself stays as it is."""
    return _applied(value, [(change.path, change) for change in changes])


def _applied(value: Any, changes: list[tuple[Path, Change]]) -> Any:
    if not changes:
        return value
    below: dict[Step, list[tuple[Path, Change]]] = {}
    for path, change in changes:
        if not path:
            return change.new
        below.setdefault(path[0], []).append((path[1:], change))
    if isinstance(value, dict):
        made = dict(value)
        for name, inner in below.items():
            if not inner[0][0] and inner[0][1].kind == "removed":
                del made[name]
            else:
                made[name] = _applied(made.get(name), inner)
        return made
    return _applied_to_list(list(value), below)


def _applied_to_list(rows: list[Any], below: dict[Step, list[tuple[Path, Change]]]) -> list[Any]:
    keys = {step.key for step in below if isinstance(step, Item)}
    where = {Item(key, row[key]): place for key in keys for place, row in enumerate(rows)}
    placed: dict[int, Any] = {}
    gone: set[int] = set()
    for step, inner in below.items():
        place = where.get(step, -1) if isinstance(step, Item) else step
        assert isinstance(place, int)
        kinds = {change.kind: change for path, change in inner if not path}
        deeper = [(path, change) for path, change in inner if path or change.kind == "changed"]
        if deeper:
            rows[place] = _applied(rows[place], deeper)
        if "removed" in kinds:
            gone.add(place)
        elif "moved" in kinds:
            gone.add(place)
            placed[kinds["moved"].at] = rows[place]
        elif "added" in kinds:
            placed[kinds["added"].at] = kinds["added"].new
    rest = iter([row for place, row in enumerate(rows) if place not in gone])
    total = len(rows) - len(gone) + len(placed)
    return [placed[place] if place in placed else next(rest) for place in range(total)]
