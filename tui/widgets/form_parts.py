"""The widgets of `form_view.FormView`: its rows, the field over the row that is edited, and the cell for many lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from tui import actions
from tui.widgets.draft_view import DraftView
from tui.widgets.json_editor import JsonEditor
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from tui.widgets.form_view import FormView

__all__ = ["FormCell", "FormField", "FormRows"]


def _form_of(widget: Widget) -> FormView:
    from tui.widgets.form_view import FormView

    parent = widget.parent
    assert isinstance(parent, FormView)
    return parent


class FormRows(Rows):
    """The rows of a form, with the keys for what is done to one."""

    BINDINGS = actions.bind(
        "form.branch", "form.drop", "form.complete", ("edit.undo", "undo(False)"), ("edit.redo", "undo(True)")
    )

    def action_form_branch(self) -> None:
        _form_of(self).choose_branch()

    def action_form_drop(self) -> None:
        _form_of(self).drop()

    def action_form_complete(self) -> None:
        _form_of(self).offer()

    def action_undo(self, again: bool) -> None:
        self.post_message(DraftView.UndoWanted(again))

    def action_fold_toggle(self) -> None:
        form = _form_of(self)
        row = form.row
        if row is not None and row.open is None:
            form.act(row)
        else:
            super().action_fold_toggle()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = _form_of(self).row if self.is_attached else None
        match action:
            case "fold_toggle":
                return bool(self.rows)  # space changes a switch too
            case "form_branch":
                return row is not None and len(row.branches) > 1
            case "form_drop":
                return row is not None and row.present
        return super().check_action(action, parameters)

    def footer_words(self) -> dict[str, str]:
        """The footer's words for keys here: what may be done to a row, before the ways to other places."""
        form = _form_of(self)
        row = form.row
        if row is None:
            return {}
        opened = {"more": "show", "add": "add", "group": "show", "list": "show"}.get(row.kind, "change")
        others = ("pane.methods", "pane.args", "pane.docs", "form.complete")
        return {"nav.open": "hide" if row.open and not form.finding else opened} | dict.fromkeys(others, "")

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        _form_of(self).paste(event.text)


class FormField(Input):
    """The field over the row that is edited; escape leaves the value as it was."""

    BINDINGS = actions.bind(("form.complete", "offer"), ("nav.open", "submit"))

    def action_offer(self) -> None:
        _form_of(self).offer()

    def footer_words(self) -> dict[str, str]:
        """The footer's words for keys here."""
        return {"app.back": "as it was", "nav.open": "done"}

    def _on_paste(self, event: events.Paste) -> None:
        # More than the first line, which is all that a field would keep.
        if "\n" in event.text.strip():
            event.stop()
            event.prevent_default()
            start, end = sorted(self.selection)
            _form_of(self).take_lines(self.value[:start] + event.text + self.value[end:])


class FormCell(JsonEditor):
    """The value of a row in many lines: JSON, or a text that has lines."""

    def footer_words(self) -> dict[str, str]:
        """The footer's words for keys here."""
        return {"edit.accept": "done", "app.back": "as it was"}
