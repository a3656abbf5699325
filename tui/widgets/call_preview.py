"""A call that is not made now: its arguments as JSON, and lines about it below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from truenas_client.values.fittedjson import fitted_json
from tui.text import cut, pad, safe, width, wrap
from tui.widgets.json_tokens import harmless, tokens_of
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span

__all__ = ["CallPreview"]

MOST_LINES = 2_000
MOST_WRAPPED = 4
"""Lines of one text about the call."""


class CallPreview(LaidLines):
    """Draws what `show` gave it. Lines of JSON are cut: the call is opened to be read in full."""

    _params: Any = None
    _about: tuple[tuple[str, str, str], ...] = ()

    def show(self, params: Any, about: Sequence[tuple[str, str, str]] = ()) -> None:
        """Shows arguments, None for none; ``about`` has a label, a text and its style for each line."""
        self._params, self._about = params, tuple(about)
        self.lay_anew()
        self.scroll_lines(0)

    def lay(self, cells: int) -> Iterator[Line]:
        if self._params is not None:
            for line in fitted_json(self._params, cells).split("\n")[:MOST_LINES]:
                yield self._json(cut(harmless(line[: 4 * cells]), cells, ellipsis=self.glyphs.ellipsis))
        if self._params is not None and self._about:
            yield ()
        column = max((width(safe(label)) for label, _text, _style in self._about), default=0) + 2
        for label, text, style in self._about:
            for place, part in enumerate(islice(wrap(safe(text), max(cells - column, 8)), MOST_WRAPPED)):
                yield Span(pad("" if place else safe(label), column), "dim"), Span(part, style)

    def _json(self, line: str) -> list[Span]:
        spans: list[Span] = []
        at = 0
        for token in tokens_of(line):
            if token.start > at:
                spans.append(Span(line[at : token.start]))
            spans.append(Span(line[token.start : token.end], token.style))
            at = token.end
        return [*spans, Span(line[at:])]
