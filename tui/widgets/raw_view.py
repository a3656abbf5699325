"""`RawView`: a value as the server would write it, indented; only the lines on screen are ever written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from textual import work

from tui.model.rawtext import INDENT, RawText
from tui.text import safe
from tui.widgets.finding_view import found_spans
from tui.widgets.lines import Span
from tui.widgets.value_view import KIND_STYLES, ValueView

__all__ = ["RawView"]

_AT_ONCE = 8  # steps of counting before the first screen


class RawView(ValueView):
    """Shows `set_value(value)`. Long lines are cut."""

    _text: RawText | None = None
    _steps: Iterator[None] = iter(())
    _found = -1

    def set_value(self, value: Any) -> None:
        """Shows a value, which must not change while it is shown, from its beginning."""
        text = RawText(value)
        self._take(text)
        self._steps = text.measure()
        for _ in islice(self._steps, _AT_ONCE):
            pass
        self.lines_changed()
        self.scroll_lines(0)
        if not text.complete:
            self._count_on()

    def clear(self) -> None:
        self._take(None)
        self.lines_changed()

    def _take(self, text: RawText | None) -> None:
        self.end_search()
        if self.is_attached:
            self.workers.cancel_node(self)
        self._text = text
        self._steps = iter(())
        self._found = -1

    @work(exclusive=True, group="count")
    async def _count_on(self) -> None:
        # Holds no reference to the value: after a cancel, the traceback would keep it alive.
        counted = 0
        while next(self._steps, self) is None:
            await asyncio.sleep(0)
            counted += 1
            if counted % 50 == 0:
                self._longer()
        self._longer()

    def _longer(self) -> None:
        """Takes the new number of lines; those on screen stay as they are drawn."""
        self.virtual_size = self.virtual_size.with_height(self.line_count())

    def line_count(self) -> int:
        return 0 if self._text is None else len(self._text)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        assert self._text is not None
        line = self._text.line(index)
        most = 4 * cells + 16
        # Deep values must not be pushed off the screen by their own indentation.
        spans = [Span(INDENT * min(line.depth, cells // 4))]
        if line.key:
            spans += found_spans(safe(line.key[:most]), self.sought, "key")
        return spans + found_spans(safe(line.text[:most]), self.sought, KIND_STYLES.get(line.kind, ""))

    # Finding

    def find(self, text: str) -> None:
        self._found = round(self.scroll_target_y) - 1  # from the first line on screen
        super().find(text)

    def matches(self, text: str, *, backwards: bool) -> Iterator[int | None]:
        return iter(()) if self._text is None else self._text.search(text, after=self._found, backwards=backwards)

    def go_to_match(self, place: int) -> None:
        self._found = place
        self.show_line(place)
