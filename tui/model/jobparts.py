"""The parts that a job is shown in, and its error as a failure. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from truenas_client.engine.errors import job_error
from tui.model.answers import text
from tui.model.failure import Failure, explain
from tui.model.job import LOST, QUEUED, Job

__all__ = ["ARGUMENTS", "ERROR", "LOG", "NOW", "RESULT", "VALUES", "failure_of", "parts_of"]

NOW = "Job"
LOG = "Log"
ARGUMENTS = "Arguments"
RESULT = "Result"
ERROR = "Error"
VALUES = (ARGUMENTS, RESULT, ERROR)
"""Parts that are made of the whole row of the job, which a list of jobs does not hold."""


def parts_of(job: Job | None) -> tuple[str, ...]:
    """The parts that a job has now; the first one always."""
    if job is None:
        return ()
    if job.state in (QUEUED, LOST):
        return (NOW,)
    has = {
        LOG: bool(job.logs_path or job.logs),
        ARGUMENTS: job.arguments not in ("", "[]"),
        RESULT: job.state == "SUCCESS" and bool(job.result),
        ERROR: bool(job.error),
    }
    return (NOW, *(part for part, there in has.items() if there))


def failure_of(row: Mapping[str, Any]) -> Failure:
    """The error of a job from its whole row."""
    failure = explain(job_error(row.get("exc_info"), row.get("error")))
    title = failure.title if failure.title != "Call failed" else "Job failed"
    return Failure(title, failure.reason, "", failure.rows, text(row.get("exception")))
