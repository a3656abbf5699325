"""Changing to another branch of a union: what the rest of its object becomes when its tag does.

What was typed stays, whether or not the new branch knows it; what still stands as the
old branch began it goes, where the new one does not know it; what the new one
requires is begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from truenas_client.methods.draft import Draft, allows, draft
from truenas_client.methods.normalise import Schema

from .schemaplace import fitting, is_tag

__all__ = ["rebranched"]


def rebranched(branches: Sequence[Schema], value: dict[str, Any], tag: str, choice: Any) -> Draft | None:
    """An object with its tag set to another choice; None when nothing but the tag would change.

    ``branches`` are the leaves the object may be of. The paths to fill are those of what was begun.
    """
    if len(branches) < 2 or not all(is_tag(branch, tag) for branch in branches):
        return None
    chosen = next((branch for branch in branches if allows(branch["properties"][tag], choice)), None)
    if chosen is None:
        return None
    begun = draft(fitting(branches, value)[0]).value
    begun = begun if isinstance(begun, dict) else {}
    known = chosen["properties"]
    kept = {
        name: choice if name == tag else item
        for name, item in value.items()
        if name == tag or name in known or name not in begun or begun[name] != item
    }
    to_fill: list[tuple[str | int, ...]] = []
    for name in known:
        if name in chosen.get("required", ()) and name not in kept:
            part = draft(known[name])
            kept[name] = part.value
            to_fill += part.under(name)
    return None if kept.keys() == value.keys() else Draft(kept, tuple(to_fill))
