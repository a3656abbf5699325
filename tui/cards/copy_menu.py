"""The copy menu: one letter for each thing to copy."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.dom import DOMNode

from tui import actions
from tui.cards.card import CardScreen, ask
from tui.widgets.rows import Cell, Row, Rows

__all__ = ["CopyMenu", "choose_copy"]


async def choose_copy(node: DOMNode, entries: Sequence[tuple[str, str]]) -> str | None:
    """Asks over the screen of ``node`` which of these, letter and words, is to be copied. From a worker."""
    return await ask(node, CopyMenu(entries))


class CopyMenu(CardScreen[str | None]):
    """Dismisses with the letter chosen, None for escape."""

    BINDINGS = actions.bind(("app.close", "leave"), ("copy.menu", "leave"))

    def __init__(self, entries: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._entries = tuple(entries)

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield Rows(id="entries")

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "Copy"
        rows = self.query_one(Rows)
        rows.set_rows([Row(letter, (Cell(letter, "accent"), text)) for letter, text in self._entries])
        rows.styles.height = len(self._entries)
        rows.focus()

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        self.dismiss(event.key)

    def on_key(self, event: events.Key) -> None:
        if event.key in dict(self._entries):
            event.stop()
            self.dismiss(event.key)
