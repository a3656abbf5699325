"""Every action of the app: the one registry behind keys, palette, footer and help. The table is `action_table`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from textual.binding import Binding, BindingType

from tui.action import Action, is_typed, key_text, typed_character
from tui.action_table import ACTIONS

__all__ = [
    "ACTIONS",
    "Action",
    "bindings",
    "by_id",
    "is_typed",
    "key_text",
    "reach",
    "typed_character",
    "worded",
]

_BY_ID = {action.id: action for action in ACTIONS}

_NAMED = re.compile(r"\{([a-z]+\.[a-z]+)\}")


def by_id(action_id: str) -> Action:
    """The action with that id; KeyError when there is none."""
    return _BY_ID[action_id]


def reach(action_id: str, *, typing: bool) -> str:
    """The key that does it at this moment, as people write it.

    ``typing`` says that a text field has the focus, where a letter is only typed: then a key
    that is no letter is named, or how to leave the field first.
    """
    keys = by_id(action_id).keys.split(",")
    working = next((key for key in keys if not (typing and is_typed(key))), None)
    return key_text(working) if working else f"esc, then {key_text(keys[0])}"


def worded(text: str, *, typing: bool) -> str:
    """A text of ours with the keys of the actions it names, ``{session.lock} allows writes``, as they work now."""
    return _NAMED.sub(lambda found: reach(found[1], typing=typing) if found[1] in _BY_ID else found[0], text)


def bindings(where: str) -> list[BindingType]:
    """The key bindings of one kind of node, for its ``BINDINGS``."""
    return list(_bindings(where))


def _bindings(where: str) -> Iterator[Binding]:
    for action in ACTIONS:
        if action.where == where and action.keys:
            yield Binding(
                action.keys,
                action.name,
                action.title,
                id=action.id,
                show=bool(action.footer),
                # Text fields come first with every key; only leaving must work whatever is on top.
                priority=action.id == "app.quit",
            )
