"""The actions of ``midclt jobs``."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from truenas_client.exc import JobLost
from truenas_client.sync.client import Client

from .access import call_timeout, signed_in
from .exits import CommandError, ExitStatus
from .output import is_terminal, print_line, print_result, say
from .progress import Silent, progress_for
from .running import follow_job, leave
from .showing import show, show_answer

__all__ = ["do"]

UNDER_WAY = ["state", "in", ["RUNNING", "WAITING"]]
COLUMNS = ["id", "state", "progress.percent", "method", "time_started", "progress.description"]


def do(options: Namespace) -> ExitStatus:
    """Run the action ``options.action``."""
    action: Callable[[Namespace], ExitStatus] = {
        "watch": _follow,
        "wait": _follow,
        "abort": _abort,
        "logs": _logs,
    }.get(options.action, _list)
    return action(options)


def _list(options: Namespace) -> ExitStatus:
    filters: list[Any] = [["id", "in", options.ids]] if options.ids else [] if options.all else [UNDER_WAY]
    settings: dict[str, Any] = {"order_by": ["-id"]}
    if options.number:
        settings["limit"] = options.number
    timeout = call_timeout(options)
    if options.on is not None:
        if options.ids:
            raise CommandError("The numbers of jobs are each server's own: --profile NAME", ExitStatus.USAGE)
        return show_answer(
            options, lambda one, client: client.call("core.get_jobs", filters, settings, timeout=timeout), COLUMNS
        )
    with signed_in(options) as client:
        rows = client.call("core.get_jobs", filters, settings, timeout=timeout)
    if rows or not is_terminal(sys.stdout):
        show(rows, options, COLUMNS)
    else:
        say("No jobs." if options.all or options.ids else "No job runs or waits; `midclt jobs ls -a` lists the others.")
    missing = {*options.ids} - {row.get("id") for row in rows}
    for number in sorted(missing):
        say(f"The server does not know job {number} (any more)")
    return ExitStatus.JOB if missing else ExitStatus.OK


def _follow(options: Namespace) -> ExitStatus:
    (number,) = options.ids
    display = progress_for(options.job_print) if options.action == "watch" else Silent()
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


def _abort(options: Namespace) -> ExitStatus:
    from .lock import Lock

    (number,) = options.ids
    lock = Lock(options)
    lock.check_name("core.job_abort", [number])
    with signed_in(options) as client:
        timeout = call_timeout(options)
        _row(client, number, timeout)
        lock.check(client.call, "core.job_abort", [number], timeout)
        client.call("core.job_abort", number, timeout=timeout)
    say(f"The server was asked to stop job {number}; some jobs run on for a while.")
    return ExitStatus.OK


def _logs(options: Namespace) -> ExitStatus:
    (number,) = options.ids
    with signed_in(options) as client:
        row = _row(client, number, call_timeout(options))
    text = row.get("logs_excerpt")
    if not text:
        where = f" on the server: {row['logs_path']}" if row.get("logs_path") else "; this kind of job may keep none"
        say(f"Job {number} has no log that the API shows{where}")
        return ExitStatus.OK
    print_line(str(text).rstrip("\n"))
    if row.get("logs_path"):
        say(f"That is an excerpt; all of it is on the server: {row['logs_path']}")
    return ExitStatus.OK


def _row(client: Client, number: int, timeout: float) -> dict[str, Any]:
    rows = client.call("core.get_jobs", [["id", "=", number]], timeout=timeout)
    if not rows:
        raise CommandError(f"The server does not know job {number} (any more)", ExitStatus.JOB)
    row: dict[str, Any] = rows[0]
    return row
