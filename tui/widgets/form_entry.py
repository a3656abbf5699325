"""`FormEntry`: the part of a form in which its rows are edited: switches, choices, and a field or a cell over a row.

The sub-class shows the rows. Invariant: every change is an edit of the draft's text (`DraftView.Edited`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from textual import events, on
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from truenas_client.methods.describe import type_words
from tui import actions
from tui.model.candidates import Candidate, value_candidates
from tui.model.draft import Draft, Patch
from tui.model.form import CONTAINERS, Field, key_of
from tui.model.formedit import added, branched, chosen, entered, pasted_into
from tui.model.formtext import UnreadableText, default_of, kind_of, read_text, written_text
from tui.model.jsontext import Path
from tui.model.known import Known
from tui.text import plain, safe
from tui.widgets.columns import Column
from tui.widgets.draft_view import DraftView
from tui.widgets.form_parts import FormField, FormRows
from tui.widgets.json_editor import JsonEditor
from tui.widgets.rows import Rows

__all__ = ["TYPED", "FormEntry"]

_COLUMNS = (Column("name", least=12, most=34), Column("value", flex=True, least=12))

TYPED = frozenset({"text", "number", "secret"})
"""The kinds of rows whose value is typed into the field."""


class FormEntry(DraftView):
    """Edits the row under the cursor."""

    BINDINGS = actions.bind(
        *(("form.branch", "branch"), ("form.drop", "drop"), ("form.complete", "offer")),
        *(("edit.undo", "undo(False)"), ("edit.redo", "undo(True)")),
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows = FormRows(_COLUMNS, id="form-rows")
        self.field = FormField(compact=True, id="form-field")
        self.cell = JsonEditor(id="form-cell")
        """The value of a row in many lines: JSON, or a text that has lines."""
        self.field.display = self.cell.display = False
        self._help = Static(id="form-help")
        self._draft = Draft()
        self._known = Known()
        self._folds: dict[str, bool] = {}
        self._fields: dict[str, Field] = {}
        self._problems: dict[str, str] = {}
        self._edited: Field | None = None
        self._begun = ""
        """The draft's text when the field was opened."""
        self._answered = False
        """Whether the help tells of the open field: its keys, or why what was typed is not taken."""
        self._made: Path | None = None
        """Where a row is about to be that was just added."""
        self._onward = False
        """Whether to go on to the next value to fill in, once the last one is written."""

    @property
    def row(self) -> Field | None:
        """The row under the cursor."""
        return self._fields.get(self.rows.key or "")

    def action_undo(self, again: bool) -> None:
        self.post_message(self.UndoWanted(again))

    def focus_view(self) -> None:
        if self.rows.is_mounted:
            (self._editing if self._edited is not None else self.rows).focus()
        else:
            self.call_after_refresh(self.focus_view)  # it cannot take the focus before

    def edit(self, patch: Patch | None) -> None:
        """Asks for an edit of the text."""
        if patch is not None:
            self.post_message(self.Edited(patch))

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        if (row := self._fields.get(event.key)) is not None:
            self.act(row)

    def act(self, row: Field) -> None:
        """What enter does to a row that does not fold."""
        if row.kind == "switch":
            self.edit(entered(self._draft, row.path, not row.value if row.present else not default_of(row)))
        elif row.kind == "select":
            # One choice is none: then the others are of another kind.
            self._select(row) if len(row.choices) > 1 or len(row.branches) < 2 else self.action_branch()
        elif row.kind == "add" and not row.named:
            self._add(row, "")
        elif row.kind == "json" and row.present and row.value is None and len(row.branches) > 1:
            self.action_branch()
        else:
            self._begin(row)

    def _add(self, row: Field, name: str) -> None:
        path, patch = added(self._draft, row, self._draft.values or [], name)
        self._folds[key_of(row.path)] = True
        self._made = path
        self.edit(patch)

    def _go_on(self, path: Path) -> None:
        """Goes to a row that was just made, and begins to edit it."""
        if self.rows.move_to(key_of(path)) and (row := self.row) is not None:
            if row.kind in (*TYPED, "json"):
                self._begin(row)
            self.rows.show_below(4)

    def action_drop(self) -> None:
        """Takes the row's member or item out of the text."""
        row = self.row
        if row is not None and row.present:
            self.edit(self._draft.drop(row.path))

    def _select(self, row: Field) -> None:
        entries = [
            (json.dumps(choice), choice if isinstance(choice, str) else json.dumps(choice)) for choice in row.choices
        ]
        if row.nullable and ("null", "null") not in entries:
            entries.append(("null", "null"))
        self._choose(row, entries)

    def _choose(self, row: Field, entries: Sequence[tuple[str, str]]) -> None:
        """Asks for one of these values, each with its JSON."""
        self._ask(row.name or "item", entries, lambda answer: chosen(self._draft, row, json.loads(answer)))

    def action_branch(self) -> None:
        """Asks which branch of a union the row is to be of."""
        row = self.row
        if row is None:
            return

        def made(answer: str) -> Patch | None:
            self._folds[row.key] = True
            return branched(self._draft, row, row.branches[int(answer)])

        words = [(str(at), _branch_words(branch)) for at, branch in enumerate(row.branches)]
        self._ask(f"{row.name or 'item'} is", words, made)

    def _ask(self, title: str, entries: Sequence[tuple[str, str]], made: Callable[[str], Patch | None]) -> None:
        """Asks for one of these, key and words; ``made`` is the edit for its key, while the text is as it was."""
        text = self._draft.text

        def take(answer: str) -> None:
            if text == self._draft.text:
                self.edit(made(answer))

        self.post_message(self.ChoiceWanted(title, entries, take))

    def _candidates(self, row: Field) -> list[Candidate]:
        method = self._draft.method
        if method is None or row.kind in ("more", "add", *CONTAINERS):
            return []
        return value_candidates(method, self._draft.values or [], row.path, self._known, empty=False)

    def action_offer(self) -> None:
        """Lists the values known for the row: choices, and ids and names from earlier results."""
        row = self._edited or self.row
        entries = [] if row is None else [
            (one.text, f"{one.word}  {one.detail}".strip()) for one in self._candidates(row)
        ]  # fmt: skip
        if row is None or not entries:
            self.app.notify("No values are known here.", timeout=2)
            return
        self._leave()
        self._choose(row, entries)

    # The field or the cell over a row

    @property
    def _editing(self) -> FormField | JsonEditor:
        return self.cell if self.cell.display else self.field

    def _begin(self, row: Field, lines: str | None = None) -> None:
        """Opens the field over a row, or the cell where its value has several ``lines``."""
        self._edited, self._begun = row, self._draft.text
        self._answered = False
        text = "" if row.kind == "add" else written_text(row)
        if self._problems.get(row.key) == "to fill in":
            text = ""
        if lines is None and "\n" in text and row.kind != "secret":
            lines = text
        if lines is not None:
            self._begin_cell(row, lines)
            return
        field = self.field
        self._place()
        field.password = row.kind == "secret"
        words = [one.word for one in self._candidates(row) if row.kind in ("text", "json")]
        field.suggester = SuggestFromList(words, case_sensitive=False) if words else None
        field.value = text
        field.placeholder = safe(self._problems.get(row.key) or kind_of(row))
        field.cursor_position = len(field.value)
        field.display = True
        field.focus()

    def _place(self) -> None:
        """Puts the field over the row under the cursor."""
        left, cells = self.rows.place_of(1)
        self.field.styles.offset = (left, self._line)
        self.field.styles.width = max(cells, 10)

    def _begin_cell(self, row: Field, lines: str) -> None:
        cell, rows = self.cell, self.rows
        height = min(max(lines.count("\n") + 2, 4), rows.size.height - 1)
        rows.show_below(height)
        cell.load_text(lines)
        cell.styles.offset = (0, min(self._line + 1, rows.size.height - height))
        cell.styles.height = height
        self.field.display = False
        cell.display = True
        cell.focus()
        done, back = actions.key("edit.accept"), actions.key("app.back")
        self._answered = True
        self._help.update(plain(safe(f"{row.name}: {done} takes it over, {back} leaves it as it was")))

    @property
    def _line(self) -> int:
        """The line of the widget that the row under the cursor is on."""
        return max(self.rows.cursor - round(self.rows.scroll_target_y), 0)

    def on_paste(self, event: events.Paste) -> None:
        """Takes a paste into the row under the cursor, or of several lines into the field."""
        if self.cell.display:
            return
        event.stop()
        if self._edited is None:
            self._paste(event.text)
        else:
            start, end = sorted(self.field.selection)
            self._take_lines(self._edited, self.field.value[:start] + event.text + self.field.value[end:])

    def _take_lines(self, row: Field, text: str) -> None:
        """Several lines were pasted into the field: a secret is taken as it is, all else is shown in the cell."""
        if row.kind not in ("text", "secret", "json"):
            return
        if row.kind == "secret":
            self.edit(entered(self._draft, row.path, text))
            self._leave()
        else:
            self._begin(row, text)

    def _paste(self, text: str) -> None:
        row = self.row
        if row is None:
            return
        try:
            self.edit(pasted_into(self._draft, row, text))
        except UnreadableText as e:
            self._refuse(e)

    def _leave(self) -> None:
        self._leave_unread()
        self.rows.focus()

    def _leave_unread(self) -> None:
        self._edited = None
        self.field.display = self.cell.display = False

    @on(Input.Submitted, "#form-field")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        filled = self._edited is not None and self._problems.get(self._edited.key) == "to fill in"
        if self._accept():
            self._leave()
            self._onward = filled

    @on(JsonEditor.Edited)
    def _cell_edited(self, event: JsonEditor.Edited) -> None:
        event.stop()

    def _accept(self) -> bool:
        """Writes what was typed; False when it is no value for the row."""
        row = self._edited
        if row is not None and row.kind == "add":
            if self.field.value:
                self._leave()
                self._add(row, self.field.value)
            return True
        try:
            self.edit(self._typed())
        except UnreadableText as e:
            self._refuse(e)
            return False
        return True

    def _refuse(self, error: UnreadableText) -> None:
        self._answered = True
        self._help.update(plain(safe(f"Not taken: {error}"), "$text-error"))

    def _typed(self) -> Patch | None:
        """The edit for what was typed, None where it changes nothing. Raises `UnreadableText`."""
        row = self._edited
        if row is None or row.kind == "add":
            return None
        value: Any = read_text(row, self.cell.text if self.cell.display else self.field.value)
        same = row.present and value == row.value and type(value) is type(row.value)
        return None if same else entered(self._draft, row.path, value)

    @property
    def _begun_name(self) -> str:
        """The name of a member that is typed and not added yet."""
        return self.field.value if self._edited is not None and self._edited.kind == "add" else ""

    def take_typed(self) -> Patch | None:
        if self._begun_name:
            return None
        try:
            patch = self._typed()
        except UnreadableText as e:
            self._refuse(e)
            return None
        if self._edited is not None:
            self._leave()
        return patch

    @property
    def unfinished(self) -> str:
        if name := self._begun_name:
            return f"the member {name} is not added yet"
        return f"{self._edited.name} is no value yet" if self._edited is not None else ""

    def on_key(self, event: events.Key) -> None:
        """Up and down write what was typed and go on; tab goes on to the next row."""
        many = self.cell.display
        keys = actions.keys_of("edit.accept") if many else ("up", "down", "tab", "shift+tab")
        if self._edited is None or event.key not in keys:
            return
        event.stop()
        event.prevent_default()
        if self._accept():
            self._leave()
            self.rows.cursor += 0 if many else -1 if event.key in ("up", "shift+tab") else 1


def _branch_words(branch: dict[str, Any]) -> str:
    title = branch.get("title")
    return f"{type_words(branch)}  {title}" if isinstance(title, str) else type_words(branch)
