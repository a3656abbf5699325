"""The keymap: a preset, and over it the user's own keys, with whatever is wrong in them told and left out.

An action without a key is in the command palette only; actions that are not there keep one. Invariant: in the keymap
that `resolved` gives no two actions share a key in places that can be active together, but those that share it by
default (there the inner one comes first, on purpose).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from tui.action import Action, is_typed, key_text
from tui.action_table import ACTIONS
from tui.section_specs import section_of
from tui.settings.keynames import read_keys

__all__ = ["PRESETS", "Keymap", "Wrong", "clash", "in_palette", "preset", "resolved"]

Keymap = dict[str, list[str]]
"""The keys of actions by their ids, as Textual names them."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the entry of an action."""

    id: str
    text: str


_BY_ID = {action.id: action for action in ACTIONS}
_DEFAULT: Keymap = {action.id: action.keys.split(",") for action in ACTIONS}

_VIM = {
    "pane.args": "i,e",
    "pane.result": "J",
    "pane.docs": "K,d",
    "session.keep": "f8",
    "nav.page_down": "pagedown,ctrl+d",
    "nav.page_up": "pageup,ctrl+u",
}

_PLAIN = {
    "pane.methods": "ctrl+f",
    "pane.args": "ctrl+e",
    "pane.docs": "ctrl+d",
    "pane.zoom": "ctrl+z",
    "find.next": "ctrl+down",
    "find.previous": "ctrl+up",
    "result.view": "f7",
    "job.view": "f7",
    "event.view": "f7",
    "wire.view": "f7",
    "copy.menu": "ctrl+y",
    "job.copy": "ctrl+y",
    "event.copy": "ctrl+y",
    "wire.copy": "ctrl+y",
    "export.open": "ctrl+s",
    "event.save": "ctrl+s",
    "wire.save": "ctrl+s",
    "call.abort": "ctrl+k",
    "job.abort": "ctrl+k",
    "table.sort": "circumflex_accent",
    "table.pin": "exclamation_mark",
    "tree.all": "shift+space,asterisk",
    "form.branch": "plus",
    "log.only": "plus",
    "dashboard.refresh": "f5",
    "view.refresh": "f5",
    "access.refresh": "f5",
    "alert.dismiss": "delete",
    "profile.edit": "f3",
    "app.close": "f10",
    "method.star": "",
}

PRESETS = ("default", "vim", "plain")


def preset(name: str) -> Keymap:
    """The keys of all actions in a preset.

    In ``plain`` no letter does anything but answer a card: what has another key keeps that one, what has none is in
    the command palette.
    """
    written = {"vim": _VIM, "plain": _PLAIN}.get(name, {})
    keys = {action.id: _keys(written.get(action.id, action.keys)) for action in ACTIONS}
    if name == "plain":
        for action in ACTIONS:
            if action.where != "card":
                keys[action.id] = [key for key in keys[action.id] if not (len(key) == 1 and key.isalpha())]
    return keys


def _keys(joined: str) -> list[str]:
    return joined.split(",") if joined else []


def in_palette(action: Action) -> bool:
    """Whether the command palette of a workspace reaches it, so that it can do without a key."""
    if action.id in ("app.palette", "app.quit", "app.back"):
        return False
    return action.where in ("app", "workspace") or section_of(action.where) is not None


_INSIDE = {"form": "explore", "docs": "explore", "edit": "explore", "log": "jobs"}
"""The sections of lists that are not everywhere, by the first part of the ids of their actions."""


def _place(action: Action) -> str:
    inside = _INSIDE.get(action.id.partition(".")[0]) if action.where == "list" else None
    return inside or action.where


def _together(one: Action, other: Action) -> bool:
    """Whether the places of two actions can be active at the same time."""
    editing = [action.id.startswith("edit.") and action.where == "list" for action in (one, other)]
    if any(editing) and not all(editing):
        # Inside the editor only these are promised of all that is around it.
        return (one if editing[1] else other).always
    places = {_place(one), _place(other)}
    if len(places) == 1 or "app" in places:
        return True
    if "card" in places:
        return False
    if "connect" in places:
        return "list" in places
    if places & {"list", "workspace"}:
        return True
    spec = section_of(places.pop())
    return spec is not None and places.pop() in spec.places


def clash(key: str, one: str, other: str) -> bool:
    """Whether two actions may not share a key: one would get it in the place of the other."""
    by_default = key in _DEFAULT[one] and key in _DEFAULT[other]
    return one != other and not by_default and _together(_BY_ID[one], _BY_ID[other])


def resolved(name: str, own: Mapping[str, object]) -> tuple[Keymap, list[Wrong]]:
    """The keys of all actions with a preset and the user's own entries over it, and what is wrong with those.

    An entry takes its keys from actions that have them by the preset. The earlier of two entries keeps a key.
    """
    taken: Keymap = {}
    wrong: list[Wrong] = []
    for action_id, value in own.items():
        try:
            taken[action_id] = _read(action_id, value)
        except ValueError as error:
            wrong.append(Wrong(action_id, str(error)))
    base = preset(name)
    while True:
        keys, refused, lost = _laid_over(base, taken)
        without = {other: by for other, by in lost.items() if not keys[other]}
        needed = next((other for other in without if not in_palette(_BY_ID[other])), None)
        if needed is None:
            break
        by, key = without[needed]
        wrong.append(Wrong(by, f"{key_text(key, short=False)} is the only key of {needed}: not used here"))
        taken[by] = [one for one in taken[by] if one != key]
        if not taken[by]:
            del taken[by]
    wrong += refused
    for other, (by, key) in without.items():
        told = f"{key_text(key, short=False)} was the only key of {other}, which has none now: give it one, or []"
        wrong.append(Wrong(by, told))
    return keys, wrong


def _read(action_id: str, value: object) -> list[str]:
    action = _BY_ID.get(action_id)
    if action is None:
        near = get_close_matches(action_id, _BY_ID, 1)
        raise ValueError(f"there is no such action{f'; did you mean {near[0]}?' if near else ''}")
    keys = read_keys(value)
    if not keys and not in_palette(action):
        raise ValueError("needs a key: nothing else reaches it")
    if action_id == "app.quit" and any(map(is_typed, keys)):
        raise ValueError("needs a key that is no character: it also works while you type")
    return keys


def _laid_over(base: Keymap, taken: Keymap) -> tuple[Keymap, list[Wrong], dict[str, tuple[str, str]]]:
    """The keys with these entries; what two entries both want; what lost a key to which entry."""
    kept: Keymap = {}
    refused: list[Wrong] = []
    for action_id, wanted in taken.items():
        left = []
        for key in wanted:
            first = next((one for one, theirs in kept.items() if key in theirs and clash(key, action_id, one)), None)
            if first is None:
                left.append(key)
            else:
                told = f"{key_text(key, short=False)} is given to {first} already: not used here"
                refused.append(Wrong(action_id, told))
        if left or not wanted:
            kept[action_id] = left
    keys = base | kept
    lost: dict[str, tuple[str, str]] = {}
    for other in keys:
        if other not in kept:
            for action_id, wanted in kept.items():
                for key in wanted:
                    if key in keys[other] and clash(key, action_id, other):
                        keys[other] = [one for one in keys[other] if one != key]
                        lost[other] = (action_id, key)
    return keys, refused, lost
