"""Which events of a panel are saved, and where: those it shows now, those that arrive from now on, or both."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.widgets import Static

from tui.cards.card import ask
from tui.cards.file import FileScreen
from tui.model.paths import shortened
from tui.session.copying import file_path, results_folder
from tui.widgets.choice import Choice

__all__ = ["SaveScreen", "Wanted", "ask_where_to_save"]

NOW, ON, BOTH = "what is there", "what arrives", "both"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The answer: ``now`` for the events there are, ``on`` for those from now on."""

    path: Path
    replace: bool
    now: bool
    on: bool


async def ask_where_to_save(node: DOMNode, what: str, *, filtered: bool, running: bool = True) -> Wanted | None:
    """Asks over the screen of ``node``; None for escape. ``running`` is whether more can arrive. From a worker."""
    # The folder that is offered is there; any other one has to be.
    with suppress(OSError):  # the card says why the path cannot be used
        await asyncio.to_thread(results_folder().mkdir, mode=0o700, parents=True, exist_ok=True)
    card = SaveScreen(what, filtered=filtered, running=running)
    transfer = await ask(node, card)
    if transfer is None:
        return None
    return Wanted(transfer.path, transfer.overwrite, card.chosen != ON, card.chosen != NOW)


class SaveScreen(FileScreen):
    """Dismisses with the path; ``chosen`` says which events."""

    def __init__(self, what: str, *, filtered: bool, running: bool) -> None:
        path = shortened(file_path(what, ".jsonl"))
        super().__init__("download", what, path, private=True)
        self._filtered = filtered
        self._words = (NOW, ON, BOTH) if running else (NOW,)
        self.chosen = NOW

    @property
    def question(self) -> str:
        filtered = " that pass the filter" if self._filtered else ""
        return f"Saves the events{filtered}, one line of JSON each."

    @property
    def heading(self) -> str:
        return "Save events"

    @property
    def hints(self) -> tuple[tuple[str, str], ...]:
        return (("choice.previous choice.next", "choose"),) if len(self._words) > 1 else ()

    def choices(self) -> ComposeResult:
        if len(self._words) > 1:
            with Horizontal(classes="file-row"):
                yield Static("Events", classes="label")
                yield Choice(self._words, id="which")

    @on(Choice.Changed)
    def _changed_choice(self, event: Choice.Changed) -> None:
        event.stop()
        self.chosen = event.value

    @on(Choice.Submitted)
    def _submitted_choice(self, event: Choice.Submitted) -> None:
        event.stop()
        self.action_take()
