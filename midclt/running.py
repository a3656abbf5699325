"""A job, followed to its end with its progress shown, and the text for a user that stops waiting.

Invariants: stopping to wait never aborts the job; the words for returning lead to the same server as the same user.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Callable, Sequence
from time import sleep
from typing import TYPE_CHECKING, Any

from truenas_client.exc import CallTimeout, NotAJob

from .exits import Terminated
from .output import is_terminal, say
from .progress import Progress

if TYPE_CHECKING:
    from truenas_client.sync.client import Client
    from truenas_client.sync.jobs import Job

__all__ = ["find_again", "follow_job", "leave", "run_job", "same_server"]

TICK_SECONDS = 0.2
"""How often progress is drawn: the bar shows how long the job has run."""


def run_job(
    client: Client,
    method: str,
    params: Sequence[Any],
    timeout: float | None,
    started: Callable[[int], None],
    display: Progress,
) -> Any:
    """Run a job to its end and return its result. A method that is no job returns its result at once.

    ``timeout`` is for the start alone. ``started`` is called with the job's number.
    """
    if method == "core.job_wait" and [type(param) for param in params] == [int]:
        # core.job_wait reports neither progress nor an abort. Follow the job itself, which reports both.
        return follow_job(client, params[0], started, display)
    if not client.sees_jobs():
        # Without job events there is no progress, but the answer still comes when the job ends.
        return client.call(method, *params, timeout=None)
    shown: deque[dict[str, Any]] = deque()
    try:
        job = client.call(method, *params, job="RETURN", callback=shown.append, timeout=timeout)
    except NotAJob as e:
        return e.result
    if job.job_id is not None:
        started(job.job_id)
    return _finish(job, shown, display)


def follow_job(client: Client, number: int, started: Callable[[int], None], display: Progress) -> Any:
    """Follow a job by its number, from any session, and return its result."""
    from truenas_client.sync.jobs import Job

    shown: deque[dict[str, Any]] = deque()
    job = Job(client, number, shown.append)
    started(number)
    if job.fields:
        shown.appendleft(job.fields)
    return _finish(job, shown, display)


def _finish(job: Job, shown: deque[dict[str, Any]], display: Progress) -> Any:
    success = False
    try:
        while True:
            try:
                result = job.result(TICK_SECONDS)
                success = job.job_id is not None
                return result
            except CallTimeout:
                continue
            finally:
                while shown:
                    progress = shown.popleft().get("progress") or {}
                    percent = progress.get("percent")
                    number = percent if isinstance(percent, (int, float)) and not isinstance(percent, bool) else None
                    display.update(number, str(progress.get("description") or ""))
                display.tick()
    finally:
        display.end(success=success)


STOP_SECONDS = 2.0
"""How long after Ctrl-C another one stops the job."""


def leave(client: Client, options: argparse.Namespace, number: int, what: str) -> None:
    """After Ctrl-C: say what still runs and how to return. Another Ctrl-C on the terminal soon after stops the job.

    It does not with a profile that is read-only.
    """
    from .lock import Lock

    said = f"Not waiting for {what} any longer. {find_again(options, number)}"
    if not is_terminal(sys.stderr) or isinstance(sys.exc_info()[1], Terminated) or Lock(options).locked:
        say(said)
        return
    try:
        say(f"{said} Ctrl-C again stops it now.")
        sleep(STOP_SECONDS)
    except KeyboardInterrupt:
        client.call("core.job_abort", number, timeout=10.0)
        say(f"The server was asked to stop job {number}.")


def find_again(options: argparse.Namespace, number: int) -> str:
    """The commands that wait for a job, show it and stop it."""
    midclt = same_server(options)
    return (
        f"Job {number} may still run: `{midclt} jobs watch {number}` waits for it, `{midclt} jobs ls {number}` shows "
        f"it, `{midclt} jobs abort {number}` stops it."
    )


def same_server(options: argparse.Namespace) -> str:
    """The command with the options for the same server and user, without secrets."""
    import shlex

    from truenas_client.storage.key_files import is_path

    given = vars(options)
    valued = (("-u", "uri"), ("-U", "username"), ("--profile", "profile"), ("--ca", "ca"))
    words = ["midclt", *(word for flag, name in valued if given.get(name) for word in (flag, given[name]))]
    if given.get("api_key") and is_path(given["api_key"]):
        words += ["-K", given["api_key"]]
    flags = ("insecure", "plain", "no_channel_binding")
    words += [f"--{name.replace('_', '-')}" for name in flags if given.get(name)]
    return shlex.join(words)
