"""The footer: the few keys that matter where the focus is, and how to reach all the others.

At most seven entries and never more than fit; the rest is in `?` and the palette.
What to show comes from the registry, through the bindings that are in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tui import actions
from tui.actions import Action
from tui.themes import STYLES
from tui.widgets.clickable import clickable

__all__ = ["Hint", "KeyLine", "is_typing", "working"]

MOST = 7


def is_typing(screen: Screen[Any]) -> bool:
    """Whether a letter would be typed: a text field has the focus."""
    focused = screen.focused
    return focused is not None and focused.check_consume_key("a", "a")


def is_kept(screen: Screen[Any], key: str) -> bool:
    """Whether a text field has the focus and keeps this key for itself, so that no action around it gets it."""
    focused = screen.focused
    if focused is None or not is_typing(screen) or not actions.is_typed(key):
        return False
    character = actions.typed_character(key)
    return character is None or focused.check_consume_key(key, character)


def working(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """The bindings with an id that a key of the keyboard reaches at this moment, each with its node.

    The footer, the list of keys and every hint take the keys that they name from here.
    """
    for key, (node, binding, enabled, _tooltip) in screen.active_bindings.items():
        if binding.id and enabled and (node is screen.focused or not is_kept(screen, key)):
            yield node, binding


class KeyLine(Widget):
    """One row of `key word` entries, the command palette at the right end."""

    auto_links = Reactive(False)

    DEFAULT_CSS = """
    KeyLine { height: 1; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def _entries(self) -> list[tuple[str, Action]]:
        """The possible entries, best first: key text and action, each action once."""
        found: dict[str, tuple[str, Action]] = {}
        words = self._words()
        for _node, binding in working(self.screen):
            action = actions.by_id(str(binding.id))
            if action.id not in found and (word := words.get(action.id, action.footer)):
                found[action.id] = (actions.key_text(binding.key), action._replace(footer=word))
        for action_id, word in words.items():
            action = actions.by_id(action_id)
            if action_id not in found and action.where == "app":
                # Another has the key first and passes it on, as text fields do with ctrl+c.
                found[action_id] = (actions.key(action_id, short=True), action._replace(footer=word))
        return sorted(found.values(), key=lambda entry: entry[1].rank)

    def _words(self) -> Mapping[str, str]:
        """The words for actions that mean something else where the focus is: fixed ones, and by a node's state."""
        words: dict[str, str] = {}
        focused = self.screen.focused
        # From the outermost in: the node nearest to the cursor decides.
        for node in reversed(focused.ancestors_with_self if focused is not None else []):
            words.update(getattr(node, "FOOTER_WORDS", {}))
            words.update(getattr(node, "footer_words", dict)())
        return words

    def _layout(self) -> tuple[list[tuple[str, Action]], tuple[str, Action] | None]:
        entries = {action.id: (key, action) for key, action in self._entries()}
        last, keys = entries.pop("app.palette", None), entries.pop("app.keys", None)
        always = [entry for entry in (keys, last) if entry]
        room = self.size.width - 2 - sum(map(_width, always))
        shown: list[tuple[str, Action]] = []
        for entry in list(entries.values())[: MOST - len(always)]:
            room -= _width(entry)
            if room < 0:
                break
            shown.append(entry)
        return [*shown, *([keys] if keys else [])], last

    def render(self) -> Content:
        shown, last = self._layout()
        left = Content("  ").join([_entry(key, action.footer, action.id) for key, action in shown])
        if last is None:
            return Content.assemble(" ", left)
        key, action = last
        right = _entry(key, action.footer, action.id)
        space = max(self.size.width - 2 - left.cell_length - right.cell_length, 2)
        return Content.assemble(" ", left, " " * space, right)

    async def action_press(self, action_id: str) -> None:
        """Runs the action of the word that was clicked."""
        action = actions.by_id(action_id)
        for node, binding, _enabled, _tooltip in self.screen.active_bindings.values():
            if binding.id == action.id:
                await self.app.run_action(binding.action, node)
                return
        if action.where == "app":
            await self.app.run_action(action.name, self.app)


def _width(entry: tuple[str, Action]) -> int:
    """The cells of an entry and of the space to the next one."""
    return len(entry[0]) + 1 + len(entry[1].footer) + 2


def _entry(key: str, word: str, pressed: str) -> Content:
    """A key and its word; a click presses ``pressed``."""
    styled = Content.assemble((key, STYLES["footer-key"]), " ", (word, STYLES["footer-word"]))
    return clickable(styled, "press", pressed)


GAP = 3


def _keys(ids: str) -> str:
    """The keys of a hint's entry; "" where the user took them from all of its actions."""
    return " ".join(
        one if "." not in one else actions.key(one, short=True)
        for one in ids.split()
        if "." not in one or actions.keys_of(one)
    )


class Hint(Widget):
    """The keys of a card, in its last line, at the right. The words are ours.

    An entry is the id of an action (or ids that share a word), and the word. A key of Textual's own is given by name.
    """

    auto_links = Reactive(False)

    DEFAULT_CSS = """
    Hint { height: 1; width: 1fr; }
    """

    def __init__(self, *entries: tuple[str, str]) -> None:
        super().__init__()
        self._entries = entries

    def render(self) -> Content:
        parts = [(_keys(ids), word) for ids, word in self._entries]
        hint = Content(" " * GAP).join([_entry(key, word, key) for key, word in parts if key])
        return Content.assemble(" " * max(self.size.width - hint.cell_length, 0), hint)

    async def action_press(self, key: str) -> None:
        """Runs what this key does now."""
        for node, binding, enabled, _tooltip in self.screen.active_bindings.values():
            if enabled and actions.key_text(binding.key) == key:
                await self.app.run_action(binding.action, node)
                return
