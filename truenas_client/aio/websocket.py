"""A WebSocket of websockets' that skips its queues.

Received texts are handed over where they arrive, instead of waking a reader for
each; sent texts of one turn of the loop leave in one write. Measured with ten
calls in flight, this halves the CPU of a call; everything else (handshake,
masking, fragments, pings, close, keepalive) stays websockets' own.

What is received is bounded: the bytes since the last complete message, the fragments of a message, and the control
frames of a while. Beyond a bound the connection breaks off, and `Link.refusal` says why. However much comes at once,
other work of the loop has its turn every few milliseconds.

Invariants: the hearer is called in the order of arrival, never after the end;
a hearer that raises ends the connection instead of being called again.
"""

from __future__ import annotations

import contextlib
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from ..secrets.logs import log

__all__ = ["Hearer", "Link"]

KEPT_CHARACTERS = 100_000
"""websockets holds each frame until it has parsed the next one: the bytes of longer ones are let go at once."""


BEFORE_LOGIN = 16 * 2**20
"""Bytes that a server may send in one message before sign-in: answers there are small."""
MOST_FRAGMENTS = 10_000
"""Frames of one message. Real servers send one, proxies a few."""
PIECE = 32_768
"""Bytes that are parsed at a time: a frame may have two, and each takes some ten microseconds."""
TURN_SECONDS = 0.005
"""How long received bytes are parsed before the loop does something else."""
MOST_CONTROLS, CONTROL_SECONDS = 10_000, 10.0
"""Pings and pongs in a row that are taken in so many seconds; each ping costs an answer."""


class Hearer(Protocol):
    """Who takes what is received. Called from the loop's own callback: must not block."""

    def on_text(self, text: str) -> None: ...

    def on_fault(self, reason: str) -> None: ...

    def on_closed(self) -> None: ...


class Link(ClientConnection):
    """One open WebSocket."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._hearer: Hearer | None = None
        self._early: list[Frame] = []
        self._parts: bytearray | None = None
        self._flushing = False
        self._unfinished = self._fragments = 0
        self._rest = memoryview(b"")
        self._controls, self._controls_since = 0, 0.0
        self.bound = BEFORE_LOGIN
        """Bytes that may come without a complete message among them."""
        self.refusal = ""
        """Why this end broke the connection off, "" when it did not."""

    def hear(self, hearer: Hearer) -> None:
        """Hand everything over from now on, beginning with what has come already."""
        self._hearer = hearer
        early, self._early = self._early, []
        for frame in early:
            self._take(frame)
        if self.connection_lost_waiter.done():
            hearer.on_closed()

    def process_event(self, event: Any) -> None:
        """websockets' hook for each received event; messages do not go to its queue."""
        if type(event) is Frame and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if self._hearer is None:
                self._early.append(event)
            else:
                self._take(event)
        else:
            super().process_event(event)
            if type(event) is Frame:
                self._count_control()

    def data_received(self, data: bytes) -> None:
        """asyncio's hook for received bytes."""
        if len(data) <= PIECE:
            self._receive(data)
        else:
            self._rest = memoryview(data)
            self._receive_rest()

    def _receive(self, data: bytes | memoryview) -> None:
        self._unfinished += len(data)
        super().data_received(data)  # type: ignore[arg-type]
        if self._unfinished > self.bound:
            self._refuse(f"The server sent more than {self.bound:,} bytes without completing a message")

    def eof_received(self) -> None:
        """asyncio's hook for the end of what the server sends. Over TLS it comes although reading was paused."""
        self._receive_rest(float("inf"))
        super().eof_received()

    def _receive_rest(self, seconds: float = TURN_SECONDS) -> None:
        until = self.loop.time() + seconds
        while self._rest and not self.transport.is_closing():
            piece, self._rest = self._rest[:PIECE], self._rest[PIECE:]
            self._receive(piece)
            if self._rest and self.loop.time() > until:
                self.transport.pause_reading()
                self.loop.call_soon(self._receive_rest)
                return
        self._rest = memoryview(b"")
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _count_control(self) -> None:
        now = self.loop.time()
        if now - self._controls_since > CONTROL_SECONDS:
            self._controls, self._controls_since = 0, now
        self._controls += 1
        if self._controls > MOST_CONTROLS:
            self._refuse(f"The server sent more than {MOST_CONTROLS:,} pings in {CONTROL_SECONDS:g} s")

    def _refuse(self, why: str) -> None:
        if not self.refusal:
            self.refusal = why
            self._parts = None
            self.transport.abort()

    def _take(self, frame: Frame) -> None:
        if self.transport.is_closing():
            return
        assert self._hearer is not None
        data: bytes | bytearray | memoryview = frame.data
        try:
            if frame.fin:
                self._unfinished = self._fragments = 0
            else:
                self._fragments += 1
                if self._fragments > MOST_FRAGMENTS:
                    self._refuse(f"The server sent a message in more than {MOST_FRAGMENTS:,} pieces")
                    return
            if frame.opcode is Opcode.BINARY:
                self._hearer.on_fault("a binary message")
                self._parts = None
                return
            if frame.opcode is Opcode.CONT:
                if self._parts is None:
                    return  # the rest of a binary message
                self._parts += data
                if not frame.fin:
                    return
                data, self._parts = self._parts, None
            elif not frame.fin:
                self._parts = bytearray(data)
                return
            try:
                text = str(data, "utf-8")
            except UnicodeDecodeError:
                self._hearer.on_fault("text that is not UTF-8")
                return
            if len(text) > KEPT_CHARACTERS:
                frame.data = data = b""
            self._hearer.on_text(text)
        except Exception:
            log.exception("the reader failed")
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio's hook for the end of the connection, whoever ended it."""
        super().connection_lost(exc)
        if self._hearer is not None:
            self._hearer.on_closed()

    def write(self, text: str, *, alone: bool = False) -> bool:
        """Send a text with everything else of this turn. False: the connection is over, nothing was sent.

        ``alone`` tells that nothing else is likely to follow in this turn: it leaves at once.
        """
        if self.protocol.state is not State.OPEN or self.transport.is_closing():
            return False
        self.protocol.send_text(text.encode())
        if alone and not self._flushing:
            self.send_data()
        elif not self._flushing:
            self._flushing = True
            self.loop.call_soon(self._flush)
        return True

    def _flush(self) -> None:
        self._flushing = False
        self.send_data()

    def send_data(self) -> None:
        """Everything that waits to be sent, in one write; websockets calls this too, with each thing it receives."""
        frames = self.protocol.data_to_send()
        if not frames or self.transport.is_closing():
            return
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        if data:
            self.transport.write(data)
        if b"" in frames:  # websockets' sign for the end of what we send
            if self.transport.can_write_eof():
                with contextlib.suppress(OSError):  # the peer was quicker
                    self.transport.write_eof()
            else:
                self.transport.close()
