"""Saved calls: files of a method, its arguments and what is asked for when they run; the same for every server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual import work

from truenas_client.exc import InvalidSavedCall
from truenas_client.storage.saved import read_call
from truenas_client.storage.saved_call import SavedCall
from tui import actions
from tui.model.paths import shortened
from tui.model.wordfilter import WordFilter
from tui.sections.call_list import CallList
from tui.sections.section import Run
from tui.session.saved import saved_calls
from tui.text import safe
from tui.widgets.call_preview import Note
from tui.widgets.rows import Cell, Column, Row

__all__ = ["SavedSection"]


@dataclass(frozen=True, slots=True)
class _Saved:
    """A file as an item of the list: its call, or what is wrong with it."""

    id: str
    call: SavedCall | None
    problem: str = ""


class SavedFilter(WordFilter):
    """What saved calls are filtered by."""

    fields = {
        "name": lambda one: one.id,
        "method": lambda one: one.call.method if one.call else "",
        "about": lambda one: one.call.description if one.call else one.problem,
        "args": lambda one: str(one.call.params) if one.call else "",
    }


class SavedSection(CallList):
    """By their names."""

    BINDINGS = actions.bindings("saved")
    TITLE = "Saved calls"
    PLACEHOLDER = "filter, e.g. nightly method:pool"
    COLUMNS = (
        Column("name", least=12, most=36),
        Column("method", least=16, most=36),
        Column("about", least=8, flex=True, style="dim"),
        Column("asks for", least=8, most=24, style="accent"),
    )
    kind = SavedFilter
    _files: tuple[_Saved, ...] = ()
    _reads = 0

    async def read(self) -> None:
        calls, problems = await asyncio.to_thread(saved_calls().all)
        there = [*(_Saved(call.name, call) for call in calls), *(_Saved(id, None, why) for id, why in problems.items())]
        known = {one.id: one for one in self._files}
        # One that did not change stays the same item, and is not drawn again.
        kept = (old if (old := known.get(one.id)) == one else one for one in there)
        self._files = tuple(sorted((one for one in kept if one is not None), key=lambda one: one.id))
        self._reads += 1

    def version(self) -> object:
        return self._reads

    def items(self) -> Sequence[_Saved]:
        return self._files

    def row_of(self, item: _Saved) -> Row:
        if (call := item.call) is None:
            return Row(item.id, (item.id, "", Cell("not readable", "error"), ""))
        asks = ", ".join(variable.name for variable in call.asked)
        there = self._session.method(call.method) is not None
        return Row(item.id, (item.id, Cell(call.method, "" if there else "dim"), call.description, asks))

    def method_of(self, item: _Saved) -> str:
        return item.call.method if item.call is not None else item.id

    def params_of(self, item: _Saved) -> list[Any] | None:
        return item.call.params if item.call is not None else None

    def warnings(self, item: _Saved) -> list[Note]:
        if (call := item.call) is None:
            return [Note("problem", item.problem.removeprefix(f"{saved_calls().path(item.id)}: "), "error")]
        notes = [Note("note", note, "warning") for note in call.notes]
        if self._session.method(call.method) is None:
            notes.append(Note("note", "this server does not list the method", "warning"))
        return notes

    def about(self, item: _Saved) -> list[Note]:
        file = Note("file", shortened(saved_calls().path(item.id)), "dim")
        if (call := item.call) is None:
            return [file]
        notes = [Note("about", call.description)] if call.description else []
        for variable in call.asked:
            default = f"{variable.default} unless changed" if variable.default is not None else ""
            words = (variable.name, variable.type, variable.description, default)
            notes.append(Note("asks for", "   ".join(part for part in words if part), "accent"))
        return [*notes, file]

    def nothing(self) -> str:
        folder = shortened(saved_calls().folder)
        keys = f"In Explore {actions.key('call.save')} saves one; here {actions.key('saved.import')} imports a file."
        return f"No saved calls yet. {keys}\nThey are files in {folder}."

    # Actions -----------------------------------------------------------------------

    @property
    def _call(self) -> SavedCall | None:
        return self.current.call if self.current is not None else None

    def open_current(self, run: Run) -> None:
        if (call := self._call) is not None:
            self.post_message(self.CallWanted(call.method, call.params, run, call.asked))

    def action_saved_run(self) -> None:
        """Asks for what was left open, and makes the call."""
        self.open_current("all")

    @work(exclusive=True, group="save")
    async def action_saved_change(self) -> None:
        """Asks for name, description and variables again."""
        from tui.cards.save_call import Draft, save_call

        if (call := self._call) is not None:
            method = self._session.method(call.method)
            names = [param.name for param in method.params] if method is not None else []
            described = {variable.name: variable for variable in call.variables}
            draft = Draft(call.method, call.params, names, described, call.name, call.description)
            saved = await save_call(self, draft)
            if saved is not None and saved != call.name:
                await self._remove(call.name)
            await self.read()
            if saved is not None:
                self.show_item(saved)

    @work(exclusive=True, group="save")
    async def action_saved_delete(self) -> None:
        """Deletes the file, after a question."""
        from tui.cards.confirm import ConfirmScreen

        item = self.current
        if item is not None and await ConfirmScreen("Delete a saved call", f"Delete {item.id}?", yes="delete").ask(
            self
        ):
            await self._remove(item.id)
            self.look()

    async def _remove(self, name: str) -> None:
        try:
            await asyncio.to_thread(saved_calls().remove, name)
        except (InvalidSavedCall, OSError) as error:
            self._tell(f"Not deleted: {error}")

    @work(exclusive=True, group="save")
    async def action_saved_export(self) -> None:
        """Asks where to, and writes the file there, without secrets."""
        from tui.cards.call_file import export_call

        if (call := self._call) is None:
            return
        try:
            text = call.without_secrets().text()
            where = await export_call(self, call.name, text, self._session.caller.file_places)
        except (InvalidSavedCall, OSError) as error:
            self._tell(f"Not exported: {error}")
        else:
            if where is not None:
                self.notify(f"Exported to {safe(where)}", timeout=5)

    @work(exclusive=True, group="save")
    async def action_saved_import(self) -> None:
        """Asks for a file, and saves its call under the name of the file."""
        from tui.cards.call_file import ask_which_to_import

        path = await ask_which_to_import(self)
        if path is None:
            return
        try:
            call = (await asyncio.to_thread(read_call, path)).without_secrets()
            await asyncio.to_thread(saved_calls().put, call)
        except (InvalidSavedCall, OSError) as error:
            self._tell(f"Not imported: {error}")
            return
        await self.read()
        self.show_item(call.name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("saved_run", "saved_change", "saved_export"):
            return self.is_mounted and self._call is not None
        return super().check_action(action, parameters)

    def _tell(self, text: str) -> None:
        self.notify(safe(text), severity="error", timeout=8)
