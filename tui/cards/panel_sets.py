"""Sets of event panels under a name: save those that are open, open or forget saved ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui import actions
from tui.cards.card import CardScreen
from tui.widgets.key_line import Hint
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["Answer", "PanelSetsScreen"]

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """``what`` is ``save``, ``open`` or ``forget``."""

    what: str
    name: str


class PanelSetsScreen(CardScreen[Answer | None]):
    """Dismisses with what is to be done, beside ``open_now`` open panels; None for escape."""

    TITLE = "Panels of events"
    BINDINGS = actions.bind(("event.close", "forget"), ("event.sets", "leave"), ("app.close", "leave"))

    def __init__(self, sets: Mapping[str, Sequence[Mapping[str, Any]]], *, open_now: int) -> None:
        super().__init__()
        self._sets = sets
        self._open_now = open_now

    def lines(self) -> ComposeResult:
        if count := self._open_now:
            yield Static(f"Save the {count} open panel{'' if count == 1 else 's'} under a name:")
            yield Input(placeholder="name", id="set-name", compact=True)
        rows = Rows((Column(least=10, most=24), Column(flex=True, style="dim")), id="sets", empty="None saved yet.")
        rows.set_rows(
            [
                Row(f"={name}", (Cell(name), ", ".join(str(panel.get("event")) for panel in panels)))
                for name, panels in reversed(list(self._sets.items()))
            ]
        )
        rows.styles.height = max(min(len(self._sets), 10), 1)
        yield rows
        yield Hint(("card.accept", "save or open"), ("event.close", "forget"), ("card.leave", "back"))

    def on_mount(self) -> None:
        if self._sets:
            self.query_one(Rows).focus()

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.dismiss(Answer("open", event.key[1:]))

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()[:_LONGEST]
        if name:
            self.dismiss(Answer("save", name))

    def action_forget(self) -> None:
        rows = self.query_one(Rows)
        if rows.has_focus and rows.key is not None:
            self.dismiss(Answer("forget", rows.key[1:]))
