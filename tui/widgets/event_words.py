"""An event in one line: what it is about, as JSON, or what is missing where it is only a mark. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice

from truenas_client import ejson
from truenas_client.values.human import human_ms, human_size, human_time
from truenas_client.values.kinds import preview
from tui.model.feed import MARKS, FeedEvent
from tui.text import fit, safe
from tui.widgets.lines import Span
from tui.widgets.sparkline import Path, numeric_paths

__all__ = ["Words", "event_spans", "frame_spans", "label_of", "mark_words", "plottable", "raw_spans"]

# The fields that tell what an event is about, best first; they need no name in front.
_TELLING = ("id", "name", "klass", "method", "state", "status", "level", "title", "description", "text", "formatted")
Words = Callable[[FeedEvent, int], list[Span]]
"""Makes a line of an event, for so many cells."""

MOST_TOLD = 8
"""Fields of an event that its line names, beside those that tell what it is about."""
_KINDS = {"added": "ok", "removed": "error"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RAW_BYTES = 500_000
"""An event with more than that has to be opened to be read."""


def raw_spans(event: FeedEvent, cells: int) -> list[Span]:
    """An event in one line as JSON; not cut to `cells`, but not much longer either."""
    told = {"msg": event.kind, **({"id": event.id} if event.id is not None else {}), "fields": event.fields}
    text = ejson.dumps(told) if event.weight < _RAW_BYTES else json.dumps({"msg": event.kind, "fields": "..."})
    return [Span(event.at.strftime("%H:%M:%S "), "dim"), Span(safe(text[: 4 * cells + 16]))]


def event_spans(event: FeedEvent, cells: int) -> list[Span]:
    """An event in one line: time, kind, and its object; not cut to `cells`, but not much longer either."""
    if event.kind in MARKS:
        return [Span(f"{event.at:%H:%M:%S} {mark_words(event)}", "warning")]
    return [
        Span(event.at.strftime("%H:%M:%S "), "dim"),
        Span(fit(safe(event.kind[:20]), 8) + " ", _KINDS.get(event.kind, "")),
        Span(" ".join(_about(event))[: 4 * cells + 16]),
    ]


def frame_spans(event: FeedEvent, cells: int) -> list[Span]:
    """A text of the wire in one line: which way it went, what it is of, how long it took, and its beginning."""
    outgoing, seconds, size = (getattr(event, name, None) for name in ("outgoing", "seconds", "size"))
    took = human_ms(seconds * 1000) if isinstance(seconds, float) else ""
    what = event.fields
    if isinstance(what, Mapping):
        members = ("params", "result", "error", "fields")
        what = next((what[name] for name in members if name in what), what)
    shown = preview(what) if what is not None else "too long to be logged"
    if isinstance(what, Mapping | list) and event.weight < _RAW_BYTES:
        shown = ejson.dumps(what)
    roomy = cells >= 90
    parts = f".{event.at.microsecond // 1000:03d}" if roomy else ""
    length = fit(human_size(size or 0, decimal=True), 9, "right") if roomy else ""
    return [
        Span(f"{event.at:%H:%M:%S}{parts} ", "dim"),
        Span("> " if outgoing else "< ", "accent" if outgoing else ""),
        Span(fit(event.kind, 7), "error" if event.kind == "error" else ""),
        Span(fit(safe(str(event.id or "")[:200]), max(min(cells // 3, 36), 12)) + " "),
        Span(f"{fit(took, 7, 'right')}{length}  ", "dim"),
        Span(safe(shown[: 2 * cells])),
    ]


def mark_words(event: FeedEvent) -> str:
    """What is missing at a mark."""
    if event.kind == "gap":
        return "gap: events may be missing"
    return f"dropped: this app was too slow for {event.missing:,} events"


def _about(event: FeedEvent) -> list[str]:
    fields = event.fields
    # The id of a record that only programs read says the least.
    last = event.id if isinstance(event.id, str) and _UUID.fullmatch(event.id) and fields else None
    first = [safe(str(event.id)[:200])] if event.id is not None and last is None else []
    if not isinstance(fields, Mapping):
        return first if fields is None else [*first, safe(str(fields)[:400])]
    told = [
        safe(str(value)[:200])
        for name, value in ((name, fields.get(name)) for name in _TELLING)
        if isinstance(value, str | int | float) and value != "" and not (name == "id" and value == event.id)
    ]
    progress = fields.get("progress")
    percent = progress.get("percent") if isinstance(progress, Mapping) else None
    if isinstance(percent, int | float) and abs(percent) < 1e6:
        told.append(f"{percent:.0f} %")
    others = (
        _named(name, value)
        for name, value in fields.items()
        if name not in _TELLING and not (last is not None and value == last)
    )
    return [*first, *told, *islice(filter(None, others), max(MOST_TOLD - len(told), 0))]


def _named(name: str, value: object) -> str:
    """A field with its name; "" where there is nothing to tell."""
    if isinstance(value, str | int | float) and value != "":
        return safe(f"{name}={value}"[:200])
    if isinstance(value, datetime):
        return safe(f"{name}={human_time(value)}")
    if isinstance(value, Mapping | list) and value:
        opened, closed = "{}" if isinstance(value, Mapping) else "[]"
        return safe(f"{name}={opened}{len(value)}{closed}"[:200])
    return ""


def plottable(event: FeedEvent) -> bool:
    """Whether numbers are what an event is about."""
    if event.id is not None or not isinstance(event.fields, Mapping) or "id" in event.fields:
        return False
    return len(numeric_paths(event.fields)) >= 3


def label_of(path: Path) -> str:
    """A path as one reads it."""
    return safe(".".join(str(part) for part in path)[:200])
