"""``midclt bulk``: one method for each line of standard input, as jobs of the server (``core.bulk``)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..access import secret_before_input
from ..exits import ExitStatus
from ..filling import Given
from ..shared_options import add_lines_options

if TYPE_CHECKING:
    from truenas_client.aio.client import AsyncClient

    from ..batches import Planned, Report

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Have the server call a method once for each line of standard input, one after the other, as a job of the "
        "server (core.bulk), in pieces of a hundred. The output is that of batch."
    )
    parser.add_argument("method", metavar="METHOD")
    add_lines_options(parser)
    parser.add_argument("--description", metavar="TEXT", help="shown in the progress of the jobs; {0} is an argument")


def run(options: argparse.Namespace) -> ExitStatus:
    """Make the calls."""
    from ..batches import Report, input_lines, planned
    from ..streaming import run_async

    report = Report(options)
    secret = secret_before_input(options)
    calls = list(planned(options.method, options.each, input_lines()))
    sent = Given([options.method, [call.params for call in calls]], password=secret)
    run_async(options, lambda client: _make(client, calls, report, options), "core.bulk", sent)
    return report.close()


async def _make(client: AsyncClient, calls: list[Planned], report: Report, options: argparse.Namespace) -> None:
    from truenas_client.aio.bulk import BulkInterrupted, bulk

    from ..batches import Outcome

    stopped = None
    try:
        results = await bulk(client, options.method, [call.params for call in calls], options.description)
    except BulkInterrupted as e:
        results, stopped = e.results, e
    for call, one in zip(calls, results, strict=False):
        report.add(Outcome(call, one.result, one.error))
    if stopped is not None:
        for index in stopped.unknown:
            report.add(Outcome(calls[index], error=stopped.error, unknown=True))
        for index in stopped.unsent:
            report.unsent(calls[index])
