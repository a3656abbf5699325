"""The commands that stream files or run jobs of many pieces: they run on the async client, which has those parts."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from truenas_client import AsyncClient
from truenas_client.aio.profile_login import sign_in
from truenas_client.aio.supervisor import State
from truenas_client.exc import ClientException, ConnectError, MethodNotFound
from truenas_client.methods.risk import classify

from .access import chosen, client_settings, out_of_time, sign_in_for, unconnected
from .exits import CommandError, status_of
from .filling import Given, mask
from .lock import Lock
from .output import is_terminal, say
from .progress import StatusLine, clock_text

if TYPE_CHECKING:
    from truenas_client.storage import Choice

    from .signing import Who

__all__ = ["Transfer", "in_time", "run_async"]

T = TypeVar("T")


def run_async(
    options: Namespace,
    work: Callable[[AsyncClient], Awaitable[T]],
    method: str,
    sent: Given,
    *,
    reconnect: bool = False,
) -> T:
    """Do some work with a connected client, signed in as the options say, once the profile allows the call.

    With ``reconnect`` a lost connection is made again, which is told. Raises `CommandError` as `signed_in` does.
    """
    lock = Lock(options)
    lock.check_name(method, sent.params)
    choice = chosen(options)
    through, who = sign_in_for(options, choice, sent.password)
    client = AsyncClient(reconnect=reconnect, **client_settings(options, choice, through))
    with asyncio.Runner() as runner:
        try:
            if not runner.run(in_time(_enter(client, options, choice, who), options.timeout)):
                what = "sign-in" if client.connected else "connection"
                raise out_of_time(options, client.endpoint, what)

            def call(name: str, *values: Any) -> Any:
                return runner.run(client.call(name, *values))

            lock.check(call, method, sent.params)

            async def working() -> T:
                telling = asyncio.create_task(_tell_states(client))
                try:
                    return await work(client)
                except MethodNotFound as e:
                    raise CommandError(f"There is no method {method} on {client.endpoint.text}", status_of(e)) from e
                except ClientException as e:
                    mask(e, sent.hidden)
                    raise
                finally:
                    telling.cancel()

            try:
                return runner.run(working())
            except KeyboardInterrupt:
                if classify(method) != "read":
                    say(f"Interrupted: {method} may still run.")
                raise
        finally:
            runner.run(client.close())


async def in_time(work: Awaitable[object], seconds: float | None) -> bool:
    """Do something for so many seconds at most (0 or None: for as long as it takes); whether it ended by itself."""
    try:
        async with asyncio.timeout(seconds or None) as clock:
            await work
    except TimeoutError:
        if not clock.expired():
            raise
        return False
    return True


async def _enter(client: AsyncClient, options: Namespace, choice: Choice, who: Who | None) -> None:
    """Connect, and sign in where ``who`` says as whom. Raises `CommandError`."""
    try:
        await client.connect()
    except ConnectError as e:
        raise unconnected(e, choice) from e
    if who is None:
        return
    from .signing import codes_for, refused

    codes = codes_for(who.profile.username, options, old=client.dialect == "ddp")
    try:
        await sign_in(client, who.profile, secret=who.secret, otp_token=codes, said_plain=options.plain)
    except ClientException as e:
        raise refused(e, options, who.profile) from e


async def _tell_states(client: AsyncClient) -> None:
    """Tell that the connection is lost, and that it is there again."""
    lost = False
    async for status in client.states():
        if status.state is State.WAITING and not lost:
            lost = True
            say(f"midclt: {status.reason.error if status.reason else 'The connection is lost'}; connecting again")
        elif status.state is State.READY and lost:
            lost = False
            say("midclt: connected again")


class Transfer:
    """The progress of a transfer as one line on standard error, where that is a terminal."""

    def __init__(self) -> None:
        self._shows = is_terminal(sys.stderr)
        self._began: float | None = None
        self._line = StatusLine()
        self._shown = 0.0

    def at(self, done: int, total: int | None) -> None:
        """So many bytes have gone, of so many."""
        if not self._shows:
            return
        from truenas_client.values.human import human_size

        now = asyncio.get_running_loop().time()
        self._began = self._began if self._began is not None else now
        if now - self._shown < 0.1 and done != total:
            return
        self._shown = now
        passed = now - self._began
        text = human_size(done) + (f" of {human_size(total)}, {done / total:.0%}" if total else "")
        if passed > 1 and done:
            text += f", {human_size(int(done / passed))}/s"
            if total and total > done:
                text += f", about {clock_text(passed * (total - done) / done)} to go"
        self._line.put(text)

    def end(self) -> None:
        """Finish the line."""
        self._line.end()
