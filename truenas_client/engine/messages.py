"""What a dialect makes of a received text. One frame gives one or more of these."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..exc import ClientException

__all__ = ["NO_ID", "Ended", "Failure", "Fault", "Message", "Reply", "Update"]


class Reply(NamedTuple):
    """A call answered with a result."""

    id: str
    result: Any


class Failure(NamedTuple):
    """A call answered with an error; ``id`` is None when the server could not tell which call."""

    id: str | None
    error: ClientException


class _NoId:
    def __repr__(self) -> str:
        return "NO_ID"


NO_ID = _NoId()
"""Stands for the id of an event that has none (its id may also be null)."""


class Update(NamedTuple):
    """An event. ``kind`` is added, changed or removed; ``fields`` and ``extra`` may be None."""

    collection: str
    kind: str
    record_id: Any
    fields: Any
    extra: Any


class Ended(NamedTuple):
    """The server ended an event source; ``error`` is None when it just finished."""

    collection: str
    error: ClientException | None


class Fault(NamedTuple):
    """The server sent something no server sends. ``of_event`` tells that it was no answer to a call."""

    reason: str
    of_event: bool = False


Message = Reply | Failure | Update | Ended | Fault
