"""Every action of the app: the one registry behind keys, palette, footer, help and the texts that name a key.

The table is `action_table`; a keymap of the user lies over it (`remap`). Invariant: a
text names a key by `key`, `reach` or ``{action.id}`` in `worded`, at the moment it is
drawn, so that it names the key that works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from textual.binding import Binding, BindingType

from tui.action import Action, is_typed, key_text, typed_character
from tui.action_table import ACTIONS

__all__ = [
    "ACTIONS",
    "Action",
    "bind",
    "bindings",
    "by_id",
    "is_typed",
    "key",
    "key_text",
    "keys_of",
    "reach",
    "remap",
    "typed_character",
    "worded",
]

_BY_ID = {action.id: action for action in ACTIONS}
_remapped: dict[str, str] = {}
"""The keys that the app's keymap gives to actions. One app runs at a time in a process."""

_NAMED = re.compile(r"\{([a-z]+\.[a-z_]+)\}")


def by_id(action_id: str) -> Action:
    """The action with that id; KeyError when there is none."""
    return _BY_ID[action_id]


def remap(keymap: Mapping[str, str]) -> None:
    """Replaces the keymap that texts name keys by: Textual key names, separated by commas, for ids of actions."""
    _remapped.clear()
    _remapped.update(keymap)


def keys_of(action_id: str) -> list[str]:
    """The present keys of an action, as Textual names them; none where the user took them from it."""
    keys = _remapped.get(action_id, by_id(action_id).keys)
    return keys.split(",") if keys else []


def key(action_id: str, *, short: bool = False) -> str:
    """The first of its present keys, for a sentence (``ctrl+j``), or ``short`` for a line of keys (``^j``).

    Of an action without a key, how the palette reaches it.
    """
    keys = keys_of(action_id)
    return key_text(keys[0], short=short) if keys else f"{key('app.palette', short=short)} {by_id(action_id).title}"


def reach(action_id: str, *, typing: bool) -> str:
    """The key that does it at this moment, as people write it.

    ``typing`` says that a text field has the focus, where a letter is only typed: then a key
    that is no letter is named, or how to leave the field first.
    """
    keys = keys_of(action_id)
    working = next((key for key in keys if not (typing and is_typed(key))), None)
    if working is None and keys:
        return f"{key('app.back')}, then {key_text(keys[0])}"
    return key_text(working) if working else key(action_id)


def worded(text: str, *, typing: bool) -> str:
    """A text of ours with the keys of the actions it names, ``{session.lock} allows writes``, as they work now."""
    return _NAMED.sub(lambda found: reach(found[1], typing=typing) if found[1] in _BY_ID else found[0], text)


def bindings(where: str) -> list[BindingType]:
    """The key bindings of one kind of node, for its ``BINDINGS``."""
    return bind(*(action.id for action in ACTIONS if action.where == where))


def bind(*ids: str | tuple[str, str], priority: bool = False) -> list[BindingType]:
    """Bindings for a widget or card that handles these actions; in a pair the second is the handler it has for it."""
    pairs = [entry if isinstance(entry, tuple) else (entry, by_id(entry).name) for entry in ids]
    return [_binding(by_id(action_id), handler, priority) for action_id, handler in pairs]


def _binding(action: Action, handler: str, priority: bool) -> Binding:
    # Text fields come first with every key; only quitting must work over every card.
    priority = priority or action.id == "app.quit"
    return Binding(action.keys, handler, action.title, id=action.id, show=bool(action.footer), priority=priority)
