"""The WebSocket of one connection, without I/O. A driver brings received bytes and the time, and sends what is pending.

It builds on the documented sans-I/O protocol of `websockets`, which makes the opening handshake, masks frames, answers
pings and closes, parses closes and fails frames that break RFC 6455. This module finds the frames itself, because
nearly every frame from a server is a whole text. It decodes such a frame in place, in a fifth of the time that the
protocol's own parser takes. It passes every other frame to the protocol, without a byte of the next one.

Received data is bounded: the bytes since the last complete message, the pieces of a message, and the pings and pongs
within some seconds. Beyond a bound `step` stops for good and `refusal` says why; the driver then cuts the connection
off.

Invariants: texts come out once each, in the order of arrival; `step` takes one frame at a time, so that a driver can
let other work run; after a close frame or a broken frame no text comes out.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable
from typing import NamedTuple

from .engine.sizes import BEFORE_LOGIN
from .light_websockets import SEND_EOF, ClientProtocol, CloseCode, ConnectionClosed, Frame, Opcode, State, parse_uri

__all__ = ["CLOSE_SECONDS", "WebSocket", "lone_text"]

PING_INTERVAL = 20.0
"""Seconds. The web server in front of 25.04 and 25.10 drops a connection after 60 s without data from the middleware;
that of 26 waits 3600 s (the facts of the wire, "Keepalive and closing")."""
PING_TIMEOUT = 60.0
"""Seconds. The middleware's own event loop sends the pong, and it may be busy for a while."""
CLOSE_SECONDS = 1.0
"""How long a driver waits for the end of a connection after either side has begun to close it."""

MOST_PIECES = 10_000
"""The most frames of one message. Real servers send one, proxies a few."""
MOST_CONTROLS, CONTROL_SECONDS = 10_000, 10.0
"""The most pings and pongs accepted in this many seconds. Each ping costs an answer."""

WHOLE_TEXT = 0x81
"""The first byte of a frame that is a complete text (RFC 6455, 5.2): FIN set, no extension, opcode 1."""
LARGE = 100_000
"""Bytes of a text from which avoiding a copy, and freeing the received bytes early, is worth the effort."""
EVERYTHING = sys.maxsize

# A private logger without handlers and with every level off: websockets logs whole frames at DEBUG.
_silent = logging.Logger("truenas_client.websockets", logging.CRITICAL + 1)


def lone_text(data: bytes) -> str | None:
    """The text of which these bytes are one whole frame and nothing more; None where they are anything else.

    For bytes that begin a frame (`WebSocket.between_messages`). It changes nothing, so the same bytes may still be fed.
    """
    size = len(data) - 2
    if size < 0 or data[0] != WHOLE_TEXT:
        return None
    head = 2
    if data[1] == 126:
        size, head = size - 2, 4
        if size < 0 or data[2] << 8 | data[3] != size:
            return None
    elif data[1] != size:
        return None
    try:
        return data[head:].decode()
    except UnicodeDecodeError:
        return None


class _Ping(NamedTuple):
    sent: float
    answered: Callable[[float], None]


class WebSocket:
    """One WebSocket of a client, from its opening handshake on. A driver inherits from it.

    The driver sets `on_text` and `on_fault`. It calls `feed` with received bytes and then `step` until that returns
    False. After these, and after it has sent a text, it writes what `to_send` returns. It calls `due` at `next_time`.
    """

    on_text: Callable[[str], None]
    """Called with each text."""
    on_fault: Callable[[str], None]
    """Called for each message that is no readable text, with a description of it."""

    def __init__(self, url: str) -> None:
        self._protocol = ClientProtocol(parse_uri(url), max_size=None, logger=_silent)
        self._protocol.send_request(self._protocol.connect())
        self.bound = BEFORE_LOGIN
        """Bytes that may arrive without a complete message among them."""
        self.refusal = ""
        """Why this end cuts the connection off; "" while it does not."""
        self.latency = 0.0
        """Seconds of the last round trip of a ping; 0 before the first."""
        # Fed and not yet decoded: `_data` from `_at` on. Bytes as received, or a bytearray while a frame is incomplete.
        self._data: bytes | bytearray = b""
        self._at = 0
        self._now = 0.0
        self._owed = EVERYTHING
        """Bytes to pass to the protocol before the next frame begins."""
        self._head: bytes | None = b""
        """The last bytes read of the handshake response; None once its headers are complete."""
        self._parts: bytearray | None = None
        self._in_pieces = False
        self._unfinished = self._pieces = 0
        self._controls, self._controls_since = 0, -math.inf
        self._pings: dict[bytes, _Ping] = {}
        self._ping_count = 0
        self._ping_at = math.inf
        self._kept_alive_at: float | None = None

    # -- the state -----------------------------------------------------------------------

    @property
    def opening(self) -> bool:
        """Whether the server has not answered the opening handshake yet."""
        return self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None

    @property
    def handshake_error(self) -> Exception | None:
        """The exception of `websockets` for a failed opening handshake; None otherwise."""
        return self._protocol.handshake_exc

    @property
    def closing(self) -> bool:
        """Whether the connection is closing. The driver cuts it off after `CLOSE_SECONDS`."""
        return self._protocol.close_expected()

    @property
    def close_code(self) -> int | None:
        """The server's close code once the connection is over; 1006 when it sent none."""
        return self._protocol.close_code

    @property
    def close_reason(self) -> str | None:
        """The server's close reason."""
        return self._protocol.close_reason

    @property
    def close_error(self) -> ConnectionClosed:
        """The exception of `websockets` for the end of the connection. Read it only after the end."""
        return self._protocol.close_exc

    @property
    def between_messages(self) -> bool:
        """Whether everything that was fed has been taken, to the last byte."""
        return not self._owed and not self._in_pieces and self._at >= len(self._data)

    # -- receiving -----------------------------------------------------------------------

    def feed(self, data: bytes, now: float) -> None:
        """Take in received bytes; `step` decodes them."""
        self._now = now
        at = self._at
        if at >= len(self._data):
            self._data, self._at = data, 0
            return
        if isinstance(self._data, bytes):
            self._data = bytearray(memoryview(self._data)[at:])
        elif at:
            del self._data[:at]
        self._at = 0
        self._data += data

    def step(self) -> bool:
        """Take one frame, or a part of one. False: nothing more can be done with what was fed. A hot path."""
        if self._owed:
            return self._pass_on()
        data, at = self._data, self._at
        left = len(data) - at
        if left < 2:
            return False
        size = second = data[at + 1]
        head = 2
        if second == 126:
            if left < 4:
                return False
            size, head = data[at + 2] << 8 | data[at + 3], 4
        elif second == 127:
            if left < 10:
                return False
            size, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
        if data[at] != WHOLE_TEXT or second > 127 or self._in_pieces:
            # A second byte above 127 has the mask bit, which only a client may set: the protocol fails such a frame.
            self._owed = head + size
            return self._pass_on()
        total = head + size
        if total > self.bound and left > self.bound:
            return self._refuse(f"The server sent more than {self.bound:,} bytes without completing a message")
        if left < total:
            return False
        self._unfinished = 0
        start, self._at = at + head, at + total
        try:
            if size < LARGE:
                text = data[start : start + size].decode()
            else:
                text = str(memoryview(data)[start : start + size], "utf-8")
                # Free the bytes first: reading the text takes several times their memory.
                self._data, self._at = data[self._at :], 0
                del data
        except UnicodeDecodeError:
            self.on_fault("text that is not UTF-8")
        else:
            self.on_text(text)
        return True

    def receive_eof(self) -> None:
        """Take in that the server sends nothing more or that the connection is lost."""
        self._data, self._at = b"", 0
        self._protocol.receive_eof()

    def _pass_on(self) -> bool:
        """Pass bytes to the protocol: up to the end of the response or of the frame, or all there are."""
        data = self._data[self._at : self._at + self._owed]
        if not data or self.refusal:
            return False
        if self._head is not None:
            data = self._until_headers_end(data)
        self._at += len(data)
        self._owed -= len(data)
        self._unfinished += len(data)
        opening = self.opening
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        for event in events:
            if isinstance(event, Frame):
                self._take(event)
        if opening:
            self._owed = 0 if self._protocol.state is State.OPEN else EVERYTHING
            if not self._owed:
                self._unfinished, self._ping_at = 0, self._now + PING_INTERVAL
        elif not self._owed and not events:
            self._owed = EVERYTHING  # the protocol has failed the connection and discards all further bytes
        if self._unfinished > self.bound:
            return self._refuse(f"The server sent more than {self.bound:,} bytes without completing a message")
        return not self.refusal

    def _until_headers_end(self, data: bytes | bytearray) -> bytes | bytearray:
        """The part of the bytes that belongs to the headers. The first frames may follow in the same bytes."""
        assert self._head is not None
        seen = self._head + data
        end = seen.find(b"\r\n\r\n") + 4
        if end < 4:
            self._head = seen[-3:]
            return data
        end -= len(self._head)
        self._head = None
        return data[:end]

    def _take(self, frame: Frame) -> None:
        """Take a frame that is no whole text: a piece of a message, a binary message, a ping, pong or close."""
        match frame.opcode:
            case Opcode.PING | Opcode.PONG:
                if frame.opcode is Opcode.PONG:
                    self._answered(bytes(frame.data))
                self._count_control()
                return
            case Opcode.CLOSE:
                self._owed = EVERYTHING  # the protocol discards all bytes after a close
                return
            case Opcode.TEXT:
                self._parts = bytearray(frame.data)
            case Opcode.CONT if self._parts is not None:
                self._parts += frame.data
        self._in_pieces = not frame.fin
        if self._in_pieces:
            self._pieces += 1
            if self._pieces > MOST_PIECES:
                self._refuse(f"The server sent a message in more than {MOST_PIECES:,} pieces")
            return
        self._unfinished = self._pieces = 0
        parts, self._parts = self._parts, None
        if parts is None:
            self.on_fault("a binary message")
        else:
            self._deliver(parts)

    def _deliver(self, parts: bytearray) -> None:
        try:
            text = parts.decode()
        except UnicodeDecodeError:
            self.on_fault("text that is not UTF-8")
            return
        parts.clear()  # free the bytes first: reading the text takes several times their memory
        self.on_text(text)

    def _count_control(self) -> None:
        if self._now - self._controls_since > CONTROL_SECONDS:
            self._controls, self._controls_since = 0, self._now
        self._controls += 1
        if self._controls > MOST_CONTROLS:
            self._refuse(f"The server sent more than {MOST_CONTROLS:,} pings in {CONTROL_SECONDS:g} s")

    def _refuse(self, why: str) -> bool:
        self.refusal = self.refusal or why
        self._data, self._at, self._parts, self._owed = b"", 0, None, EVERYTHING
        return False

    # -- sending -------------------------------------------------------------------------

    def send(self, text: str) -> bool:
        """Add a text to the pending data. False: the connection is over or closing, and nothing is sent."""
        if self._protocol.state is not State.OPEN:
            return False
        self._protocol.send_text(text.encode())
        return True

    def send_close(self) -> None:
        """Begin to close. A second call does nothing."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)

    def to_send(self) -> tuple[bytes, bool]:
        """Return the pending data, and whether it is the last that this end sends."""
        frames = self._protocol.data_to_send()
        if not frames:
            return b"", False
        return (frames[0] if len(frames) == 1 else b"".join(frames)), frames[-1] == SEND_EOF

    # -- pings ---------------------------------------------------------------------------

    def send_ping(self, now: float, answered: Callable[[float], None]) -> None:
        """Send a ping on an open connection. Its pong calls ``answered`` with the round trip in seconds."""
        self._ping_count += 1
        payload = self._ping_count.to_bytes(4, "big")
        self._pings[payload] = _Ping(now, answered)
        self._protocol.send_ping(payload)

    def next_time(self) -> float:
        """The time at which the driver must call `due`; infinity when it need not."""
        return self._ping_at if self._protocol.state is State.OPEN else math.inf

    def due(self, now: float) -> None:
        """Send the keepalive ping when it is time, or fail a connection whose pong is overdue."""
        if now < self.next_time():
            return
        self._ping_at = now + PING_INTERVAL
        if self._kept_alive_at is None:
            self._kept_alive_at = now
            self.send_ping(now, self._kept_alive)
        elif now >= self._kept_alive_at + PING_TIMEOUT:
            self._protocol.fail(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")
            self._owed = EVERYTHING

    def _kept_alive(self, seconds: float) -> None:
        self._kept_alive_at = None

    def _answered(self, payload: bytes) -> None:
        """Take in a pong: it answers its ping and all earlier ones (RFC 6455, 5.5.3)."""
        if payload not in self._pings:
            return  # an unsolicited pong, which the RFC allows
        self.latency = self._now - self._pings[payload].sent
        for earlier in list(self._pings):
            ping = self._pings.pop(earlier)
            ping.answered(self._now - ping.sent)
            if earlier == payload:
                break
