"""A few values to give, one a line: texts and choices. The base of the cards that ask for such values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ScreenResultType
from textual.widgets import Input, Static

from tui import actions
from tui.cards.card import CardScreen
from tui.text import plain, safe
from tui.widgets.choice import Choice
from tui.widgets.form_row import Field, FormRow
from tui.widgets.key_line import Hint

__all__ = ["Entry", "FieldsScreen", "FormScreen"]

LEAST_LABEL, WIDEST_LABEL = 11, 24


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the form: a text, which may be empty only where it is ``optional``, or one of ``words``.

    ``check`` raises ValueError with what is wrong with a typed text; ``about`` stands in the field until it is typed
    in; a ``secret`` is not shown; of an ``exact`` text spaces at its ends count.
    """

    id: str
    label: str
    value: str = ""
    words: Sequence[str] = ()
    about: str = ""
    secret: bool = False
    exact: bool = False
    optional: bool = False
    check: Callable[[str], object] = str

    def field(self) -> Field | Choice:
        """A new widget for the value."""
        if self.words:
            return Choice(self.words, chosen=self.words.index(self.value) if self.value else 0, id=self.id)
        return Field(self.value, id=self.id, compact=True, placeholder=safe(self.about), password=self.secret)

    def wrong(self, value: str) -> str:
        """What is wrong with a value, "" for nothing."""
        if not (self.optional or value.strip()):
            return f"{self.label} is empty."
        try:
            self.check(value)
        except ValueError as error:
            return f"{error}."
        return ""


class FieldsScreen(CardScreen[ScreenResultType]):
    """Fields, and a key that takes their values. ``text`` says what they are for, ``keys`` are further keys to name."""

    BINDINGS = actions.bind(("card.accept", "accept"), ("secret.show", "show"))
    GIVES_WAY, AROUND = "#fields", 7

    def __init__(
        self,
        title: str,
        text: str,
        entries: Sequence[Entry],
        *,
        yes: str,
        no: str = "back",
        keys: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(title)
        self._text = text
        self._entries = tuple(entries)
        self._yes, self._no, self._keys = yes, no, keys

    def lines(self) -> ComposeResult:
        if self._text:
            yield Static(plain(self._text), classes="text")
        with VerticalScroll(id="fields", can_focus=False):
            for entry in self._entries:
                yield FormRow(entry.label, entry.field())
        yield from self.below()
        yield Static("", id="says")
        keys = [*self._keys]
        if self.secrets:
            keys.append(("secret.show", "show"))
        if len(self._entries) > 1:
            keys.append(("tab", "next"))
        yield Hint(("card.accept", self._yes), *keys, ("card.leave", self._no))

    def below(self) -> ComposeResult:
        """What stands below the fields."""
        yield from ()

    def on_mount(self) -> None:
        widest = min(max(len(entry.label) for entry in self._entries), WIDEST_LABEL) + 2
        for label in self.query(".label"):
            label.styles.width = max(widest, LEAST_LABEL)

    @property
    def secrets(self) -> list[str]:
        """The entries that are not shown."""
        return [entry.id for entry in self._entries if entry.secret]

    @property
    def values(self) -> dict[str, str]:
        """The values as they are now, by the ids of their entries."""
        return {entry.id: self._value(entry) for entry in self._entries}

    def _value(self, entry: Entry) -> str:
        if entry.words:
            return self.query_one(f"#{entry.id}", Choice).value
        text = self.query_one(f"#{entry.id}", Input).value
        return text if entry.exact else text.strip()

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def action_accept(self) -> None:
        values = self.values
        for entry in self._entries:
            if problem := entry.wrong(values[entry.id]):
                self.say(problem)
                self.query_one(f"#{entry.id}").focus()
                return
        self.take(values)

    def take(self, values: dict[str, str]) -> object:
        """Takes the values, which are all there; a worker may do that."""
        raise NotImplementedError

    def action_show(self) -> None:
        """Shows the secrets, or hides them again."""
        for name in self.secrets:
            field = self.query_one(f"#{name}", Input)
            field.password = not field.password

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.secrets) if action == "show" else super().check_action(action, parameters)


class FormScreen(FieldsScreen[dict[str, str] | None]):
    """Dismisses with the values, None for escape."""

    def take(self, values: dict[str, str]) -> None:
        self.dismiss(values)
