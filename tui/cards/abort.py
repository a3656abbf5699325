"""Aborting a job, once the user has confirmed it."""

from __future__ import annotations

from textual.dom import DOMNode

from truenas_client import exc
from tui.cards.confirm import confirm
from tui.cards.toast import tell_failure
from tui.model.failure import explain
from tui.session.session import Session

__all__ = ["abort_job"]


async def abort_job(node: DOMNode, session: Session, job_id: int) -> None:
    """Asks over the screen of ``node``, and tells there what became of it. From a worker."""
    job = session.jobs.get(job_id)
    if job is None:
        return
    text = f"#{job.id} {job.method}\n{job.text}".rstrip()
    if not await confirm(node, "Abort this job?", text, yes="abort it"):
        return
    try:
        await session.caller.abort(job_id)
    except exc.ClientException as error:
        tell_failure(node, explain(error, method="core.job_abort"), "error")
