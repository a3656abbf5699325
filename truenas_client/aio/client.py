"""`AsyncClient`: a TrueNAS for asyncio programs.

This file is long because each public method carries its contract. The work is done in `lifetime`.
"""

from __future__ import annotations

import os
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from ..auth.channel import APIKeyAuthMech
from ..auth.flow import Login
from ..auth.ways import Key, Password, Token
from ..endpoint import Endpoint
from ..engine.ledger import JobLane
from ..engine.tap import Tap
from ..exc import (
    ClientException,
    NotAuthenticated,
)
from ..namespace import Namespace
from ..trust import SYSTEM, TLS, context
from .connecting import Dialer
from .events import QUEUE, AsyncSubscription, Event, Overflow, record_key
from .jobs import AsyncJob
from .lifetime import Lifetime
from .signin import OTPToken, read_key
from .sockets import ConnectLimits, open_socket
from .supervisor import Status

if TYPE_CHECKING:
    from .bulk import BulkResult
    from .files import Downloaded, Progress, Source
    from .large import LargeAnswer
    from .live_query import LiveQuery

__all__ = ["AsyncClient", "OTPToken"]


class _Unset:
    def __repr__(self) -> str:
        return "<the client's call_timeout>"


_UNSET: Final = _Unset()


class AsyncClient:
    """A TrueNAS, reached over one connection at a time.

    ``uri`` is None for the local socket, or an address as a user writes it
    (``"nas"``, ``"https://nas"``, ``"wss://nas/api/current"``, ``"ws+unix:///path"``). With an
    address without a path the client falls back to the old protocol where the server has
    no ``/api/current`` (24.10 and earlier). An address ending in ``/websocket`` asks for it.
    ``tls`` says which certificates the client accepts (`TLS.pinned`, `TLS.authority`). The
    default is those of the system's authorities; ``verify_ssl=False`` accepts any.
    ``also`` holds further addresses of the same server, tried when nothing answers at ``uri``.
    ``call_timeout`` is in seconds, None waits forever. ``private_methods`` tells the
    server that this client calls private methods on purpose.

    With ``reconnect`` the client replaces a lost connection: it connects again, repeats the
    login, renews the subscriptions (each shows a `Gap`) and finds running jobs again. It
    sends calls again that only read or had not left. A write that had left fails with
    `ConnectionLost`, because it may have run. Without ``hold_unsent`` nothing waits for the
    next connection: calls and job starts that had not left, or are made without a
    connection, fail with `ConnectionLost` (``sent`` is false).

    ``on_stage`` is called with the name of each stage of connecting that has succeeded:
    resolve, connect, tls, handshake, hello. ``on_login_needed`` is awaited with the client
    when a new connection needs a login and the client keeps none. It signs in with the
    client's login methods; calls wait until it returns, and an error it raises is final.
    ``on_warning`` is called with each warning for the user, once and as one line (a password
    or a key file that others can read, a wait for the server's rate limit). Without it the
    client calls `warnings.warn`.

    ``on_large`` is awaited with a `LargeAnswer` for each received text of a million characters
    or more, before it is decoded. Decoding fifty million characters stops the loop for half
    a second, and a program may want to show that first. Later texts wait until it returns. It
    may decode the text (`LargeAnswer.read`) or answer the call itself (`LargeAnswer.give`); if
    it does neither, or fails, the text is decoded.

    ``tap`` is told of every text sent and received while its ``tell`` is set, with secrets
    masked: for a log of the wire.

    ``through`` makes a socket to a forwarder on this machine, which speaks JSON-RPC in the server's place for a user
    that it has signed in. It is called in a thread, for each connection.

    Use it as ``async with``, or call `connect` and `close`. One object connects once.
    """

    def __init__(
        self,
        uri: str | None = None,
        *,
        verify_ssl: bool = True,
        tls: TLS | None = None,
        also: Sequence[str] = (),
        call_timeout: float | None = 60.0,
        private_methods: bool = False,
        reconnect: bool = True,
        hold_unsent: bool = True,
        limits: ConnectLimits | None = None,
        on_stage: Callable[[str], None] | None = None,
        on_login_needed: Callable[[AsyncClient], Awaitable[Any]] | None = None,
        on_warning: Callable[[str], None] | None = None,
        on_large: Callable[[LargeAnswer], Awaitable[None]] | None = None,
        tap: Tap | None = None,
        through: Callable[[], socket.socket] | None = None,
    ) -> None:
        if tls is not None and not verify_ssl:
            raise ValueError("verify_ssl=False takes any certificate, so it says the opposite of tls: give one of them")
        self._call_timeout = call_timeout
        self._on_warning = on_warning
        self._warned: set[str] = set()
        self._first_login: Callable[[], Awaitable[object]] | None = None
        dialer = Dialer(
            [uri, *also],
            tls=tls or (SYSTEM if verify_ssl else TLS.insecure()),
            limits=limits or ConnectLimits(),
            private_methods=private_methods,
            on_stage=on_stage,
            on_large=on_large,
            tap=tap,
            through=through,
        )
        self._life = Lifetime(
            dialer,
            reconnect=reconnect,
            hold_unsent=hold_unsent,
            ask_for_login=None if on_login_needed is None else lambda: on_login_needed(self),
            warn=self._warn,
        )
        self._supervisor = self._life.supervisor

    # -- connecting ----------------------------------------------------------------------

    async def connect(self) -> Self:
        """Connect and set the connection's options.

        Raises `ConnectError` and its subclasses, each of them also the fitting builtin. The
        first connection is tried only once. Cancelling closes all that was opened.
        """
        if self._supervisor.connection is not None or self._supervisor.over:
            raise ClientException("This client has been connected already: make a new one")
        await self._supervisor.start()
        if self._first_login is not None:
            try:
                await self._first_login()
            except BaseException:
                await self.close()
                raise
        return self

    @classmethod
    def from_profile(
        cls,
        name: str | None = None,
        *,
        ask: Callable[[], str | None] | None = None,
        otp_token: OTPToken = None,
        **options: Any,
    ) -> Self:
        """A client for a profile of the user's configuration; `connect` also signs it in.

        Without a name the profile is that of ``TRUENAS_PROFILE``, or else the default one.
        ``ask`` is called, in a thread, where the profile says that the user is asked for the
        secret; ``options`` are those of the constructor. Raises `InvalidProfile`; `connect`
        also raises `SecretUnavailable`.
        """
        from ..storage import Profiles
        from .profile_login import sign_in

        profile = Profiles().named(name or os.environ.get("TRUENAS_PROFILE"))
        standard: dict[str, Any] = {"tls": profile.tls, "also": profile.addresses[1:]}
        client = cls(profile.address, **standard | options)
        client._first_login = lambda: sign_in(client, profile, ask=ask, otp_token=otp_token)
        return client

    @property
    def api(self) -> Namespace:
        """The methods by attribute access: ``await client.api.pool.dataset.query([], {"limit": 5})``."""
        return Namespace(self.call)

    @property
    def endpoint(self) -> Endpoint:
        """The address in use."""
        return self._life.dialer.approach.endpoint

    async def close(self) -> None:
        """Close for good. Waiting calls fail with `ConnectionLost`. A second call does nothing."""
        await self._supervisor.close()

    async def wait_closed(self) -> ClientException | None:
        """Wait until the client is over. Return None after `close`, else the error that ended it."""
        return await self._supervisor.wait_over()

    def states(self) -> AsyncIterator[Status]:
        """Yield the present `Status` and each later one; the last is CLOSED or FAILED."""
        return self._supervisor.watch()

    @property
    def status(self) -> Status:
        """The present state of the connection."""
        return self._supervisor.status

    def reconnect_now(self) -> None:
        """End the pause before the next attempt to connect."""
        self._supervisor.hurry()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        connection = self._supervisor.connection
        return connection is not None and connection.lost is None

    @property
    def login_wait(self) -> float:
        """Seconds that a login still waits for the server's rate limit; 0 while none does."""
        return max(self._life.logins.waits_until - monotonic(), 0.0)

    @property
    def slots(self) -> tuple[int, int]:
        """How many calls the server works on or answers now, of ten at most, and how many wait in this client."""
        connection = self._supervisor.connection
        return (0, 0) if connection is None or connection.lost is not None else connection.slots

    @property
    def signed_in(self) -> bool:
        """Whether the connection is signed in. The server signs in the local socket by itself."""
        connection = self._supervisor.connection
        return connection is not None and connection.signed_in

    @property
    def dialect(self) -> str:
        """``jsonrpc`` or ``ddp`` (the old protocol)."""
        return "ddp" if self.endpoint.is_legacy else "jsonrpc"

    @property
    def waiting(self) -> int:
        """Calls and job starts that wait in this client for a slot: the server runs ten at a time."""
        connection = self._supervisor.connection
        return connection.talk.ledger.queued if connection is not None else 0

    @property
    def job_lane(self) -> JobLane:
        """How many jobs of this connection hold a slot, and how many job starts wait in this client for one."""
        connection = self._supervisor.connection
        return connection.talk.ledger.job_lane if connection is not None else JobLane(0, 0)

    @property
    def new_style_jobs(self) -> bool:
        """Whether the server answers a job call when the job ends (25.10 and later), not at once with its number."""
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
        """Call a method and return its result. For a job, return its number once the server announces it.

        To wait for the end of the job use `follow`, or call `start` instead. For a transient job, and
        for one whose events the account may not see, the call returns the job's result at its end.

        ``timeout`` in seconds covers the wait for a connection, for a slot and for the
        answer; None waits forever. ``repeat`` says whether the client may send the call again
        after the connection was lost before the answer; by default it repeats only calls that read.

        Raises the server's error (`ValidationErrors`, `MethodNotFound`,
        `NotAuthenticated`, ..., else `ClientException`), `CallTimeout`, `ConnectionLost`,
        and `PayloadTooLarge` before anything is sent. Cancelling stops waiting; the
        server works on, and the call keeps its slot until the server answers.
        """
        return await self._life.call(method, params, self._timeout(timeout), repeat)

    async def relay(self, method: str, params: Sequence[Any], message_id: str) -> Any:
        """Pass on a call of another program, as a forwarder does, under that program's ``message_id`` (a UUID).

        A job is answered at its end where the server does so; its events name the id. Nothing is repeated after a loss,
        and there is no time limit: cancelling stops waiting. Raises as `call` does.
        """
        return await self._life.relay(method, params, message_id)

    async def start(self, method: str, *params: Any, timeout: float | None | _Unset = _UNSET) -> AsyncJob:
        """Start a job and return it once the server has announced it.

        ``timeout`` is the time for the announcement. Raises as `call` does, and `NotAJob`
        (with the value in ``.result``) when the method answered as a plain call.
        """
        return await self._life.start(method, params, self._timeout(timeout))

    def subscribe(
        self,
        name: str,
        *,
        queue: int = QUEUE,
        overflow: Overflow = "drop",
        key: Callable[[Event], Hashable] = record_key,
    ) -> AsyncSubscription:
        """A subscription to an event; ``async with`` opens it.

        ``name`` may carry arguments (``reporting.realtime:{"interval": 2}``) or be ``*``.
        ``queue`` is the number of events held for a slow consumer. ``overflow`` says what
        happens when there are more: ``drop`` the oldest (counted, and shown as a `Gap`),
        ``coalesce`` (keep only the newest event of each ``key``), or ``end`` the subscription.
        """
        return AsyncSubscription(name, self._life.subscriptions, queue=queue, overflow=overflow, key=key)

    async def follow(self, job_id: int, method: str | None = None, *params: Any) -> AsyncJob:
        """Watch a job by its number, whichever session started it.

        Raises the error of the query to ``core.get_jobs``. When the server knows no such job, the job's
        outcome is `JobLost`. So it is when ``method`` is given and the job runs another method or has
        other arguments than ``params``.
        """
        _ = self._life.connection
        return await self._life.jobs.follow(job_id, method, params)

    async def open_http(self) -> tuple[socket.socket, ssl.SSLContext | None]:
        """Open a connection to the same server for HTTP. Return it with the TLS context to use, None without TLS."""
        sock = await open_socket(self.endpoint, limits=self._life.dialer.limits)
        return sock, context(self._life.dialer.tls) if self.endpoint.is_tls else None

    async def download(
        self,
        method: str,
        params: Sequence[Any],
        filename: str,
        *,
        to: str | os.PathLike[str] | BinaryIO | None = None,
        buffered: bool = False,
        overwrite: bool = False,
        private: bool = True,
        progress: Progress | None = None,
        timeout: float | None = 600.0,
    ) -> Downloaded:
        """Run a job that writes a file, and fetch that file: see `files.download`."""
        from .files import download

        options: dict[str, Any] = {"to": to, "buffered": buffered, "overwrite": overwrite, "private": private}
        return await download(self, method, params, filename, **options, progress=progress, timeout=timeout)

    async def job_logs(
        self,
        job_id: int,
        *,
        to: str | os.PathLike[str] | BinaryIO | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
        timeout: float | None = 600.0,
    ) -> Downloaded:
        """Fetch the log of a job: see `files.job_logs`."""
        from .files import job_logs

        return await job_logs(self, job_id, to=to, overwrite=overwrite, progress=progress, timeout=timeout)

    async def upload(
        self,
        method: str,
        params: Sequence[Any],
        *files: Source,
        progress: Progress | None = None,
        timeout: float | None = 600.0,
    ) -> AsyncJob:
        """Start a job that reads files, and send it one to five of them: see `files.upload`."""
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
        """A query that events keep current; ``async with`` opens it: see `live_query.LiveQuery`."""
        from .live_query import LiveQuery

        return LiveQuery(self, method, filters, options, event=event, key=key)

    async def bulk(
        self, method: str, items: Iterable[Sequence[Any]], description: str | None = None
    ) -> list[BulkResult]:
        """Call a method once for each list of arguments, as jobs of the server: see `bulk.bulk`."""
        from .bulk import bulk

        return await bulk(self, method, items, description)

    async def ping(self, timeout: float = 10.0) -> float:
        """Send a WebSocket ping and return its round trip in seconds. It needs neither login nor a call slot."""
        _ = self._life.connection
        return await (await self._supervisor.ready()).ping(timeout)

    async def ping_api(self, timeout: float = 10.0) -> Any:
        """Call ``core.ping`` and return its answer, or True in the old protocol.

        Where the method needs a login (24.10), the old protocol's own ping is sent instead. Raises as `call` does.
        """
        connection = self._life.connection
        try:
            answer = await connection.call("core.ping", (), timeout)
        except NotAuthenticated:
            if self.dialect != "ddp":
                raise
            return await connection.old_ping(timeout)
        return bool(answer) if self.dialect == "ddp" else answer

    # -- signing in ----------------------------------------------------------------------

    async def login_with_password(
        self, username: str, password: str, otp_token: OTPToken = None, *, allow_exposed: bool = True
    ) -> Login:
        """Sign in with a password.

        ``otp_token`` is a one-time password or a function (plain or async) that asks for
        one; the client calls it again after a wrong one, until it returns None. Over ``ws://``
        to another host the password is sent with a warning, or not at all (`InsecureTransport`)
        when ``allow_exposed`` is false. Raises `InvalidCredentials`, `OTPRequired`,
        `CredentialsExpired`, `AccessDenied`, `RedirectRequired`, `RateLimited`. One login
        runs at a time; it waits while the server's rate limit would refuse it. A refused login
        is never repeated. The client keeps a successful login in memory for later connections
        (after a one-time password, the server's reconnect token where it gives one).
        """
        return await self._life.sign_in(Password(username, password, allow_exposed), otp_token)

    async def login_with_api_key(
        self,
        username: str,
        key_or_path: str | os.PathLike[str],
        auth_mechanism: APIKeyAuthMech | str = APIKeyAuthMech.SCRAM,
        channel_binding: bool = True,
        *,
        known_scram: bool = False,
        allow_key_revocation: bool = False,
    ) -> Login:
        """Sign in with an API key of a user.

        ``key_or_path`` is the key, a JSON or INI text that holds it, or the path (absolute, or
        beginning with ``~``) of a file with any of these. SCRAM (26 and later) proves the key
        without sending it and is bound to the TLS connection. ``channel_binding=False`` leaves
        out the binding, as is needed over ``ws://`` or through a proxy that ends TLS. PLAIN
        sends the key, for older servers; an address that ends in ``/websocket`` implies it.

        A caller that remembers a login by SCRAM on this server (`Login.mechanism`) passes
        ``known_scram``. Then the client refuses to send the key itself, so that no machine in
        between can ask for it. Over ``ws://`` to another host a PLAIN key is not sent either,
        because the server would revoke it; ``allow_key_revocation`` sends it nevertheless.

        Raises `InvalidKeyFile`; `InsecureTransport` and `ChannelBindingError` before
        anything is sent; `MechanismUnsupported`, `InvalidCredentials`, `CredentialsExpired`,
        `AccessDenied`, `RedirectRequired`, `RateLimited`; `ServerSignatureError` when the
        server did not prove that it knows the key, and then the client closes the connection.
        Otherwise as `login_with_password`.
        """
        mechanism = APIKeyAuthMech(auth_mechanism)
        key = await read_key(key_or_path, self._warn)
        return await self._life.sign_in(
            Key(username, key, mechanism, channel_binding, known_scram, allow_key_revocation), None
        )

    async def login_with_token(self, token: str) -> Login:
        """Sign in with a token of ``auth.generate_token``. The client keeps it as it keeps a password.

        Raises as `login_with_password`, and `InsecureTransport` over ``ws://`` to another host.
        """
        return await self._life.sign_in(Token(token), None)

    def _warn(self, text: str) -> None:
        if text in self._warned:
            return
        self._warned.add(text)
        if self._on_warning is not None:
            self._on_warning(text)
        else:
            warnings.warn(text, stacklevel=2)

    # -- inside --------------------------------------------------------------------------

    def _timeout(self, timeout: float | None | _Unset) -> float | None:
        return self._call_timeout if isinstance(timeout, _Unset) else timeout

    def __repr__(self) -> str:
        return f"<AsyncClient {self.endpoint.text} {self.status.state.value}>"
