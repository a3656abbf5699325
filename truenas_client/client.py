"""`AsyncClient`: a TrueNAS for asyncio programs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self

from . import endpoint as _endpoint
from .auth.flow import Ask, Flow, Login, Request, password_login
from .connection import Connection
from .endpoint import Endpoint
from .events import QUEUE, AsyncSubscription
from .exc import CallTimeout, ClientException, ConnectError, ConnectionLost, MethodNotFound
from .jobs import AsyncJob
from .transport import ConnectLimits, open_websocket

__all__ = ["AsyncClient", "OTPToken"]

OTPToken = str | Callable[[], str | None | Awaitable[str | None]] | None
"""A one-time password, or what asks for one (returning None gives up)."""

LOGIN_SECONDS = 60.0
"""A refused login takes the server seconds, a rate limited one up to ten more."""


class _Unset:
    def __repr__(self) -> str:
        return "<the client's call_timeout>"


_UNSET: Final = _Unset()


class AsyncClient:
    """One connection to a TrueNAS.

    ``uri`` is None for the local socket, or an address as a person writes it
    (``"nas"``, ``"https://nas"``, ``"wss://nas/api/current"``, ``"ws+unix:///path"``).
    ``verify_ssl=False`` takes any certificate. ``call_timeout`` is in seconds, None
    waits forever. ``private_methods`` tells the server that private methods are meant.
    ``on_stage`` is called with the name of each stage of connecting as it succeeds:
    resolve, connect, tls, handshake, hello.

    Use it as ``async with``, or call `connect` and `close`. One object connects once.
    """

    def __init__(
        self,
        uri: str | None = None,
        *,
        verify_ssl: bool = True,
        call_timeout: float | None = 60.0,
        private_methods: bool = False,
        limits: ConnectLimits | None = None,
        on_stage: Callable[[str], None] | None = None,
    ) -> None:
        self.endpoint: Endpoint = _endpoint.parse(uri)
        self._verify_ssl = verify_ssl
        self._call_timeout = call_timeout
        self._private_methods = private_methods
        self._limits = limits
        self._on_stage = on_stage
        self._connection: Connection | None = None
        self._login_lock = asyncio.Lock()

    # -- connecting ----------------------------------------------------------------------

    async def connect(self) -> Self:
        """Connect and set the connection's options.

        Raises `ConnectError` and its subclasses, each also the builtin that fits.
        Cancelling closes what was opened.
        """
        if self._connection is not None:
            raise ClientException("This client has been connected already: make a new one")
        websocket = await open_websocket(
            self.endpoint, verify_ssl=self._verify_ssl, limits=self._limits, on_stage=self._on_stage
        )
        connection = self._connection = Connection(websocket)
        try:
            await self._hello(connection)
        except BaseException:
            await connection.close()
            raise
        if self._on_stage is not None:
            self._on_stage("hello")
        # The local socket is signed in by the peer's user id before the first message.
        connection.signed_in = self.endpoint.socket is not None
        return self

    async def _hello(self, connection: Connection) -> None:
        method, params = connection.dialect.options(private_methods=self._private_methods)
        try:
            connection.dialect.options_answered(await connection.call(method, params, 30.0))
        except MethodNotFound:
            connection.dialect.options_answered(None)
        except CallTimeout as e:
            raise ConnectError(f"{self.endpoint.text}: connected, but the API does not answer", "hello") from e
        except ConnectionLost as e:
            if e.code == 1008:
                raise ConnectError(
                    f"{self.endpoint.text}: this address is not on the server's allow list", "hello"
                ) from e
            raise ConnectError(f"{self.endpoint.text}: {e.error}", "hello") from e

    async def close(self) -> None:
        """Close the connection; calls that wait fail with `ConnectionLost`. Twice is fine."""
        if self._connection is not None:
            await self._connection.close()

    async def wait_closed(self) -> ConnectionLost | None:
        """Wait until the connection is over. None: we closed it; else what ended it."""
        return await self._live().wait_ended()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._connection is not None and self._connection.lost is None

    @property
    def signed_in(self) -> bool:
        """Whether a login has succeeded on this connection (the local socket counts as signed in)."""
        return self._connection is not None and self._connection.signed_in

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- calling -------------------------------------------------------------------------

    async def call(self, method: str, *params: Any, timeout: float | None | _Unset = _UNSET) -> Any:
        """Call a method and return its result.

        ``timeout`` in seconds covers waiting for a slot and for the answer; None waits
        forever. Raises what the server says (`ValidationErrors`, `MethodNotFound`,
        `NotAuthenticated`, ..., else `ClientException`), `CallTimeout`, `ConnectionLost`,
        and `PayloadTooLarge` before anything is sent. Cancelling stops waiting; the
        server works on, and the call's slot stays taken until it answers.
        """
        return await self._live().call(method, params, self._timeout(timeout))

    async def start(self, method: str, *params: Any, timeout: float | None | _Unset = _UNSET) -> AsyncJob:
        """Start a job and return it once the server has announced it.

        ``timeout`` is how long the announcement may take. Raises what `call` raises, and
        `NotAJob` (the value is in ``.result``) when the method answered as a plain call.
        """
        return await self._live().start(method, params, self._timeout(timeout))

    def subscribe(self, name: str, *, queue: int = QUEUE) -> AsyncSubscription:
        """A subscription to an event, to be opened by ``async with``.

        ``name`` may carry arguments (``reporting.realtime:{"interval": 2}``) or be ``*``.
        ``queue`` is how many events wait for a slow consumer before the oldest are
        dropped, counted and shown as a `Gap`.
        """
        return self._live().subscription(name, queue=queue)

    async def ping(self, timeout: float = 10.0) -> float:
        """Seconds of a round trip, by a WebSocket ping: needs neither login nor a call slot."""
        return await self._live().ping(timeout)

    # -- signing in ----------------------------------------------------------------------

    async def login_with_password(self, username: str, password: str, otp_token: OTPToken = None) -> Login:
        """Sign in with a password.

        ``otp_token`` is a one-time password or a function (plain or async) that asks for
        one; it is asked again after a wrong one, until it returns None. Raises
        `InvalidCredentials`, `OTPRequired`, `CredentialsExpired`, `AccessDenied`,
        `RedirectRequired`, `RateLimited`. One login runs at a time; none is repeated.
        """
        return await self._sign_in(password_login(username, password), otp_token)

    async def _sign_in(self, flow: Flow, otp_token: OTPToken) -> Login:
        connection = self._live()
        async with self._login_lock:
            answer: Any = None
            failure: ClientException | None = None
            while True:
                try:
                    step = flow.throw(failure) if failure is not None else flow.send(answer)
                except StopIteration as done:
                    connection.signed_in = True
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

    # -- inside --------------------------------------------------------------------------

    def _live(self) -> Connection:
        if self._connection is None:
            raise ClientException("Not connected: use `async with AsyncClient(...)` or await connect() first")
        return self._connection

    def _timeout(self, timeout: float | None | _Unset) -> float | None:
        return self._call_timeout if isinstance(timeout, _Unset) else timeout

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<AsyncClient {self.endpoint.text} {state}>"


async def _one_time_password(ask: Ask, token: OTPToken) -> str | None:
    if callable(token):
        given = token()
        return await given if inspect.isawaitable(given) else given
    # A fixed token that was refused once would be refused again.
    return None if ask.refused else token
