"""A line of a form: a field behind its label."""

from __future__ import annotations

from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.text import plain

__all__ = ["HIDDEN", "HIDDEN_ASCII", "Field", "FormRow"]

HIDDEN, HIDDEN_ASCII = "•", "*"
"""What hides a character of a secret, by the signs that the screen is drawn with."""


class Field(Input):
    """A line to type into."""

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if not (self.password and self.app.has_class("-ascii")):
            return strip
        return Strip(
            [segment._replace(text=segment.text.replace(HIDDEN, HIDDEN_ASCII)) for segment in strip], strip.cell_length
        )


class FormRow(Horizontal):
    """A label and what belongs to it."""

    DEFAULT_CSS = """
    FormRow { height: 1; }
    FormRow .label { width: 11; color: $foreground-muted; }
    FormRow Input { width: 1fr; }
    """

    def __init__(self, label: str, *fields: Widget, id: str | None = None) -> None:
        super().__init__(Static(plain(label), classes="label"), *fields, id=id)
