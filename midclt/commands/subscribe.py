"""``midclt subscribe``: print events as they come, one line of JSON each."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import truenas_client

from ..exits import ExitStatus
from ..option_types import count, seconds

if TYPE_CHECKING:
    from truenas_client import Event, Gap

__all__ = ["add_options", "message_of", "run"]


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
    from ..access import signed_in
    from ..output import print_line, say

    number = options.number
    came = 0

    def receive(item: Event | Gap) -> bool:
        nonlocal came
        if isinstance(item, truenas_client.Gap):
            say(f"midclt: {item.dropped} events are missing here: {item.reason}")
            return True
        print_line(truenas_client.ejson.dumps(message_of(item)))
        came += 1
        return number is None or came < number

    with signed_in(options) as session:
        if session.listen(options.event, receive, options.timeout):
            return ExitStatus.OK
    say(f"{options.event}: {options.timeout:g} s are over, {came} event{'' if came == 1 else 's'} came")
    return ExitStatus.TIMEOUT


def message_of(event: Event) -> dict[str, Any]:
    """The event as the server sent it, without the members that the server left out."""
    message: dict[str, Any] = {"msg": event.kind, "collection": event.name}
    for name, value in (("id", event.id), ("fields", event.fields), ("extra", event.extra)):
        if value is not None:
            message[name] = value
    return message
