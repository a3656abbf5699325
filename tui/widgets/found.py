"""Where a sought text stands in a drawn one."""

from __future__ import annotations

from tui.widgets.lines import Span

__all__ = ["found_spans"]


def found_spans(text: str, sought: str, style: str) -> list[Span]:
    """A safe text in one style, with the places marked that hold what is sought (capitals as `tui.model.finding`)."""
    if not sought:
        return [Span(text, style)]
    there = text if sought != sought.lower() else text.lower()
    spans: list[Span] = []
    done = 0
    # Lower case can be longer than what it is of; places would be off then.
    while len(there) == len(text) and (at := there.find(sought, done)) >= 0:
        spans += [Span(text[done:at], style), Span(text[at : at + len(sought)], f"{style} mark".strip())]
        done = at + len(sought)
    spans.append(Span(text[done:], style))
    return [span for span in spans if span.text]
