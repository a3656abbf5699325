"""The common part of the sections that list calls: a filter, the list, the arguments of the one under the cursor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input

from tui import actions
from tui.model.wordfilter import WordFilter
from tui.sections.section import Run, Section
from tui.sections.splits import Split
from tui.session.session import Session
from tui.widgets.call_preview import CallPreview, Note
from tui.widgets.pane import Fact, Pane
from tui.widgets.pulse import on_pulse
from tui.widgets.rows import Column, Row, Rows

__all__ = ["CallList", "Listed"]


FIRST_ROWS = 500
"""Rows that are made at once."""


@dataclass(slots=True)
class Listed:
    """An item of the list, with what is made of it once: the list is filtered at every key."""

    item: Any
    hay: str | None = None
    row: Row | None = None


class CallList(Section):
    """A sub-class says which items there are (`items`), and how each is drawn and found."""

    FOOTER_WORDS = {"nav.open": "open"}
    SPLITS = (Split("arguments", ".call-detail", "top"),)
    TITLE: ClassVar[str]
    COLUMNS: ClassVar[tuple[Column, ...]]
    PLACEHOLDER: ClassVar[str]
    kind: ClassVar[type[WordFilter]]

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._listed: dict[str, Listed] = {}
        self._filter = self.kind("")
        self._drawn: object = None
        self._most = FIRST_ROWS
        self._shown: Any = None

    @abstractmethod
    async def read(self) -> None:
        """Reads what is new from the disk."""

    @abstractmethod
    def version(self) -> object:
        """Another value once there are other items."""

    @abstractmethod
    def items(self) -> Sequence[Any]:
        """The items, each with an ``id``, in the order of the list."""

    @abstractmethod
    def row_of(self, item: Any) -> Row:
        """An item as a row, with its id as the key."""

    def hay_of(self, item: Any) -> str:
        """What words are looked for in, in small letters."""
        return self.kind.haystack(item)

    @abstractmethod
    def method_of(self, item: Any) -> str:
        """The method of an item."""

    @abstractmethod
    def params_of(self, item: Any) -> list[Any] | None:
        """The arguments of an item, None where they were not kept."""

    def warnings(self, item: Any) -> list[Note]:
        """What the user should know before the arguments of an item."""
        return []

    def about(self, item: Any) -> list[Note]:
        """The lines below the arguments of an item."""
        return []

    def facts(self, item: Any) -> list[Fact]:
        """The facts of an item, for the border around its arguments."""
        return []

    @abstractmethod
    def open_current(self, run: Run) -> None:
        """Opens the call under the cursor in Explore, and makes it as `Section.open_call` says."""

    @abstractmethod
    def nothing(self) -> str:
        """The words in place of an empty list."""

    def compose(self) -> ComposeResult:
        with Pane(self.TITLE, classes="call-list"):
            yield Input(placeholder=self.PLACEHOLDER, classes="call-filter", compact=True)
            yield Rows(self.COLUMNS, header=True, empty="reading ...", classes="call-rows")
        with Pane("Arguments", classes="call-detail"):
            yield CallPreview(classes="call-preview")

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(".call-rows", Rows)

    @property
    def filter(self) -> Input:
        """The field above it."""
        return self.query_one(".call-filter", Input)

    @property
    def current(self) -> Any:
        """The item under the cursor, None without one."""
        listed = self._listed.get(self.rows.key or "")
        return listed.item if listed is not None else None

    @on(Rows.Chosen, ".call-rows")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.open_current("no")

    def on_mount(self) -> None:
        on_pulse(self, self._pull)

    def enter(self) -> None:
        self.look()
        self.rows.focus()

    def return_to(self) -> None:
        self.look()
        super().return_to()

    @work(exclusive=True, group="read")
    async def look(self) -> None:
        """Reads again, and draws what is new."""
        await self.read()
        self._drawn = None
        self._pull()

    # Drawing -----------------------------------------------------------------------

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
        self._listed = {item.id: self._kept(item) for item in items}
        shown = [
            one for one in self._listed.values() if not self._filter or self._filter.fits(one.item, self._hay(one))
        ]
        self.rows.empty = self._nothing()
        self.rows.set_rows([self._row(one) for one in shown[: self._most]])
        if len(shown) > self._most:
            # The others a moment later: thousands of rows would be felt.
            self._most *= 4
            self._drawn = None
        pane = self.query_one(".call-list", Pane)
        pane.facts = f"{len(shown)} of {len(items)}" if self._filter else f"{len(items)}"
        self._show()

    def _kept(self, item: Any) -> Listed:
        kept = self._listed.get(item.id)
        return kept if kept is not None and kept.item is item else Listed(item)

    def _hay(self, one: Listed) -> str:
        if one.hay is None:
            one.hay = self.hay_of(one.item)
        return one.hay

    def _row(self, one: Listed) -> Row:
        if one.row is None:
            one.row = self.row_of(one.item)
        return one.row

    def _nothing(self) -> str:
        if not self._filter:
            return self.nothing()
        return f"{self._filter.problem or 'No call fits.'}\n{actions.key('app.back')} clears the filter."

    def _show(self) -> None:
        item = self.current
        if item is self._shown:
            return
        self._shown = item
        pane = self.query_one(".call-detail", Pane)
        pane.title = "Arguments" if item is None else self.method_of(item)
        pane.facts = [] if item is None else self.facts(item)
        preview = self.query_one(CallPreview)
        if item is None:
            preview.show(None)
        else:
            preview.show(self.params_of(item), self.warnings(item), self.about(item))
        self.refresh_bindings()

    @on(Rows.Highlighted, ".call-rows")
    def _highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._show()

    @on(Input.Changed, ".call-filter")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._pull()

    @on(Input.Submitted, ".call-filter")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.rows.focus()

    # Around ------------------------------------------------------------------------

    @work(exclusive=True, group="copy")
    async def action_list_copy(self) -> None:
        """Asks in which form to copy the call under the cursor, and copies it."""
        from tui.cards.copies import Copy, call_copies, copy_one_of

        if (item := self.current) is None:
            return
        method, params = self.method_of(item), self.params_of(item)
        copies = [] if params is None else list(call_copies(self._session, method, params))
        await copy_one_of(self, [*copies, Copy("n", "name of the method", lambda: method, "name")], method)

    def action_list_find(self) -> None:
        self.filter.focus()

    def back(self) -> bool:
        if self.rows.has_focus and not self.filter.value:
            return False
        if not self.query_one(CallPreview).has_focus:
            self.filter.value = ""
        self.rows.focus()
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        acts = action.startswith((f"{self.id}_", "list_copy")) and action != "saved_import"
        return bool(self.is_mounted and self.current is not None) if acts else True
