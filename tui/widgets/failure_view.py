"""An error in the place of a result: its title, the fields that it names, the folded trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from textual.message import Message

from tui import actions
from tui.model.failure import Failure
from tui.text import pad, safe, safe_lines, width, wrap
from tui.widgets.cursor_view import CursorView
from tui.widgets.key_line import is_typing
from tui.widgets.laid_lines import Laid, Line
from tui.widgets.lines import Span

__all__ = ["FailureView"]

MOST_LINES = 6
"""Lines that one field's message may take; copying gives all of it."""


TRACE = -1
"""In the place of a field's number: enter folds the trace."""
Act = tuple[int | None, *tuple[Span, ...]]
"""A line after what enter does on it: goes to a field, by its number, or folds the trace."""


class FailureView(Laid[Act], CursorView):  # laid out first, then the cursor is shown
    """Draws a `Failure`. `Chosen`: the user wants to go to the field of one of its rows."""

    BINDINGS = actions.bind("nav.open", "nav.toggle")

    @dataclass
    class Chosen(Message):
        """Enter on a field: `attribute` is its name as the server gave it."""

        attribute: str

    _failure: Failure | None = None
    _unfolded = False
    _chosen = True

    def on_mount(self) -> None:
        # The hint names the key that works where the focus is now.
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.lay_anew())

    def set_failure(self, failure: Failure, *, chosen: bool = True) -> None:
        """Shows this one, its trace folded, the cursor on the first field.

        Where the fields have no place to go to, they are not to be ``chosen``.
        """
        self._failure = failure
        self._chosen = chosen
        self._unfolded = False
        self.lay_anew()
        self.scroll_lines(0)
        self.cursor = next((at for at, (act, *_) in enumerate(self.laid()) if act not in (None, TRACE)), 0)
        # Its height may only be known after the next layout; until then one line counts as a page.
        self.call_after_refresh(self.scroll_lines, 0)

    def line_spans(self, index: int, cells: int) -> Line:
        return self.laid(cells)[index][1:]

    def lay(self, cells: int) -> Iterator[Act]:
        failure = self._failure
        if failure is None:
            return
        yield None, Span(safe(failure.title), "error strong")
        yield from _paragraph(safe_lines(failure.reason) if failure.reason else (), cells)
        names = [safe(row.attribute) or "(the call)" for row in failure.rows]
        there = f"  {actions.key('nav.open')}: there" if self._chosen else ""
        column = min(max((width(name) for name in names), default=0), cells // 3)
        for index, (name, row) in enumerate(zip(names, failure.rows, strict=True)):
            if width(name) > column:  # a name too long for the column has lines of its own
                for part in islice(wrap(name, cells - 2), MOST_LINES):
                    yield index, Span("  "), Span(part, "key")
                name = ""
            room = cells - column - 4 - width(there)
            parts = list(islice(wrap(safe(row.message), max(room, 12)), MOST_LINES))
            for place, part in enumerate(parts):
                left = (Span("  "), Span(pad(name if place == 0 else "", column), "key"), Span("  "))
                if place or not row.attribute:
                    yield index, *left, Span(part)
                else:
                    yield index, *left, Span(pad(part, room)), Span(there, "dim")
        hint = actions.worded(failure.hint, typing=is_typing(self.screen))
        yield from _paragraph(safe_lines(hint), cells, "dim")
        if failure.trace:
            mark = self.glyphs.open if self._unfolded else self.glyphs.folded
            yield TRACE, Span(f"{mark} ", "strong"), Span("trace", "strong"), Span("   server traceback", "dim")
            yield from _paragraph(safe_lines(failure.trace) if self._unfolded else (), cells, "dim")

    def action_choose(self) -> None:
        lines = self.laid()
        act = lines[self.cursor][0] if lines else None
        if act == TRACE:
            self.action_fold_toggle()
        elif act is not None and self._chosen and self._failure is not None:
            self.post_message(self.Chosen(self._failure.rows[act].attribute))

    def folded(self, index: int) -> bool | None:
        return not self._unfolded if self.laid()[index][0] == TRACE else None

    def action_fold_toggle(self) -> None:
        """Unfolds or folds the trace, wherever the cursor is."""
        self._unfolded = not self._unfolded
        self.lay_anew()


def _paragraph(texts: Sequence[str], cells: int, style: str = "") -> Iterator[Act]:
    """Lines of which none leads anywhere, wrapped and indented."""
    for text in texts:
        for part in wrap(text, cells - 2):
            yield None, Span("  "), Span(part, style)
