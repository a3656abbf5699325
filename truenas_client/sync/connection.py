"""One live connection for threads: the WebSocket, one lock, one reader thread. The rules are `Conversation`'s.

A caller makes its call and writes it to the socket under the lock. Then it waits until the reader wakes it, or reads
its answer itself (see `reader`). Ctrl-C may end a caller anywhere: `interrupted` completes what it left half done.

Invariants: the lock is held for bookkeeping only, never while a thread waits, a callback runs or a text is decoded;
nothing waits for the server to take what is sent: what does not leave at once is the reader's to write; whatever the
conversation settles wakes its caller; after the end nothing is sent and every waiting caller has been woken.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
from _thread import allocate_lock
from collections.abc import Callable, Sequence
from threading import Event, Thread, current_thread
from time import monotonic
from typing import Any
from weakref import WeakSet

from ..dialing import ConnectLimits
from ..endpoint import Endpoint
from ..engine.dialect import Dialect
from ..engine.ids import new_id
from ..engine.ledger import Call, Lane
from ..exc import ConnectionLost
from ..websocket import CLOSE_SECONDS
from .reader import Reader
from .waiting import new_waiter, wait_on

__all__ = ["Connection"]

_live: WeakSet[Connection] = WeakSet()


class Connection(Reader):
    """An open connection for callers. ``sock`` is connected; TLS, where there is any, has succeeded."""

    def __init__(self, sock: socket.socket, endpoint: Endpoint, dialect: Dialect, *, limits: ConnectLimits) -> None:
        super().__init__(sock, endpoint, dialect, limits=limits)
        self._thread: Thread | None = None
        self._pid = os.getpid()

    # -- the life of a connection --------------------------------------------------------

    def start(self) -> None:
        """Start the reader. It parks first, because the first calls are alone."""
        self._parked = self._own_poll is not None
        self._thread = Thread(target=self._run, name="truenas_client reader", daemon=True)
        _live.add(self)
        self._thread.start()

    @property
    def lost(self) -> ConnectionLost | None:
        """How the connection ended; None while it lives."""
        return self.talk.lost

    def sign(self, signed_in: bool, local_user: int | None = None) -> None:
        """Note a login or its end. ``local_user`` is the user id that the server signed in on the local socket."""
        with self.lock:
            self.talk.signed_in, self.talk.local_user = signed_in, local_user
            self._set_bound()

    def close(self) -> None:
        """Close. Waiting calls fail with `ConnectionLost`. Any thread may call this; a second call does nothing."""
        if self._pid != os.getpid():
            return
        with self.lock:
            self._begin_close()
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join(CLOSE_SECONDS + 1)
        elif self._thread is None:
            self._finish()

    def let_go(self) -> None:
        """Make the reader close soon. This takes no lock, because the garbage collector may call it anywhere."""
        self._let_go = True
        self._times = 0.0
        self._wake()

    # -- calls ---------------------------------------------------------------------------

    def ask(
        self,
        method: str,
        params: Sequence[Any],
        wake: Callable[[], object],
        *,
        timeout: float | None = None,
        lane: Lane | None = None,
        message_id: str | None = None,
        starts_job: bool = False,
        own: bool = False,
    ) -> Call:
        """Send one call as soon as it has a slot. The reader calls ``wake`` once the call is settled.

        With ``own`` the caller may read the answer itself (see `Reader`).
        """
        message_id = message_id or new_id()
        try:
            with self.lock:
                now = monotonic()
                call = self.talk.ask(
                    method, params, now, timeout=timeout, lane=lane, message_id=message_id, starts_job=starts_job
                )
                call.wake = wake
                self._leave(now, call if own and self._own_poll is not None else None)
        except BaseException:
            self.interrupted(message_id)
            raise
        return call

    def call(self, method: str, params: Sequence[Any], timeout: float | None, *, lane: Lane | None = None) -> Any:
        """Send one call and wait for its answer. Ctrl-C abandons the call; the connection stays usable."""
        waiter, message_id = new_waiter(), new_id()
        try:
            call = self.ask(method, params, waiter.release, timeout=timeout, lane=lane, message_id=message_id, own=True)
            if self._own is not call or not self._read_own(call):
                wait_on(waiter)
        except BaseException:
            self.interrupted(message_id)
            raise
        return _outcome(call)

    def greet(self, timeout: float) -> None:
        """Send the greeting of the dialect, if it has one, and wait for its answer."""
        self._answer_to(lambda now: self.talk.greet(now, timeout))

    def old_ping(self, timeout: float) -> bool:
        """Send the ping of the old protocol, which needs no login. Raises `CallTimeout` when no answer comes."""
        return bool(self._answer_to(lambda now: self.talk.old_ping(now, timeout)))

    def unsubscribe(self, handle: str, timeout: float) -> None:
        """End a subscription."""
        self._answer_to(lambda now: self.talk.unsubscribe(handle, now, timeout))

    def subscribe_soon(self, name: str, timeout: float, wake: Callable[[], object]) -> Call:
        """Subscribe, in one write with the text that is sent next. The caller holds the lock."""
        call = self.talk.subscribe(name, monotonic(), timeout)
        call.wake = wake
        return call

    def leave(self) -> None:
        """Send the calls that have a slot. The caller holds the lock."""
        self._leave(monotonic())

    def abandon(self, call: Call) -> None:
        """Note that the caller gave up."""
        with self.lock:
            self.talk.abandon(call)
            self._leave(monotonic())

    def interrupted(self, message_id: str) -> None:
        """Abandon a call whose caller was stopped at any point, by Ctrl-C or by an error."""
        with self.lock:
            self.talk.interrupted(message_id, self._sending)
            self._sending = None
            if self._own is not None and self._own.id == message_id:
                self._hand_on()
            self._leave(monotonic())

    def _answer_to(self, make: Callable[[float], Call | None]) -> Any:
        """Send what the conversation makes, and wait for its answer; None where the protocol has none."""
        waiter = new_waiter()
        with self.lock:
            now = monotonic()
            call = make(now)
            awaited = call is not None and not call.settled  # look before it leaves: the answer may come at once
            if call is not None:
                call.wake = waiter.release
            self._leave(now)
        if call is None or not awaited:
            return None
        try:
            wait_on(waiter)
        except BaseException:
            self.abandon(call)
            raise
        return _outcome(call)

    # -- the end of the process, and its children ----------------------------------------

    def forked(self) -> None:
        """Let go of the connection in a forked child: it is the parent's. No other thread runs here."""
        self.lock = allocate_lock()
        self._over = True
        why = "This process was forked from the one that made the connection: make a Client of its own here"
        self.talk.end(None, "", why=why)
        self.closed = Event()
        self.closed.set()
        for one in (self.socket, self._wake_reader, self._waker):
            # Only this process's descriptors: nothing is sent, and the parent's stay open.
            with contextlib.suppress(OSError):
                os.close(one.detach())


def _outcome(call: Call) -> Any:
    if call.error is not None:
        try:
            raise call.error
        finally:
            del call  # the error's traceback holds this frame, which would hold the error
    return call.result


def _in_child() -> None:
    for connection in list(_live):
        connection.forked()
    _live.clear()


def _at_exit() -> None:
    """Close the connections that the program left open, so that the server learns of their end."""
    for connection in list(_live):
        connection.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
