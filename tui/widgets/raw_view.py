"""`RawView`: a value as the server would write it, indented; only the lines on screen are ever written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.model.rawtext import INDENT, RawText
from tui.text import safe
from tui.widgets.found import found_spans
from tui.widgets.lines import LineView, Span

__all__ = ["RawView"]

_STYLES = {"text": "string", "number": "number", "boolean": "literal", "null": "literal", "date": "accent"}
_AT_ONCE = 8  # steps of counting before the first screen


class RawView(LineView):
    """Shows `set_value(value)`. `Found` tells the end of a search. Long lines are cut."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "find_next", "next match", show=False, id="find.next"),
        Binding("N", "find_previous", "previous match", show=False, id="find.previous"),
    ]

    @dataclass
    class Found(Message):
        """A search ended: the line it went to, or None when no line has the text."""

        view: RawView
        text: str
        line: int | None

        @property
        def control(self) -> RawView:
            return self.view

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text: RawText | None = None
        self._steps: Iterator[None] = iter(())
        self._sought = ""
        self._found = -1

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
        """Shows nothing and lets go of the value."""
        self._take(None)
        self.lines_changed()

    def _take(self, text: RawText | None) -> None:
        if self.is_attached:
            self.workers.cancel_node(self)
        self._text = text
        self._steps = iter(())
        self._found = -1

    @work(exclusive=True, group="count", exit_on_error=False)
    async def _count_on(self) -> None:
        # Nothing of the value is held here: when cancelled, the traceback would go on holding it.
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
            spans += found_spans(safe(line.key[:most]), self._sought, "key")
        return spans + found_spans(safe(line.text[:most]), self._sought, _STYLES.get(line.kind, ""))

    # Finding

    def find(self, text: str) -> None:
        """Marks a text and goes to the first line on screen or after it that has it; `Found` tells."""
        self._sought = text
        self._found = round(self.scroll_target_y) - 1
        self._strips.clear()
        self.refresh()
        if text:
            self._search(text, backwards=False)
        elif self.is_attached:
            self.workers.cancel_group(self, "find")

    def action_find_next(self) -> None:
        if self._sought:
            self._search(self._sought, backwards=False)

    def action_find_previous(self) -> None:
        if self._sought:
            self._search(self._sought, backwards=True)

    @work(exclusive=True, group="find", exit_on_error=False)
    async def _search(self, text: str, *, backwards: bool) -> None:
        raw = self._text
        if raw is None:
            return
        try:
            for line in raw.search(text, after=self._found, backwards=backwards):
                if line is None:
                    await asyncio.sleep(0)
                    continue
                self._found = line
                top = round(self.scroll_target_y)
                if not top <= line < top + self.page_height:
                    self.scroll_lines(line - self.page_height // 2)
                self.post_message(self.Found(self, text, line))
                return
            self.post_message(self.Found(self, text, None))
        finally:
            del raw
