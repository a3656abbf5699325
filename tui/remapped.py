"""A user's keymap: the app hands it to the texts that name keys, and screens apply it while a text field has the focus.

Textual drops the default keys that the field takes as characters, and lays the keymap over what is left. So an
action with a letter by default would lose its new key too, and a letter that the keymap gives would be named
although it is only typed. Here the keymap comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.binding import BindingsMap, Keymap
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen

from tui import actions

__all__ = ["RemappedApp", "RemappedKeys"]

# Not a screen by itself: styles are inherited along the first base that is one.
if TYPE_CHECKING:
    from textual.driver import Driver

    _Mixin = Screen[Any]
else:
    _Mixin = object


class RemappedKeys(_Mixin):
    """Beside `Screen`, before it."""

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        chain = super()._binding_chain
        if not self.app._keymap:
            return chain
        nodes = [node for node, _bindings in chain]
        remapped = [(node, node._bindings.copy()) for node in nodes]
        for at, (_node, bindings) in enumerate(remapped):
            bindings.apply_keymap(self.app._keymap)
            for key in list(bindings.key_to_bindings):
                if any(inner.check_consume_key(key, key_to_character(key)) for inner in nodes[:at]):
                    del bindings.key_to_bindings[key]
        return remapped


class RemappedApp(App[None]):
    """Hands its keymap to `actions`, by which texts name keys. A new app begins with the default keys."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        actions.remap({})

    def set_keymap(self, keymap: Keymap) -> None:
        super().set_keymap(keymap)
        actions.remap(self._keymap)

    def update_keymap(self, keymap: Keymap) -> None:
        self.set_keymap({**self._keymap, **keymap})
