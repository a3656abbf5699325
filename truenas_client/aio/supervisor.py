"""Keep a connection: its state, reconnecting, and the callers that wait for it.

::

    IDLE -> CONNECTING -> READY -> (lost) -> WAITING -> CONNECTING -> ... -> CLOSED | FAILED

The supervisor owns the one live `Connection`. When the connection ends unasked, the
supervisor opens another after a growing pause (`retry.backoff`), signs in again, has
subscriptions and jobs renewed, and only then gives the connection to callers.

Invariants: after a fatal error (`retry.is_fatal`) no attempt is made; no caller waits
for a connection that will not come; watchers get every change of state, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from ..engine.retry import STABLE_SECONDS, is_fatal, pause_for
from ..exc import ClientException, ConnectionLost
from ..secrets.logs import log
from .connection import Connection

__all__ = ["State", "Status", "Supervisor"]


class State(Enum):
    """The state of a client's connection."""

    IDLE = "idle"
    CONNECTING = "connecting"
    READY = "ready"
    WAITING = "waiting"
    CLOSED = "closed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """One state, for user interfaces.

    ``attempt`` counts from 1 while reconnecting and is 0 otherwise. ``pause`` is the number of
    seconds that the client waits now. ``reason`` is the error of the last connection or of the last
    attempt. ``expected`` tells that the user's own call ended the connection (a reboot).
    """

    state: State
    attempt: int = 0
    pause: float = 0.0
    reason: ClientException | None = None
    expected: bool = False


class Supervisor:
    """The connections of one client, one after the other.

    ``opener`` opens and greets a connection. ``resume`` signs it in and renews subscriptions
    and jobs. ``lost`` is called at the end of each connection, ``finished`` when the client is over.
    """

    def __init__(
        self,
        opener: Callable[[], Awaitable[Connection]],
        resume: Callable[[Connection], Awaitable[None]],
        lost: Callable[[ConnectionLost], None],
        finished: Callable[[ClientException], None],
        *,
        reconnect: bool,
    ) -> None:
        self._opener, self._resume, self._lost, self._finished = opener, resume, lost, finished
        self._reconnect = reconnect
        self.connection: Connection | None = None
        self.status = Status(State.IDLE)
        self._watchers: list[deque[Status]] = []
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._repair: asyncio.Task[None] | None = None
        self._attempt = 0
        self._held_since = 0.0
        self._uniform = random.uniform

    @property
    def over(self) -> bool:
        """Whether the client is over: no further connection will be made."""
        return self.status.state in (State.CLOSED, State.FAILED)

    @property
    def closed(self) -> bool:
        """Whether the client was closed by its user."""
        return self.status.state is State.CLOSED

    @property
    def settled(self) -> bool:
        """Whether callers may use the connection."""
        return self.status.state is State.READY

    async def start(self) -> None:
        """Make the first connection. A failure is raised; no second attempt is made."""
        self._tell(Status(State.CONNECTING))
        try:
            connection = await self._opener()
        except BaseException as e:
            self._tell(Status(State.FAILED, reason=e if isinstance(e, ClientException) else None))
            raise
        if self.over:  # closed meanwhile, when there was no connection to close
            await connection.close()
            raise self._hopeless()
        self.connection = connection
        self._hold(connection)
        self._tell(Status(State.READY))

    async def ready(self) -> Connection:
        """The live connection. Waits for it while reconnecting.

        Raises `ConnectionLost` (with ``sent`` false) when no connection will come.
        """
        while self.status.state is not State.READY:
            if self.over or self.connection is None:
                raise self._hopeless()
            await self._changed.wait()
        assert self.connection is not None
        if self.connection.lost is not None and self._reconnect:
            # The connection has ended, but its callback has not run yet. Wait for the next one.
            await self._changed.wait()
            return await self.ready()
        return self.connection

    def present(self) -> Connection:
        """The live connection. Raises `ConnectionLost` (with ``sent`` false) when there is none at the moment."""
        if self.connection is None or self.connection.lost is not None or not self.settled:
            raise self._hopeless()
        return self.connection

    async def close(self) -> None:
        """Close for good. A second call does nothing."""
        if not self.over:
            self._tell(Status(State.CLOSED))
        if self.connection is not None:
            await self.connection.close()
        if self._repair is not None:
            self._repair.cancel()  # it may be in the middle of making a connection
            await asyncio.wait([self._repair])
            if self.connection is not None and self.connection.lost is None:
                await self.connection.close()

    async def wait_over(self) -> ClientException | None:
        """Wait until the client is over. Return None when it was closed, else the error it gave up with."""
        while not self.over:
            await self._changed.wait()
        return self.status.reason if self.status.state is State.FAILED else None

    def hurry(self) -> None:
        """Connect now instead of after the pause."""
        self._hurry.set()

    async def watch(self) -> AsyncIterator[Status]:
        """Yield the present status and each later one, in order; the last is CLOSED or FAILED."""
        seen: deque[Status] = deque([self.status])
        self._watchers.append(seen)
        try:
            while True:
                while seen:
                    status = seen.popleft()
                    yield status
                    if status.state in (State.CLOSED, State.FAILED):
                        return
                await self._changed.wait()
        finally:
            self._watchers = [watcher for watcher in self._watchers if watcher is not seen]

    # -- inside --------------------------------------------------------------------------

    def _hold(self, connection: Connection) -> None:
        """Register for the end of this connection."""
        self._held_since = asyncio.get_running_loop().time()
        connection.when_ended(self._on_end)

    def _on_end(self, lost: ConnectionLost) -> None:
        self._lost(lost)
        if self.over:
            self._finished(lost)
        elif not self._reconnect:
            self._finish(lost)  # the callers of this connection have their errors already
        else:
            self._repair = asyncio.get_running_loop().create_task(self._keep(lost), name="truenas_client supervisor")

    def _finish(self, error: ClientException) -> None:
        if not self.over:
            self._tell(Status(State.FAILED, reason=error))
        self._finished(error)

    async def _keep(self, lost: ConnectionLost) -> None:
        """Make another connection. Without one the client is over, also after a cancel or a bug here."""
        error: ClientException | None = lost
        try:
            error = await self._connect_again(lost)
        finally:
            if error is not None:
                self._finish(error)
        assert self.connection is not None
        self._repair = None
        self._hold(self.connection)
        self._tell(Status(State.READY))

    async def _connect_again(self, lost: ConnectionLost) -> ClientException | None:
        """Try until there is a connection (None) or a fatal error (returned)."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._held_since >= STABLE_SECONDS:
            self._attempt = 0
        assert self.connection is not None
        expected = self.connection.talk.expected_pause
        # An expected loss is no warning: the user's own call caused it.
        log.log(logging.WARNING if expected is None else logging.INFO, "connection lost: %s", lost.error)
        if is_fatal(lost):
            return lost
        error: ClientException = lost
        while True:
            self._attempt += 1
            pause = expected if expected is not None else pause_for(error, self._attempt - 1, self._uniform)
            await self._pause(Status(State.WAITING, self._attempt, pause, error, expected is not None))
            expected = None
            self._tell(Status(State.CONNECTING, self._attempt, 0.0, error))
            try:
                await self._again()
            except ClientException as e:
                error = e
                if self.over or is_fatal(e):
                    return e
            else:
                log.info("connected again after %d attempts", self._attempt)
                return None

    async def _again(self) -> None:
        connection = await self._opener()
        self.connection = connection
        try:
            await self._resume(connection)
        except BaseException:
            await connection.close()
            raise

    async def _pause(self, status: Status) -> None:
        """Wait as long as the status says, or until `hurry`."""
        self._hurry.clear()
        self._tell(status)
        if status.pause > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), status.pause)

    def _hopeless(self) -> ConnectionLost:
        reason = self.status.reason
        if isinstance(reason, ConnectionLost):
            return ConnectionLost(f"{reason.error}; the call was not sent", reason.code, reason.reason, sent=False)
        if reason is not None:
            lost = ConnectionLost(f"There is no connection: {reason.error}", sent=False)
            lost.__cause__ = reason
            return lost
        return ConnectionLost("The connection was closed; the call was not sent", sent=False)

    def _tell(self, status: Status) -> None:
        if self.over:
            return  # nothing comes after the end
        self.status = status
        for watcher in self._watchers:
            watcher.append(status)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
