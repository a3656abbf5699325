"""The blocking interface of the commands to the driver: a signed-in connection.

Commands use only `Session`. It wraps an `AsyncClient` and an event loop that runs only
while a command waits.

Invariant: nothing here prints, except the logs (`_Log`) and warnings of the core.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from truenas_client import AsyncClient, Event, Gap
from truenas_client.aio.profile_login import sign_in
from truenas_client.auth.channel import Channel, weak_password
from truenas_client.auth.flow import Login
from truenas_client.endpoint import Endpoint
from truenas_client.exc import CallTimeout, ClientException, ConnectionLost, ConnectTimeout, NotAJob
from truenas_client.secrets.value import Secret
from truenas_client.storage import Known, Profile
from truenas_client.trust import SYSTEM, TLS

from .output import say, warn

__all__ = ["Session", "open_session"]

_T = TypeVar("_T")


def open_session(
    uri: str | None, *, tls: TLS = SYSTEM, also: Sequence[str] = (), timeout: float | None = None
) -> Session:
    """Connect. Where nothing answers at the first address, try those of ``also``.

    ``timeout`` covers the connection attempts and the login together; an attempt with a one-time password gets the same
    time again. With None each stage has its own limit (`ConnectLimits`).
    Raises `ConnectError` and its subclasses, `InvalidEndpoint` for an invalid address.
    """
    session = Session(uri, tls, also, timeout)
    try:
        session.connect()
    except BaseException:
        session.close()
        raise
    return session


class Session:
    """One connection. Every method blocks. Ctrl-C raises `KeyboardInterrupt` and leaves the session usable.

    All methods raise `ClientException` and its subclasses. Times are in seconds; None means no limit.
    """

    def __init__(self, uri: str | None, tls: TLS, also: Sequence[str], timeout: float | None) -> None:
        self._timeout = self._left = timeout
        self._client = AsyncClient(uri, tls=tls, also=also, reconnect=False, on_warning=self._warn)
        self._said: str | None = None
        self._runner = asyncio.Runner()
        self._log: _Log | None = _Log()
        logging.getLogger("truenas_client").addHandler(self._log)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._runner.run(work)

    def _in_time(self, what: str, work: Coroutine[Any, Any, _T]) -> _T:
        """Run one part of connecting or signing in. Raises `ConnectTimeout` when the time for both is over."""

        async def limited() -> _T:
            try:
                async with asyncio.timeout(self._left) as clock:
                    return await work
            except TimeoutError as e:
                if not clock.expired():
                    raise
                text = f"{self.endpoint.text}: no {what} within {self._timeout:g} s"
                raise ConnectTimeout(text, "connect", errno.ETIMEDOUT) from e

        began = time.monotonic()
        done = self._run(limited())
        if self._left is not None:
            # Count only the time in here, not the time in which the user types a secret.
            self._left = max(self._left - (time.monotonic() - began), 0)
        return done

    def connect(self) -> None:
        """Connect. `open_session` does this."""
        self._in_time("connection", self._client.connect())

    def _warn(self, text: str) -> None:
        if text != self._said:
            warn(text)

    @property
    def endpoint(self) -> Endpoint:
        """The address of the connection."""
        return self._client.endpoint

    def sign_in(
        self, profile: Profile, secret: Secret, otp_token: str | None = None, *, said_plain: bool = False
    ) -> Login | None:
        """Sign in as `profile_login.sign_in` does.

        Raises `OTPRequired` when the account needs a one-time password and none was given. The warning that others can
        read the password is printed once for each address.
        """
        warning = (
            weak_password(Channel.of(self.endpoint, None), allow=True) if profile.mechanism == "password" else None
        )
        known = Known()
        if warning is not None and known.warned(self.endpoint):
            self._said = warning
        if otp_token is not None:
            self._left = self._timeout  # a new attempt, after the user was asked for the code
        work = sign_in(self._client, profile, secret=secret, otp_token=otp_token, said_plain=said_plain)
        login = self._in_time("sign-in", work)
        if warning is not None:
            known.remember_warning(self.endpoint)
        return login

    def ping(self, timeout: float) -> Any:
        """The answer of ``core.ping``."""
        return self._run(self._client.ping_api(timeout))

    def call(self, method: str, params: Sequence[Any], timeout: float | None) -> Any:
        """Call a method. Return its result or, for a job, the job's number."""
        return self._run(self._client.call(method, *params, timeout=timeout))

    async def _sees_jobs(self) -> bool:
        """Whether the server sends job events: it does not before sign-in, nor to accounts without the right."""
        if not self._client.signed_in:
            return False
        try:
            # Keep it open: the start of the job then shares this subscription.
            await self._client.subscribe("core.get_jobs", queue=1).open()
        except ConnectionLost:
            raise
        except ClientException:
            return False
        return True

    def run_job(
        self,
        method: str,
        params: Sequence[Any],
        timeout: float | None,
        started: Callable[[int], None],
        progress: Callable[[float | None, str], None],
    ) -> Any:
        """Run a job to its end and return its result. A method that is no job returns its result at once.

        ``timeout`` is for the start alone. ``started`` is called with the job's number,
        ``progress`` with percentage and description at each change.
        """
        return self._run(self._run_job(method, params, timeout, started, progress))

    async def _run_job(
        self,
        method: str,
        params: Sequence[Any],
        timeout: float | None,
        started: Callable[[int], None],
        progress: Callable[[float | None, str], None],
    ) -> Any:
        job = None
        try:
            async with _deadline(method, timeout):
                if method == "core.job_wait" and [type(param) for param in params] == [int]:
                    # core.job_wait reports neither progress nor an abort. Follow the job itself, which reports both.
                    job = await self._client.follow(params[0])
                elif await self._sees_jobs():
                    job = await self._client.start(method, *params, timeout=None)
        except NotAJob as e:
            return e.result
        if job is None:
            # Without job events there is no progress, but the answer still comes when the job ends.
            return await self._client.call(method, *params, timeout=None)
        if job.id is not None:
            started(job.id)
        async for step in job:
            progress(step.percent, step.description)
        return await job.result()

    def listen(self, event: str, receive: Callable[[Event | Gap], bool], timeout: float | None) -> bool:
        """Pass events to ``receive`` until it returns False or the server ends them (True), or time is up (False)."""
        return self._run(self._listen(event, receive, timeout))

    async def _listen(self, event: str, receive: Callable[[Event | Gap], bool], timeout: float | None) -> bool:
        async with self._client.subscribe(event) as events:
            try:
                async with asyncio.timeout(timeout) as clock:
                    async for item in events:
                        if not receive(item):
                            break
            except TimeoutError:
                if clock.expired():
                    return False
                raise
        return True

    def close(self) -> None:
        """Close the connection. A second call does nothing."""
        log, self._log = self._log, None
        if log is None:
            return
        # The command is over, so warnings of the core about the closing connection would only confuse.
        log.level = logging.CRITICAL + 1
        try:
            self._run(self._client.close())
        finally:
            self._runner.close()
            logging.getLogger("truenas_client").removeHandler(log)


@asynccontextmanager
async def _deadline(method: str, timeout: float | None) -> AsyncIterator[None]:
    """One time limit for all parts of a call: the subscription to job events, the wait for a slot, the answer."""
    try:
        async with asyncio.timeout(timeout) as clock:
            yield
    except TimeoutError:
        if not clock.expired():
            raise
        raise CallTimeout(f"{method}: no answer in {timeout:g} s; the server may still work on it") from None


class _Log(logging.Handler):
    """Prints each warning of the core as one line, without a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        say(f"midclt: {record.getMessage()}")
