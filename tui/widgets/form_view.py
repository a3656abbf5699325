"""`FormView`: the draft as a form. A list of rows, a field or a cell over the row that is edited, and its help below.

Invariant: every change is an edit of the draft's text (`DraftView.Edited`); what is shown is read from the draft. Folds
are the view's own, and are forgotten when another method is shown.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult

from tui import actions
from tui.model.draft import Draft
from tui.model.form import Field, fields, folds_above, found_fields, key_of
from tui.model.formtext import help_of, kind_of, shown_text
from tui.model.known import Known
from tui.text import ASCII, cut, plain, safe
from tui.widgets.columns import Cell, Row
from tui.widgets.find_field import FindField
from tui.widgets.form_entry import TYPED, FormEntry
from tui.widgets.form_row import HIDDEN, HIDDEN_ASCII
from tui.widgets.rows import Rows

__all__ = ["FormView"]

_HELP_LINES = 2
_WRAPPED = 12
"""The cells that a wrapped text may leave empty."""

_KIND_CELLS = 22
"""The most cells of the words that say what a row takes; the help has them in full."""


class FormView(FormEntry):
    """Shows and edits the draft row by row."""

    DEFAULT_CSS = """
    FormView { layers: rows field; }
    FormView FormRows { height: 1fr; }
    FormView #form-help { height: 2; color: $foreground-muted; }
    FormView .find { display: none; }
    FormView.-finding .find { display: block; }
    FormView FormField, FormView JsonEditor { layer: field; position: absolute; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._find = FindField(self._seek, lambda: self.rows, id="form-find", placeholder="part of a name")
        self._sought = ""
        """The name of which only the rows are shown."""
        self._first: Field | None = None
        """The first of the rows that were found."""

    def compose(self) -> ComposeResult:
        yield self.rows
        yield self._find
        yield self._help
        yield self.field
        yield self.cell

    @property
    def shown(self) -> list[Field]:
        """The rows that are shown."""
        return list(self._fields.values())

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self.row
        match action:
            case "branch":
                return self.rows.has_focus and row is not None and len(row.branches) > 1
            case "drop":
                return self.rows.has_focus and row is not None and row.present
            case "undo":
                return self.rows.has_focus  # a field has its own
        return super().check_action(action, parameters)

    def footer_words(self) -> dict[str, str]:
        """The footer's words for keys here: what may be done to a row, before the ways to other places."""
        if self._edited is not None:
            return {"edit.accept" if self.cell.display else "nav.open": "done", "app.back": "as it was"}
        row = self.row
        if row is None or not self.rows.has_focus:
            return {}
        opened = {"more": "show", "add": "add", "group": "show", "list": "show"}.get(row.kind, "change")
        others = ("pane.methods", "pane.args", "pane.docs", "form.complete")
        return {"nav.open": "hide" if row.open and not self._sought else opened} | dict.fromkeys(others, "")

    # Showing

    def show_draft(self, draft: Draft, known: Known) -> None:
        fresh = draft is not self._draft
        self._draft, self._known = draft, known
        if fresh:
            self._folds = {}
            self._sought = ""
            self.remove_class("-finding", "-typing")
            self._leave_unread()
        elif self._edited is not None and draft.text != self._begun:
            self._leave()  # the text was changed from elsewhere
        if self.rows.is_mounted:
            self._show()
            if fresh or self._onward:
                self._go_to_gap()
            if (made := self._made) is not None:
                self._made = None
                self._go_on(made)

    def on_mount(self) -> None:
        self._show()
        # At once, for the keys that follow; where the field has to be is known when the rows are laid out.
        self._go_to_gap()

    def on_resize(self) -> None:
        self._tell()
        self.call_after_refresh(self._place)

    def _go_to_gap(self) -> None:
        """Goes to the first value to fill in, and into its field; without arguments to a required member."""
        self._onward = False
        if self._edited is not None:
            return
        if gaps := self._draft.gaps:
            self.go_to(min(gap.start for gap in gaps))
            if (row := self.row) is not None and row.kind in TYPED and self._problems.get(row.key) == "to fill in":
                self._begin(row)
        elif not self._draft.values and (row := next((row for row in self.shown if row.required), None)) is not None:
            self.rows.move_to(row.key)

    def _show(self) -> None:
        method, values = self._draft.method, self._draft.values
        if method is None or values is None:
            self._fields = {}
            key = actions.key("call.view", short=True)
            self.rows.empty = f"No form: {self._draft.unsendable}. {key} shows the text, to be mended there."
            self.rows.set_rows([])
            self._tell()
            return
        if self._sought:
            found, self._first = found_fields(method, values, self._sought)
            self.rows.empty = "No row has that name."
        else:
            found = fields(method, values, lambda key, usual: self._folds.get(key, usual))
        self._fields = {row.key: row for row in found}
        self._problems = self._placed()
        self.rows.set_rows([self._drawn(row) for row in found])
        self._tell()

    def _placed(self) -> dict[str, str]:
        """The problems and the values to fill in, by the key of the row that shows their place."""
        placed: dict[str, str] = {}
        document = self._draft.read.document
        for problem in [*self._draft.problems, *self._draft.gaps]:
            path = document.path_at(problem.start).path
            while path and key_of(path) not in self._fields:
                path = path[:-1]
            placed.setdefault(key_of(path), problem.message)
        return placed

    def _drawn(self, row: Field) -> Row:
        value = safe(shown_text(row))
        if row.kind == "secret" and self.rows.glyphs is ASCII:
            value = value.replace(HIDDEN, HIDDEN_ASCII)
        style = "" if row.present else "dim"
        badges: list[Cell] = []
        match row.kind:
            case "more":
                name = Cell(f"{row.count} more", "dim")
            case "add":
                name = Cell("add a member" if row.named else "add an item", "accent")
            case _:
                name = Cell(safe(row.name), "title" if row.required else "" if row.present else "dim")
        if problem := self._problems.get(row.key):
            badges.append(Cell(safe(problem), "warning" if problem == "to fill in" else "error"))
        else:
            if row.required and not row.present:
                badges.append(Cell("required", "warning"))
            if not (row.present and row.kind in ("text", "secret", "json")):
                # Of a text that is there the room is for the text; the help says what it is.
                badges.append(Cell(cut(safe(kind_of(row)), _KIND_CELLS, ellipsis=self.rows.glyphs.ellipsis), "dim"))
        return Row(row.key, (name, Cell(value, style)), row.depth, None if row.open is None else not row.open,
                   tuple(badges))  # fmt: skip

    @on(Rows.Highlighted)
    def _tell(self) -> None:
        """The help of the row under the cursor. What is told of an open field stays while the text is checked."""
        if self._edited is not None and self._answered:
            return
        row = self.row
        told = self._problems.get(row.key, "") if row is not None else ""
        words = f"{told}  " if told and told != "to fill in" else ""
        text = safe(f"{words}{help_of(row)}") if row is not None else ""
        cells = _HELP_LINES * self.size.width - _WRAPPED
        self._help.update(plain(cut(text, max(cells, 0), ellipsis=self.rows.glyphs.ellipsis)))
        self.refresh_bindings()

    def _leave_unread(self) -> None:
        super()._leave_unread()
        self._tell()

    # Finding

    def find(self) -> bool:
        self._leave_unread()
        self._find.open()
        return True

    def _seek(self, text: str) -> None:
        """Shows the rows of these names only; "" shows all again, unfolded as far as the row under the cursor."""
        if not text and self._sought and (row := self.row) is not None:
            self._folds |= dict.fromkeys(folds_above(row.path), True)
        self._sought = text.strip()
        self._show()
        if self._sought and self._first is not None:
            self.rows.move_to(self._first.key)
        self.rows.show_cursor()

    def go_to(self, offset: int) -> None:
        if self._sought:
            self._find.close()
        path = self._draft.read.document.path_at(offset).path
        for length in range(len(path), 0, -1):
            if self.rows.move_to(key_of(path[:length])):
                return

    # Folding and leaving

    @on(Rows.Folded)
    def _folded(self, event: Rows.Folded) -> None:
        event.stop()
        row = self._fields.get(event.key)
        if self._sought:
            self._folds[event.key] = True
            self._find.close()
        elif row is not None:
            self._folds[event.key] = not event.folded
            self._show()
            if not event.folded:
                self.rows.show_below(8)

    def back(self) -> bool:
        if self._edited is None:
            return self._find.close()
        self._leave()
        self._tell()
        return True
