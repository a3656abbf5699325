"""One live connection for threads: the WebSocket, one lock, one reader thread. The rules are `Conversation`'s.

A caller makes its call under the lock, which also writes it to the socket, and then waits for the reader to wake it.
The reader thread lives from `start` to the end: it reads, answers pings, sends the keepalive and keeps the times.
Callers never read: Ctrl-C may end a caller anywhere, also between the socket's bytes and their place in the buffer.

Invariants: the lock is held for bookkeeping only, never while anybody waits, a callback runs or a text is decoded;
nothing waits for the server to take what is sent: what does not leave at once is the reader's to write; whatever the
conversation settles is told to its caller; after the end nothing is sent and everyone who waited has been told.
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
from typing import Any, Protocol
from weakref import WeakSet

from ..dialing import ConnectLimits
from ..endpoint import Endpoint
from ..engine.conversation import Conversation, Noise
from ..engine.dialect import Dialect
from ..engine.ids import new_id
from ..engine.ledger import Call, Lane
from ..engine.messages import Ended, Update
from ..engine.sizes import receive_limit
from ..exc import ConnectionLost
from ..secrets.logs import log
from ..websocket import CLOSE_SECONDS
from .waiting import new_waiter, wait_on
from .websocket import AWAKE, Link, Unreadable

__all__ = ["Connection", "Receiver"]

BATCH = 64
"""Frames that are taken while the lock is held once."""
_live: WeakSet[Connection] = WeakSet()


class Receiver(Protocol):
    """Takes the events of a connection. The reader calls it with the lock held: it must neither block nor raise."""

    def update(self, update: Update) -> None: ...

    def ended(self, ended: Ended) -> None: ...

    def over(self, lost: ConnectionLost, *, ours: bool) -> None: ...


class Connection(Link):
    """An open WebSocket with a conversation on it. ``sock`` is connected; TLS, where there is any, has succeeded."""

    def __init__(self, sock: socket.socket, endpoint: Endpoint, dialect: Dialect, *, limits: ConnectLimits) -> None:
        super().__init__(sock, endpoint)
        self._limits = limits
        self.talk = Conversation(dialect, new_id, monotonic(), vigilance=limits.vigilance)
        self.receiver: Receiver | None = None
        self.closed = Event()
        """Set at the end, when everyone has been told."""
        self._closing = self._let_go = False
        self._bound_signed_in = False
        self.bound = receive_limit(limits.message, False)
        self._thread: Thread | None = None
        self._pid = os.getpid()

    # -- the life of a connection --------------------------------------------------------

    def start(self) -> None:
        """Start the reader."""
        self._thread = Thread(target=self._run, name="truenas_client reader", daemon=True)
        _live.add(self)
        self._thread.start()

    @property
    def lost(self) -> ConnectionLost | None:
        """How the connection ended; None while it lives."""
        return self.talk.lost

    def sign(self, signed_in: bool, local_user: int | None = None) -> None:
        """Note who is signed in; ``local_user`` is whom the local socket signed in by itself."""
        with self.lock:
            self.talk.signed_in, self.talk.local_user = signed_in, local_user
            self._set_bound()

    def close(self) -> None:
        """Close; everything that waits fails with `ConnectionLost`. Twice is fine, and so is any thread."""
        if self._pid != os.getpid():
            return
        with self.lock:
            self._begin_close()
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join(CLOSE_SECONDS + 1)
        elif self._thread is None:
            self._finish()

    def let_go(self) -> None:
        """Have the reader close, soon. Takes no lock, because the garbage collector may call it anywhere."""
        self._let_go = True
        self._times = 0.0
        self._wake()

    def _begin_close(self) -> None:
        if not self._closing and not self._over:
            self._closing = True
            self._cut_off = self._times = monotonic() + CLOSE_SECONDS
            self.send_close()
            self._flush()
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
    ) -> Call:
        """Send one call, as soon as it has a slot. ``wake`` is called once it is settled, by the reader."""
        with self.lock:
            now = monotonic()
            call = self.talk.ask(
                method, params, now, timeout=timeout, lane=lane, message_id=message_id, starts_job=starts_job
            )
            call.wake = wake
            self._leave(now)
        return call

    def call(self, method: str, params: Sequence[Any], timeout: float | None, *, lane: Lane | None = None) -> Any:
        """Send one call and wait for its answer. Ctrl-C gives the call up, and leaves the connection usable."""
        waiter = new_waiter()
        return self.answer(self.ask(method, params, waiter.release, timeout=timeout, lane=lane), waiter)

    def greet(self, timeout: float) -> None:
        """Send what has to come first, and wait for its answer."""
        waiter = new_waiter()
        call = self._place(lambda now: self.talk.greet(now, timeout), waiter.release)
        if call is not None:
            self.answer(call, waiter)

    def old_ping(self, timeout: float) -> bool:
        """The ping of the old protocol, which needs no login: True. Raises `CallTimeout` where it is not answered."""
        waiter = new_waiter()
        call = self._place(lambda now: self.talk.old_ping(now, timeout), waiter.release)
        assert call is not None
        return bool(self.answer(call, waiter))

    def unsubscribe(self, handle: str, timeout: float) -> None:
        """Give a subscription back."""
        waiter = new_waiter()
        call = self._place(lambda now: self.talk.unsubscribe(handle, now, timeout), waiter.release)
        if call is not None and not call.settled:
            self.answer(call, waiter)

    def subscribe_soon(self, name: str, timeout: float, wake: Callable[[], object]) -> Call:
        """Ask for events; the lock is held. The question leaves in one write with what is sent next."""
        call = self.talk.subscribe(name, monotonic(), timeout)
        call.wake = wake
        return call

    def leave(self) -> None:
        """Send what may leave; the lock is held."""
        self._leave(monotonic())

    def answer(self, call: Call, waiter: Any) -> Any:
        """Wait for a call of `ask`: its result. Raises its error."""
        try:
            wait_on(waiter)
        except BaseException:
            self.abandon(call)
            raise
        if call.error is not None:
            try:
                raise call.error
            finally:
                del call  # the error's traceback holds this frame, which would hold the error
        return call.result

    def abandon(self, call: Call) -> None:
        """Note that the caller gave up."""
        with self.lock:
            self.talk.abandon(call)
            self._leave(monotonic())

    def _place(self, make: Callable[[float], Call | None], wake: Callable[[], object]) -> Call | None:
        with self.lock:
            now = monotonic()
            call = make(now)
            if call is not None:
                call.wake = wake
            self._leave(now)
        return call

    # -- sending, with the lock held -----------------------------------------------------

    def _leave(self, now: float) -> None:
        leaving = self.talk.leaving(now)
        for call in leaving:
            call.sent = self.send(call.text)
        if leaving:
            self._flush()
        if self.talk.next_time() < self._planned:
            self._wake()

    def _set_bound(self) -> None:
        self._bound_signed_in = self.talk.signed_in
        self.bound = receive_limit(self._limits.message, self.talk.signed_in)

    # -- the reader ----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._read()
        except Exception:
            log.exception("the reader failed")
        self._finish()

    def _read(self) -> None:
        """Read until the end: a hot path."""
        lock, texts, talk, more, eager = self.lock, self._texts, self.talk, True, False
        while True:
            data = None
            if not more:
                # Where more answers are due, the next is often there already, and asking costs less than sleeping.
                if eager:
                    data = self._receive()
                if data is None:
                    data = self._wait()
                if data == b"":
                    self._over = True
            with lock:
                now = monotonic()
                if data:
                    self.feed(data, now)
                more = False
                for _ in range(BATCH):
                    if not self.step():
                        break
                else:
                    more = True
                self._flush()
                over = self._over or bool(self.refusal)
            eager = bool(data) and now < self._times and now < talk.next_time()
            del data
            while texts:
                self._hear(texts.popleft(), now)
            if over or talk.lost is not None:
                return
            eager = eager and talk.ledger.in_flight > 1

    def _wait(self) -> bytes | None:
        """Sleep until there is something to do; what was received, None when nothing was."""
        with self.lock:
            now = monotonic()
            if self._let_go:
                self._begin_close()
            self.due(now)
            settled = self.talk.due(now) if now >= self.talk.next_time() else []
            self._leave(now)
            self._flush()
            if self.closing:
                self._cut_off = min(self._cut_off, now + CLOSE_SECONDS)
            if now >= self._cut_off:
                self._over = True
            self._times = min(self.next_time(), self._cut_off)
            until = min(self._times, self.talk.next_time())
            writing = bool(self._unsent)
            self._planned = until
            if self._let_go and not self._closing:
                until = now  # it came after the look above, and woke nobody
        for call in settled:
            call.wake()
        if self._over or self.talk.lost is not None:
            return None
        readable = self._waits.until(until - now, writing=writing)
        self._planned = AWAKE
        return self._receive() if readable else None

    def _hear(self, text: str | Unreadable, now: float) -> None:
        """Take in one text: a hot path. Nothing of it may stay referenced when this returns."""
        talk = self.talk
        messages = talk.dialect.receive(text) if type(text) is str else None
        settled = noise = None
        with self.lock:
            if messages is not None:
                told = talk.hear(messages, now)
            else:
                assert isinstance(text, Unreadable)
                told = talk.unreadable(text.reason, now)
            for item in told:
                if type(item) is Call:
                    if settled is None:
                        settled = [item]
                    else:
                        settled.append(item)
                elif type(item) is Noise:
                    noise = item.text
                elif self.receiver is None:
                    continue
                elif type(item) is Update:
                    self.receiver.update(item)
                elif type(item) is Ended:
                    self.receiver.ended(item)
            if talk.signed_in is not self._bound_signed_in:
                self._set_bound()
            if talk.ledger.queued:
                self._leave(now)
        if settled is not None:
            for call in settled:
                call.wake()
        if noise is not None:
            log.warning("%s", noise)

    def _finish(self) -> None:
        """The end, whoever ended it."""
        with self.lock:
            self._over = True
            self.receive_eof()
            code, reason = self.close_code, self.close_reason or ""
            settled = self.talk.end(code, reason, ours=self._closing, why=self.refusal)
            self._unsent = b""
            self.socket.close()
            self._wake_reader.close()
            self._waker.close()
            if self.receiver is not None:
                assert self.talk.lost is not None
                self.receiver.over(self.talk.lost, ours=self._closing)
        for call in settled:
            call.wake()
        self.closed.set()

    # -- the end of the process, and its children ----------------------------------------

    def forked(self) -> None:
        """In a forked child: the connection is the parent's. No other thread lives here."""
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


def _in_child() -> None:
    for connection in list(_live):
        connection.forked()
    _live.clear()


def _at_exit() -> None:
    """Close what the program left open, so that the server is told."""
    for connection in list(_live):
        connection.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
