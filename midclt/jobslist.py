"""The actions of ``midclt jobs``: each is a function of its name."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from truenas_client.exc import JobLost
from truenas_client.sync.client import Client

from .access import signed_in
from .answers import rows_of
from .exits import CommandError, ExitStatus
from .lock import Lock
from .output import is_terminal, print_line, print_result, say
from .progress import Progress, progress_for
from .running import follow_job, leave
from .showing import show, show_answer

__all__ = ["do_abort", "do_logs", "do_ls", "do_wait", "do_watch"]

UNDER_WAY = ["state", "in", ["RUNNING", "WAITING"]]
COLUMNS = ["id", "state", "progress.percent", "method", "time_started", "progress.description"]


def do_ls(options: Namespace) -> ExitStatus:
    """List the jobs that run or wait, or those that the options name."""
    filters: list[Any] = [["id", "in", options.ids]] if options.ids else [] if options.all else [UNDER_WAY]
    settings: dict[str, Any] = {"order_by": ["-id"]}
    if options.number:
        settings["limit"] = options.number
    if options.on is not None:
        if options.ids:
            raise CommandError("The numbers of jobs are each server's own: --profile NAME", ExitStatus.USAGE)
        return show_answer(options, lambda one, client: client.call("core.get_jobs", filters, settings), COLUMNS)
    with signed_in(options) as client:
        rows = rows_of(client, "core.get_jobs", filters, settings)
    if rows or not is_terminal(sys.stdout):
        show(rows, options, COLUMNS)
    else:
        say("No jobs." if options.all or options.ids else "No job runs or waits; `midclt jobs ls -a` lists the others.")
    found = [row.get("id") for row in rows]
    missing = {number for number in options.ids if number not in found}
    for number in sorted(missing):
        say(f"The server does not know job {number} (any more)")
    return ExitStatus.JOB if missing else ExitStatus.OK


def do_watch(options: Namespace) -> ExitStatus:
    """Follow a job with its progress, and print its result."""
    return _follow(options, progress_for(options.job_print))


def do_wait(options: Namespace) -> ExitStatus:
    """Wait for the end of a job, and print its result."""
    return _follow(options, Progress())


def _follow(options: Namespace, display: Progress) -> ExitStatus:
    (number,) = options.ids
    with signed_in(options) as client:
        try:
            result = follow_job(client, number, lambda number: None, display)
        except JobLost as e:
            raise CommandError(e.error, ExitStatus.JOB) from e
        except KeyboardInterrupt:
            leave(client, options, number, f"job {number}")
            raise
        print_result(result)
    return ExitStatus.OK


def do_abort(options: Namespace) -> ExitStatus:
    """Ask the server to stop a job."""
    (number,) = options.ids
    Lock(options).check_write("core.job_abort")
    with signed_in(options) as client:
        _row(client, number)
        client.call("core.job_abort", number)
    say(f"The server was asked to stop job {number}; some jobs run on for a while.")
    return ExitStatus.OK


def do_logs(options: Namespace) -> ExitStatus:
    """Print what the server shows of a job's log."""
    (number,) = options.ids
    with signed_in(options) as client:
        row = _row(client, number)
    text = row.get("logs_excerpt")
    if not text:
        where = f" on the server: {row['logs_path']}" if row.get("logs_path") else "; this kind of job may keep none"
        say(f"Job {number} has no log that the API shows{where}")
        return ExitStatus.OK
    print_line(str(text).rstrip("\n"))
    if row.get("logs_path"):
        say(f"That is an excerpt; all of it is on the server: {row['logs_path']}")
    return ExitStatus.OK


def _row(client: Client, number: int) -> dict[str, Any]:
    rows = rows_of(client, "core.get_jobs", [["id", "=", number]])
    if not rows:
        raise CommandError(f"The server does not know job {number} (any more)", ExitStatus.JOB)
    return rows[0]
