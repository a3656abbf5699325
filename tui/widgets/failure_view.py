"""An error in the place of a result: what it is called, the fields it names, the trace folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from tui import actions
from tui.model.failure import Failure
from tui.text import pad, safe, safe_lines, width, wrap
from tui.widgets.key_line import is_typing
from tui.widgets.lines import CursorView, Span

__all__ = ["FailureView"]

GO = "enter: there"
MOST_LINES = 6
"""Lines that one field's message may take; copying gives all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn line and what enter does on it: go to a field (`row`), or fold the trace."""

    spans: tuple[Span, ...]
    row: int | None = None
    folds: bool = False


class FailureView(CursorView):
    """Draws a `Failure`. `Chosen` says that the user wants to go to the field of one of its rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "open", show=False, id="nav.open"),
        Binding("space", "fold_toggle", "fold", show=False, id="nav.toggle"),
    ]

    @dataclass
    class Chosen(Message):
        """Enter on a field: `attribute` is its name as the server gave it."""

        view: FailureView
        attribute: str

        @property
        def control(self) -> FailureView:
            return self.view

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._failure: Failure | None = None
        self._unfolded = False
        self._laid: tuple[int, list[Line]] | None = None
        self._typing = False

    def on_mount(self) -> None:
        self._typing = is_typing(self.screen)
        self.screen.bindings_updated_signal.subscribe(self, self._focus_moved)

    def _focus_moved(self, screen: Screen[object]) -> None:
        """The hint names the key that works where the focus is now."""
        if self._typing != (typing := is_typing(screen)):
            self._typing = typing
            self._laid = None
            self.lines_changed()

    def set_failure(self, failure: Failure) -> None:
        """Shows this one, its trace folded, the cursor on the first field."""
        self._failure = failure
        self._unfolded = False
        self._laid = None
        self.lines_changed()
        self.scroll_lines(0)
        self.cursor = next((index for index, line in enumerate(self._lines()) if line.row is not None), 0)
        # Its height may only be known after the next layout; until then one line counts as a page.
        self.call_after_refresh(self.scroll_lines, 0)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        if self._laid is None or self._laid[0] != self.scrollable_content_region.width:
            self.lines_changed()

    def line_count(self) -> int:
        return len(self._lines())

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        return self._lines()[index].spans

    def _lines(self) -> list[Line]:
        cells = max(self.scrollable_content_region.width, 20)
        if self._laid is None or self._laid[0] != cells:
            self._laid = (cells, self._lay(cells))
        return self._laid[1]

    def _lay(self, cells: int) -> list[Line]:
        failure = self._failure
        if failure is None:
            return []
        lines = [Line((Span(safe(failure.title), "error strong"),))]
        for text in safe_lines(failure.reason) if failure.reason else []:
            lines += [Line((Span("  "), Span(part))) for part in wrap(text, cells - 2)]
        names = [safe(row.attribute) or "(the call)" for row in failure.rows]
        column = min(max((width(name) for name in names), default=0), cells // 3)
        for index, (name, row) in enumerate(zip(names, failure.rows, strict=True)):
            room = cells - column - 4 - width(GO) - 2
            parts = list(islice(wrap(safe(row.message), max(room, 12)), MOST_LINES))
            for place, part in enumerate(parts):
                left = (Span("  "), Span(pad(name if place == 0 else "", column), "key"), Span("  "))
                if place or not row.attribute:
                    lines.append(Line((*left, Span(part)), row=index))
                else:
                    lines.append(Line((*left, Span(pad(part, room)), Span("  " + GO, "dim")), row=index))
        for text in safe_lines(actions.worded(failure.hint, typing=self._typing)):
            lines += [Line((Span("  "), Span(part, "dim"))) for part in wrap(text, cells - 2)]
        if failure.trace:
            glyphs = self.glyphs
            mark = glyphs.open if self._unfolded else glyphs.folded
            lines.append(
                Line(
                    (Span(f"{mark} ", "strong"), Span("trace", "strong"), Span("   server traceback", "dim")),
                    folds=True,
                )
            )
            if self._unfolded:
                for text in safe_lines(failure.trace):
                    lines += [Line((Span("  "), Span(part, "dim"))) for part in wrap(text, cells - 2)]
        return lines

    def action_choose(self) -> None:
        lines = self._lines()
        if not lines:
            return
        line = lines[self.cursor]
        if line.folds:
            self.action_fold_toggle()
        elif line.row is not None and self._failure is not None:
            self.post_message(self.Chosen(self, self._failure.rows[line.row].attribute))

    def action_fold_toggle(self) -> None:
        """Unfolds or folds the trace."""
        self._unfolded = not self._unfolded
        self._laid = None
        self.lines_changed()
