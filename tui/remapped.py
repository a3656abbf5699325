"""A user's keymap: the app hands it to the texts that name keys, and screens apply it while a text field has the focus.

Textual drops the default keys that the field takes as characters, and lays the keymap over what is left. So an
action with a letter by default would lose its new key too, and a letter that the keymap gives would be named
although it is only typed. Here the keymap comes first, also while nothing is typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.binding import Binding, BindingsMap, Keymap
from textual.dom import DOMNode
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
        if not self.app._keymap:
            return super()._binding_chain
        focused = self.focused
        nodes: list[DOMNode] = [self, self.app]
        if focused is not None and not focused.loading:
            nodes = list(focused.ancestors_with_self)
        remapped = [(node, laid_over(node._bindings, self.app._keymap)) for node in nodes]
        for at, (_node, bindings) in enumerate(remapped):
            for key in list(bindings.key_to_bindings):
                if any(inner.check_consume_key(key, actions.typed_character(key)) for inner in nodes[:at]):
                    del bindings.key_to_bindings[key]
        return remapped


def laid_over(bindings: BindingsMap, keymap: Keymap) -> BindingsMap:
    """The bindings with the keys of a keymap, where "" takes all keys from an action.

    Textual's `apply_keymap` knows no action without a key, and takes a key from every other binding of the node.
    """
    remapped: dict[str, list[Binding]] = {}
    done: set[tuple[str, str]] = set()
    for key, binding in bindings:
        if binding.id is None or binding.id not in keymap:
            remapped.setdefault(key, []).append(binding)
        elif (binding.id, binding.action) not in done:
            done.add((binding.id, binding.action))
            for own in filter(None, keymap[binding.id].split(",")):
                remapped.setdefault(own, []).insert(0, binding.with_key(own))
    return BindingsMap.from_keys(remapped)


class RemappedApp(App[None]):
    """Hands its keymap to `actions`, by which texts name keys. A new app begins with the default keys."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        actions.remap({})

    def set_keymap(self, keymap: Keymap) -> None:
        named = {action_id: keys for action_id, keys in keymap.items() if keys}
        super().set_keymap(named)
        self._keymap = {**self._keymap, **{action_id: "" for action_id in keymap if action_id not in named}}
        actions.remap(self._keymap)
