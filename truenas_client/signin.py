"""Running the login flows on a connection, and again on the next one.

Invariants: one login runs at a time; one that was refused is never run again by
itself; what a login was made with is kept in memory only, for the connections to
come, and only once it has succeeded.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from .auth.flow import Flow, Login, OTPRequest, Request
from .connection import Connection
from .exc import ClientException

__all__ = ["OTPToken", "SignIn"]

OTPToken = str | Callable[[], str | None | Awaitable[str | None]] | None
"""A one-time password, or what asks for one (returning None gives up)."""

LOGIN_SECONDS = 60.0
"""A refused login takes the server seconds, a rate limited one up to ten more."""


class SignIn:
    """The logins of one client."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._kept: Callable[[Connection], Awaitable[Login]] | None = None
        self._count = 0

    @property
    def kept(self) -> bool:
        """Whether a new connection can be signed in without asking anybody."""
        return self._kept is not None

    async def first(self, connection: Connection, flow: Callable[[], Flow], otp_token: OTPToken) -> Login:
        """Sign in, and keep what it was done with. Raises `AuthenticationError` and its subclasses."""

        async def run(connection: Connection) -> Login:
            return await self._run(flow(), connection, otp_token)

        async with self._lock:
            login = await run(connection)
        self._kept = run
        return login

    async def again(self, connection: Connection) -> None:
        """Sign a connection in with what was kept."""
        if self._kept is not None:
            async with self._lock:
                await self._kept(connection)

    async def renew(self, connection: Connection) -> None:
        """Sign in again because the session ran out: once for all the calls that found out."""
        count = self._count
        async with self._lock:
            if self._count == count and self._kept is not None:
                await self._kept(connection)

    def forget(self, connection: Connection) -> None:
        """The user signed out: nothing signs in again by itself."""
        self._kept = None
        connection.signed_in = False

    async def _run(self, flow: Flow, connection: Connection, otp_token: OTPToken) -> Login:
        answer: Any = None
        failure: ClientException | None = None
        while True:
            try:
                step = flow.throw(failure) if failure is not None else flow.send(answer)
            except StopIteration as done:
                connection.signed_in = True
                self._count += 1
                login: Login = done.value
                return login
            failure = None
            if isinstance(step, Request):
                try:
                    answer = await connection.call(step.method, step.params, LOGIN_SECONDS)
                except ClientException as e:
                    failure = e
            else:
                answer = await _one_time_password(step, otp_token)


async def _one_time_password(ask: OTPRequest, token: OTPToken) -> str | None:
    if callable(token):
        given = token()
        return await given if inspect.isawaitable(given) else given
    # A fixed token that was refused once would be refused again.
    return None if ask.refused else token
