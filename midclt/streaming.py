"""The commands that stream files or run jobs of many pieces: they run on the async client, which has those parts."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from truenas_client import AsyncClient
from truenas_client.aio.profile_login import sign_in
from truenas_client.aio.supervisor import State
from truenas_client.exc import ClientException, ConnectError, MethodNotFound
from truenas_client.methods.risk import classify
from truenas_client.secrets.value import Secret

from .access import call_timeout, chosen, unconnected, way_through_agent, who_signs_in_here
from .exits import CommandError, ExitStatus, status_of
from .lock import Lock
from .output import is_terminal, say, warn
from .progress import clock_text

__all__ = ["Transfer", "run_async"]

T = TypeVar("T")


def run_async(
    options: Namespace,
    work: Callable[[AsyncClient], Awaitable[T]],
    *,
    method: str,
    params: list[Any],
    secret: Secret | None = None,
    reconnect: bool = False,
) -> T:
    """Do some work with a connected client, signed in as the options say, once the profile allows the call.

    With ``reconnect`` a lost connection is made again, which is told. Raises `CommandError` as `signed_in` does.
    """
    lock = Lock(options)
    lock.check_name(method, params)
    choice = chosen(options)
    through = way_through_agent(options, choice, secret)
    who = None if through is not None else who_signs_in_here(options, choice, secret)
    address, *others = choice.addresses if through is None else (through.address,)
    client = AsyncClient(
        address,
        tls=choice.tls,
        also=[other for other in others if other is not None],
        call_timeout=call_timeout(options),
        reconnect=reconnect,
        on_warning=warn,
        through=through,
    )
    with asyncio.Runner() as runner:
        try:
            runner.run(_in_time(client.connect(), options, f"{client.endpoint.text}: no connection"))
        except ConnectError as e:
            raise unconnected(e, choice) from e
        try:
            if who is not None:
                from .signing import codes_for, refused

                codes = codes_for(who.profile.username, options, old=client.dialect == "ddp")
                login = sign_in(client, who.profile, secret=who.secret, otp_token=codes, said_plain=options.plain)
                try:
                    runner.run(_in_time(login, options, f"{client.endpoint.text}: no sign-in"))
                except ClientException as e:
                    raise refused(e, options, who.profile) from e

            def call(name: str, *values: Any, timeout: float | None = None) -> Any:
                return runner.run(client.call(name, *values, timeout=timeout))

            lock.check(call, method, params, call_timeout(options))

            async def working() -> T:
                telling = asyncio.create_task(_tell_states(client))
                try:
                    return await work(client)
                except MethodNotFound as e:
                    raise CommandError(f"There is no method {method} on {client.endpoint.text}", status_of(e)) from e
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


async def _in_time(work: Awaitable[T], options: Namespace, words: str) -> T:
    """Do something within the time of ``-t``, if there is one. Raises `CommandError`."""
    try:
        async with asyncio.timeout(options.timeout or None) as clock:
            return await work
    except TimeoutError as e:
        if not clock.expired():
            raise
        raise CommandError(f"{words} within {options.timeout:g} s", ExitStatus.CONNECTION) from e


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
        self._length = 0
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
        sys.stderr.write("\r" + text.ljust(self._length))
        sys.stderr.flush()
        self._length = len(text)

    def end(self) -> None:
        """Finish the line."""
        if self._length:
            sys.stderr.write("\n")
            sys.stderr.flush()
            self._length = 0
