"""The card before a file is saved or sent: its path, and what prevents it.

Nothing is replaced without a second enter, and only a file that can be read is sent. In a browser a file to be saved
needs only a name: the browser asks where it goes.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from truenas_client.values.human import human_size
from tui import actions, guest
from tui.cards.card import CardScreen
from tui.cards.handing_over import place_of
from tui.model.paths import expanded, shortened
from tui.model.transfers import Kind
from tui.session.transfers import Transfer
from tui.text import plain
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow
from tui.widgets.key_line import Hint
from tui.widgets.path_field import PathField

__all__ = ["FileScreen"]


class FileScreen(CardScreen[Transfer | None]):
    """Dismisses with the transfer that was asked for, None for escape.

    ``path`` is what the field begins with; ``heading``, ``question`` and ``verb`` are the words of a card that asks for
    another reason than that ``method`` reads or writes a file.
    """

    BINDINGS = actions.bind(("card.accept", "take"))

    def __init__(
        self,
        kind: Kind,
        method: str,
        path: str,
        *,
        private: bool = False,
        heading: str = "",
        question: str = "",
        verb: str = "",
    ) -> None:
        saves = kind == "download"
        super().__init__(f"{heading or ('Save a file' if saves else 'Send a file')}  {method}")
        self._kind: Kind = kind
        self._path = path
        self._private = private and saves
        self._question = question
        self._verb = verb or ("save" if saves else "send")

    @property
    def _to_browser(self) -> bool:
        return self._kind == "download" and self.app.is_web

    @property
    def about(self) -> str:
        """What is said below the path."""
        private = self._private and not self._to_browser
        return "It may hold secrets: only you will be able to read it." if private else ""

    def choices(self) -> ComposeResult:
        """What stands above the path."""
        yield from ()

    def lines(self) -> ComposeResult:
        if self._kind == "upload":
            question = "The method reads a file. Which?"
        else:
            question = f"The server writes a file. {'What is its name?' if self._to_browser else 'Where to?'}"
        yield Static(plain(self._question or question), id="question")
        choices = list(self.choices())
        yield from choices
        if self._to_browser:
            yield FormRow("File", Input(Path(self._path).name, id="path", compact=True, select_on_focus=False))
        else:
            yield FormRow("File", PathField(self._path, id="path"))
        yield Static("", id="says")
        yield Static(Content(self.about), id="about", classes="dim")
        choosing = [("choice.previous choice.next", "choose")] if choices else []
        completing = [] if self._to_browser else [("edit.accept", "complete")]
        yield Hint(*choosing, ("card.accept", self._verb), *completing, ("card.leave", "back"))

    def on_mount(self) -> None:
        self._look(self._path)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._look(event.value)

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def action_take(self) -> None:
        # A late note about the typed path must not replace the answer.
        self.workers.cancel_group(self, "look")
        self._take(self.query_one("#path", Input).value)

    @work(exclusive=True, group="look")
    async def _look(self, text: str) -> None:
        """Shows a note about the path while the user types it."""
        trouble, note = "", ""
        if text.strip():
            _path, trouble, note = await asyncio.to_thread(self._examined, text)
        self.say(note if not trouble else "", "dim")

    @work(exclusive=True, group="take")
    async def _take(self, text: str) -> None:
        if not text.strip():
            self.say("Which file?")
            return
        path, trouble, _note = await asyncio.to_thread(self._examined, text)
        if trouble:
            self.say(trouble, "error")
            return
        overwrite = self._kind == "download" and await asyncio.to_thread(os.path.lexists, path)
        if overwrite and not self.once_more(text):
            self.say(f"{shortened(path)} exists: {actions.key('card.accept')} once more replaces it.")
            return
        self.dismiss(Transfer(self._kind, path, overwrite=overwrite))

    def _examined(self, text: str) -> tuple[Path, str, str]:
        """The path, the reason why it cannot be used, and a note about it. Reads the disk."""
        path = expanded(text.strip())
        if self._kind == "upload":
            return path, *_to_send(path)
        if self._to_browser:
            return place_of(self, Path(text.strip())), "" if path.name else "The file needs a name.", ""
        return path, *_to_save(path, text)


def _to_send(path: Path) -> tuple[str, str]:
    shown = shortened(path)
    if guest.is_guest():
        return f"{guest.refusal('A file of this machine')}.", ""
    if path.is_dir():
        return f"{shown} is a folder.", ""
    if not path.exists():
        return f"There is no {shown}.", ""
    if not os.access(path, os.R_OK):
        return f"This user may not read {shown}.", ""
    return "", human_size(path.stat().st_size)


def _to_save(path: Path, text: str) -> tuple[str, str]:
    if text.rstrip().endswith("/") or path.is_dir():
        return f"{shortened(path)} is a folder: the file needs a name.", ""
    if not path.parent.is_dir():
        return f"There is no folder {shortened(path.parent)}.", ""
    if not os.access(path.parent, os.W_OK):
        return f"This user may not write into {shortened(path.parent)}.", ""
    return "", "exists already" if os.path.lexists(path) else ""
