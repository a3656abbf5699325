"""What a list of jobs is filtered by, in the language of `wordfilter`."""

from __future__ import annotations

from tui.model.wordfilter import WordFilter

__all__ = ["JobFilter"]


class JobFilter(WordFilter):
    """The items are `model.job.Job`s."""

    fields = {
        "state": lambda job: job.state,
        "method": lambda job: job.method,
        "by": lambda job: job.by,
        "id": lambda job: str(job.id),
        "what": lambda job: f"{job.text}\n{job.description}",
        "args": lambda job: job.arguments,
        "error": lambda job: job.error,
    }
    states = ("queued", "waiting", "running", "success", "failed", "aborted", "lost")
    groups = {"active": ("queued", "waiting", "running"), "ended": ("success", "failed", "aborted", "lost")}
