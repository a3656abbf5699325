"""Calls that were made before, as values: read from lines of JSON and written to them, found by words, told in a list.

Pure: the time is passed in. Invariant: whatever stands in a line, an `Entry` has values of its types, or there is none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from truenas_client.secrets.redact import holds_mask
from truenas_client.values.human import human_ms
from tui.model.jsontext import json_line
from tui.model.wordfilter import WordFilter

__all__ = ["STATES", "Entry", "EntryFilter", "outcome", "read_entry", "when"]

RUNNING, DONE, FAILED, CANCELLED = STATES = ("running", "done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. ``params`` are without secrets, None where they could not be stored; ``at`` is in UTC."""

    id: str
    at: datetime
    method: str
    params: list[Any] | None
    state: str = RUNNING
    ms: int | None = None
    error: str = ""

    @property
    def arguments(self) -> str:
        """The arguments on one line, without the brackets around them."""
        return "" if self.params is None else json_line(self.params)[1:-1]

    @property
    def is_whole(self) -> bool:
        """Whether the call can be made as it stands: nothing was left out of its arguments."""
        return self.params is not None and not holds_mask(self.params)

    def line(self) -> str:
        """As it is stored."""
        told = {"id": self.id, "at": self.at.isoformat(timespec="microseconds"), "method": self.method}
        told |= {"params": self.params, "state": self.state}  # type: ignore[dict-item]
        more = {"ms": self.ms, "error": self.error or None}
        return json.dumps(told | {name: value for name, value in more.items() if value is not None})


def read_entry(line: str | bytes) -> Entry | None:
    """The entry of a line; None for anything else, as the half of a line that a killed program leaves."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match told:
        case {
            "id": str(id),
            "at": str(at),
            "method": str(method),
            "params": list() | None as params,
            "state": str(state),
        }:
            ms, error = told.get("ms"), told.get("error", "")
        case _:
            return None
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if state not in STATES or not isinstance(error, str):
        return None
    return Entry(id, moment, method, params, state, ms if type(ms) is int else None, error)


class EntryFilter(WordFilter):
    """What a list of entries is filtered by."""

    fields = {
        "method": lambda entry: entry.method,
        "args": lambda entry: entry.arguments,
        "state": lambda entry: entry.state,
        "error": lambda entry: entry.error,
    }
    states = STATES


def when(at: datetime, now: datetime) -> str:
    """The time of a call for a list, both in the time zone of the reader."""
    day = (now.date() - at.date()).days
    if day in (0, 1):
        return f"{('today', 'yesterday')[day]} {at:%H:%M}"
    if timedelta(0) < now - at < timedelta(days=300):
        return f"{at.day} {at:%b %H:%M}"
    return f"{at:%Y-%m-%d}"


def outcome(entry: Entry, *, here: bool) -> tuple[str, str]:
    """How the call ended, and a style; ``here`` says that it was made since the app was started."""
    match entry.state:
        case "done":
            return ("done" if entry.ms is None else human_ms(entry.ms), "dim")
        case "failed":
            return entry.error or "failed", "error"
        case "cancelled":
            return "cancelled", "warning"
    return ("running", "accent") if here else ("end not known", "warning")
