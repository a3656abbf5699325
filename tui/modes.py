"""Which mode of the app a node is in. Each connection is one mode, with a stack of screens of its own."""

from __future__ import annotations

from typing import Any

from textual.dom import DOMNode, NoScreen
from textual.message_pump import MessagePump
from textual.screen import Screen

__all__ = ["mode_of"]


def mode_of(node: MessagePump) -> str:
    """The mode whose screens hold a node; the one that is shown for the app itself, and for what is in none."""
    app = node.app
    screen: Screen[Any] | None = None
    if isinstance(node, DOMNode) and node is not app:
        try:
            screen = node.screen
        except NoScreen:
            screen = None
    modes = (mode for mode, stack in app._screen_stacks.items() if screen in stack)
    return next(modes, app.current_mode)
