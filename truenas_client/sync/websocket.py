"""The blocking driver of one WebSocket: a socket that never blocks, a lock, and what wakes the thread that reads.

Invariants: what leaves is written with the lock held, in order, as far as the socket takes it; the rest waits for the
reader, which is woken for it. Bytes of TLS are read with the lock held too, because OpenSSL wants one thread at a time.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
from _thread import allocate_lock
from collections import deque
from time import monotonic
from typing import Any, NamedTuple

from ..dialing import websocket_url
from ..endpoint import Endpoint
from ..websocket import CLOSE_SECONDS, WebSocket
from .sockets import wait_for

__all__ = ["AWAKE", "Link", "Unreadable"]

SMALLEST_READ, LARGEST_READ = 1 << 16, 1 << 20
"""Bytes asked of the socket at a time; more while more comes than was asked for."""
MOST_PIECES = 64
"""Reads of TLS while the lock is held once."""

AWAKE = -math.inf
"""The time until which the reader sleeps, while it does not sleep."""


class Unreadable(NamedTuple):
    """A message that was no text; ``reason`` describes it."""

    reason: str


class Link(WebSocket):
    """One WebSocket over a connected socket. A thread reads it; any thread sends, with the lock held."""

    def __init__(self, sock: socket.socket, endpoint: Endpoint) -> None:
        super().__init__(websocket_url(endpoint))
        self.url = endpoint.text
        self.socket, self._is_tls = sock, endpoint.is_tls
        sock.setblocking(False)
        self.lock = allocate_lock()
        self._texts: deque[str | Unreadable] = deque()
        self.on_text = self._texts.append
        self.on_fault = lambda reason: self._texts.append(Unreadable(reason))
        self._received: deque[bytes] = deque()
        """Bytes that were received and not fed yet."""
        self._over = False
        self._unsent: bytes | memoryview = b""
        self._read_size = SMALLEST_READ
        self._planned = AWAKE
        """Until when the reader sleeps; `AWAKE` while it does not."""
        self._cut_off = math.inf
        """When a connection that is closing is cut off."""
        self._times = math.inf
        """When the reader has something to do, whatever is received: a ping, or the end of a closing connection."""
        self._wake_reader, self._waker = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._waker.setblocking(False)
        self._waits = _Waits(sock, self._waker)

    def open(self, seconds: float) -> None:
        """Complete the WebSocket handshake. Raises TimeoutError, OSError and websockets' own `InvalidHandshake`."""
        until = monotonic() + seconds
        self._flush()
        while self.opening:
            if not wait_for(self.socket, until - monotonic()):
                raise TimeoutError
            data = self._receive()
            if data:
                self.feed(data, monotonic())
                while self.opening and self.step():
                    pass
            if data == b"" or self.refusal:
                self.receive_eof()
            self._flush()
        if self.handshake_error is not None:
            raise self.handshake_error

    @property
    def certificate(self) -> bytes | None:
        """The certificate that the server showed on this connection (DER), None without TLS."""
        if not self._is_tls:
            return None
        certificate: bytes | None = self.socket.getpeercert(binary_form=True)  # type: ignore[attr-defined]
        return certificate

    # -- sending, with the lock held -----------------------------------------------------

    def _flush(self) -> None:
        """Write as much of the pending data as the socket takes now."""
        data: bytes | memoryview
        data, last = self.to_send()
        if self._unsent:
            data = bytes(self._unsent) + data
        if data and not self._over:
            try:
                sent = self.socket.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as e:
                # TLS has its own words for "not now", and ssl may not be loaded. Else: the reader sees the end.
                sent = 0 if type(e).__name__ in _NOT_NOW else len(data)
            self._unsent = memoryview(data)[sent:] if sent < len(data) else b""
            if self._unsent:
                self._wake()
        if last:
            self._cut_off = min(self._cut_off, monotonic() + CLOSE_SECONDS)
            if not self._unsent:
                with contextlib.suppress(OSError):  # the peer was quicker
                    self.socket.shutdown(socket.SHUT_WR)

    def _wake(self) -> None:
        if self._planned != AWAKE:
            self._planned = AWAKE
            with contextlib.suppress(OSError):
                self._wake_reader.send(b"\0")

    # -- receiving: the reader's side ----------------------------------------------------

    def _receive(self) -> bytes | None:
        """The bytes that can be read now; None when there are none yet, b"" at the end."""
        if self._received:
            return self._received.popleft()
        try:
            if not self._is_tls:
                return self._read_some()
            with self.lock:  # one TLS connection is not for two threads at once
                data = self._read_some()
                pieces = [data] if data else []
                # What TLS has decrypted already makes no socket readable.
                while data and self.socket.pending() and len(pieces) < MOST_PIECES:  # type: ignore[attr-defined]
                    data = self._read_some()
                    pieces.append(data)
                return b"".join(pieces)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as e:
            return None if type(e).__name__ in _NOT_NOW else b""

    def _read_some(self) -> bytes:
        data = self.socket.recv(self._read_size)
        if len(data) == self._read_size < LARGEST_READ:
            self._read_size *= 2
        elif len(data) < SMALLEST_READ:
            self._read_size = SMALLEST_READ
        return data


_NOT_NOW = ("SSLWantReadError", "SSLWantWriteError")


class _Waits:
    """Waits for bytes, for room to write, or for another thread to wake this one."""

    def __init__(self, sock: socket.socket, waker: socket.socket) -> None:
        self._sock, self._waker = sock, waker
        self._poll: Any = None
        self._events = 0
        if hasattr(select, "poll"):
            self._number = sock.fileno()
            self._poll = select.poll()
            self._poll.register(waker.fileno(), select.POLLIN)

    def until(self, seconds: float, *, reading: bool, writing: bool) -> bool:
        """Wait at most this long. Return whether the socket can be read."""
        if self._poll is None:
            ready = select.select([self._sock, self._waker], [self._sock] if writing else [], [], max(seconds, 0))[0]
            readable, woken = self._sock in ready, self._waker in ready
        else:
            events = (select.POLLIN if reading else 0) | (select.POLLOUT if writing else 0)
            if events != self._events:
                self._events = events
                if events:
                    self._poll.register(self._number, events)
                else:
                    self._poll.unregister(self._number)
            readable = woken = False
            # Rounded up, because the thread would wake too early for its work.
            for number, events in self._poll.poll(max(0, math.ceil(min(seconds, 1e6) * 1000))):
                if number != self._number:
                    woken = True
                elif events & ~select.POLLOUT:
                    readable = True
        if woken:
            with contextlib.suppress(OSError):
                self._waker.recv(4096)
        return readable
