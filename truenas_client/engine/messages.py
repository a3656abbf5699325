"""The messages that a dialect reads from a received text. One text gives one or more of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..exc import ClientException

__all__ = ["JOB_EVENTS", "NO_ID", "Ended", "Failure", "Fault", "Message", "Reply", "Update"]

JOB_EVENTS = "core.get_jobs"
"""The collection whose events show jobs, and the method that lists them."""


class Reply(NamedTuple):
    """A call answered with a result."""

    id: str
    result: Any


class Failure(NamedTuple):
    """A call answered with an error. ``id`` is None where the server could not read the call's id."""

    id: str | None
    error: ClientException


class _NoId:
    def __repr__(self) -> str:
        return "NO_ID"


NO_ID = _NoId()
"""Stands for the id of an event without one, because null is a possible id."""


class Update(NamedTuple):
    """An event. ``kind`` is added, changed or removed; ``fields`` and ``extra`` may be None."""

    collection: str
    kind: str
    record_id: Any
    fields: Any
    extra: Any


class Ended(NamedTuple):
    """The server ended an event source. ``error`` is None when the source finished (recorded: flow
    event_source_finishes)."""

    collection: str
    error: ClientException | None


class Fault(NamedTuple):
    """The peer sent something that no TrueNAS sends. ``of_event`` tells that it cannot be an answer to a call."""

    reason: str
    of_event: bool = False


Message = Reply | Failure | Update | Ended | Fault
