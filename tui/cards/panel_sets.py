"""Sets of event panels under a name: save those that are open, open or forget saved ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.widgets import Input, Static

from tui import actions
from tui.cards.card import CardScreen, ask
from tui.widgets.key_line import Hint
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["Answer", "PanelSetsScreen", "ask_for_set"]

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """``what`` is ``save``, ``open`` or ``forget``."""

    what: str
    name: str


async def ask_for_set(
    node: DOMNode, sets: Mapping[str, Sequence[Mapping[str, Any]]], *, open_now: int
) -> Answer | None:
    """Asks over the screen of ``node``, beside so many open panels; None for escape. From a worker."""
    return await ask(node, PanelSetsScreen(sets, open_now=open_now))


class PanelSetsScreen(CardScreen[Answer | None]):
    """Dismisses with what is to be done."""

    BINDINGS = actions.bind(("event.close", "forget"), ("event.sets", "leave"), ("app.close", "leave"))

    def __init__(self, sets: Mapping[str, Sequence[Mapping[str, Any]]], *, open_now: int) -> None:
        super().__init__()
        self._sets = sets
        self._open_now = open_now

    def compose(self) -> ComposeResult:
        count = self._open_now
        with Vertical(id="card"):
            if count:
                yield Static(f"Save the {count} open panel{'' if count == 1 else 's'} under a name:")
                yield Input(placeholder="name", id="set-name", compact=True)
            yield Rows((Column(least=10, most=24), Column(flex=True, style="dim")), id="sets", empty="None saved yet.")
            yield Hint(("card.accept", "save or open"), ("event.close", "forget"), ("card.leave", "back"))

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "Panels of events"
        rows = self.query_one(Rows)
        rows.set_rows(
            [
                Row(f"={name}", (Cell(name), ", ".join(str(panel.get("event")) for panel in panels)))
                for name, panels in reversed(list(self._sets.items()))
            ]
        )
        rows.styles.height = max(min(len(self._sets), 10), 1)
        if self._sets or not self._open_now:
            rows.focus()
        else:
            self.query_one("#set-name").focus()

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
