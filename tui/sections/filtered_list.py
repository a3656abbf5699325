"""The common part of the sections that filter a list: a field, the list, and a pane about the row under the cursor.

It looks ten times a second whether there is something new to draw. Invariant: an item is made a row, and the text that
words are looked for in, once until it changes: a list of thousands is filtered at every key.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.getters import query_one
from textual.widgets import Input

from tui import actions
from tui.model.wordfilter import WordFilter
from tui.sections.section import Section
from tui.session.session import Session
from tui.widgets.pane import Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.rows import Column, Row, Rows

__all__ = ["FilteredList"]

FIRST_ROWS = 500
"""Rows that are made at once; thousands would be felt."""


@dataclass(slots=True)
class Listed:
    """An item of the list, with what is made of it."""

    item: Any
    look: object
    hay: str | None = None
    row: Row | None = None


class FilteredList(Section):
    """A sub-class says which items there are (`items`), how each is drawn and found, and what is told of it."""

    TITLE: ClassVar[str]
    PLACEHOLDER: ClassVar[str]
    COLUMNS: ClassVar[tuple[Column, ...]]
    NOUN: ClassVar[str]
    """What an item is called."""
    kind: ClassVar[type[WordFilter]]

    rows = query_one(".list-rows", Rows)
    """The list."""
    filter = query_one(".list-filter", Input)
    """The field above it."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._listed: dict[str, Listed] = {}
        self._filter = self.kind("")
        self._drawn: object = None
        self._most = FIRST_ROWS

    # What a sub-class says ---------------------------------------------------------

    @abstractmethod
    def compose_detail(self) -> ComposeResult:
        """The pane about the item under the cursor."""

    @abstractmethod
    def version(self) -> object:
        """Another value once there is something else to draw."""

    @abstractmethod
    def items(self) -> Sequence[Any]:
        """The items in the order of the list."""

    def key_of(self, item: Any) -> str:
        """The key of an item and of its row."""
        return str(item.id)

    def look_of(self, item: Any) -> object:
        """What the row of an item shows and the item does not hold: with another value the row is made anew."""
        return None

    @abstractmethod
    def row_of(self, item: Any) -> Row:
        """An item as a row."""

    def hay_of(self, item: Any) -> str:
        """What words are looked for in, in small letters."""
        return self.kind.haystack(item)

    @abstractmethod
    def nothing(self) -> str:
        """The words in place of an empty list."""

    def count(self, pane: Pane, items: Sequence[Any], shown: int) -> None:
        """Tells in the border of the list how many items there are, and how many fit the filter."""
        pane.facts = f"{shown} of {len(items)}" if self._filter else f"{len(items)}"

    @abstractmethod
    def show_current(self) -> None:
        """Draws the pane about the item under the cursor, as it is now."""

    # Drawing -----------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        with Pane(self.TITLE, classes="list-pane"):
            yield Input(placeholder=self.PLACEHOLDER, classes="list-filter", compact=True)
            yield Rows(self.COLUMNS, header=True, empty="reading ...", classes="list-rows")
        yield from self.compose_detail()

    @property
    def current(self) -> Any:
        """The item under the cursor, None without one."""
        listed = self._listed.get(self.rows.key or "")
        return listed.item if listed is not None else None

    def on_mount(self) -> None:
        on_pulse(self, self._pull)

    def enter(self) -> None:
        self.rows.focus()

    def _pull(self) -> None:
        if not self.display or not self.screen.is_active:
            return
        state = (self.version(), self.filter.value)
        if state == self._drawn:
            return
        self._drawn = state
        if self._filter.text != self.filter.value.strip():
            self._filter = self.kind(self.filter.value)
        items = self.items()
        self._listed = {(key := self.key_of(item)): self._kept(key, item) for item in items}
        shown = [one for one in self._listed.values() if not self._filter or self._fits(one)]
        self.rows.empty = self.nothing() if not self._filter else self._none_fits()
        self.rows.set_rows([self._row(one) for one in shown[: self._most]])
        if len(shown) > self._most:
            # The others at the next look.
            self._most *= 4
            self._drawn = None
        self.count(self.query_one(".list-pane", Pane), items, len(shown))
        self.show_current()

    def _kept(self, key: str, item: Any) -> Listed:
        look, kept = self.look_of(item), self._listed.get(key)
        return kept if kept is not None and kept.item is item and kept.look == look else Listed(item, look)

    def _fits(self, one: Listed) -> bool:
        if one.hay is None:
            one.hay = self.hay_of(one.item)
        return self._filter.fits(one.item, one.hay)

    def _row(self, one: Listed) -> Row:
        if one.row is None:
            one.row = self.row_of(one.item)
        return one.row

    def _none_fits(self) -> str:
        return f"{self._filter.problem or f'No {self.NOUN} fits.'}\n{actions.key('app.back')} clears the filter."

    # Keys --------------------------------------------------------------------------

    @on(Rows.Highlighted, ".list-rows")
    def _highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.show_current()

    @on(Input.Changed, ".list-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._pull()

    @on(Input.Submitted, ".list-filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

    def back(self) -> bool:
        """From the pane about an item into the list; there, clears the filter."""
        if not (self.rows.has_focus or self.filter.has_focus) and self.has_focus_within:
            self.rows.focus()
            return True
        if not (self.filter.has_focus or self.filter.value):
            return False
        self.filter.value = ""
        self.rows.focus()
        return True
