"""One thing the user can do, and its keys as people write them.

Keys are Textual key names, so the ids can be remapped with ``App.set_keymap``.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.keys import key_to_character

__all__ = ["Action", "is_typed", "key_text", "typed_character"]

_CARET = frozenset({"enter", "backspace", "delete", "left", "right", "up", "down", "home", "end"})
"""Keys that a text field keeps for itself."""
_SIGNS = {"slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_"}
"""Characters that Textual names otherwise than Unicode, and does not find by that name."""


class Action(NamedTuple):
    """One action, on one kind of node; its handler there is ``action_<id with underscores>`` unless ``handler`` says.

    ``where`` names the node: ``app``, ``workspace`` (of one connection), a section of `section_specs` or a place inside
    one, ``connect`` (the connect card), ``list`` and ``card`` (lists, documents, cards and fields of forms: those bind
    the ids that they handle by `actions.bind`).
    ``group`` is the heading in the list of keys; ``keys`` are the default keys, separated by commas.
    ``help`` is the sentence about it; it may name keys of other actions, as in ``{find.next} steps``.
    ``footer`` is the word in the footer (empty: not there) and ``rank`` its place,
    lower first. ``always`` marks keys that also work while typing.
    """

    id: str
    title: str
    keys: str
    where: str
    group: str
    help: str = ""
    footer: str = ""
    rank: int = 50
    always: bool = False
    handler: str = ""

    @property
    def name(self) -> str:
        """The name of the handler, without ``action_``."""
        return self.handler or self.id.replace(".", "_")


def key_text(key: str, *, short: bool = True) -> str:
    """A Textual key name as people write it: ``slash`` is ``/``; ``ctrl+j`` is ``^j`` where it is to be short."""
    *modifiers, last = key.strip().split("+") if key != "+" else ["+"]
    word = "esc" if last == "escape" else last if last == "space" else typed_character(last)
    word = word or (last.upper() if last[:1] == "f" and last[1:].isdigit() else last)
    if short and modifiers == ["ctrl"] and len(word) == 1:
        return f"^{word}"
    return "+".join([*modifiers, word])


def is_typed(key: str) -> bool:
    """Whether a text field takes a key as a character, or to move its caret, instead of leaving it to actions."""
    return key in _CARET or typed_character(key) is not None


def typed_character(key: str) -> str | None:
    """The character that a key types; None for one that types none."""
    character = _SIGNS.get(key) or (key if len(key) == 1 else key_to_character(key))
    return character if character is not None and character.isprintable() else None
