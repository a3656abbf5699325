"""A job as the app knows it: a value made from what the server sends, which may be anything.

Pure. Invariant: whatever stands in a row, it costs that row's field alone; a row without a number is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from truenas_client.values.kinds import beginning
from tui.model.answers import mapping, time_of
from tui.model.pace import Pace

__all__ = ["ENDED", "LOST", "QUEUED", "Job", "same_job"]

LOST = "LOST"
"""The state of a job that ran when it was last seen, and that the server does not know any more."""
QUEUED = "QUEUED"
"""The state of a job start that waits in this app for its turn; it has no number yet."""
ENDED = frozenset({"SUCCESS", "FAILED", "ABORTED", LOST})


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
    logs_path: str = ""
    abortable: bool = True
    first_message: str = ""
    """The id of the call that made it; "" where the server does not tell."""
    serial: int = 0
    """Tells apart those that have no number of their own: 0 for one that the server has."""
    pace: Pace | None = None
    skew: float = 0.0
    """Seconds by which this machine's clock is ahead of the server's."""

    @property
    def key(self) -> str:
        """What it is found by in a list. The server gives a number again after a restart."""
        return str(self.id) if not self.serial else f"{self.state.lower()}-{self.serial}"

    @property
    def ended(self) -> bool:
        """No more change is expected."""
        return self.state in ENDED

    def elapsed(self, now: datetime | None = None) -> float | None:
        """Seconds that it has run, None when it has not started."""
        if self.started is None:
            return None
        if self.finished is not None:
            return max(0.0, (self.finished - self.started).total_seconds())
        return max(0.0, ((now or datetime.now(UTC)) - self.started).total_seconds() - self.skew)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Job | None:
        """Reads an answer row or the fields of an event; None without an id."""
        number = fields.get("id")
        if type(number) is not int:
            return None
        progress, credentials = mapping(fields.get("progress")), mapping(fields.get("credentials"))
        percent = progress.get("percent")
        messages = fields.get("message_ids")
        first = messages[0] if isinstance(messages, list) and messages else ""
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
            started=time_of(fields.get("time_started")),
            finished=time_of(fields.get("time_finished")),
            by=_text(mapping(credentials.get("data")).get("username")) or _text(credentials.get("type")).lower(),
            logs=_text(fields.get("logs_excerpt")),
            logs_path=_text(fields.get("logs_path")),
            abortable=fields.get("abortable") is not False,
            first_message=first if isinstance(first, str) else "",
        )


def same_job(one: Job, other: Job) -> bool:
    """Whether two descriptions with one number are of one job: numbers begin again when the server restarts."""
    if one.method != other.method:
        return False
    if one.first_message and other.first_message and one.first_message != other.first_message:
        return False
    return one.started == other.started or one.started is None or other.started is None


def _failure(fields: Mapping[str, Any]) -> str:
    """The error of a job; for an exception without a text (``AssertionError()``) its name."""
    said = _text(fields.get("error"))
    return said if said.strip() else _text(mapping(fields.get("exc_info")).get("repr")) or said


_SHOWN = 4000
"""Characters of a field of a job: more of them is not shown."""


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else beginning(value, _SHOWN)
    # The end of a traceback or a log is most useful.
    return text if len(text) <= _SHOWN else f"…{text[-_SHOWN:]}"
