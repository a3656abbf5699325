"""The common part of the sections that list calls: shows, opens and copies the call under the cursor."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from textual import on, work
from textual.app import ComposeResult

from tui.sections.filtered_list import FilteredList
from tui.sections.section import Run
from tui.sections.splits import Split
from tui.widgets.call_preview import CallPreview, Note
from tui.widgets.pane import Fact, Pane
from tui.widgets.rows import Rows

__all__ = ["CallList"]


class CallList(FilteredList):
    """A sub-class says which items there are, each with an ``id``, and what the call of one is."""

    FOOTER_WORDS = {"nav.open": "open"}
    SPLITS = (Split("arguments", ".call-detail", "top"),)
    NOUN = "call"
    _shown: Any = None

    @abstractmethod
    async def read(self) -> None:
        """Reads what is new from the disk."""

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

    def compose_detail(self) -> ComposeResult:
        with Pane("Arguments", classes="call-detail"):
            yield CallPreview()

    def enter(self) -> None:
        self.look()
        super().enter()

    def return_to(self) -> None:
        self.look()
        super().return_to()

    @work(exclusive=True, group="read")
    async def look(self) -> None:
        """Reads again, and draws what is new."""
        await self.read()
        self._drawn = None
        self._pull()

    def show_current(self) -> None:
        item = self.current
        if item is self._shown:
            return
        self._shown = item
        pane, preview = self.query_one(".call-detail", Pane), self.query_one(CallPreview)
        if item is None:
            pane.title, pane.facts = "Arguments", []
            preview.show(None)
        else:
            pane.title, pane.facts = self.method_of(item), self.facts(item)
            preview.show(self.params_of(item), self.warnings(item), self.about(item))
        self.refresh_bindings()

    # Actions -----------------------------------------------------------------------

    @on(Rows.Chosen, ".list-rows")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.open_current("no")

    @work(exclusive=True, group="copy")
    async def action_list_copy(self) -> None:
        """Asks in which form to copy the call under the cursor, and copies it."""
        from tui.cards.copies import Copy, call_copies, copy_one_of

        if (item := self.current) is None:
            return
        method, params = self.method_of(item), self.params_of(item)
        copies = [] if params is None else list(call_copies(self._session, method, params))
        await copy_one_of(self, [*copies, Copy.of("n", "name of the method", method, "name")], method)

    def action_list_find(self) -> None:
        self.filter.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        acts = action.startswith((f"{self.id}_", "list_copy")) and action != "saved_import"
        return bool(self.is_mounted and self.current is not None) if acts else True
