"""An event in one line: what it is about, as JSON, or what is missing where it is only a mark. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from truenas_client import ejson
from truenas_client.values.human import human_time
from tui.model.panel import MARKS, PanelEvent
from tui.text import fit, safe
from tui.widgets.lines import Span
from tui.widgets.sparkline import Path, numeric_paths

__all__ = ["event_spans", "label_of", "mark_words", "plottable", "raw_spans"]

# The fields that tell what an event is about, best first; they need no name in front.
_TELLING = ("id", "name", "klass", "method", "state", "status", "level", "title", "description", "text", "formatted")
_KINDS = {"added": "ok", "removed": "error"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RAW_BYTES = 500_000
"""An event with more than that has to be opened to be read."""


def raw_spans(event: PanelEvent, cells: int) -> list[Span]:
    """An event in one line as JSON; not cut to `cells`, but not much longer either."""
    told = {"msg": event.kind, **({"id": event.id} if event.id is not None else {}), "fields": event.fields}
    text = ejson.dumps(told) if event.weight < _RAW_BYTES else json.dumps({"msg": event.kind, "fields": "..."})
    return [Span(event.at.strftime("%H:%M:%S "), "dim"), Span(safe(text[: 4 * cells + 16]))]


def event_spans(event: PanelEvent, cells: int) -> list[Span]:
    """An event in one line: time, kind, and its object; not cut to `cells`, but not much longer either."""
    if event.kind in MARKS:
        return [Span(f"{event.at:%H:%M:%S} {mark_words(event)}", "warning")]
    return [
        Span(event.at.strftime("%H:%M:%S "), "dim"),
        Span(fit(safe(event.kind[:20]), 8) + " ", _KINDS.get(event.kind, "")),
        Span(" ".join(_about(event))[: 4 * cells + 16]),
    ]


def mark_words(event: PanelEvent) -> str:
    """What is missing at a mark."""
    if event.kind == "gap":
        return "gap: events may be missing"
    return f"dropped: this app was too slow for {event.missing:,} events"


def _about(event: PanelEvent) -> Iterable[str]:
    fields = event.fields
    told = 0
    # The id of a record that only programs read says the least.
    last = event.id if isinstance(event.id, str) and _UUID.fullmatch(event.id) and fields else None
    if event.id is not None and last is None:
        yield safe(str(event.id)[:200])
    if not isinstance(fields, Mapping):
        if fields is not None:
            yield safe(str(fields)[:400])
        return
    for name in _TELLING:
        value = fields.get(name)
        if isinstance(value, str | int | float) and value != "" and not (name == "id" and value == event.id):
            told += 1
            yield safe(str(value)[:200])
    progress = fields.get("progress")
    if isinstance(progress, Mapping) and isinstance(progress.get("percent"), int | float):
        yield f"{progress['percent']:.0f} %"
        told += 1
    for name, value in fields.items():
        if told >= 8:
            return
        if name in _TELLING or (last is not None and value == last):
            continue
        if isinstance(value, str | int | float) and value != "":
            told += 1
            yield safe(f"{name}={value}"[:200])
        elif isinstance(value, datetime):
            told += 1
            yield safe(f"{name}={human_time(value)}")
        elif isinstance(value, Mapping | list) and value:
            told += 1
            opened, closed = "{}" if isinstance(value, Mapping) else "[]"
            yield safe(f"{name}={opened}{len(value)}{closed}"[:200])


def plottable(event: PanelEvent) -> bool:
    """Whether numbers are what an event is about."""
    if event.id is not None or not isinstance(event.fields, Mapping) or "id" in event.fields:
        return False
    return len(numeric_paths(event.fields)) >= 3


def label_of(path: Path) -> str:
    """A path as one reads it."""
    return safe(".".join(str(part) for part in path)[:200])
