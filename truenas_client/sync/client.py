"""`Client`: a TrueNAS for programs without an event loop, with the calls of the official client."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Callable, Sequence
from threading import Event, Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from .. import endpoint as addresses
from ..dialing import ConnectLimits
from ..endpoint import Endpoint
from ..engine.hello import Approach
from ..engine.ledger import Lane, lane_of
from ..exc import CallTimeout, ClientException, ConnectionLost, InvalidEndpoint, NotAJob, NotAuthenticated
from ..namespace import Namespace
from ..utils import UndefinedType, undefined
from .calls import Call
from .connecting import connect
from .connection import Connection
from .events import Subscriptions
from .listening import Listening
from .logins import Logins

if TYPE_CHECKING:
    import socket

    from ..auth.flow import Login
    from ..auth.ways import Way
    from ..tls_choice import TLS
    from .jobs import Job, JobCallback, JobTable
    from .signin import OTPToken, SignIn

__all__ = ["CALL_TIMEOUT", "Call", "Client", "JSONRPCClient", "LegacyClient"]

CALL_TIMEOUT = int(os.environ.get("CALL_TIMEOUT", "60"))
"""Seconds that a call may take unless told otherwise, from the environment as the official client reads it."""

UNIX_SOCKET_PREFIX = "ws+unix://"
_making_tables = Lock()


class _WebSocketFacts:
    """The members that scripts of the official client read: ``client._ws.url`` and ``.socket``."""

    def __init__(self, connection: Connection) -> None:
        self.url, self.socket = connection.url, connection.socket


class Client(Logins, Listening):
    """A TrueNAS, reached over one connection from construction to `close`. Any number of threads may use it.

    ``uri`` is None for the local socket, or an address as a user writes it (``"nas"``, ``"wss://nas/api/current"``,
    ``"ws+unix:///path"``). An address ending in ``/websocket`` asks for the old protocol; with one that names no path
    the client falls back to it. ``reserved_ports`` connects from a port below 1024 (``ws://`` only).
    ``private_methods`` tells the server that this client calls private methods on purpose. ``py_exceptions`` raises
    the server's own exceptions, unpickled (on the local socket only, because unpickling runs code that the peer
    sends), and ``log_py_exceptions`` logs them. ``call_timeout`` is in seconds, None waits forever.
    ``verify_ssl=False`` accepts any certificate.

    Options that the official client does not have are by keyword. ``tls`` says which certificates the client accepts.
    ``also`` holds further addresses of the same server, tried when nothing answers at ``uri``. ``limits`` holds the
    times for connecting. ``on_warning`` is called with each warning for the user, instead of `warnings.warn`.
    ``through`` makes a socket to a forwarder on this machine, which speaks JSON-RPC in the server's place for a user
    that it has signed in.

    Connecting raises `ConnectError` and its subclasses, each of them also the fitting builtin. The client does not
    replace a lost connection: calls fail with `ConnectionLost`. Callbacks run in order on threads of their own and may
    call the client.
    """

    def __new__(cls, uri: str | None = None, *args: Any, **options: Any) -> Self:
        if cls is Client:
            is_old = (
                isinstance(uri, str) and uri.endswith(addresses.LEGACY_PATH) and not uri.startswith(UNIX_SOCKET_PREFIX)
            )
            return super().__new__(LegacyClient if is_old else JSONRPCClient)  # type: ignore[return-value]
        return super().__new__(cls)

    def __init__(
        self,
        uri: str | None = None,
        reserved_ports: bool = False,
        private_methods: bool = False,
        py_exceptions: bool = False,
        log_py_exceptions: bool = False,
        call_timeout: float | None | UndefinedType = undefined,
        verify_ssl: bool = True,
        *,
        tls: TLS | None = None,
        also: Sequence[str] = (),
        limits: ConnectLimits | None = None,
        on_warning: Callable[[str], None] | None = None,
        through: Callable[[], socket.socket] | None = None,
    ) -> None:
        if tls is not None and not verify_ssl:
            raise ValueError("verify_ssl=False takes any certificate, so it says the opposite of tls: give one of them")
        self.uri_check(uri, py_exceptions)
        if reserved_ports and not (uri or "").startswith("ws://"):
            raise InvalidEndpoint("Reserved ports are for ws:// addresses only")
        self._call_timeout = CALL_TIMEOUT if isinstance(call_timeout, UndefinedType) else call_timeout
        self._py_exceptions, self._log_py_exceptions = py_exceptions, log_py_exceptions
        self._on_warning = on_warning
        self._approach = Approach([uri, *also])
        if not verify_ssl:
            from ..tls_choice import TLS

            tls = TLS.insecure()
        self._connection = connect(
            self._approach,
            tls=tls,
            limits=limits or ConnectLimits(),
            private_methods=private_methods,
            py_exceptions=py_exceptions,
            reserved_ports=reserved_ports,
            through=through,
        )
        self._subscriptions = Subscriptions(self._connection)
        self._table: JobTable | None = None
        self._connection.receiver = self._subscriptions
        self._sign_in: SignIn | None = None
        self._ws = _WebSocketFacts(self._connection)
        self._finalizer = weakref.finalize(self, self._connection.let_go)
        self._finalizer.atexit = False  # the connections close themselves then, and wait for it

    def uri_check(self, uri: str | None, py_exceptions: bool) -> None:
        """Refuse an address that does not fit the options; for subclasses to override."""
        if py_exceptions and not (uri is None or uri.startswith(UNIX_SOCKET_PREFIX)):
            raise ClientException("py_exceptions are for the local socket only: unpickling runs what the peer sends")

    @classmethod
    def from_profile(
        cls,
        name: str | None = None,
        *,
        ask: Callable[[], str | None] | None = None,
        otp_token: OTPToken = None,
        **options: Any,
    ) -> Self:
        """Connect and sign in with a profile of the user's configuration, as `AsyncClient.from_profile` does.

        Raises `InvalidProfile`, `SecretUnavailable`, and what connecting and signing in raise.
        """
        from .profile_login import connected

        return connected(cls, name, ask, otp_token, options)

    # -- the state -----------------------------------------------------------------------

    @property
    def api(self) -> Namespace:
        """The methods by attribute access: ``client.api.pool.dataset.query([], {"limit": 5})``."""
        return Namespace(self.call)

    @property
    def endpoint(self) -> Endpoint:
        """The address in use."""
        return self._approach.endpoint

    @property
    def dialect(self) -> str:
        """``jsonrpc`` or ``ddp`` (the old protocol)."""
        return "ddp" if self.endpoint.is_legacy else "jsonrpc"

    @property
    def closed(self) -> bool:
        """Whether the connection is over."""
        return self._connection.lost is not None

    def sees_jobs(self) -> bool:
        """Whether the server sends job events to this user. The first call asks it. False before sign-in."""
        if not self._connection.talk.signed_in:
            return False
        try:
            self._jobs_table.watch()
        except ConnectionLost:
            raise
        except ClientException:
            return False
        return True

    @property
    def _jobs_table(self) -> JobTable:
        """The table of jobs. It is made, and its module loaded, when the first job may start."""
        if self._table is None:
            from .jobs import JobTable

            with _making_tables:
                self._table = self._table or JobTable(self._connection, self._subscriptions)
        return self._table

    @property
    def _closed(self) -> Event:
        return self._connection.closed

    def close(self) -> None:
        """Close. Waiting calls fail with `ConnectionLost`. Takes a second at most; a second call does nothing."""
        self._finalizer.detach()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint.text}{' closed' if self.closed else ''}>"

    # -- calling -------------------------------------------------------------------------

    def call(
        self,
        method: str,
        *params: Any,
        background: bool = False,
        callback: JobCallback | None = None,
        job: bool | Literal["RETURN"] = False,
        register_call: bool | None = None,
        timeout: float | None | UndefinedType = undefined,
        _log_py_enotauthenticated: bool = True,
    ) -> Any:
        """Call a method and return its result. For a job, return its number, on every release.

        ``job=True`` waits for the end of the job and returns its result; ``callback`` is called with the job at each
        change. ``job="RETURN"`` returns a `Job` once the server announces it. When the method answers as a plain call,
        ``job=True`` returns its value and "RETURN" raises `NotAJob` (with the value in ``.result``).
        ``background=True`` returns a `Call` at once, for `wait`. ``register_call`` has no effect any more: every
        answer is kept for its call.

        ``timeout`` in seconds covers the wait for a slot and for the answer; None waits forever, unset means the
        client's ``call_timeout``. For a job it bounds the wait for the announcement, and only when it is given.

        Raises the server's error (`ValidationErrors`, `MethodNotFound`, `NotAuthenticated`, ..., else
        `ClientException`), `CallTimeout`, `ConnectionLost`, and `PayloadTooLarge` before anything is sent. Ctrl-C
        stops waiting and leaves the client usable; the server works on.
        """
        connection = self._connection
        if background or job or self._py_exceptions:
            return self._call_otherwise(method, params, background, callback, job, timeout)
        if not connection.talk.asked_for_jobs and lane_of(method) is not Lane.CONTROL:
            self._jobs_table.expect(method)
        return connection.call(method, params, self._call_timeout if timeout is undefined else timeout)  # type: ignore[arg-type]

    def wait(
        self,
        call: Call,
        *,
        callback: JobCallback | None = None,
        job: bool | Literal["RETURN"] = False,
        timeout: float | None | UndefinedType = undefined,
    ) -> Any:
        """Wait for the answer of a call made with ``background=True``. For the rest see `call`."""
        seconds = self._seconds(timeout)
        if call._job is not None:
            return self._finish_job(call._job, job, timeout)
        try:
            returned = call._wait(seconds)
        except BaseException:
            self._connection.abandon(call._settled)
            raise
        if not returned:
            self._connection.abandon(call._settled)
            raise CallTimeout(f"{call.method}: no answer in {seconds:g} s; the server may still work on it")
        if call.error is not None:
            self._raise(call.error)
        if not job:
            return call.result
        try:
            started = self._jobs_table.of_answer(self, call._settled, call.params, callback)
        except NotAJob:
            if job == "RETURN":
                raise
            return call.result
        return self._finish_job(started, job, timeout)

    def _call_otherwise(
        self,
        method: str,
        params: tuple[Any, ...],
        background: bool,
        callback: JobCallback | None,
        job: bool | Literal["RETURN"],
        timeout: float | None | UndefinedType,
    ) -> Any:
        if not job and not self._connection.talk.asked_for_jobs and lane_of(method) is not Lane.CONTROL:
            self._jobs_table.expect(method)
        if background:
            call = Call(method, params)
            if job:
                call._job = self._jobs_table.start(self, method, params, callback)
            else:
                limit = None if isinstance(timeout, UndefinedType) else timeout
                call._call = self._connection.ask(method, params, call._wake, timeout=limit)
            return call
        if job:
            return self._finish_job(self._jobs_table.start(self, method, params, callback), job, timeout)
        try:
            return self._connection.call(method, params, self._seconds(timeout))
        except ClientException as e:
            self._raise(e)

    def _finish_job(self, job: Job, how: bool | Literal["RETURN"], timeout: float | None | UndefinedType) -> Any:
        try:
            self._jobs_table.announced(job, None if isinstance(timeout, UndefinedType) else timeout)
            if how == "RETURN":
                return job
            return job.result() if how else job.job_id
        except NotAJob as e:
            if how == "RETURN":
                raise
            return e.result
        except ClientException as e:
            self._raise(e)

    def _raise(self, error: ClientException) -> Any:
        """Raise an error, or in its place the server's own exception when the client asked for those."""
        exception = _unpickled(error.py_exception) if self._py_exceptions else None
        if exception is not None:
            if self._log_py_exceptions:
                from ..secrets.logs import log

                log.error("a call failed", exc_info=exception)
            raise exception from error
        raise error

    def _seconds(self, timeout: float | None | UndefinedType) -> float | None:
        return self._call_timeout if isinstance(timeout, UndefinedType) else timeout

    def ping(self, timeout: float = 10) -> Any:
        """Call ``core.ping`` and return "pong"; in the old protocol True, or False when no answer comes."""
        if self.dialect != "ddp":
            return self._connection.call("core.ping", (), timeout)
        try:
            return bool(self._connection.call("core.ping", (), timeout))
        except CallTimeout:
            return False
        except NotAuthenticated:
            pass  # 24.10 needs a login for it; the old protocol has a ping of its own
        try:
            return self._connection.old_ping(timeout)
        except CallTimeout:
            return False

    # -- signing in ----------------------------------------------------------------------

    def _login(self, way: Way, otp_token: OTPToken = None, seconds: float | None = None) -> Login:
        from ..auth.channel import Channel
        from .signin import SignIn

        if self._sign_in is None:
            self._sign_in = SignIn(
                self._connection,
                lambda: Channel.of(self.endpoint, self._connection.certificate, fell_back=self._approach.fell_back),
                self._warn,
            )
        return self._sign_in.run(way, otp_token, seconds)

    def _warn(self, text: str) -> None:
        if self._on_warning is not None:
            self._on_warning(text)
        else:
            warnings.warn(text, stacklevel=2)


class JSONRPCClient(Client):
    """The class of a `Client` whose address does not ask for the old protocol."""


class LegacyClient(Client):
    """The class of a `Client` whose address asks for the old protocol."""


def _unpickled(text: Any) -> BaseException | None:
    """The server's own exception, from the local socket; None when this machine does not have its class."""
    if not isinstance(text, str):
        return None
    import base64
    import pickle

    try:
        exception = pickle.loads(base64.b64decode(text))
    except Exception:  # noqa: BLE001 - a class of the server that this machine does not have fails in any way
        return None
    return exception if isinstance(exception, BaseException) else None
