"""Which thread reads a connection: the reader, or the caller of a lone call, which reads its own answer.

The reader lives from `start` to the end: it reads, answers pings, sends the keepalive and keeps the times. At first,
and again after some calls that were alone, it parks: it leaves the socket to the callers, and wakes up `PARK_SECONDS`
later to see whether they made use of it. Until then a caller whose call is alone reads the answer itself, which saves
two switches of threads (measured: 1.2 times as many calls). It takes exactly one whole text, the answer. It leaves
everything else that comes, and an answer that is late, to the reader.

Invariants: at any time one thread reads; a caller takes bytes off the socket and keeps them in one step of C, and it
feeds none to the WebSocket, so Ctrl-C may end it anywhere; TLS is read by the reader alone; nothing that comes waits
longer than `PARK_SECONDS` twice, or a caller's `OWN_SECONDS`.
"""

from __future__ import annotations

import contextlib
import select
import socket
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..dialing import ConnectLimits
from ..endpoint import Endpoint
from ..engine.conversation import Conversation, Noise
from ..engine.dialect import Dialect
from ..engine.ids import new_id
from ..engine.ledger import Call, Lane
from ..engine.messages import Ended, Reply, Update
from ..engine.sizes import receive_limit
from ..secrets.logs import log
from ..websocket import CLOSE_SECONDS, lone_text
from .websocket import AWAKE, SMALLEST_READ, Link, Unreadable

if TYPE_CHECKING:
    from .events import Subscriptions

__all__ = ["Reader"]

BATCH = 64
"""Frames that are taken while the lock is held once."""
LONE_CALLS = 3
"""Calls that were alone, one after the other, until the reader parks."""
PARK_SECONDS = 0.01
OWN_SECONDS = 0.05
"""How long a caller waits for its answer at the socket before the reader takes over."""


class Reader(Link):
    """An open WebSocket with a conversation on it, and the ways to read it."""

    def __init__(self, sock: socket.socket, endpoint: Endpoint, dialect: Dialect, *, limits: ConnectLimits) -> None:
        super().__init__(sock, endpoint)
        self._limits = limits
        self.talk = Conversation(dialect, new_id, monotonic(), vigilance=limits.vigilance)
        self.receiver: Subscriptions | None = None
        """Receives the events. The reader calls it with the lock held, so it must neither block nor raise."""
        self.closed = Event()
        """Set at the end, when every caller has been woken."""
        self._closing = self._let_go = False
        self._bound_signed_in = False
        self.bound = receive_limit(limits.message, False)
        self._sending: Call | None = None
        """The call that is handed to the WebSocket at this moment."""
        self._parked = False
        """Whether the reader leaves the socket to callers."""
        self._own: Call | None = None
        """The call whose caller reads."""
        self._lone = 0
        """Calls in a row that were alone."""
        self._own_reads, self._own_reads_seen = 0, -1
        self._own_poll: Any = None
        if hasattr(select, "poll") and not self._is_tls:
            self._own_poll = select.poll()
            self._own_poll.register(sock.fileno(), select.POLLIN)

    # -- sending, with the lock held -----------------------------------------------------

    def _leave(self, now: float, own: Call | None = None) -> None:
        """Send what may leave. ``own`` is a call whose caller may read its answer."""
        leaving = self.talk.leaving(now)
        for call in leaving:
            self._sending = call
            call.sent = self.send(call.text)
        if leaving:
            self._sending = None
            self._flush()
        if self.talk.next_time() < self._planned:
            self._wake()
        if own is not None:
            self._claim(own)
        elif self._parked and self._own is None and not self._is_idle:
            self._unpark()

    def _set_bound(self) -> None:
        self._bound_signed_in = self.talk.signed_in
        self.bound = receive_limit(self._limits.message, self.talk.signed_in)

    def _begin_close(self) -> None:
        if not self._closing and not self._over:
            self._closing = True
            self._cut_off = self._times = monotonic() + CLOSE_SECONDS
            self.send_close()
            self._flush()
            self._wake()

    # -- a caller that reads its own answer ----------------------------------------------

    def _claim(self, call: Call) -> None:
        """Let the caller of a call that was just sent read the answer, if the call is alone and the reader parks."""
        ledger = self.talk.ledger
        if not call.sent or ledger.in_flight > 1 or ledger.queued or self._unsent or call.lane is Lane.JOB:
            self._lone = 0
        elif not self._parked:
            self._lone += 1
            return
        elif self._own is None and not self._closing and not self._received and self.between_messages:
            self._own = call
            return
        if self._parked and self._own is None:
            self._unpark()

    def _read_own(self, call: Call) -> bool:
        """Read the answer of a claimed call. False: the reader will read it."""
        received = self._received
        if self._own_poll.poll(OWN_SECONDS * 1000):
            with contextlib.suppress(OSError):  # the reader meets it too
                received.extend(map(self.socket.recv, _ONE_READ))
                text = lone_text(received[0])
                messages = self.talk.dialect.receive(text) if text is not None else ()
                if len(messages) == 1 and type(messages[0]) is Reply and messages[0].id == call.id:
                    with self.lock:
                        settled = bool(self.talk.hear(messages, monotonic()))
                        if self.talk.signed_in is not self._bound_signed_in:
                            self._set_bound()
                        received.clear()
                        self._hand_on()
                    return settled
        with self.lock:
            self._hand_on()
        return False

    def _hand_on(self) -> None:
        """Note that the caller reads no more. The lock is held."""
        self._own = None
        self._own_reads += 1
        if self._received or self._closing or not self._is_idle:
            self._unpark()

    def _unpark(self) -> None:
        self._parked, self._lone = False, 0
        self._wake()

    @property
    def _is_idle(self) -> bool:
        return not self.talk.ledger.in_flight and not self.talk.ledger.queued

    def _parks(self) -> bool:
        """Whether the reader leaves the socket to callers until it wakes up; the lock is held."""
        if self._own is not None:
            return True
        used, self._own_reads_seen = self._own_reads != self._own_reads_seen, self._own_reads
        wanted = used if self._parked else self._own_poll is not None and self._lone >= LONE_CALLS
        busy = self._closing or self._received or self._unsent or self._texts or not self._is_idle
        self._parked = wanted and not busy
        if self._parked:
            self._lone = 0
        return self._parked

    # -- the reader ----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._read()
        except Exception:
            log.exception("the reader failed")
        self._finish()

    def _read(self) -> None:
        """Read until the end. A hot path."""
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
        """Sleep until there is something to do. Return the received bytes, None without any."""
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
            writing, parks = bool(self._unsent), self._parks()
            if parks:
                until = min(until, now + PARK_SECONDS)
            self._planned = until
            if self._let_go and not self._closing:
                until = now  # it came after the look above, while this thread was awake
        for call in settled:
            if call.wake is not None:  # the watchdog's question has no caller
                call.wake()
        if self._over or self.talk.lost is not None:
            return None
        if not parks and self._received:
            self._planned = AWAKE
            return self._receive()
        readable = self._waits.until(until - now, reading=not parks, writing=writing)
        self._planned = AWAKE
        return self._receive() if readable and not parks else None

    def _hear(self, text: str | Unreadable, now: float) -> None:
        """Take in one text. A hot path. Nothing of the text may stay referenced when this returns."""
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
                if call.wake is not None:
                    call.wake()
        if noise is not None:
            log.warning("%s", noise)

    def _finish(self) -> None:
        """Take in the end, from either side."""
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
            if call.wake is not None:
                call.wake()
        self.closed.set()


_ONE_READ = (SMALLEST_READ,)
