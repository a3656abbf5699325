"""The WebSocket of one connection, without I/O: a driver brings the bytes and the time, and sends what is to leave.

It stands on the documented sans-I/O protocol of `websockets`, which makes the opening handshake, masks what is sent,
answers pings and closes, puts the parts of a close together and fails what breaks RFC 6455. Frames are told apart here,
because nearly every frame of a server is a whole text: such a frame is decoded where it lies, which takes a fifth of
the time of the protocol's own parser. Every other frame goes through the protocol, with no byte of the next.

What the server sends is bounded: the bytes since the last complete message, the pieces of a message, and the pings of
a while. Beyond a bound `step` stops for good, and `refusal` says why; the driver then breaks the connection off.

Invariants: texts come out in the order of arrival, each once; `step` takes one frame at a time, so that a driver can
give others their turn; after a close frame or a broken frame nothing comes out any more.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from .engine.sizes import BEFORE_LOGIN
from .light_websockets import SEND_EOF, ClientProtocol, CloseCode, ConnectionClosed, Frame, Opcode, State, parse_uri

__all__ = ["CLOSE_SECONDS", "WebSocket"]

PING_INTERVAL = 20.0
"""Seconds. The web server in front of 25.04 and 25.10 drops a connection after 60 s of silence."""
PING_TIMEOUT = 60.0
"""Seconds. A pong comes from the middleware's own event loop, which may be busy for a while."""
CLOSE_SECONDS = 1.0
"""How long a driver waits for the end of a connection that either side has begun to close."""

MOST_PIECES = 10_000
"""Frames of one message. Real servers send one, proxies a few."""
MOST_CONTROLS, CONTROL_SECONDS = 10_000, 10.0
"""Pings and pongs that are taken in so many seconds; each ping costs an answer."""

WHOLE_TEXT = 0x81
"""The first byte of a frame that is a complete text (RFC 6455, 5.2): FIN set, no extension, opcode 1."""
LARGE = 100_000
"""Bytes of a text from which it is worth the effort to make no copy of it, and to let its bytes go at once."""
EVERYTHING = sys.maxsize

# A logger of its own with nothing attached and everything off: websockets logs whole frames at DEBUG.
_silent = logging.Logger("truenas_client.websockets", logging.CRITICAL + 1)


@dataclass(slots=True)
class _Ping:
    sent: float
    answered: Callable[[float], None]


class WebSocket:
    """One WebSocket of a client, from its opening handshake on. A driver inherits from it.

    The driver sets `on_text` and `on_fault`, calls `feed` with what it has received and then `step` until that is
    False, sends what `to_send` gives after each of these and after what it sends itself, and calls `due` at
    `next_time`.
    """

    on_text: Callable[[str], None]
    """Takes each text."""
    on_fault: Callable[[str], None]
    """Takes what a message that is no text was, in words."""

    def __init__(self, url: str) -> None:
        self._protocol = ClientProtocol(parse_uri(url), max_size=None, logger=_silent)
        self._protocol.send_request(self._protocol.connect())
        self.bound = BEFORE_LOGIN
        """Bytes that may come without a complete message among them."""
        self.refusal = ""
        """Why this end breaks the connection off, "" while it does not."""
        self.latency = 0.0
        """Seconds of the last round trip of a ping; 0 before the first."""
        # What was fed and not taken yet begins at `_at`. Bytes as they came, a bytearray where a frame is incomplete.
        self._data: bytes | bytearray = b""
        self._at = 0
        self._now = 0.0
        self._owed = EVERYTHING
        """Bytes that go to the protocol before the next frame begins."""
        self._head: bytes | None = b""
        """The last bytes of the response that have been read; None when its headers are complete."""
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
        """Whether the server's answer to the opening handshake has not come yet."""
        return self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None

    @property
    def handshake_error(self) -> Exception | None:
        """Why the opening handshake failed, by websockets' own exceptions."""
        return self._protocol.handshake_exc

    @property
    def closing(self) -> bool:
        """Whether the connection is to end within `CLOSE_SECONDS`, or is cut off then."""
        return self._protocol.close_expected()

    @property
    def close_code(self) -> int | None:
        """The server's close code once the connection is over; 1006 when it sent none."""
        return self._protocol.close_code

    @property
    def close_reason(self) -> str | None:
        """The server's words for it."""
        return self._protocol.close_reason

    @property
    def close_error(self) -> ConnectionClosed:
        """The end of the connection as websockets raises it. Only once it is over."""
        return self._protocol.close_exc

    # -- receiving -----------------------------------------------------------------------

    def feed(self, data: bytes, now: float) -> None:
        """Take in what was received."""
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
        """Take one frame, or a part of one, of what was fed; False when nothing more can be done. A hot path."""
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
            # Above 127 is the mask bit, which only a client may set: the protocol fails such a frame at once.
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
                # The bytes are let go before the text is read, which takes several times their memory.
                self._data, self._at = data[self._at :], 0
                del data
        except UnicodeDecodeError:
            self.on_fault("text that is not UTF-8")
        else:
            self.on_text(text)
        return True

    def receive_eof(self) -> None:
        """Take in that the server sends nothing more, or that the connection is lost."""
        self._data, self._at = b"", 0
        self._protocol.receive_eof()

    def _pass_on(self) -> bool:
        """Hand bytes to the protocol: up to the end of the response, of the frame, or all that have come."""
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
            self._owed = EVERYTHING  # the protocol failed the connection, and discards from now on
        if self._unfinished > self.bound:
            return self._refuse(f"The server sent more than {self.bound:,} bytes without completing a message")
        return not self.refusal

    def _until_headers_end(self, data: bytes | bytearray) -> bytes | bytearray:
        """As much as belongs to the headers. The first frames may follow in the same bytes."""
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
        """A frame that is no whole text: a piece of a message, a binary message, a ping, pong or close."""
        match frame.opcode:
            case Opcode.PING | Opcode.PONG:
                if frame.opcode is Opcode.PONG:
                    self._answered(bytes(frame.data))
                self._count_control()
                return
            case Opcode.CLOSE:
                self._owed = EVERYTHING  # the protocol discards what comes after it
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
        parts.clear()  # before the text is read, which takes several times their memory
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
        """Have a text sent. False: the connection is over or closing, and nothing is sent."""
        if self._protocol.state is not State.OPEN:
            return False
        self._protocol.send_text(text.encode())
        return True

    def send_close(self) -> None:
        """Begin to close; twice is fine."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)

    def to_send(self) -> tuple[bytes, bool]:
        """What is to leave now, and whether it is the last that this end sends."""
        frames = self._protocol.data_to_send()
        if not frames:
            return b"", False
        return (frames[0] if len(frames) == 1 else b"".join(frames)), frames[-1] == SEND_EOF

    # -- pings ---------------------------------------------------------------------------

    def send_ping(self, now: float, answered: Callable[[float], None]) -> None:
        """Send a ping, while the connection is open. Its pong calls ``answered`` with the seconds that it took."""
        self._ping_count += 1
        payload = self._ping_count.to_bytes(4, "big")
        self._pings[payload] = _Ping(now, answered)
        self._protocol.send_ping(payload)

    def next_time(self) -> float:
        """When `due` has to be called next; infinity when never."""
        return self._ping_at if self._protocol.state is State.OPEN else math.inf

    def due(self, now: float) -> None:
        """Send the ping that keeps the connection alive when it is time, or give up a connection without a pong."""
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
        """A pong has come: it answers its ping and those before it (RFC 6455, 5.5.3)."""
        if payload not in self._pings:
            return  # nobody asked for it, which the RFC allows
        self.latency = self._now - self._pings[payload].sent
        for earlier in list(self._pings):
            ping = self._pings.pop(earlier)
            ping.answered(self._now - ping.sent)
            if earlier == payload:
                break
