"""What is found in a line, marked there: its places, and the spans with these apart. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui.widgets.lines import Span

__all__ = ["marked", "places_of"]


def places_of(sought: str, text: str) -> list[tuple[int, int]]:
    """Where a text holds what is sought, each place from its start up to its end (capitals as `tui.model.finding`)."""
    if not sought:
        return []
    there = text if sought != sought.lower() else text.lower()
    if len(there) != len(text):  # lower case can be longer; then the places are not known
        return []
    return [match.span() for match in re.finditer(re.escape(sought), there)]


def marked(spans: Sequence[Span], places: Sequence[tuple[int, int]]) -> list[Span]:
    """The spans of a line, with what stands at these places of its whole text marked, each part in its own style."""
    if not places:
        return list(spans)
    result: list[Span] = []
    at = 0
    for text, style in spans:
        done = 0
        for start, end in places:
            first, last = max(start - at, done), min(end - at, len(text))
            if first < last:
                result += [Span(text[done:first], style), Span(text[first:last], f"{style} mark".strip())]
                done = last
        result.append(Span(text[done:], style))
        at += len(text)
    return [span for span in result if span.text]
