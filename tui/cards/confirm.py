"""One question with two answers: abort this job? quit all the same?"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tui import actions
from tui.cards.card import CardScreen
from tui.text import plain
from tui.widgets.key_line import Hint

__all__ = ["ConfirmScreen"]


class ConfirmScreen(CardScreen[bool]):
    """Dismisses with True for `y` or enter, False for escape or `n`. The texts may hold what a server said.

    ``yes`` and ``no`` are the words beside the keys.
    """

    BINDINGS = actions.bind(
        *(("card.accept", "answer(True)"), ("card.yes", "answer(True)")),
        *(("card.no", "leave"), ("app.close", "leave")),
    )

    def __init__(self, title: str, text: str, *, yes: str, no: str = "back") -> None:
        super().__init__(title)
        self._text = text
        self._yes = yes
        self._no = no

    def lines(self) -> ComposeResult:
        for line in self._text.split("\n"):
            yield Static(plain(line))
        yield Hint(("card.accept", self._yes), ("card.leave", self._no))

    def action_leave(self) -> None:
        self.dismiss(False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
