"""One WebSocket of a client over a stream, by the sans-I/O protocol of `websockets`.

Answers pings at once, puts fragments together, closes with the codes the server
uses. What is sent in one turn of the event loop leaves in one write. Invariants:
nothing is read while the client leaves its answers unread; a client that reads
nothing at all is dropped when too much has piled up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from .session import Channel

__all__ = ["Link"]

MOST_UNSENT = 64 * 1024 * 1024
"""Octets waiting for a client that does not read, above which it is dropped."""

MOST_OCTETS = 4 * 2_097_152
"""Octets of one message. The real limits count characters and are the session's business."""

CLOSE_PATIENCE = 1.0
"""Real seconds a client has to answer a close frame."""


class Link(Channel):
    """The transport of one session. Set `on_text` and `on_binary` before `serve`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = ServerProtocol(max_size=MOST_OCTETS)
        self._parts: list[bytes] = []
        self._parts_are_text = False
        self._flushing = False
        self.on_text: Callable[[str], None] = lambda text: None
        self.on_binary: Callable[[bytes], None] = lambda data: None
        self.on_batch: Callable[[], None] = lambda: None
        """Called when all messages that arrived together have been handed over."""

    # --- sending -------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether anything can still be sent."""
        return self._protocol.state is OPEN and not self._writer.is_closing()

    def send(self, text: str) -> None:
        """Send one message; silently nothing when the connection is ending."""
        if not self.open:
            return
        try:
            self._protocol.send_text(text.encode("utf-8", "surrogatepass"))
        except InvalidState:
            return
        self._flush_soon()

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame; the connection ends when the client has answered it, or soon anyway."""
        if not self.open:
            return
        with contextlib.suppress(InvalidState):
            self._protocol.send_close(code, reason.encode()[:123].decode(errors="ignore"))
        self._flush()
        asyncio.get_running_loop().call_later(CLOSE_PATIENCE, self.abort)

    def abort(self) -> None:
        """End TCP at once, without a close frame."""
        self._writer.transport.abort()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._writer.is_closing():
            return
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)
            elif self._writer.can_write_eof():
                self._writer.write_eof()
        if self._writer.transport.get_write_buffer_size() > MOST_UNSENT:
            self.abort()

    # --- receiving -----------------------------------------------------------------------------

    async def serve(self, head: bytes) -> None:
        """Answer the upgrade request in ``head`` and hand over messages until the connection ends."""
        self._protocol.receive_data(head)
        self._handle()
        try:
            while not self._protocol.close_expected():
                await self._writer.drain()
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

    def _handle(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
        self._flush()
        self.on_batch()

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
            self.on_binary(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(1007, "Invalid UTF-8 text message")
            return
        self.on_text(text)
