"""The keys that work where the focus is, straight from the registry.

What does not work at this moment is not named; the palette has every action by its name.
"""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui import actions
from tui.action_table import by_group
from tui.cards.card import CardScreen
from tui.widgets.key_line import Hint, working
from tui.widgets.rows import Column, Row, Rows

__all__ = ["HelpScreen", "show_keys"]

AROUND = 9
"""The lines of the screen around the list: the card's others, and a little of what is behind it."""


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

    TITLE = "Keys"
    BINDINGS = actions.bind(("app.close", "leave"), ("app.keys", "leave"), ("card.accept", "leave"))

    def __init__(self, here: dict[str, list[str]]) -> None:
        super().__init__()
        self._here = here

    def lines(self) -> ComposeResult:
        columns = (Column(style="title"), Column(style="accent"), Column())
        rows = Rows((*columns, Column(flex=True, style="dim", hide_below=100)), id="keys")
        rows.set_rows(self._rows())
        yield rows
        yield Static("", id="about")
        yield Hint(
            *(("card.leave", "close"), ("app.palette", "then any action by name"), ("shift+mouse", "selects text"))
        )

    def on_resize(self, event: events.Resize) -> None:
        # The card is no longer than its keys, and its last lines are always on screen.
        self.query_one(Rows).styles.max_height = max(event.size.height - AROUND, 1)

    @on(Rows.Highlighted)
    def _highlighted(self, event: Rows.Highlighted) -> None:
        """The whole sentence about the action under the cursor: the column may have room for a part of it only."""
        action = next((action for action in actions.ACTIONS if action.id == event.key), None)
        self.query_one("#about", Static).update(Content(_help(action) if action is not None else ""))

    def _rows(self) -> list[Row]:
        groups = by_group(action for action in actions.ACTIONS if action.id in self._here)
        return [
            self._row("" if place else group, action)
            for group, members in groups.items()
            for place, action in enumerate(members)
        ]

    def _row(self, group: str, action: actions.Action) -> Row:
        keys = "  ".join(actions.key_text(key) for key in self._here[action.id])
        # All of it is below the list, for the one under the cursor.
        sentence = _help(action).split(". ")[0].rstrip(".")
        return Row(action.id, (group, keys, action.title, sentence))


def _help(action: actions.Action) -> str:
    return actions.worded(action.help, typing=False)
