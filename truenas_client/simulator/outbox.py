"""The output to one client: at once, slowly, or not at all.

It stands between a connection and its transport, and faults hold it back. Invariants:
octets leave in the order they came; the held octets are counted, so that the owner can
bound them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import Clock

__all__ = ["Outbox"]

DRIPS_A_SECOND = 20


class Outbox:
    """Octets on their way to one client."""

    def __init__(self, writer: asyncio.StreamWriter, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._held: deque[bytes] = deque()
        self._held_size = 0
        self._task: asyncio.Task[None] | None = None
        self._shut = False
        self._going = asyncio.Event()
        self._going.set()
        self._arrival = asyncio.Event()

    @property
    def size(self) -> int:
        """Octets that have not left."""
        return self._held_size + self._writer.transport.get_write_buffer_size()

    def put(self, data: bytes) -> None:
        """Send octets; ``b""`` ends this direction."""
        if self._shut:
            return
        if self._task is not None:
            self._held.append(data)
            self._held_size += len(data)
            self._arrival.set()
        elif data:
            self._writer.write(data)
        elif self._writer.can_write_eof():
            self._writer.write_eof()

    async def going(self) -> None:
        """Wait while the connection stalls."""
        await self._going.wait()

    # --- faults --------------------------------------------------------------------------------

    def stall(self, seconds: float) -> None:
        """Send nothing for so many simulated seconds; 0: never again."""
        self._begin(self._pause(seconds))
        self._going.clear()

    def slow(self, rate: float) -> None:
        """Send so many octets in a simulated second from now on."""
        if self._task is None:
            self._begin(self._drip(rate))

    def half_close(self) -> None:
        """End this direction; nothing leaves any more."""
        self._shut = True
        sock = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            elif sock is not None:
                sock.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        """Drop the held octets, at the end of the connection."""
        self._held.clear()
        self._held_size = 0
        self._going.set()
        if self._task is not None:
            self._task.cancel()

    def _begin(self, work: object) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]

    async def _pause(self, seconds: float) -> None:
        await (self._clock.sleep(seconds) if seconds else asyncio.get_running_loop().create_future())
        self._task = None
        self._going.set()
        self._held_size = 0
        while self._held:
            self.put(self._held.popleft())

    async def _drip(self, rate: float) -> None:
        piece = max(int(rate / DRIPS_A_SECOND), 1)
        while True:
            while not self._held:
                self._arrival.clear()
                await self._arrival.wait()
            data = self._held.popleft()
            if len(data) > piece:
                self._held.appendleft(data[piece:])
                data = data[:piece]
            self._held_size -= len(data)
            if data:
                self._writer.write(data)
            elif self._writer.can_write_eof():
                self._writer.write_eof()
            await self._clock.sleep(len(data) / max(rate, 1.0))
