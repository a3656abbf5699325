"""The card before something is saved: its path, and choices such as the form. Used for results, events and logs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Input, Static

from tui.cards.file import FileScreen
from tui.model.paths import expanded, shortened
from tui.session.copying import plain_name
from tui.session.transfers import FilePlaces
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow

__all__ = ["SaveScreen", "Saving", "Wanted", "ask_where_to_save"]


@dataclass(frozen=True, slots=True)
class Saving:
    """What is asked. ``what`` is named in the title, ``name`` begins the name of the file that is offered.

    ``choices`` are words behind a label, of which the first is chosen unless ``chosen`` says another. ``suffixes`` are
    those of the file by such words, and ``notes`` what is said of them.
    """

    heading: str
    what: str
    question: str
    name: str
    suffix: str = ""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    suffixes: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The answer: the path, whether a file that is there is to be replaced, and the chosen words by label."""

    path: Path
    replace: bool
    chosen: Mapping[str, str]


async def ask_where_to_save(node: DOMNode, saving: Saving, places: FilePlaces) -> Wanted | None:
    """Asks over the screen of ``node``; None for escape. ``places`` remembers the folder. From a worker."""
    card = SaveScreen(saving, await asyncio.to_thread(_offered, saving, places.folder))
    transfer = await card.ask(node)
    if transfer is None:
        return None
    if not node.app.is_web:
        places.folder = shortened(transfer.path.parent)
    return Wanted(transfer.path, transfer.overwrite, card.chosen)


def _offered(saving: Saving, folder: str) -> str:
    """A path where there is no file yet; in the home folder where the other one is gone."""
    stem, number = f"{folder if expanded(folder).is_dir() else '~'}/{plain_name(saving.name)}", 1
    suffixes = saving.suffixes.values() or (saving.suffix,)
    while any(os.path.lexists(expanded(f"{stem}{'' if number == 1 else f'-{number}'}{end}")) for end in suffixes):
        number += 1
    return stem if number == 1 else f"{stem}-{number}"


class SaveScreen(FileScreen):
    """Dismisses with the path; ``chosen`` has the word behind each label."""

    def __init__(self, saving: Saving, stem: str) -> None:
        self._saving = saving
        self.chosen = {label: saving.chosen.get(label, words[0]) for label, words in saving.choices.items()}
        path = stem + self._suffix
        super().__init__("download", saving.what, path, private=True, heading=saving.heading, question=saving.question)

    @property
    def _suffix(self) -> str:
        found = (self._saving.suffixes[word] for word in self.chosen.values() if word in self._saving.suffixes)
        return next(found, self._saving.suffix)

    def choices(self) -> ComposeResult:
        for label, words in self._saving.choices.items():
            yield FormRow(label, Choice(words, chosen=words.index(self.chosen[label]), name=label))

    @property
    def about(self) -> str:
        notes = [self._saving.notes[word] for word in self.chosen.values() if word in self._saving.notes]
        return "\n".join([*notes, super().about])

    @on(Choice.Changed)
    def _changed_choice(self, event: Choice.Changed) -> None:
        event.stop()
        before = self._suffix
        self.chosen[event.choice.name or ""] = event.value
        path = self.query_one("#path", Input)
        if self._suffix != before and path.value.endswith(before):
            path.value = path.value.removesuffix(before) + self._suffix
        self.query_one("#about", Static).update(Content(self.about))
