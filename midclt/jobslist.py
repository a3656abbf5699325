"""The actions of ``midclt jobs``. Into a pipe or a file a list is one line of JSON a job."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from truenas_client import ejson
from truenas_client.exc import JobLost
from truenas_client.sync.client import Client
from truenas_client.values.lines import cells, fit

from .access import call_timeout, signed_in
from .exits import CommandError, ExitStatus
from .output import is_terminal, print_line, print_result, say
from .progress import Silent, clock_text, progress_for
from .running import find_again, follow_job

__all__ = ["do"]

UNDER_WAY = ["state", "in", ["RUNNING", "WAITING"]]


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
    with signed_in(options) as client:
        rows = client.call("core.get_jobs", filters, settings, timeout=call_timeout(options))
    if not is_terminal(sys.stdout):
        for row in rows:
            print_line(ejson.dumps(row))
    elif rows:
        _print_table([_cells(row) for row in rows])
    else:
        say("No jobs." if options.all or options.ids else "No job runs or waits; `midclt jobs ls -a` lists the others.")
    missing = {*options.ids} - {row.get("id") for row in rows}
    for number in sorted(missing):
        say(f"The server does not know job {number} (any more)")
    return ExitStatus.JOB if missing else ExitStatus.OK


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    progress = row.get("progress") or {}
    percent = progress.get("percent")
    began, ended = row.get("time_started"), row.get("time_finished")
    took = ""
    if isinstance(began, datetime):
        end = ended if isinstance(ended, datetime) else datetime.now(began.tzinfo)
        took = clock_text(max((end - began).total_seconds(), 0))
    return (
        str(row.get("id")),
        str(row.get("state")),
        f"{percent:.0f}%" if isinstance(percent, (int, float)) else "",
        took,
        str(row.get("method")),
        str(row.get("error") or progress.get("description") or row.get("description") or ""),
    )


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    import shutil

    table = [("ID", "STATE", "", "TIME", "METHOD", "")] + [tuple(fit(cell, 200) for cell in row) for row in rows]
    widths = [max(cells(row[column]) for row in table) for column in range(5)]
    room = shutil.get_terminal_size().columns
    for row in table:
        line = "  ".join(cell + " " * (width - cells(cell)) for cell, width in zip(row, [*widths, 0], strict=True))
        print_line(fit_line(line, room))


def fit_line(line: str, room: int) -> str:
    """A line cut to the width of the terminal, its gaps kept."""
    while cells(line) > room:
        line = line[:-1]
    return line.rstrip()


def _follow(options: Namespace) -> ExitStatus:
    (number,) = options.ids
    display = progress_for(options.job_print) if options.action == "watch" else Silent()
    with signed_in(options) as client:
        try:
            result = follow_job(client, number, lambda number: None, display)
        except JobLost as e:
            raise CommandError(e.error, ExitStatus.JOB) from e
        except KeyboardInterrupt:
            say(f"Not waiting for job {number} any longer. {find_again(options, number)}")
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
        lock.check(client, "core.job_abort", [number], timeout)
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
