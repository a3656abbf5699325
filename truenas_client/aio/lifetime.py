"""The parts of a client that outlive a connection: supervisor, subscriptions, jobs and logins. Calls are repeated here.

Invariants: a call that had left and may have changed something is never sent again (`engine.retry`); the caller's time
limit holds over all attempts together; a call renews an expired session at most once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

from ..auth.channel import Channel
from ..auth.flow import Login
from ..auth.ways import Way
from ..engine.retry import Chance, chance_of
from ..exc import AuthenticationError, CallTimeout, ClientException, ConnectionLost, NotAuthenticated, OTPRequired
from ..methods.risk import classify
from .connecting import Dialer
from .connection import Connection
from .events import Subscriptions
from .jobs import AsyncJob, JobTable
from .signin import OTPToken, SignIn
from .supervisor import Supervisor

__all__ = ["Lifetime"]


class Lifetime:
    """The parts behind one client. ``ask_for_login`` signs in when a new connection needs it and no login is kept."""

    def __init__(
        self,
        dialer: Dialer,
        *,
        reconnect: bool,
        hold_unsent: bool,
        ask_for_login: Callable[[], Awaitable[Any]] | None,
        warn: Callable[[str], None],
    ) -> None:
        self.dialer = dialer
        self._reconnect, self._hold_unsent = reconnect, hold_unsent
        self._ask_for_login = ask_for_login
        self.supervisor = Supervisor(self._open, self._resume, self._lost, self._finished, reconnect=reconnect)
        self.subscriptions = Subscriptions(self.supervisor, self._renewed)
        self.jobs = JobTable(self.supervisor, self.subscriptions, reconnect=reconnect, hold_unsent=hold_unsent)
        self.logins = SignIn(self._channel, warn)

    @property
    def connection(self) -> Connection:
        """The present connection, or the last one. Raises `ClientException` before the first."""
        connection = self.supervisor.connection
        if connection is None:
            raise ClientException("Not connected: use `async with AsyncClient(...)` or await connect() first")
        return connection

    async def call(self, method: str, params: Sequence[Any], timeout: float | None, repeat: bool | None) -> Any:
        """Make a call. Send it again on the next connection where `retry.chance_of` allows that."""
        since, connection = monotonic(), self.connection
        if connection.lost is not None or not self.supervisor.settled:
            if not self._hold_unsent:
                self.supervisor.present()
            connection = await self._next(method, timeout, since)
        may_renew = True
        while True:
            self.jobs.expect(connection, method)
            try:
                result = await connection.call(method, params, timeout, since=since)
            except (ConnectionLost, NotAuthenticated) as e:
                chance = self._chance(e, method, repeat)
                if chance is Chance.DONE:
                    return None
                if chance is Chance.NEXT:
                    connection = await self._next(method, timeout, since)
                elif chance is Chance.SIGN_IN and may_renew and await self._renewed(connection):
                    may_renew = False
                else:
                    raise
            else:
                if method.startswith("auth."):
                    self.logins.observe(method, result)
                return result

    async def relay(self, method: str, params: Sequence[Any], message_id: str) -> Any:
        """Send a call of another program under its own id, and return the answer. Sign in again when it has expired."""
        connection = self.supervisor.present()
        try:
            return await connection.call(method, params, None, message_id=message_id, starts_job=True)
        except NotAuthenticated:
            if not await self._renewed(connection):
                raise
        return await connection.call(method, params, None, message_id=message_id, starts_job=True)

    async def start(self, method: str, params: Sequence[Any], timeout: float | None) -> AsyncJob:
        """Start a job. When the session has expired, sign in again and start it once more."""
        connection = self.connection
        try:
            return await self.jobs.start(method, params, timeout)
        except NotAuthenticated:
            if not await self._renewed(connection):
                raise
            return await self.jobs.start(method, params, timeout)

    async def sign_in(self, way: Way, otp_token: OTPToken) -> Login:
        """Sign in, and keep the login for later connections."""
        connection = self.connection
        # A new connection takes logins before it is ready, because `ask_for_login` has to send one.
        if connection.lost is not None:
            connection = await self.supervisor.ready()
        return await self.logins.first(connection, way, otp_token)

    def _channel(self, connection: Connection) -> Channel:
        approach = self.dialer.approach
        return Channel.of(approach.endpoint, connection.certificate, fell_back=approach.fell_back)

    def _chance(self, error: ClientException, method: str, repeat: bool | None) -> Chance:
        return chance_of(
            error,
            method,
            repeat=classify(method) == "read" if repeat is None else repeat,
            reconnect=self._reconnect,
            hold_unsent=self._hold_unsent,
        )

    async def _next(self, method: str, timeout: float | None, since: float) -> Connection:
        """Wait for the next connection, within the time that the caller gave for the whole call."""
        try:
            async with asyncio.timeout_at(None if timeout is None else since + timeout):
                return await self.supervisor.ready()
        except TimeoutError:
            raise CallTimeout(f"{method}: no answer in {timeout:g} s, the connection was lost meanwhile") from None

    async def _renewed(self, connection: Connection) -> bool:
        """Sign in again after the session expired. False: the connection was not signed in, or no login is kept."""
        if not connection.signed_in or not self.logins.kept:
            return False
        if await self.logins.renew(connection):
            await self.subscriptions.renew_login(connection)
        return True

    # -- what the supervisor calls -------------------------------------------------------

    async def _open(self) -> Connection:
        return await self.dialer.open(self.subscriptions)

    async def _resume(self, connection: Connection) -> None:
        if not connection.signed_in:
            await self._sign_in_again(connection)
        await self.subscriptions.renew(connection)
        await self.jobs.resume(connection)

    async def _sign_in_again(self, connection: Connection) -> None:
        if self.logins.kept:
            try:
                await self.logins.again(connection)
                return
            except OTPRequired:
                # The one-time password of the first login is used up.
                if self._ask_for_login is None:
                    raise
        if self._ask_for_login is not None:
            try:
                await self._ask_for_login()
            except ClientException:
                raise
            except Exception as e:
                raise AuthenticationError(f"on_login_needed failed ({type(e).__name__})") from e

    def _lost(self, lost: ConnectionLost) -> None:
        self.subscriptions.lost()
        self.jobs.lost(lost)

    def _finished(self, error: ClientException) -> None:
        self.subscriptions.finish(None if self.supervisor.closed else error)
        self.jobs.finish(error)
        self.logins.close()
