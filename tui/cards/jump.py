"""Jump mode: a letter over everything that can have the focus; pressing it goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.cards.card import CardScreen

__all__ = ["JumpScreen", "jump"]

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


def jump(screen: Screen[Any]) -> None:
    """Shows a letter over every widget that can have the focus; the letter pressed moves the focus there."""

    def go(target: Widget | None) -> None:
        if target is not None and target.is_attached:
            screen.set_focus(target)

    targets = [widget for widget in screen.focus_chain if widget.region and widget.is_on_screen]
    # Not from a worker: the next key is for the letters already.
    screen.app.push_screen(JumpScreen(targets), go)


class JumpScreen(CardScreen[Widget | None]):
    """Dismisses with the widget whose letter was pressed; any other key just leaves."""

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        for letter, target in self._targets.items():
            label = Static(f" {letter} ", classes="letter")
            label.styles.offset = (target.region.x, target.region.y)
            yield label
        yield Static(" Press a letter to go there; any other key leaves. ", id="jump-hint")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(self._targets.get(event.key))
