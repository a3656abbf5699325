"""The language that a list of jobs is filtered by: ``state:running method:pool by:admin``.

Every word has to fit. A word without a colon fits a part of anything that is shown of a job. ``field:a,b`` fits one of
the values, ``-word`` keeps what does not fit, and a quoted word keeps its spaces. Pure. Invariant: no text is an error;
what can fit no job is said in `problem`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

__all__ = ["FIELDS", "STATES", "Filtered", "JobFilter", "haystack"]

STATES = ("queued", "waiting", "running", "success", "failed", "aborted", "lost")
GROUPS = {"active": ("queued", "waiting", "running"), "ended": ("success", "failed", "aborted", "lost")}
"""Words for several states."""

_WORD = re.compile(r'-?(?:[\w.]+:)?(?:"[^"]*"?|[^\s"]+)')


class Filtered(Protocol):
    """What of a job is looked at."""

    @property
    def id(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def arguments(self) -> str: ...
    @property
    def error(self) -> str: ...


FIELDS: Mapping[str, Callable[[Filtered], str]] = {
    "state": lambda job: job.state,
    "method": lambda job: job.method,
    "by": lambda job: job.by,
    "id": lambda job: str(job.id),
    "what": lambda job: f"{job.text}\n{job.description}",
    "args": lambda job: job.arguments,
    "error": lambda job: job.error,
}
"""The names before a colon, and what they look at."""


def haystack(job: Filtered) -> str:
    """What a word without a field is looked for in, in small letters. An owner may keep it as long as the job."""
    return "\n".join(FIELDS[name](job) for name in ("id", "state", "method", "by", "what", "args", "error")).lower()


@dataclass(frozen=True, slots=True)
class _Word:
    field: str
    values: tuple[str, ...]
    wanted: bool

    def fits(self, job: Filtered, hay: str) -> bool:
        if not self.field:
            return (self.values[0] in hay) is self.wanted
        there = FIELDS[self.field](job).lower()
        if self.field == "id":
            return (there in self.values) is self.wanted
        return any(value in there for value in self.values) is self.wanted


class JobFilter:
    """A filter as it was typed."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.problem = ""
        """Why no job can fit; "" when some may."""
        self._words = [word for found in _WORD.findall(text) if (word := self._word(found)) is not None]

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self._words)

    def fits(self, job: Filtered, hay: str | None = None) -> bool:
        """Whether a job is to be shown; ``hay`` is its `haystack`, where the caller keeps it."""
        hay = haystack(job) if hay is None else hay
        return all(word.fits(job, hay) for word in self._words)

    def _word(self, typed: str) -> _Word | None:
        wanted = not typed.startswith("-")
        typed = typed if wanted else typed[1:]
        field, colon, rest = typed.partition(":")
        field = field.lower()
        if not colon or '"' in field:
            value = typed.replace('"', "").lower()
            return _Word("", (value,), wanted) if value else None
        if field not in FIELDS:
            # A text with a colon in it is looked for as it is, as in cron:5. A field that is nearly one is a slip.
            if near := get_close_matches(field, FIELDS, 1, 0.7):
                self.problem = f"There is no field {field}: did you mean {near[0]}:?"
            return _Word("", (typed.replace('"', "").lower(),), wanted)
        values = [value for part in rest.replace('"', "").lower().split(",") if (value := part.strip())]
        if not values:
            return None  # still being typed
        if field == "state":
            values = [state for value in values for state in self._states(value)]
        return _Word(field, tuple(values), wanted)

    def _states(self, value: str) -> tuple[str, ...]:
        if value in GROUPS:
            return GROUPS[value]
        begun = tuple(state for state in STATES if state.startswith(value))
        if not begun:
            near = get_close_matches(value, (*STATES, *GROUPS), 1, 0.5)
            self.problem = f"No state is called {value}" + (f": did you mean {near[0]}?" if near else ".")
        return begun or (value,)
