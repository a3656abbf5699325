"""`AsyncClient`: a TrueNAS for asyncio programs."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from . import endpoint as _endpoint
from .auth.flow import Flow, Login, password_login, token_login
from .connection import Connection
from .endpoint import Endpoint
from .events import QUEUE, AsyncSubscription, Event, Overflow, record_key
from .exc import (
    AuthenticationError,
    CallTimeout,
    ClientException,
    ConnectError,
    ConnectionLost,
    HandshakeRejected,
    MethodNotFound,
    NotAuthenticated,
)
from .jobs import AsyncJob
from .jobtable import JOB_EVENTS, JobTable
from .persistence import Persistence
from .protocol.ddp import DDP
from .protocol.dialect import Dialect
from .protocol.jsonrpc import JSONRPC
from .protocol.messages import Ended, Update
from .signin import OTPToken, SignIn
from .subscriptions import Subscriptions
from .supervisor import Status, Supervisor
from .transport import ConnectLimits, open_socket, open_websocket, tls_context

if TYPE_CHECKING:
    from .bulk import BulkResult
    from .files import Downloaded, Progress, Source
    from .live import LiveQuery

__all__ = ["AsyncClient", "OTPToken"]


class _Unset:
    def __repr__(self) -> str:
        return "<the client's call_timeout>"


_UNSET: Final = _Unset()


class AsyncClient:
    """A TrueNAS, reached over one connection at a time.

    ``uri`` is None for the local socket, or an address as a person writes it
    (``"nas"``, ``"https://nas"``, ``"wss://nas/api/current"``, ``"ws+unix:///path"``). An
    address that names no path falls back to the old protocol where ``/api/current`` is
    not there (24.10 and earlier); one ending in ``/websocket`` asks for it.
    ``verify_ssl=False`` takes any certificate. ``call_timeout`` is in seconds, None
    waits forever. ``private_methods`` tells the server that private methods are meant.

    With ``reconnect`` a lost connection is made again, the login repeated with what it
    was made with, subscriptions renewed (each shows a `Gap`) and running jobs found
    again. Calls that only read are sent again, calls that had not left are sent then;
    a write that had left fails with `ConnectionLost`, because it may have run.

    ``on_stage`` is called with the name of each stage of connecting as it succeeds:
    resolve, connect, tls, handshake, hello. ``on_login_needed`` is awaited, with the
    client, when a new connection needs a login and none was kept; it signs in by the
    client's login methods (calls wait until it has returned), and what it raises is final.

    Use it as ``async with``, or call `connect` and `close`. One object connects once.
    """

    def __init__(
        self,
        uri: str | None = None,
        *,
        verify_ssl: bool = True,
        call_timeout: float | None = 60.0,
        private_methods: bool = False,
        reconnect: bool = True,
        limits: ConnectLimits | None = None,
        on_stage: Callable[[str], None] | None = None,
        on_login_needed: Callable[[AsyncClient], Awaitable[Any]] | None = None,
    ) -> None:
        self.endpoint: Endpoint = _endpoint.parse(uri)
        self._may_fall_back = _endpoint.names_no_path(uri)
        self._verify_ssl = verify_ssl
        self._call_timeout = call_timeout
        self._private_methods = private_methods
        self._limits = limits or ConnectLimits()
        self._on_stage = on_stage
        self._on_login_needed = on_login_needed
        self._supervisor = Supervisor(self._open, self._resume, self._lost, self._finished, reconnect=reconnect)
        self._subscriptions = Subscriptions(self._supervisor.ready, lambda: self._supervisor.connection)
        self._jobs = JobTable(self._supervisor.ready, self._watch_jobs, reconnect=reconnect)
        self._job_events = self.subscribe(JOB_EVENTS, queue=1)
        self._logins = SignIn()
        self._persistence = Persistence(self._supervisor, self._logins, reconnect=reconnect)

    # -- connecting ----------------------------------------------------------------------

    async def connect(self) -> Self:
        """Connect and set the connection's options.

        Raises `ConnectError` and its subclasses, each also the builtin that fits; the
        first connection is tried once. Cancelling closes what was opened.
        """
        if self._supervisor.connection is not None or self._supervisor.over:
            raise ClientException("This client has been connected already: make a new one")
        await self._supervisor.start()
        return self

    async def _open(self) -> Connection:
        """Open, greet, set options: a connection that waits for its login."""
        try:
            return await self._open_at(self.endpoint)
        except HandshakeRejected as e:
            if e.status_code != 404 or not self._may_fall_back:
                raise
            older = _endpoint.with_path(self.endpoint, _endpoint.LEGACY_PATH)
            try:
                connection = await self._open_at(older)
            except HandshakeRejected:
                raise e from None  # neither is there: what was asked for is the better story
        self.endpoint, self._may_fall_back = older, False
        return connection

    async def _open_at(self, endpoint: Endpoint) -> Connection:
        websocket = await open_websocket(
            endpoint, verify_ssl=self._verify_ssl, limits=self._limits, on_stage=self._on_stage
        )
        dialect: Dialect = DDP() if endpoint.is_legacy else JSONRPC()
        connection = Connection(websocket, dialect, self)
        try:
            await self._hello(connection, endpoint)
        except BaseException:
            await connection.close()
            raise
        if self._on_stage is not None:
            self._on_stage("hello")
        # The local socket is signed in by the peer's user id before the first message.
        connection.signed_in = endpoint.socket is not None
        return connection

    async def _hello(self, connection: Connection, endpoint: Endpoint) -> None:
        dialect, timeout = connection.dialect, self._limits.hello
        try:
            await connection.greet(timeout)
            options = dialect.options(private_methods=self._private_methods)
            if options is not None:
                dialect.options_answered(await connection.call(*options, timeout))
        except MethodNotFound:
            dialect.options_answered(None)
        except CallTimeout as e:
            raise ConnectError(f"{endpoint.text}: connected, but the API does not answer", "hello") from e
        except ConnectionLost as e:
            if e.code == 1008:
                text = f"{endpoint.text}: this machine is not on the server's allow list"
                raise ConnectError(text, "allowed") from e
            raise ConnectError(f"{endpoint.text}: {e.error}", "hello") from e

    async def close(self) -> None:
        """Close for good; what waits fails with `ConnectionLost`. Twice is fine."""
        await self._supervisor.close()

    async def wait_closed(self) -> ClientException | None:
        """Wait until there will be no connection any more. None: we closed it; else why."""
        return await self._supervisor.wait_over()

    def states(self) -> AsyncIterator[Status]:
        """The present `Status` and each later one; ends with CLOSED or FAILED."""
        return self._supervisor.watch()

    @property
    def status(self) -> Status:
        """The present state of the connection."""
        return self._supervisor.status

    def reconnect_now(self) -> None:
        """Cut the pause before the next attempt short."""
        self._supervisor.hurry()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        connection = self._supervisor.connection
        return connection is not None and connection.lost is None

    @property
    def signed_in(self) -> bool:
        """Whether a login has succeeded on this connection (the local socket counts as signed in)."""
        connection = self._supervisor.connection
        return connection is not None and connection.signed_in

    @property
    def dialect(self) -> str:
        """``jsonrpc`` or ``ddp`` (the old protocol)."""
        return "ddp" if self.endpoint.is_legacy else "jsonrpc"

    @property
    def waiting(self) -> int:
        """Calls and job starts that wait here for a slot, because the server runs ten at a time."""
        connection = self._supervisor.connection
        return connection.ledger.queued if connection is not None else 0

    @property
    def new_style_jobs(self) -> bool:
        """Whether the server answers a job call when the job ends (25.10 and later), not with its number."""
        connection = self._supervisor.connection
        return connection is not None and connection.dialect.new_style_jobs

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- calling -------------------------------------------------------------------------

    async def call(
        self, method: str, *params: Any, timeout: float | None | _Unset = _UNSET, repeat: bool | None = None
    ) -> Any:
        """Call a method and return its result.

        ``timeout`` in seconds covers waiting for a connection, for a slot and for the
        answer; None waits forever. ``repeat`` says whether the call may be sent again when
        the connection was lost before its answer; unless given, calls that only read are.

        Raises what the server says (`ValidationErrors`, `MethodNotFound`,
        `NotAuthenticated`, ..., else `ClientException`), `CallTimeout`, `ConnectionLost`,
        and `PayloadTooLarge` before anything is sent. Cancelling stops waiting; the
        server works on, and the call's slot stays taken until it answers.
        """
        seconds = self._timeout(timeout)
        connection = self._connection()
        if connection.lost is None and self._supervisor.settled:
            began = monotonic()
            try:
                result = await connection.call(method, params, seconds)
            except (ConnectionLost, NotAuthenticated) as e:
                left = None if seconds is None else seconds - (monotonic() - began)
                return await self._persistence.once_more(connection, e, method, params, left, repeat)
            if method == "auth.logout":
                self._logins.forget(connection)
            return result
        return await self._persistence.wait_and_call(method, params, seconds, repeat)

    async def start(self, method: str, *params: Any, timeout: float | None | _Unset = _UNSET) -> AsyncJob:
        """Start a job and return it once the server has announced it.

        ``timeout`` is how long the announcement may take. Raises what `call` raises, and
        `NotAJob` (the value is in ``.result``) when the method answered as a plain call.
        """
        connection, seconds = self._connection(), self._timeout(timeout)
        try:
            return await self._jobs.start(method, params, seconds)
        except NotAuthenticated:
            if not await self._persistence.renewed(connection):
                raise
            return await self._jobs.start(method, params, seconds)

    def subscribe(
        self,
        name: str,
        *,
        queue: int = QUEUE,
        overflow: Overflow = "drop",
        key: Callable[[Event], Hashable] = record_key,
    ) -> AsyncSubscription:
        """A subscription to an event, to be opened by ``async with``.

        ``name`` may carry arguments (``reporting.realtime:{"interval": 2}``) or be ``*``.
        ``queue`` is how many events wait for a slow consumer; ``overflow`` says what
        happens then: ``drop`` the oldest, counted and shown as a `Gap`; ``coalesce``, keeping
        only the newest event of each ``key``; or ``end`` the subscription.
        """
        return AsyncSubscription(
            name, self._subscriptions.open, self._subscriptions.close, queue=queue, overflow=overflow, key=key
        )

    async def follow(self, job_id: int, method: str, *params: Any) -> AsyncJob:
        """Watch a job that another session or way started, by its number.

        Raises what asking ``core.get_jobs`` raises. When the number turns out to be other work than
        this method with these arguments, or nothing, the job's outcome is `JobLost`.
        """
        self._connection()
        return await self._jobs.follow(job_id, method, params)

    async def open_http(self) -> tuple[socket.socket, ssl.SSLContext | None]:
        """A new connection to the same server for HTTP, and the TLS it is to be wrapped in (None: none)."""
        sock = await open_socket(self.endpoint, limits=self._limits)
        return sock, tls_context(self._verify_ssl) if self.endpoint.is_tls else None

    async def download(
        self,
        method: str,
        params: Sequence[Any],
        filename: str,
        *,
        to: str | os.PathLike[str] | BinaryIO | None = None,
        buffered: bool = False,
        overwrite: bool = False,
        progress: Progress | None = None,
        timeout: float | None = 600.0,
    ) -> Downloaded:
        """Run a job that writes a file and fetch what it writes: see `files.download`."""
        from .files import download

        options: dict[str, Any] = {"to": to, "buffered": buffered, "overwrite": overwrite}
        return await download(self, method, params, filename, **options, progress=progress, timeout=timeout)

    async def upload(
        self,
        method: str,
        params: Sequence[Any],
        *files: Source,
        progress: Progress | None = None,
        timeout: float | None = 600.0,
    ) -> AsyncJob:
        """Start a job that reads files and send it one to five of them: see `files.upload`."""
        from .files import upload

        return await upload(self, method, params, *files, progress=progress, timeout=timeout)

    def live(
        self,
        method: str,
        filters: Sequence[Any] = (),
        options: Mapping[str, Any] | None = None,
        *,
        event: str | None = None,
        key: str = "id",
    ) -> LiveQuery:
        """A query kept current by events, to be opened by ``async with``: see `live.LiveQuery`."""
        from .live import LiveQuery

        return LiveQuery(self, method, filters, options, event=event, key=key)

    async def bulk(
        self, method: str, items: Iterable[Sequence[Any]], description: str | None = None
    ) -> list[BulkResult]:
        """Call a method once for each list of arguments, as jobs of the server: see `bulk.bulk`."""
        from .bulk import bulk

        return await bulk(self, method, items, description)

    async def ping(self, timeout: float = 10.0) -> float:
        """Seconds of a round trip, by a WebSocket ping: needs neither login nor a call slot."""
        self._connection()
        return await (await self._supervisor.ready()).ping(timeout)

    # -- signing in ----------------------------------------------------------------------

    async def login_with_password(self, username: str, password: str, otp_token: OTPToken = None) -> Login:
        """Sign in with a password.

        ``otp_token`` is a one-time password or a function (plain or async) that asks for
        one; it is asked again after a wrong one, until it returns None. Raises
        `InvalidCredentials`, `OTPRequired`, `CredentialsExpired`, `AccessDenied`,
        `RedirectRequired`, `RateLimited`. One login runs at a time; a refused one is
        never repeated. What succeeded is kept in memory for later connections.
        """
        return await self._sign_in(
            lambda: password_login(username, password, legacy=self.endpoint.is_legacy), otp_token
        )

    async def login_with_token(self, token: str) -> Login:
        """Sign in with a token of ``auth.generate_token``. It is kept as a password is."""
        return await self._sign_in(lambda: token_login(token, legacy=self.endpoint.is_legacy), None)

    async def _sign_in(self, flow: Callable[[], Flow], otp_token: OTPToken) -> Login:
        connection = self._connection()
        # While a new connection is being made it takes logins already: `on_login_needed` sends one.
        if connection.lost is not None:
            connection = await self._supervisor.ready()
        return await self._logins.first(connection, flow, otp_token)

    # -- what the supervisor and the reader ask ------------------------------------------

    async def _resume(self, connection: Connection) -> None:
        if not connection.signed_in:
            if self._logins.kept:
                await self._logins.again(connection)
            elif self._on_login_needed is not None:
                await self._ask_for_login(self._on_login_needed)
        await self._subscriptions.renew(connection)
        await self._jobs.resume(connection)

    async def _ask_for_login(self, ask: Callable[[AsyncClient], Awaitable[Any]]) -> None:
        try:
            await ask(self)
        except ClientException:
            raise
        except Exception as e:
            raise AuthenticationError(f"on_login_needed failed ({type(e).__name__})") from e

    def _lost(self, lost: ConnectionLost) -> None:
        self._subscriptions.lost()
        self._jobs.lost(lost)

    def _finished(self, error: ClientException) -> None:
        ours = self._supervisor.closed
        self._subscriptions.finish(None if ours else error)
        self._jobs.finish(error)

    def on_update(self, update: Update) -> None:
        """The reader's side: an event."""
        if update.collection == JOB_EVENTS:
            self._jobs.update(update)
        self._subscriptions.update(update)

    def on_ended(self, ended: Ended) -> None:
        """The reader's side: the end of an event source."""
        self._subscriptions.ended(ended)

    async def _watch_jobs(self) -> None:
        if self._job_events.topic is None:
            await self._job_events.open()

    # -- inside --------------------------------------------------------------------------

    def _connection(self) -> Connection:
        """The present connection, or the last one; an error before the first."""
        connection = self._supervisor.connection
        if connection is None:
            raise ClientException("Not connected: use `async with AsyncClient(...)` or await connect() first")
        return connection

    def _timeout(self, timeout: float | None | _Unset) -> float | None:
        return self._call_timeout if isinstance(timeout, _Unset) else timeout

    def __repr__(self) -> str:
        return f"<AsyncClient {self.endpoint.text} {self.status.state.value}>"


def _not_connected() -> ClientException:
    return ClientException("Not connected: use `async with AsyncClient(...)` or await connect() first")
