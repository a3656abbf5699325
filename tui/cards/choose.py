"""One of a few things, chosen from a list."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from tui import actions
from tui.cards.card import CardScreen
from tui.text import safe
from tui.widgets.key_line import Hint
from tui.widgets.rows import Row, Rows

__all__ = ["ChooseScreen"]


class ChooseScreen(CardScreen[str | None]):
    """Dismisses with the key of what was chosen of these, each a key and words; None for escape."""

    BINDINGS = actions.bind(("app.close", "leave"))

    def __init__(self, title: str, entries: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._entries = tuple(entries)

    def lines(self) -> ComposeResult:
        rows = Rows(id="entries")
        rows.set_rows([Row(key, (safe(text[:200]),)) for key, text in self._entries])
        rows.styles.height = min(len(self._entries), 12)
        yield rows
        yield Hint(("nav.open", "choose"), ("card.leave", "back"))

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        self.dismiss(event.key)
