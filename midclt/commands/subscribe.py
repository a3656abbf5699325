"""``midclt subscribe``: print events as they come, one line of JSON each."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ..access import signed_in
from ..exits import CommandError, ExitStatus
from ..filling import Given
from ..output import print_line, say
from ..shared_options import count, seconds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from truenas_client.aio.client import AsyncClient

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
    parser.add_argument(
        "--filter",
        metavar="TEXT",
        help="only events like this, as in query: 'state = RUNNING', by their fields and by msg, collection, id",
    )
    parser.add_argument(
        "--follow", action="store_true", help="connect again when the connection breaks; the gap is told on stderr"
    )


def run(options: argparse.Namespace) -> ExitStatus:
    """Print events until ``-n`` of them came, the time is over, the server ends them, or Ctrl-C.

    Without ``-n`` the number is unlimited. When the time is over the status is
    `ExitStatus.TIMEOUT`, whether any event came or not.
    """
    from truenas_client import ejson

    wanted = _wanted(options.filter) if options.filter is not None else None
    came = 0

    def receive(message: dict[str, Any]) -> bool:
        """Print a message; whether more are wanted."""
        nonlocal came
        if wanted is not None and not wanted(message):
            return True
        print_line(ejson.dumps(message))
        came += 1
        return bool(came != options.number)

    if (_follow if options.follow else _listen)(options, receive):
        return ExitStatus.OK
    say(f"{options.event}: {options.timeout:g} s are over, {came} event{'' if came == 1 else 's'} came")
    return ExitStatus.TIMEOUT


def _listen(options: argparse.Namespace, receive: Callable[[dict[str, Any]], bool]) -> bool:
    """Pass messages on until no more are wanted, or the server ends them (True), or time is up (False)."""
    with signed_in(options) as client:
        from ..listening import TimeIsUp, events

        try:
            for message in events(client, options.event, options.timeout or None):
                if not receive(message):
                    break
        except TimeIsUp:
            return False
    return True


def _follow(options: argparse.Namespace, receive: Callable[[dict[str, Any]], bool]) -> bool:
    """The same, through lost connections."""
    from truenas_client.aio.events import Gap

    from ..streaming import in_time, run_async

    async def follow(client: AsyncClient) -> None:
        async with client.subscribe(options.event) as events:
            async for item in events:
                if isinstance(item, Gap):
                    lost = f"{item.dropped} events" if item.dropped else "events"
                    say(f"midclt: {lost} may be missing here: {item.reason}")
                    continue
                message: dict[str, Any] = {"msg": item.kind, "collection": item.name}
                given = {"id": item.id, "fields": item.fields, "extra": item.extra}
                if not receive(message | {name: value for name, value in given.items() if value is not None}):
                    return

    def follow_in_time(client: AsyncClient) -> Awaitable[bool]:
        return in_time(follow(client), options.timeout)

    return run_async(options, follow_in_time, "core.subscribe", Given([options.event]), reconnect=True)


def _wanted(text: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a message is like the filter. Raises `CommandError` with the place of a mistake."""
    from truenas_client.methods.filters import FilterError, filter_list
    from truenas_client.methods.querytext import QueryTextError, read_filters

    from ..caret import caret_text

    try:
        filters = read_filters(text)
    except QueryTextError as e:
        raise CommandError(caret_text("--filter", text, e), ExitStatus.USAGE) from None

    def wanted(message: dict[str, Any]) -> bool:
        fields = message.get("fields")
        row = {**(fields if isinstance(fields, dict) else {}), **message}
        try:
            return bool(filter_list([row], filters))
        except FilterError:
            return False  # an event without such a member, or with one of another type

    return wanted
