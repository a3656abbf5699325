"""`LetterRows`: a short list to choose from, in which each row has a letter that chooses it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from tui.widgets.rows import Cell, Row, Rows

__all__ = ["LetterRows"]


class LetterRows(Rows):
    """As high as it has rows, of which each is a letter and its words."""

    def __init__(self, entries: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.set_rows([Row(letter, (Cell(letter, "accent"), words)) for letter, words in entries])
        self.styles.height = len(entries)

    def on_key(self, event: events.Key) -> None:
        if event.key in {row.key for row in self.rows}:
            event.stop()
            self.post_message(self.Chosen(self, event.key))
