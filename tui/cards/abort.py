"""Aborting a job, once the user has confirmed it, and what the server really did."""

from __future__ import annotations

import asyncio

from textual.dom import DOMNode
from textual.notifications import SeverityLevel

from truenas_client import exc
from tui.cards.confirm import ConfirmScreen
from tui.cards.toast import tell_failure
from tui.model.failure import explain
from tui.model.job import LOST, QUEUED, Job
from tui.session.session import Session
from tui.text import safe
from tui.widgets.jobwords import words_of

__all__ = ["abort_job", "tell_abort"]

PATIENCE = 10.0
"""Seconds in which a job that can be aborted has ended."""

UNABLE = "The server says that this job cannot be aborted: it may run on."


async def abort_job(node: DOMNode, session: Session, job: Job) -> bool:
    """Asks over the screen of ``node``; whether the server was asked to abort it (then `tell_abort`). From a worker."""
    text = [f"#{job.id} {job.method}" if job.id else job.method, job.text]
    if job.state == QUEUED:
        if await ConfirmScreen("Take this job back?", "\n".join(text), yes="do not send it").ask(node):
            done = session.caller.take_back(job.serial)
            _tell(node, "Taken back: nothing was sent." if done else "It has left already: abort the job itself.")
        return False
    if not job.abortable:
        text.append(UNABLE)
    try:
        session.caller.check_abort()
        told = "\n".join(line for line in text if line)
        if not await ConfirmScreen("Abort this job?", told, yes="abort it").ask(node):
            return False
        await session.caller.abort(job.id)
    except exc.ClientException as error:
        tell_failure(node, explain(error, method="core.job_abort"), "error")
        return False
    return True


async def tell_abort(node: DOMNode, session: Session, job: Job, *, patience: float = PATIENCE) -> None:
    """Waits for the end of a job that the server was asked to abort, and tells how it ended. From a worker."""
    changed = asyncio.Event()
    forget = session.changed.subscribe(changed.set)
    now = job
    try:
        # The server answers before the job stops, and also where it never does.
        async with asyncio.timeout(patience):
            while not (now := session.jobs.find(job.key) or job).ended:
                changed.clear()
                await changed.wait()
    except TimeoutError:
        pass
    finally:
        forget()
    words = words_of(now)
    after = f" after {words.elapsed}" if words.elapsed else ""
    match now.state:
        case "ABORTED":
            _tell(node, f"{words.name} was aborted{after}.")
        case "SUCCESS":
            _tell(node, f"{words.name} was not aborted: it had succeeded{after}.")
        case "FAILED":
            _tell(node, f"{words.name} ended as failed{after}, not as aborted.", "warning")
        case state if state != LOST:
            _tell(node, f"{words.name} still runs: the server was asked to abort it, and some jobs run on.", "warning")


def _tell(node: DOMNode, text: str, severity: SeverityLevel = "information") -> None:
    node.screen.notify(safe(text), severity=severity, timeout=6)
