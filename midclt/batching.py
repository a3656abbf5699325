"""The work of ``midclt batch``: calls are sent as their lines are read, and reported in the order of the lines."""

from __future__ import annotations

from argparse import Namespace
from collections import deque
from collections.abc import Iterator

from truenas_client.exc import CallTimeout, ClientException, ConnectionLost, JobLost
from truenas_client.sync.calls import Call
from truenas_client.sync.client import Client

from .access import secret_before_input, signed_in
from .batches import Outcome, Planned, Report, input_lines, planned
from .exits import CommandError, ExitStatus
from .lock import Lock
from .output import shell_words

__all__ = ["run"]

WINDOW = 40
"""Calls that were handed to the client. It sends ten at a time; the others wait, so that a slow one stops none."""


def run(options: Namespace) -> ExitStatus:
    """Make the calls."""
    if options.method is None and options.each:
        raise CommandError("--each is for the arguments of METHOD, and there is none", ExitStatus.USAGE)
    report = Report(options)
    secret = secret_before_input(options)
    calls = planned(options.method, options.each, input_lines())
    with signed_in(options, secret) as client:
        try:
            _Batch(client, report, options).make(calls)
        finally:
            status = report.close()
    return status


class _Batch:
    """The calls of one run."""

    def __init__(self, client: Client, report: Report, options: Namespace) -> None:
        self._client, self._report, self._options = client, report, options
        self._lock = Lock(options)
        self._checked: set[str] = set()
        self._under_way: deque[tuple[Planned, Call]] = deque()

    def make(self, calls: Iterator[Planned]) -> None:
        """Make the calls and report each."""
        try:
            try:
                self._send_all(calls)
            except Exception:  # a line is no call, or one that the profile does not allow
                self._report_under_way()
                raise
            self._report_under_way()
        except KeyboardInterrupt:
            for call, _ in self._under_way:
                self._report.add(Outcome(call, error="interrupted; it may have run", unknown=True))
            raise

    def _send_all(self, calls: Iterator[Planned]) -> None:
        for call in calls:
            if self._client.closed:
                self._report.unsent(call)
                continue
            self._check(call)
            self._send(call)

    def _check(self, call: Planned) -> None:
        if call.method in self._checked:
            return
        self._lock.check_name(call.method, call.params)
        self._lock.check(self._client.call, call.method, call.params)
        # What a call of core.bulk or core.download does is up to its arguments, so each is looked at.
        if call.method not in ("core.bulk", "core.download"):
            self._checked.add(call.method)

    def _send(self, call: Planned) -> None:
        job, timeout = self._options.job, self._options.timeout or None
        try:
            sent = self._client.call(call.method, *call.params, background=True, job=job, timeout=timeout)
        except ClientException as e:
            self._report_under_way()
            self._report.add(_failed(call, e))
        else:
            self._under_way.append((call, sent))
            self._report_under_way(WINDOW - 1)

    def _report_under_way(self, left: int = 0) -> None:
        """Wait for the oldest calls and report them, until so many are left."""
        while len(self._under_way) > left:
            call, sent = self._under_way[0]
            try:
                outcome = Outcome(call, self._client.wait(sent, job=self._options.job, timeout=None))
            except ClientException as e:
                outcome = _failed(call, e)
            self._under_way.popleft()  # not before: an interrupted wait leaves the call to be reported
            self._report.add(outcome)


def _failed(call: Planned, error: ClientException) -> Outcome:
    unknown = isinstance(error, (CallTimeout, JobLost)) or (isinstance(error, ConnectionLost) and error.sent)
    return Outcome(call, error=shell_words(error.error), unknown=unknown)
