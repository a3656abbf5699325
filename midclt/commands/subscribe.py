"""``midclt subscribe``: print events as they come, one line of JSON each."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus
from ..option_types import count, seconds

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Subscribe to an event and print each message as a line of JSON, until interrupted."
    parser.add_argument("event", metavar="EVENT", help="name of the event, such as core.get_jobs")
    parser.add_argument("-n", "--number", type=count, metavar="N", help="end with success after N events")
    parser.add_argument(
        "-t",
        "--timeout",
        type=seconds,
        # A default here would overwrite a -t given before the subcommand.
        default=argparse.SUPPRESS,
        metavar="SECONDS",
        help="give up after this time, with exit status 5",
    )


def run(options: argparse.Namespace) -> ExitStatus:
    """Print events until ``-n`` of them came, the time is over, the server ends them, or Ctrl-C.

    Without ``-n`` the number is unlimited. When the time is over the status is
    `ExitStatus.TIMEOUT`, whether any event came or not.
    """
    from truenas_client import ejson

    from ..access import signed_in
    from ..output import print_line, say

    came = 0
    with signed_in(options) as client:
        from ..listening import TimeIsUp, listening

        try:
            with listening(client, options.event) as listener:
                for message in listener.messages(options.timeout or None):
                    print_line(ejson.dumps(message))
                    came += 1
                    if came == options.number:
                        break
        except TimeIsUp:
            say(f"{options.event}: {options.timeout:g} s are over, {came} event{'' if came == 1 else 's'} came")
            return ExitStatus.TIMEOUT
    return ExitStatus.OK
