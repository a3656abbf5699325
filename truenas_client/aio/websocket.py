"""The asyncio driver of one WebSocket: an asyncio protocol that feeds the sans-I/O `WebSocket`.

The link hands each received text over as it arrives, without a queue or a task. The texts sent in one turn of the loop
leave in one write. However much data comes at once, other tasks of the loop get their turn every few milliseconds.

The link never stops reading because the server takes no data: a server that waits for this end to read would then wait
forever. The slots of the calls bound the unsent data.

Invariants: the hearer is called in the order of arrival, and never after the end; after an exception of the hearer the
connection is cut off and the hearer hears only its end; a closing connection is cut off when the server does not end it
in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from time import monotonic
from typing import Protocol

from ..secrets.logs import log
from ..websocket import CLOSE_SECONDS, WebSocket

__all__ = ["Hearer", "Link"]

TURN_SECONDS = 0.002
"""How long the link decodes received bytes before other tasks of the loop get their turn."""


class Hearer(Protocol):
    """The receiver of texts and of the end. The link calls it from a callback of the loop, so it must not block."""

    def on_text(self, text: str) -> None: ...

    def on_fault(self, reason: str) -> None: ...

    def on_closed(self) -> None: ...


class Link(WebSocket, asyncio.Protocol):
    """One WebSocket over a transport of the running loop."""

    transport: asyncio.Transport

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._loop = asyncio.get_running_loop()
        self._hearer: Hearer | None = None
        self._early: list[tuple[bool, str]] = []
        self.on_text = lambda text: self._early.append((True, text))
        self.on_fault = lambda reason: self._early.append((False, reason))
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._waiting: set[asyncio.Future[float]] = set()
        self._flushing = self._reading_on = False
        self._keepalive: asyncio.TimerHandle | None = None
        self._cut_off: asyncio.TimerHandle | None = None

    # -- the life of a connection --------------------------------------------------------

    async def opened(self) -> None:
        """Wait for the end of the opening handshake. Raises websockets' own exception when it failed."""
        await self._opened
        if self.handshake_error is not None:
            raise self.handshake_error

    def hear(self, hearer: Hearer) -> None:
        """Call this hearer from now on, first with what has arrived already."""
        self._hearer = hearer
        self.on_text, self.on_fault = hearer.on_text, hearer.on_fault
        early, self._early = self._early, []
        try:
            for is_text, words in early:
                (hearer.on_text if is_text else hearer.on_fault)(words)
        except Exception:
            log.exception("the reader failed")
            self.transport.abort()
        if self._lost.done():
            hearer.on_closed()

    async def close(self) -> None:
        """Close, and wait for the end. A second call does the same."""
        self.send_close()
        self._send()
        self._expect_end()
        await asyncio.shield(self._lost)

    async def ping(self) -> asyncio.Future[float]:
        """Send a ping. Return a future of the seconds until its pong. Both raise `ConnectionClosed`."""
        if self._lost.done():
            raise self.close_error
        waiter: asyncio.Future[float] = self._loop.create_future()
        self._waiting.add(waiter)
        waiter.add_done_callback(self._waiting.discard)
        self.send_ping(self._loop.time(), lambda seconds: None if waiter.done() else waiter.set_result(seconds))
        self._send()
        return waiter

    def _expect_end(self) -> None:
        if self._cut_off is None and not self._lost.done():
            self._cut_off = self._loop.call_later(CLOSE_SECONDS, self.transport.abort)

    # -- the loop's callbacks ------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the opening handshake. TLS, if any, is done."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take in received bytes."""
        self.feed(data, self._loop.time())
        if not self._reading_on:
            self._read()

    def eof_received(self) -> None:
        """Take in that the server sends nothing more. Over TLS asyncio calls this even while reading is paused."""
        self._read(math.inf)
        self.receive_eof()
        self._send()
        self._expect_end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take in the end of the connection, by either side."""
        self.receive_eof()
        for timer in (self._keepalive, self._cut_off):
            if timer is not None:
                timer.cancel()
        for waiter in list(self._waiting):
            if not waiter.done():
                waiter.set_exception(self.close_error)
        if not self._opened.done():
            self._opened.set_result(None)
        self._lost.set_result(None)
        if self._hearer is not None:
            self._hearer.on_closed()

    # -- receiving -----------------------------------------------------------------------

    def _read(self, seconds: float = TURN_SECONDS) -> None:
        """Decode what was fed, for at most one turn of the loop."""
        step, is_closing = self.step, self.transport.is_closing
        until = monotonic() + seconds
        try:
            while not is_closing() and step():
                if monotonic() > until:
                    self.transport.pause_reading()
                    self._reading_on = True
                    self._loop.call_soon(self._read)
                    break
            else:
                if self._reading_on:
                    self._reading_on = False
                    self.transport.resume_reading()
        except Exception:
            log.exception("the reader failed")
            self.transport.abort()
        if self.refusal:
            self.transport.abort()
        self._send()
        if not self._opened.done() and not self.opening:
            self._opened.set_result(None)
            self._keep_alive()
        elif self.closing:
            self._expect_end()

    def _keep_alive(self) -> None:
        now = self._loop.time()
        self.due(now)
        self._send()
        if self.closing:
            self._expect_end()
        elif (then := self.next_time()) < math.inf:
            self._keepalive = self._loop.call_at(then, self._keep_alive)

    # -- sending -------------------------------------------------------------------------

    def write(self, text: str, *, alone: bool = False) -> bool:
        """Send a text together with the others of this turn. False: the connection is over and nothing was sent.

        ``alone`` tells that no other text is likely to follow in this turn, so this one is written at once.
        """
        if self.transport.is_closing() or not self.send(text):
            return False
        if self._flushing:
            return True
        if alone:
            self._send()
        else:
            self._flushing = True
            self._loop.call_soon(self._flush)
        return True

    def _flush(self) -> None:
        self._flushing = False
        self._send()

    def _send(self) -> None:
        """Write all pending data in one write."""
        data, last = self.to_send()
        if self.transport.is_closing():
            return
        if data:
            self.transport.write(data)
        if last:
            if self.transport.can_write_eof():
                with contextlib.suppress(OSError):  # the peer has closed first
                    self.transport.write_eof()
            else:
                self.transport.close()
