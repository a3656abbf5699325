"""The copy menu: one letter for each thing to copy."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from tui import actions
from tui.cards.card import CardScreen
from tui.widgets.letter_rows import LetterRows

__all__ = ["CopyMenu"]


class CopyMenu(CardScreen[str | None]):
    """Dismisses with the letter of what is to be copied, None for escape. An entry is a letter and words."""

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
