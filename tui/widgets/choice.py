"""A few words in a row of which one is chosen: `password   this machine`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui import actions
from tui.themes import STYLES

__all__ = ["Choice"]

GAP = 3


class Choice(Widget, can_focus=True):
    """One row of words; left, right and space change the chosen one. The words are ours, never a server's."""

    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    """
    BINDINGS = actions.bind(("choice.previous", "step(-1)"), ("choice.next", "step(1)"), ("connect.open", "submit"))

    chosen: reactive[int] = reactive(0)

    @dataclass
    class Changed(Message):
        """Another word was chosen."""

        choice: Choice
        value: str

    class Submitted(Message):
        """Enter was pressed: the row is as good as a text field for that."""

    def __init__(
        self, words: Sequence[str], *, chosen: int = 0, name: str | None = None, id: str | None = None
    ) -> None:
        super().__init__(name=name, id=id)
        self.words = tuple(words)
        self.set_reactive(Choice.chosen, chosen)

    @property
    def value(self) -> str:
        """The chosen word."""
        return self.words[self.chosen]

    def action_step(self, by: int) -> None:
        self.chosen = (self.chosen + by) % len(self.words)

    def watch_chosen(self) -> None:
        self.post_message(self.Changed(self, self.value))

    def action_submit(self) -> None:
        self.post_message(self.Submitted())

    def on_click(self, event: events.Click) -> None:
        at = 0
        for index, word in enumerate(self.words):
            if at <= event.x < at + len(word):
                self.chosen = index
            at += len(word) + GAP

    def render(self) -> Content:
        return Content(" " * GAP).join(
            Content.styled(word, STYLES["choice" if index == self.chosen else "dim"])
            for index, word in enumerate(self.words)
        )
