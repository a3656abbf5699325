"""``midclt watch``: the rows of a query as they change, or any method's answer, asked again and again."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..exits import CommandError, ExitStatus
from ..filling import given
from ..output import is_terminal, print_line, print_result, say
from ..shared_options import add_output_options, count, form_chosen, seconds
from ..showing import show

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from truenas_client.aio.client import AsyncClient

__all__ = ["add_options", "run"]

SETTLE_SECONDS = 0.2
"""How long changes are collected: a busy pool sends dozens a second."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Show the rows of a query, and again when its events say that they changed; through lost connections too. "
        "On a terminal a table is drawn in place; into a pipe each state is one line of JSON."
    )
    parser.add_argument("method", metavar="METHOD", help="a query, such as pool.query; with --every any method")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="*", help="filters and options, as in call")
    parser.add_argument("--diff", action="store_true", help="show what changed: one line for each change")
    parser.add_argument(
        "--every", type=seconds, metavar="SECONDS", help="ask again after this time instead of following events"
    )
    parser.add_argument("-n", "--number", type=count, metavar="N", help="end with success after N states")
    parser.add_argument(
        "-t", "--timeout", type=seconds, default=argparse.SUPPRESS, metavar="SECONDS", help="as in subscribe"
    )
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Show states until ``-n`` of them came, the time is over, or Ctrl-C."""
    from ..streaming import in_time, run_async

    sent = given(options, options.arguments)
    screen = _Screen(options)

    async def watch(client: AsyncClient) -> None:
        async for state in (_followed if options.every is None else _asked)(client, options, sent.params):
            screen.put(state)
            if screen.shown == options.number:
                return

    def watch_in_time(client: AsyncClient) -> Awaitable[bool]:
        return in_time(watch(client), options.timeout)

    if run_async(options, watch_in_time, options.method, sent, reconnect=True):
        return ExitStatus.OK
    times = f"{screen.shown} state{'' if screen.shown == 1 else 's'}"
    say(f"{options.method}: {options.timeout:g} s are over, {times} came")
    return ExitStatus.TIMEOUT


async def _asked(client: AsyncClient, options: argparse.Namespace, params: list[Any]) -> AsyncIterator[Any]:
    """Each answer that differs from the one before."""
    import asyncio

    from truenas_client.values.diff import diff

    answer = await client.call(options.method, *params)
    yield answer
    while True:
        await asyncio.sleep(options.every)
        again = await client.call(options.method, *params)
        if diff(answer, again):
            answer = again
            yield answer


async def _followed(client: AsyncClient, options: argparse.Namespace, params: list[Any]) -> AsyncIterator[Any]:
    """The rows, and again when events have changed them."""
    import asyncio

    if len(params) > 2 or not isinstance((params or [[]])[0], list) or not isinstance([*params, {}, {}][1], dict):
        raise CommandError(f"{options.method} takes filters (a list) and options (an object)", ExitStatus.USAGE)
    try:
        live = client.live(options.method, *params)
    except ValueError as e:
        raise CommandError(str(e), ExitStatus.USAGE) from e
    async with live:
        yield list(live.rows.values())
        changes = live.changes()
        async for _ in changes:
            await asyncio.sleep(SETTLE_SECONDS)
            while not changes.empty:
                await anext(changes)
            yield list(live.rows.values())


class _Screen:
    """Where the states go."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options, self.shown = options, 0
        self._drawn = is_terminal(sys.stdout) and not options.diff and options.output is None
        self._before: Any = None

    def put(self, state: Any) -> None:
        """Show one state."""
        self.shown += 1
        if self._options.diff and self.shown > 1:
            self._put_changes(state)
        elif self._drawn:
            self._draw(state)
        elif form_chosen(self._options):
            show(state, self._options)
        else:
            print_result(state)
        self._before = state

    def _put_changes(self, state: Any) -> None:
        from truenas_client import ejson
        from truenas_client.values.diff import change_row, change_text, diff

        for change in diff(self._before, state):
            print_line(change_text(change) if is_terminal(sys.stdout) else ejson.dumps(change_row(change)))

    def _draw(self, state: Any) -> None:
        import shutil
        import time

        # To the upper left corner, and everything below it away; what was there before stays in the scrollback.
        sys.stdout.write("\x1b[H\x1b[J")
        room = max(shutil.get_terminal_size().lines - 6, 1)  # the title, the header, what show says of columns
        rows = f", {len(state)} rows" if isinstance(state, list) else ""
        cut = f", the first {room}" if isinstance(state, list) and len(state) > room else ""
        sys.stdout.write(f"{self._options.method}{rows}{cut}, {time.strftime('%H:%M:%S')} (Ctrl-C ends)\n\n")
        sys.stdout.flush()
        show(state[:room] if isinstance(state, list) else state, self._options)
