"""History: the calls that this user made on this server, to be found, made again, opened as a draft, saved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from textual import work

from truenas_client.secrets.redact import MASK
from tui import actions
from tui.memory.history import History
from tui.model.history import Entry, EntryFilter, outcome, when
from tui.sections.call_list import CallList
from tui.sections.section import Run
from tui.widgets.call_preview import Note
from tui.widgets.pane import Fact
from tui.widgets.rows import Cell, Column, Row

__all__ = ["HistorySection"]

LEFT_OUT = "not kept: too long, or the name of a member looked like a secret"


class HistorySection(CallList):
    """Newest first."""

    BINDINGS = actions.bindings("history")
    FOOTER_WORDS = {"nav.open": "edit"}
    TITLE = "History"
    PLACEHOLDER = "filter, e.g. pool state:failed"
    COLUMNS = (
        Column("when", cells=15),
        Column("method", least=16, most=36),
        Column("arguments", least=8, flex=True, style="dim"),
        Column("result", least=7, most=16, align="right"),
    )
    kind = EntryFilter

    @property
    def _history(self) -> History:
        return self._session.memory.history

    async def read(self) -> None:
        await self._history.renew()

    def version(self) -> object:
        return self._history.version, date.today()

    def items(self) -> Sequence[Entry]:
        return self._history.newest()

    def look_of(self, item: Entry) -> object:
        return date.today()  # "yesterday" begins at midnight

    def hay_of(self, item: Entry) -> str:
        return f"{super().hay_of(item)}\n{self._when(item)}\n{item.at.astimezone():%Y-%m-%d}"

    def _when(self, item: Entry) -> str:
        return when(item.at.astimezone(), datetime.now().astimezone())

    def row_of(self, item: Entry) -> Row:
        words, style = outcome(item, here=self._history.made_here(item.id))
        return Row(item.id, (self._when(item), item.method, item.arguments[:400], Cell(words, style)))

    def method_of(self, item: Entry) -> str:
        return item.method

    def params_of(self, item: Entry) -> list[Any] | None:
        return item.params

    def warnings(self, item: Entry) -> list[Note]:
        if item.params is None:
            return [Note("arguments", LEFT_OUT, "warning")]
        return [] if item.is_whole else [Note(MASK, "a secret was here: type it once the call is open", "warning")]

    def facts(self, item: Entry) -> list[Fact]:
        words, style = outcome(item, here=self._history.made_here(item.id))
        told: Fact = words if style == "dim" else (words, "error" if style == "error" else "warning")
        return [told, f"{item.at.astimezone():%Y-%m-%d %H:%M:%S}"]

    def nothing(self) -> str:
        return "No calls yet. What you run on this server is listed here."

    # Actions -----------------------------------------------------------------------

    def open_current(self, run: Run) -> None:
        if (entry := self.current) is not None:
            self.post_message(self.CallWanted(entry.method, json.loads(json.dumps(entry.params)), run))

    def action_history_run(self) -> None:
        """Makes the call again, where nothing was left out of it; else opens it to be completed."""
        self.open_current("all")

    def action_history_forget(self) -> None:
        """Takes a call out of the history."""
        if (entry := self.current) is not None:
            self._history.remove(entry.id)

    @work(exclusive=True, group="save")
    async def action_history_save(self) -> None:
        """Asks for a name, and saves the call."""
        from tui.cards.save_call import Draft, save_call

        entry = self.current
        if entry is None or entry.params is None:
            self.notify("The arguments of this call were not kept.", timeout=3)
            return
        method = self._session.method(entry.method)
        names = [param.name for param in method.params] if method is not None else []
        await save_call(self, Draft(entry.method, entry.params, names))
