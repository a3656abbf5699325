"""The copy menu: one letter for each thing to copy."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.dom import DOMNode

from tui import actions
from tui.cards.card import CardScreen
from tui.widgets.letter_rows import LetterRows

__all__ = ["CopyMenu", "choose_copy"]


async def choose_copy(node: DOMNode, entries: Sequence[tuple[str, str]]) -> str | None:
    """Asks over the screen of ``node`` which of these, letter and words, is to be copied. From a worker."""
    return await CopyMenu(entries).ask(node)


class CopyMenu(CardScreen[str | None]):
    """Dismisses with the letter chosen, None for escape."""

    TITLE = "Copy"
    BINDINGS = actions.bind(("app.close", "leave"), ("copy.menu", "leave"))

    def __init__(self, entries: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._entries = entries

    def lines(self) -> ComposeResult:
        yield LetterRows(self._entries)

    @on(LetterRows.Chosen)
    def _chosen(self, event: LetterRows.Chosen) -> None:
        self.dismiss(event.key)
