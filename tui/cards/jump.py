"""Jump mode: a letter over everything that can have the focus goes there. The keys of sections work there too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui import actions
from tui.cards.card import CardScreen
from tui.section_specs import SECTIONS
from tui.themes import STYLES

__all__ = ["JumpScreen", "jump"]

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


def jump(screen: Screen[Any], show: Callable[[str], Any]) -> None:
    """Shows a letter over every widget that can have the focus; the letter pressed moves the focus there.

    ``show`` shows a section by its id.
    """

    def go(target: Widget | str | None) -> None:
        if isinstance(target, str):
            screen.call_later(show, target)
        elif target is not None and target.is_attached:
            screen.set_focus(target)

    targets = [widget for widget in screen.focus_chain if widget.region and widget.is_on_screen]
    # Not from a worker: the next key is for the letters already.
    screen.app.push_screen(JumpScreen(targets), go)


class JumpScreen(CardScreen[Widget | str | None]):
    """Dismisses with the widget whose letter was pressed, or the section whose key was; any other key just leaves."""

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self._targets: dict[str, Widget | str] = {
            key: spec.id for spec in SECTIONS for key in actions.keys_of(f"go.{spec.id}")
        }
        self._letters = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        for letter, target in self._letters.items():
            label = Static(f" {letter}", classes="letter")
            # On the border, where there is one: what is below stays readable.
            label.styles.offset = (max(target.region.x - 2, 0), target.region.y)
            yield label
        yield Static(self._words(), id="jump-hint")

    def _words(self) -> Content:
        key, word = STYLES["footer-key"], STYLES["footer-word"]
        keys = [actions.key(f"go.{spec.id}", short=True) for spec in SECTIONS if actions.keys_of(f"go.{spec.id}")]
        return Content.assemble(
            *((" Jump", "bold"), ("  a letter goes there   ", word), (" ".join(keys), key)),
            (" a section   any other key leaves", word),
        )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(self._letters.get(event.key) or self._targets.get(event.key))
