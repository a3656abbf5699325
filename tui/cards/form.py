"""A few values to give before a call is made: texts and choices, one a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.widgets import Input, Static

from tui import actions
from tui.cards.card import CardScreen, ask, row
from tui.text import plain, safe
from tui.widgets.choice import Choice
from tui.widgets.key_line import Hint

__all__ = ["Entry", "FormScreen", "fill_in"]

LEAST_LABEL, WIDEST_LABEL = 11, 24


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the form: a text that must not be empty, or one of ``words``.

    ``problem`` says what is wrong with a typed text, "" for nothing; ``about`` stands in the field until it is typed
    in; a ``secret`` is not shown; of an ``exact`` text spaces at its ends count.
    """

    id: str
    label: str
    value: str = ""
    words: Sequence[str] = ()
    about: str = ""
    secret: bool = False
    exact: bool = False
    problem: Callable[[str], str] = lambda text: ""


async def fill_in(node: DOMNode, title: str, text: str, entries: Sequence[Entry], *, yes: str) -> dict[str, str] | None:
    """Asks over the screen of ``node`` for a value of each entry; None for escape. From a worker."""
    return await ask(node, FormScreen(title, text, entries, yes=yes))


class FormScreen(CardScreen[dict[str, str] | None]):
    """Dismisses with the values by the ids of their entries. ``text`` says what they are for."""

    BINDINGS = actions.bind(("card.accept", "accept"))

    def __init__(self, title: str, text: str, entries: Sequence[Entry], *, yes: str) -> None:
        super().__init__()
        self._title_text = title
        self._text = text
        self._entries = tuple(entries)
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield Static(plain(self._text), classes="text")
            for entry in self._entries:
                yield from row(entry.label, Choice(entry.words, id=entry.id) if entry.words else _field(entry))
            yield Static("", id="says")
            yield Hint(("card.accept", self._yes), ("tab", "next"), ("card.leave", "back"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = plain(self._title_text)
        widest = min(max(len(entry.label) for entry in self._entries), WIDEST_LABEL) + 2
        for label in self.query(".label"):
            label.styles.width = max(widest, LEAST_LABEL)
        self.query_one(f"#{self._entries[0].id}").focus()

    @property
    def values(self) -> Mapping[str, str]:
        """The values as they are now."""
        return {
            entry.id: self.query_one(f"#{entry.id}", Choice).value
            if entry.words
            else _typed(self.query_one(f"#{entry.id}", Input).value, entry)
            for entry in self._entries
        }

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def action_accept(self) -> None:
        values = self.values
        for entry in self._entries:
            empty = not values[entry.id].strip()
            if says := f"{entry.label} is empty." if empty else entry.problem(values[entry.id]):
                self.query_one("#says", Static).update(plain(says, "$text-warning"))
                self.query_one(f"#{entry.id}").focus()
                return
        self.dismiss(dict(values))


def _field(entry: Entry) -> Input:
    return Input(entry.value, id=entry.id, compact=True, placeholder=safe(entry.about), password=entry.secret)


def _typed(text: str, entry: Entry) -> str:
    return text if entry.exact else text.strip()
