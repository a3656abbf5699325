"""What became of watched jobs, in toasts: how they ended, and which ones the server does not know any more."""

from __future__ import annotations

from collections.abc import Callable

from textual.dom import DOMNode
from textual.notifications import SeverityLevel

from tui import actions
from tui.model.job import LOST, Job
from tui.session.session import Session
from tui.text import safe
from tui.widgets.jobwords import words_of
from tui.widgets.key_line import is_typing

__all__ = ["tell_job_news"]

MOST_TOLD = 3
"""More at once are told as their number: a restart ends them all."""

SEVERITIES: dict[str, SeverityLevel] = {"FAILED": "error", "SUCCESS": "information"}


def tell_job_news(node: DOMNode, session: Session, seen: Callable[[str], bool]) -> None:
    """Tells it on the screen of ``node``, but for jobs that are ``seen`` (by `Job.key`). Rings where that is wanted."""
    news = [session.jobs.news.popleft() for _ in range(len(session.jobs.news))]
    if not news:
        return
    if session.memory.app.bell:
        node.app.bell()
    ended = [job for job in news if job.state != LOST and not seen(job.key)]
    lost = [job for job in news if job.state == LOST]
    hint = actions.worded("Jobs (key {go.jobs})", typing=is_typing(node.screen))
    groups: tuple[tuple[list[Job], str, SeverityLevel], ...] = (
        (ended, f"{len(ended)} watched jobs have ended: see {hint}.", "information"),
        (lost, f"{len(lost)} jobs that ran are lost: the server does not know them any more. See {hint}.", "warning"),
    )
    for some, many, severity in groups:
        if len(some) > MOST_TOLD:
            node.screen.notify(many, severity=severity, timeout=8)
            continue
        for job in some:
            node.screen.notify(safe(_how(job)), severity=SEVERITIES.get(job.state, "warning"), timeout=8)


def _how(job: Job) -> str:
    if job.state == LOST:
        return f"#{job.id} {job.method} is lost: the server does not know it any more. Did it restart?"
    words = words_of(job)
    what = {"SUCCESS": "has succeeded", "FAILED": "failed", "ABORTED": "was aborted"}.get(job.state, words.state)
    error = job.error.strip().split("\n")[0][:200] if job.state == "FAILED" else ""
    return f"{words.name} {what}{f' after {words.elapsed}' if words.elapsed else ''}{f': {error}' if error else ''}"
