"""The words about a job, wherever it is drawn: its state, how far it is, how long it has taken and may still take."""

from __future__ import annotations

import time
from dataclasses import dataclass

from truenas_client.values.human import human_duration
from tui.model.job import LOST, QUEUED, Job
from tui.text import safe

__all__ = ["STATE_WORDS", "JobWords", "words_of"]

STATE_WORDS = {
    QUEUED: ("queued", "warning"),
    "WAITING": ("waiting", "warning"),
    "RUNNING": ("running", "accent"),
    "SUCCESS": ("success", "ok"),
    "FAILED": ("failed", "error"),
    "ABORTED": ("aborted", "warning"),
    LOST: ("lost", "error"),
}
"""The word and the style name of each state of a job."""


@dataclass(frozen=True, slots=True)
class JobWords:
    """Safe texts; "" for what is unknown or does not apply."""

    name: str
    state: str
    style: str
    """The name of the style of the state."""
    text: str
    """The last progress text of the job; "" for an aborted one, whose text announces a step that will not come."""
    percent: str
    fraction: float | None
    """The share of a bar that is done; None while unknown."""
    elapsed: str
    left: str
    """How long it may still take, always with ``~``."""


def words_of(job: Job) -> JobWords:
    """The words for a job as it is at this moment."""
    state, style = STATE_WORDS.get(job.state, (safe(job.state.lower()), ""))
    elapsed = job.elapsed()
    left = None if job.pace is None or job.ended else job.pace.left(time.monotonic())
    return JobWords(
        name=safe(f"#{job.id} {job.method}" if job.id else job.method),
        state=state,
        style=style,
        text="" if job.state == "ABORTED" else safe(job.text),
        percent="" if job.percent is None else f"{job.percent:.0f} %",
        fraction=1.0 if job.state == "SUCCESS" else None if job.percent is None else job.percent / 100,
        elapsed="" if elapsed is None else human_duration(elapsed),
        left="" if left is None else f"~{human_duration(left)}",
    )
