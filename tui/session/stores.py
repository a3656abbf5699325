"""The data of one connection, in plain deques and dicts that panels pull from.

No Textual and no I/O here. Every store counts its changes in ``version``, so a
panel that looks ten times a second draws only when something is new. Stores are
changed on the event loop only, by the session.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from truenas_client.values.kinds import beginning
from tui.session.transfers import Transfer

__all__ = ["Call", "Job", "JobStore", "Saved", "Signal"]

ENDED = frozenset({"SUCCESS", "FAILED", "ABORTED"})


class Signal:
    """Callbacks without arguments, called in order of subscription; calling one twice is fine."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Adds a listener; the returned function removes it again."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def publish(self) -> None:
        """Calls every listener."""
        for listener in tuple(self._listeners):
            listener()


@dataclass(frozen=True, slots=True)
class Saved:
    """The file that holds the whole of a result of which only the beginning was read, and its bytes."""

    path: Path
    size: int


@dataclass(slots=True, weakref_slot=True)
class Call:
    """One call made from this app; its result belongs to it and to no other.

    ``state`` is ``running``, ``done``, ``failed`` or ``cancelled``. ``failure`` is
    what the error pane shows. Times are of the monotonic clock, in seconds.
    """

    number: int
    method: str
    params: list[Any]
    state: str = "running"
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    value: Any = None
    size: int | None = None
    """Bytes of the result as text, where that is known."""
    saved: Saved | None = None
    """Where all of a result is of which only the beginning is ``value``."""
    let_go: bool = False
    """Whether a large result was given up for others."""
    failure: Any = None
    job: Any = None
    transfer: Transfer | None = None
    """The file that goes along, where one does."""
    reviewed: bool = False
    """Whether the user has read the card of this call and said to send it; a write needs that."""

    @property
    def elapsed(self) -> float:
        """Seconds since the call was sent, or that it took."""
        return (self.ended if self.ended is not None else time.monotonic()) - self.started

    def restart(self) -> None:
        """Starts the clock: time spent on reviewing a call is not part of it."""
        self.started = time.monotonic()

    def end(self, state: str) -> None:
        """Stops the clock, once."""
        if self.ended is None:
            self.state = state
            self.ended = time.monotonic()


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the server describes it; a field that lacks has a default.

    ``arguments`` and ``result`` are the beginnings of their JSON, and other texts are cut: a list keeps many jobs.
    """

    id: int
    method: str = ""
    state: str = "WAITING"
    percent: float | None = None
    text: str = ""
    arguments: str = ""
    description: str = ""
    result: str = ""
    error: str = ""
    trace: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    by: str = ""
    logs: str = ""

    @property
    def ended(self) -> bool:
        """No more change is expected."""
        return self.state in ENDED

    def elapsed(self, now: datetime | None = None) -> float | None:
        """Seconds that it has run, None when it has not started."""
        if self.started is None:
            return None
        return max(0.0, ((self.finished or now or datetime.now(UTC)) - self.started).total_seconds())

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Job | None:
        """Reads an answer row or the fields of an event; None without an id."""
        number = fields.get("id")
        if type(number) is not int:
            return None
        progress = fields.get("progress")
        progress = progress if isinstance(progress, Mapping) else {}
        percent = progress.get("percent")
        credentials = fields.get("credentials")
        credentials = credentials if isinstance(credentials, Mapping) else {}
        about = credentials.get("data")
        about = about if isinstance(about, Mapping) else {}
        return cls(
            id=number,
            method=_text(fields.get("method")),
            state=_text(fields.get("state")) or "WAITING",
            percent=float(percent) if isinstance(percent, int | float) and abs(percent) < 1e6 else None,
            text=_text(progress.get("description")),
            arguments=beginning(arguments, _SHOWN) if (arguments := fields.get("arguments")) is not None else "",
            description=_text(fields.get("description")),
            result=beginning(result, _SHOWN) if (result := fields.get("result")) is not None else "",
            error=_failure(fields),
            trace=_text(fields.get("exception")),
            started=_time(fields.get("time_started")),
            finished=_time(fields.get("time_finished")),
            by=_text(about.get("username")) or _text(credentials.get("type")).lower(),
            logs=_text(fields.get("logs_excerpt")),
        )


def _failure(fields: Mapping[str, Any]) -> str:
    """The error of a job; for an exception without a text (``AssertionError()``) its name."""
    info = fields.get("exc_info")
    said = _text(fields.get("error"))
    return said if said.strip() or not isinstance(info, Mapping) else _text(info.get("repr"))


_SHOWN = 4000
"""Characters of a field of a job: more of them is not shown."""


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else beginning(value, _SHOWN)
    # The end of a traceback or a log is most useful.
    return text if len(text) <= _SHOWN else f"…{text[-_SHOWN:]}"


def _time(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class JobStore:
    """Jobs by id, newest first when listed; at most ``limit`` ended ones are kept."""

    def __init__(self, limit: int = 1000) -> None:
        self._jobs: dict[int, Job] = {}
        self._limit = limit
        self._ordered: tuple[int, list[Job]] = (-1, [])
        self.version = 0
        # Ids of jobs started from this app: closing asks about those still running.
        self.ours: set[int] = set()

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, job_id: int | None) -> Job | None:
        """The job, or None when it was never seen."""
        return None if job_id is None else self._jobs.get(job_id)

    def put(self, job: Job) -> None:
        """Adds or replaces a job."""
        self._jobs[job.id] = job
        self.version += 1
        if len(self._jobs) > self._limit:
            ended = sorted(number for number, kept in self._jobs.items() if kept.ended)
            for number in ended[: len(self._jobs) - self._limit]:
                del self._jobs[number]

    def fill(self, rows: Iterable[Any]) -> None:
        """Reads an answer of ``core.get_jobs``; what the server no longer lists is forgotten."""
        jobs = [job for row in rows if isinstance(row, Mapping) and (job := Job.from_fields(row)) is not None]
        self._jobs = {job.id: job for job in jobs}
        self.version += 1

    def newest_first(self) -> list[Job]:
        """All jobs: those that have not ended before the others, each newest first."""
        if self._ordered[0] != self.version:
            # Several widgets look ten times a second, at up to a thousand jobs.
            jobs = sorted(self._jobs.values(), key=lambda job: (job.ended, -job.id))
            self._ordered = (self.version, jobs)
        return list(self._ordered[1])

    def active(self) -> list[Job]:
        """Jobs that wait or run, newest first."""
        return list(takewhile(lambda job: not job.ended, self.newest_first()))

    def ours_active(self) -> list[Job]:
        """Jobs started from this app that have not ended."""
        return [job for job in self.active() if job.id in self.ours]
