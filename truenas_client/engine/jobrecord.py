"""One job that this client started or follows: its call, its state, and how it ended.

Invariant: an outcome is decided once, by the `JobBook` that keeps the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import ejson
from ..exc import ClientException
from .dialect import encode_params

__all__ = ["FINAL_STATES", "JobProgress", "JobRecord", "Outcome"]

FINAL_STATES = frozenset(("SUCCESS", "FAILED", "ABORTED"))


@dataclass(frozen=True, slots=True)
class JobProgress:
    """Progress of a job. ``percent`` is 0 to 100, None when the job gives none; ``description`` may be empty."""

    percent: float | None = None
    description: str = ""
    extra: Any = None


class JobRecord:
    """All that is known of one job."""

    def __init__(self, message_id: str, method: str | None, params: Sequence[Any], *, new_style: bool) -> None:
        """``method`` is None for a job known by its number alone; its events then give method and arguments.

        Raises `ClientException` for arguments that the server could not read.
        """
        self.message_id = message_id
        self.by_number = method is None
        self.method = method or "a job"
        self.params = ejson.loads(encode_params(self.method, params))
        self.new_style = new_style
        self.id: int | None = None
        self.state = "WAITING"
        self.progress = JobProgress()
        self.answered = False
        self.adrift = False
        """Whether the connection that would have carried its answer is gone."""
        self.fields: dict[str, Any] = {}
        """The job as its last event showed it; empty before the first."""
        self.outcome: Outcome | None = None
        self._answer: Any = None
        self._answer_error: ClientException | None = None
        self._event: Outcome | None = None

    @property
    def needs_lookup(self) -> bool:
        """Whether the driver has to query ``core.get_jobs`` when no event decides the outcome.

        In the new style null is the answer of a job without a result and of an aborted job
        (recorded: flow job_new_style_aborted). In the old style a number may be a plain
        result, and a transient job sends no events (recorded: flow job_transient).
        """
        if self.outcome is not None or not self.answered or self.id is None or self.adrift:
            return False
        return self.new_style or not self.fields or self.fields.get("transient") is True

    @property
    def query(self) -> list[Any]:
        """The filters and options of ``core.get_jobs`` that find this job."""
        by_call = self.new_style and self.adrift
        found_by = ["message_ids", "rin", self.message_id] if by_call else ["id", "=", self.id]
        # Without raw_result the server masks secrets in the result.
        return [[found_by], {"extra": {"raw_result": True}}]

    def __repr__(self) -> str:
        return f"<JobRecord {self.id} {self.method} {self.state}>"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: ``error`` is None for a success."""

    result: Any = None
    error: ClientException | None = None
