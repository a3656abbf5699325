"""`OfferLine`: one line that offers something and waits. It takes no key and no focus; its key or a click accepts."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui import actions
from tui.text import plain
from tui.themes import STYLES
from tui.widgets.key_line import is_typing

__all__ = ["OfferLine"]


class OfferLine(Widget):
    """Shows ``words`` with the key of an action before them, as that key is at the moment."""

    DEFAULT_CSS = """
    OfferLine { height: 1; display: none; }
    OfferLine.-offers { display: block; }
    """

    class Accepted(Message):
        """The line was clicked."""

    def __init__(self, action_id: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._action_id = action_id
        self._words = ""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._renew)

    def _renew(self, screen: Screen[object]) -> None:
        self.refresh()

    def offer(self, words: str) -> None:
        """Shows this; "" takes the line away."""
        self._words = words
        self.set_class(bool(words), "-offers")
        self.refresh()

    def render(self) -> Content:
        key = actions.reach(self._action_id, typing=is_typing(self.screen))
        style = STYLES["footer-key"]
        return Content.assemble(" ", (key, style), " ", plain(self._words))

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Accepted())
