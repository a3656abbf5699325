"""One WebSocket of a client over a stream, by the sans-I/O protocol of `websockets`.

Answers pings at once, puts fragments together, closes with the codes the server
uses. What is sent in one turn of the event loop leaves in one write. Invariants:
nothing is read while the client leaves its answers unread; a client that reads
nothing at all is dropped when too much has piled up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from .outbox import Outbox

if TYPE_CHECKING:
    from .clock import Clock
    from .faults import Fault

__all__ = ["MOST_UNSENT", "Link"]

log = logging.getLogger("truenas_client.simulator")

MOST_UNSENT = 64 * 1024 * 1024
"""Octets waiting for a client that does not read, above which it is dropped when more is to leave."""

MUCH_UNSENT = 1024 * 1024
"""Octets above which a client that does not read may be dropped, when there are many of them."""

MOST_OCTETS = 4 * 2_097_152
"""Octets of one message. The real limits count characters and are the session's business."""

LATE_SECONDS = 0.1
"""Real seconds a message is held back at most to change its order."""

CLOSE_PATIENCE = 1.0
"""Real seconds a client has to answer a close frame."""


class Link:
    """The transport of one session. Set what it calls before `serve`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        clock: Clock,
        most_unsent: int = MOST_UNSENT,
    ) -> None:
        self._most_unsent = most_unsent
        self._reader = reader
        self._writer = writer
        self._outbox = Outbox(writer, clock)
        self._late: list[str] = []
        self._clock = clock
        self.sent_at = clock.unscaled()
        """When something was sent last."""
        self._protocol = ServerProtocol(max_size=MOST_OCTETS)
        self._parts: list[bytes] = []
        self._parts_are_text = False
        self._flushing = False
        self.on_text: Callable[[str], None] = lambda text: None
        self.on_open: Callable[[], None] = lambda: None
        """Called when the handshake has been answered."""
        self.on_batch: Callable[[], None] = lambda: None
        """Called when all messages that arrived together have been handed over."""
        self.crowded: Callable[[], bool] = lambda: False
        """Asked when much waits for this client: whether too much waits for all of them together."""
        self.spoil: Callable[[], list[Fault]] | None = None
        """When set, asked for the faults that strike a message."""

    # --- sending -------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether anything can still be sent."""
        return self._protocol.state is OPEN and not self._writer.is_closing()

    @property
    def unsent(self) -> int:
        """Octets that wait for the client."""
        return self._outbox.size

    def send(self, text: str) -> None:
        """Send one message; silently nothing when the connection is ending."""
        if not self.open:
            return
        faults = self.spoil() if self.spoil is not None else ()
        if not faults and not self._late:
            self._send(text)
            return
        times = 1
        for fault in faults:
            if fault.name == "drip":
                self._outbox.slow(fault.number("rate"))
            elif fault.name == "garbage":
                self._send_garbage(fault.text("content"))
            elif fault.name == "duplicate":
                times = 2
            elif fault.name == "reorder" and not self._late:
                self._late.append(text)
                asyncio.get_running_loop().call_later(LATE_SECONDS, self._send_late)
                return
        for _ in range(times):
            self._send(text)
        self._send_late()

    def _send(self, text: str) -> None:
        try:
            self._protocol.send_text(text.encode("utf-8", "surrogatepass"))
        except InvalidState:
            return
        self._flush_soon()

    def _send_late(self) -> None:
        late, self._late = self._late, []
        for text in late if self.open else ():
            self._send(text)

    def _send_garbage(self, content: str) -> None:
        match content:
            case "binary":
                self._protocol.send_binary(bytes(range(16)))
            case "utf8":
                self._protocol.send_text(b'{"jsonrpc": "\xff\xfe"}')
            case "frame":
                self._flush()
                self._outbox.put(b"\xff" * 8)
            case _:
                self._send('[1, "two", null]' if content == "json" else '{"jsonrpc": "2.0", "resu')

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame; the connection ends when the client has answered it, or soon anyway."""
        if not self.open:
            return
        with contextlib.suppress(InvalidState):
            self._protocol.send_close(code, reason.encode(errors="replace")[:123].decode(errors="ignore"))
        self._flush()
        asyncio.get_running_loop().call_later(CLOSE_PATIENCE, self.abort)

    def abort(self) -> None:
        """End TCP at once, without a close frame."""
        self._outbox.stop()
        self._writer.transport.abort()

    def stall(self, seconds: float) -> None:
        """Neither read nor send for so many simulated seconds; 0: never again."""
        self._outbox.stall(seconds)

    def half_close(self) -> None:
        """End the direction to the client."""
        self._flush()
        self._outbox.half_close()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._writer.is_closing():
            return
        ready = self._protocol.data_to_send()
        if not ready:
            return
        self.sent_at = self._clock.unscaled()
        waiting = self._outbox.size
        ends = not ready[-1]
        if data := b"".join(ready):
            self._outbox.put(data)
        if ends:
            self._outbox.put(b"")
        # One answer may be longer than the limit. Only the octets left unread before it count.
        if waiting > self._most_unsent or (self._outbox.size > MUCH_UNSENT and self.crowded()):
            log.warning("dropped a client that does not read: %d octets wait for it", self._outbox.size)
            self.abort()

    # --- receiving -----------------------------------------------------------------------------

    async def serve(self, head: bytes) -> None:
        """Answer the upgrade request in ``head`` and hand over messages until the connection ends."""
        self._protocol.receive_data(head)
        self._handle()
        try:
            while not self._protocol.close_expected():
                await self._writer.drain()
                await self._outbox.going()
                data = await self._reader.read(65536)
                if data:
                    self._protocol.receive_data(data)
                else:
                    self._protocol.receive_eof()
                self._handle()
                if not data:
                    break
        finally:
            self._flush()
            self._outbox.stop()

    def _handle(self) -> None:
        self._flushing = True  # at the end, once for everything
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
                self.on_open()
        self.on_batch()
        self._flush()

    def _take(self, frame: Frame) -> None:
        match frame.opcode:
            case Opcode.TEXT | Opcode.BINARY if frame.fin:
                self._deliver(bytes(frame.data), frame.opcode is Opcode.TEXT)
            case Opcode.TEXT | Opcode.BINARY:
                self._parts = [bytes(frame.data)]
                self._parts_are_text = frame.opcode is Opcode.TEXT
            case Opcode.CONT:
                self._parts.append(bytes(frame.data))
                if frame.fin:
                    whole, self._parts = b"".join(self._parts), []
                    self._deliver(whole, self._parts_are_text)
            case _:  # pings are answered and closes echoed by the protocol itself
                return

    def _deliver(self, data: bytes, is_text: bool) -> None:
        if not self.open:
            return
        if not is_text:
            self.close(1003, "Invalid websocket message type: <WSMsgType.BINARY: 2>")
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(1007, "Invalid UTF-8 text message")
            return
        self.on_text(text)
