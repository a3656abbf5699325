"""``midclt batch``: many calls in one run, from lines of standard input, ten of them at a time."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..exits import ExitStatus
from ..shared_options import add_lines_options

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator

    from truenas_client.exc import ClientException
    from truenas_client.sync.calls import Call
    from truenas_client.sync.client import Client

    from ..batches import Outcome, Planned, Report

__all__ = ["add_options", "run"]

WINDOW = 40
"""Calls that were handed to the client. It sends ten at a time; the others wait, so that a slow one stops none."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Call a method once for each line of standard input, or make the calls that the lines hold, after one login. "
        "Prints a line of JSON for each: index (the number of its line), ok, and result or error."
    )
    parser.epilog = (
        'examples: midclt batch pool.dataset.create --each \'{"name": "tank/{}"}\' < names.txt; midclt batch '
        '--failed again.ndjson < calls.ndjson, where each line is like {"method": "core.ping", "params": []}'
    )
    parser.add_argument("method", metavar="METHOD", nargs="?", help="none: the lines name the methods")
    add_lines_options(parser)
    parser.add_argument("-j", "--job", action="store_true", help="the methods are jobs: wait for their results")


def run(options: argparse.Namespace) -> ExitStatus:
    """Make the calls."""
    from ..access import secret_before_input, signed_in
    from ..batches import Report, input_lines, planned
    from ..exits import CommandError

    if options.method is None and options.each:
        raise CommandError("--each is for the arguments of METHOD, and there is none", ExitStatus.USAGE)
    report = Report(options)
    secret = secret_before_input(options)
    calls = planned(options.method, options.each, input_lines())
    with signed_in(options, secret) as client:
        try:
            _make(client, calls, report, options)
        finally:
            status = report.close()
    return status


def _make(client: Client, calls: Iterator[Planned], report: Report, options: argparse.Namespace) -> None:
    from collections import deque

    from ..batches import Outcome

    under_way: deque[tuple[Planned, Call]] = deque()
    try:
        _send(client, calls, report, options, under_way)
    except KeyboardInterrupt:
        while under_way:
            report.add(Outcome(under_way.popleft()[0], error="interrupted; it may have run", unknown=True))
        raise
    finally:
        # Also when a line was no call, or one that the profile does not allow.
        while under_way:
            report.add(_outcome(client, *under_way.popleft(), options))


def _send(
    client: Client,
    calls: Iterator[Planned],
    report: Report,
    options: argparse.Namespace,
    under_way: deque[tuple[Planned, Call]],
) -> None:
    from truenas_client.exc import ClientException

    from ..lock import Lock

    lock = Lock(options)
    checked: set[str] = set()
    for call in calls:
        if client.closed:
            report.unsent(call)
            continue
        if call.method not in checked:
            # What a call of core.bulk or core.download does is up to its arguments, so each is looked at.
            lock.check_name(call.method, call.params)
            lock.check(client.call, call.method, call.params)
            if call.method not in ("core.bulk", "core.download"):
                checked.add(call.method)
        try:
            sent = client.call(
                call.method, *call.params, background=True, job=options.job, timeout=options.timeout or None
            )
        except ClientException as e:
            while under_way:
                report.add(_outcome(client, *under_way.popleft(), options))
            report.add(_failed(call, e))
            continue
        under_way.append((call, sent))
        if len(under_way) >= WINDOW:
            report.add(_outcome(client, *under_way.popleft(), options))


def _outcome(client: Client, call: Planned, sent: Call, options: argparse.Namespace) -> Outcome:
    from truenas_client.exc import ClientException

    from ..batches import Outcome

    try:
        return Outcome(call, client.wait(sent, job=options.job, timeout=None))
    except ClientException as e:
        return _failed(call, e)


def _failed(call: Planned, error: ClientException) -> Outcome:
    from truenas_client.exc import CallTimeout, ConnectionLost, JobLost

    from ..batches import Outcome
    from ..output import shell_words

    unknown = isinstance(error, (CallTimeout, JobLost)) or (isinstance(error, ConnectionLost) and error.sent)
    return Outcome(call, error=shell_words(error.error), unknown=unknown)
