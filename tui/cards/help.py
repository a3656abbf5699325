"""The keys that work where the focus is, straight from the registry.

What does not work at this moment is not named; the palette has every action by its name.
"""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui import actions
from tui.cards.card import CardScreen
from tui.widgets.key_line import Hint, working
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["HelpScreen", "show_keys"]


def show_keys(screen: Screen[Any]) -> None:
    """Shows the keys that work where the focus of this screen is."""
    here: dict[str, list[str]] = {}
    for _node, binding in working(screen):
        here.setdefault(str(binding.id), []).append(binding.key)
    # The screen has this key first, to copy a selection, and passes it on.
    here.setdefault("app.cancel", actions.keys_of("app.cancel"))
    # Not from a worker: the next key is for the card already.
    screen.app.push_screen(HelpScreen(here))


class HelpScreen(CardScreen[None]):
    """``here`` maps the ids of actions that work now to the keys each has now."""

    BINDINGS = actions.bind(("app.close", "leave"), ("app.keys", "leave"), ("card.accept", "leave"))

    def __init__(self, here: dict[str, list[str]]) -> None:
        super().__init__()
        self._here = here

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield Rows(
                (Column(cells=20), Column(most=30), Column(flex=True, style="dim", hide_below=80)),
                id="keys",
            )
            yield Static("", id="about")
            yield Hint(
                *(("card.leave", "close"), ("app.palette", "then any action by name"), ("shift+mouse", "selects text"))
            )

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "Keys"
        rows = self.query_one(Rows)
        rows.set_rows(self._rows(), keep=False)
        rows.focus()

    @on(Rows.Highlighted)
    def _highlighted(self, event: Rows.Highlighted) -> None:
        """The whole sentence about the action under the cursor: the column may have room for a part of it only."""
        action = next((action for action in actions.ACTIONS if action.id == event.key), None)
        self.query_one("#about", Static).update(Content(_help(action) if action is not None else ""))

    def _rows(self) -> list[Row]:
        groups: dict[str, list[Row]] = {}
        for action in actions.ACTIONS:
            if action.id in self._here:
                groups.setdefault(action.group, []).append(self._row(action))
        return [row for group, rows in groups.items() for row in (_heading(group), *rows)]

    def _row(self, action: actions.Action) -> Row:
        keys = "  ".join(actions.key_text(key) for key in self._here[action.id])
        return Row(action.id, (Cell(keys, "accent"), action.title, _help(action)))


def _help(action: actions.Action) -> str:
    return actions.worded(action.help, typing=False)


def _heading(text: str) -> Row:
    return Row(f"={text}", (Cell(text, "title"), ""))
