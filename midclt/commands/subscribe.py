"""``midclt subscribe``: print events as they come, one line of JSON each."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from truenas_client import Event, Gap, ejson

from ..access import signed_in
from ..exits import ExitStatus
from ..output import print_line, say

__all__ = ["message_of", "run"]


def run(options: Namespace) -> ExitStatus:
    """Print events until ``-n`` of them came, the time is over, the server ends them, or Ctrl-C.

    Without a number there is no limit. When the time is
    over the status is `ExitStatus.TIMEOUT`, whether anything came or not.
    """
    number = options.number
    count = 0

    def receive(item: Event | Gap) -> bool:
        nonlocal count
        if isinstance(item, Gap):
            say(f"midclt: {item.dropped} events are missing here: {item.reason}")
            return True
        print_line(ejson.dumps(message_of(item)))
        count += 1
        return number is None or count < number

    with signed_in(options) as session:
        if session.listen(options.event, receive, options.timeout):
            return ExitStatus.OK
    say(f"{options.event}: {options.timeout:g} s are over, {count} event{'' if count == 1 else 's'} came")
    return ExitStatus.TIMEOUT


def message_of(event: Event) -> dict[str, Any]:
    """The event as the server sent it: members that it left out are left out."""
    message: dict[str, Any] = {"msg": event.kind, "collection": event.name}
    for name, value in (("id", event.id), ("fields", event.fields), ("extra", event.extra)):
        if value is not None:
            message[name] = value
    return message
