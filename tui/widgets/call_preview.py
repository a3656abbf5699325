"""A call that is not made now: its arguments as JSON, with lines about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from truenas_client.values.fittedjson import fitted_json
from tui.text import cut, pad, safe, width, wrap
from tui.widgets.json_tokens import harmless, tokens_of
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span

__all__ = ["CallPreview", "Note"]

MOST_LINES = 2_000
MOST_WRAPPED = 4
"""Lines of one text about the call."""


class Note(NamedTuple):
    """A line about a call."""

    label: str
    text: str
    style: str = ""


class CallPreview(LaidLines):
    """Draws what `show` gave it. Lines of JSON are cut: the call is opened to be read in full."""

    _params: Any = None
    _before: tuple[Note, ...] = ()
    _after: tuple[Note, ...] = ()

    def show(self, params: Any, before: Sequence[Note] = (), after: Sequence[Note] = ()) -> None:
        """Shows arguments, None for none, with lines before and after them."""
        self._params, self._before, self._after = params, tuple(before), tuple(after)
        self.lay_anew()
        self.scroll_lines(0)

    def lay(self, cells: int) -> Iterator[Line]:
        yield from self._notes(self._before, cells)
        if self._params is None:
            yield from self._notes(self._after, cells)
            return
        if self._before:
            yield ()
        for line in fitted_json(self._params, cells).split("\n")[:MOST_LINES]:
            yield self._json(cut(harmless(line[: 4 * cells]), cells, ellipsis=self.glyphs.ellipsis))
        if self._after:
            yield ()
            yield from self._notes(self._after, cells)

    def _notes(self, notes: Sequence[Note], cells: int) -> Iterator[Line]:
        column = max((width(safe(note.label)) for note in notes), default=0) + 2
        for note in notes:
            for place, part in enumerate(islice(wrap(safe(note.text), max(cells - column, 8)), MOST_WRAPPED)):
                yield Span(pad("" if place else safe(note.label), column), "dim"), Span(part, note.style)

    def _json(self, line: str) -> list[Span]:
        spans: list[Span] = []
        at = 0
        for token in tokens_of(line):
            if token.start > at:
                spans.append(Span(line[at : token.start]))
            spans.append(Span(line[token.start : token.end], token.style))
            at = token.end
        return [*spans, Span(line[at:])]
