"""Run the login flows on a connection, and repeat the login on the next one.

Invariants: one login runs at a time; a refused login is never repeated without the
caller; only a successful login is kept, in memory, for later connections; a connection
to a server that did not prove itself is closed.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any

from ..auth.budget import LOGIN_SECONDS, budget_of, wait_words
from ..auth.channel import Channel
from ..auth.flow import Derivation, Flow, Login, OTPRequest, Request, reconnect_login, without_gaps
from ..auth.keytext import ApiKey
from ..auth.scram import Keys, derive, new_nonce
from ..auth.signs import signs_in
from ..auth.ways import Way
from ..engine.driven import Driven
from ..exc import ClientException, InvalidCredentials, RateLimited, ServerSignatureError
from ..secrets.logs import log
from ..storage import key_files
from .connection import Connection

__all__ = ["OTPToken", "SignIn", "read_key"]


OTPToken = str | Callable[[], str | None | Awaitable[str | None]] | None
"""A one-time password, or a function that asks for one; it returns None to give up."""

REFRESH_SECONDS = 420.0
"""Age at which a reconnect token is exchanged for the next. The server ends it after 600 s (documented default)."""

_KEYS_KEPT = 16
"""The most derived keys of one client. A server has one salt for each key; only a hostile one sends many."""


async def read_key(key_or_path: str | os.PathLike[str], warn: Callable[[str], None]) -> ApiKey:
    """Read an API key from a text or a file. A file is read in a thread. Raises `InvalidKeyFile`."""
    if not key_files.is_path(key_or_path):
        return key_files.load(key_or_path)
    warnings: list[str] = []
    key = await asyncio.to_thread(key_files.load, key_or_path, warnings.append)
    for text in warnings:
        warn(text)
    return key


class SignIn:
    """The logins of one client.

    ``channel`` describes the way to the server that a connection takes. ``warn`` is called with texts for the user.
    """

    def __init__(self, channel: Callable[[Connection], Channel], warn: Callable[[str], None]) -> None:
        self._channel, self._warn = channel, warn
        self._lock = asyncio.Lock()
        self.waits_until = 0.0
        """Until when the present login waits for the server's rate limit, by the loop's clock."""
        self._kept: Callable[[Connection], Awaitable[Login]] | None = None
        self._count = 0
        self._derived: dict[Derivation, Keys] = {}
        self._ticket: Login | None = None
        self._refresh: asyncio.TimerHandle | None = None
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def kept(self) -> bool:
        """Whether a new connection can be signed in without asking the user."""
        return self._kept is not None

    async def first(self, connection: Connection, way: Way, otp_token: OTPToken) -> Login:
        """Sign in, and keep the login for later connections. Raises `AuthenticationError` and its subclasses."""
        token = otp_token

        async def run(connection: Connection) -> Login:
            flow = way.flow(self._channel(connection), new_nonce, self._warn)
            return await self._run(flow, connection, token)

        async with self._lock:
            self._set_ticket(None)
            login = await run(connection)
            self._renewable(connection, login)
        # A given one-time password is used up now, but a function can ask for another.
        token = otp_token if callable(otp_token) else None
        self._kept = run
        return login

    async def again(self, connection: Connection) -> None:
        """Sign a new connection in with the kept login."""
        if self._kept is not None:
            async with self._lock:
                await self._repeat(connection)

    async def renew(self, connection: Connection) -> bool:
        """Sign in again because the session expired: once for all calls that were refused for that. True: just now."""
        count = self._count
        async with self._lock:
            if self._count != count or self._kept is None:
                return False
            await self._repeat(connection)
            return True

    def observe(self, method: str, answer: Any) -> None:
        """Note a login or logout that the caller made by an ordinary call.

        Its secret is not known here, and the kept login may be that of another user. So the kept login is dropped.
        """
        if method == "auth.logout" or signs_in(method, answer):
            self.forget()

    def forget(self) -> None:
        """Drop the kept login: the user signed out, or signed in as another user."""
        self._kept = None
        self._derived.clear()
        self._set_ticket(None)

    def close(self) -> None:
        """Stop refreshing the reconnect token: the client is over."""
        self._set_ticket(None)
        if self._refreshing is not None:
            self._refreshing.cancel()

    # -- again without the secret --------------------------------------------------------

    async def _repeat(self, connection: Connection) -> None:
        assert self._kept is not None
        if not await self._use_ticket(connection):
            self._renewable(connection, await self._kept(connection))

    async def _use_ticket(self, connection: Connection) -> bool:
        """Sign in with the reconnect token. False: there is none, or the server refused it."""
        ticket, self._ticket = self._ticket, None  # it is single-use (recorded: flow reconnect_token)
        if ticket is None or ticket.reconnect_token is None or self._channel(connection).readable:
            return False
        try:
            login = await self._run(reconnect_login(ticket.reconnect_token, ticket.username), connection, None)
        except InvalidCredentials:
            return False
        self._renewable(connection, login)
        return True

    def _renewable(self, connection: Connection, login: Login) -> None:
        """Keep the reconnect token of a login, and plan its exchange for the next."""
        self._set_ticket(login if login.reconnect_token is not None else None)
        if self._ticket is not None:
            loop = asyncio.get_running_loop()
            self._refresh = loop.call_later(REFRESH_SECONDS, self._start_refresh, connection)

    def _set_ticket(self, ticket: Login | None) -> None:
        self._ticket = ticket
        if self._refresh is not None:
            self._refresh.cancel()
            self._refresh = None

    def _start_refresh(self, connection: Connection) -> None:
        self._refreshing = asyncio.get_running_loop().create_task(self._exchange_ticket(connection))

    async def _exchange_ticket(self, connection: Connection) -> None:
        try:
            async with self._lock:
                if connection.lost is None and connection.signed_in and not await self._use_ticket(connection):
                    log.info("the token for reconnecting was not renewed: a lost connection will need a login")
        except ClientException as e:
            log.info("the token for reconnecting was not renewed: %s", e.error)

    # -- one flow ------------------------------------------------------------------------

    async def _run(self, flow: Flow, connection: Connection, otp_token: OTPToken) -> Login:
        steps = Driven(flow)
        try:
            for step in steps:
                if isinstance(step, Request):
                    try:
                        steps.answer = await self._call(step, connection)
                    except ClientException as e:
                        steps.failure = e
                elif isinstance(step, Derivation):
                    steps.answer = await self._derive(step)
                else:
                    steps.answer = await _one_time_password(step, otp_token)
        except ServerSignatureError:
            connection.sign(False)
            await connection.close()
            raise
        connection.sign(True)
        self._count += 1
        return steps.result

    async def _call(self, step: Request, connection: Connection) -> Any:
        channel = self._channel(connection)
        budget = budget_of(channel)
        if budget is None or connection.signed_in:
            return await connection.call(step.method, step.params, LOGIN_SECONDS)
        loop = asyncio.get_running_loop()
        pause = budget.wait(loop.time(), step.method, step.calls)
        if pause > 0:
            self._warn(wait_words(channel, pause))
            self.waits_until = loop.time() + pause
            await asyncio.sleep(pause)
        budget.sent(loop.time(), step.method)
        try:
            return await connection.call(step.method, step.params, LOGIN_SECONDS)
        except RateLimited as e:
            budget.refused(loop.time(), e.retry_after)
            raise

    async def _derive(self, step: Derivation) -> Keys:
        keys = self._derived.get(step)
        if keys is None:
            keys = await asyncio.to_thread(derive, step.secret, step.salt, step.iterations)
            while len(self._derived) >= _KEYS_KEPT:
                del self._derived[next(iter(self._derived))]
            self._derived[step] = keys
        return keys


async def _one_time_password(ask: OTPRequest, token: OTPToken) -> str | None:
    if callable(token):
        given = token()
        return without_gaps(await given if inspect.isawaitable(given) else given)
    # The server would refuse a fixed token a second time.
    return None if ask.refused else without_gaps(token)
