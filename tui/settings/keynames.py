"""Keys as people write them, read as Textual names them: ``/`` is ``slash``, ``Ctrl+J`` and ``^j`` are ``ctrl+j``."""

from __future__ import annotations

import re

from textual.keys import _character_to_key

from tui.action import typed_character

__all__ = ["read_key", "read_keys"]

_NAMED = frozenset(
    [*("up", "down", "left", "right", "home", "end", "insert", "delete", "pageup", "pagedown")]
    + [*("enter", "escape", "tab", "space", "backspace")]
    + [f"f{number}" for number in range(1, 25)]
)
_SHORT = {"esc": "escape", "del": "delete", "pgup": "pageup", "pgdn": "pagedown", "return": "enter"}
_MODIFIERS = ("ctrl", "alt", "shift")
_THE_SAME = {"h": "backspace", "i": "tab", "m": "enter", "left_square_bracket": "escape"}
"""What a terminal sends for ctrl and these: the same bytes as for the key named here."""


def read_keys(value: object) -> list[str]:
    """The keys of an entry: a text, with several keys parted by spaces or commas, or a list of texts; each key once.

    Raises ValueError, which says what is wrong with it.
    """
    if isinstance(value, str):
        # A comma alone is a key.
        value = [part for part in re.split(r"[\s,]+", value) if part] or [value] * bool(value)
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise ValueError('should be a key in quotes, or several as in ["ctrl+j", "f5"]; [] is none')
    return list(dict.fromkeys(read_key(part) for part in value))


def read_key(text: str) -> str:
    """Textual's name of a key. Raises ValueError, which says why there is none."""
    written = re.sub(r"^\^(?=.)", "ctrl+", text)
    head, plus, last = written.rpartition("+")
    if written == "+" or written.endswith("++"):  # the plus sign itself, alone or behind ctrl+
        head, plus, last = head.removesuffix("+"), "+" if len(written) > 1 else "", "+"
    modifiers = head.lower().split("+") if plus else []
    key = _named(last)
    if key is None or not set(modifiers) <= set(_MODIFIERS) or len(set(modifiers)) < len(modifiers):
        raise ValueError(f"{text!r} is no key; keys are as ctrl+j, f5, slash, /, A, shift+tab")
    if modifiers == ["shift"] and len(key) == 1 and key.isalpha():
        return key.upper()
    if modifiers and len(key) == 1:
        key = key.lower()
    if modifiers == ["ctrl"] and key in _THE_SAME:
        raise ValueError(f"{text!r} does not arrive: for a terminal it is {_THE_SAME[key]}")
    return "+".join([*(one for one in _MODIFIERS if one in modifiers), key])


def _named(last: str) -> str | None:
    if len(last) == 1:
        return _character_to_key(last) if last.isprintable() and last != " " else None
    name = last.lower()
    name = _SHORT.get(name, name)
    character = typed_character(name)
    return name if name in _NAMED or (character is not None and _character_to_key(character) == name) else None
