"""The widgets of `form_view.FormView`: its rows, and the field over the row that is edited."""

from __future__ import annotations

from textual import events

from tui import actions
from tui.widgets.form_row import Field
from tui.widgets.rows import Rows

__all__ = ["FormField", "FormRows"]


class FormRows(Rows):
    """The rows of a form. The key that folds one changes one that does not fold: a switch, a choice."""

    def action_fold_toggle(self) -> None:
        row = self.current
        if row is not None and row.fold is None:
            self.action_choose()
        else:
            super().action_fold_toggle()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self.rows) if action == "fold_toggle" else super().check_action(action, parameters)


class FormField(Field):
    """The field over the row that is edited; escape leaves the value as it was."""

    BINDINGS = actions.bind(("nav.open", "submit"))

    def _on_paste(self, event: events.Paste) -> None:
        # The form takes more than the first line, which is all that a field would keep.
        if "\n" in event.text.strip():
            event.prevent_default()
