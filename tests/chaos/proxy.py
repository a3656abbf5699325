"""A TCP proxy in front of a WebSocket server that does to connections what networks do.

It passes octets up as they come and looks at frames only on the way down, where
it can repeat one or slip one in. Faults are asked for: `Passage` has one method
each, `Proxy.refuse` and `Proxy.abort` are for connections to come.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

__all__ = ["Passage", "Proxy"]

GARBAGE = (
    b'{"jsonrpc"',
    b"[]",
    b"null",
    b'"garbage"',
    b'{"id": 5, "result": 1}',
    b'{"jsonrpc": "2.0", "id": "nobody", "result": 1}',
    b'{"jsonrpc": "2.0", "id": "nobody", "error": {"code": -32001}}',
    b'{"jsonrpc": "2.0", "method": "collection_update", "params": {"msg": [], "collection": "chaos.0"}}',
    b'{"jsonrpc": "2.0", "method": "collection_update", "params": {"msg": "added", "collection": "core.get_jobs",'
    b' "fields": {"id": {}, "message_ids": [[]], "method": 5}}}',
    b'{"msg": "result", "id": 7}',
    b'{"msg": "ready", "subs": []}',
    b"\xff\xfe not text",
)


def _frame(payload: bytes, opcode: int = 1) -> bytes:
    """A final, unmasked frame of less than 64 KiB."""
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload


class Passage:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._open = asyncio.Event()
        self._open.set()
        self._head = True
        self._buffer = b""
        self._drip = 0
        self._repeat = 0

    # -- faults --------------------------------------------------------------------------

    def drop(self) -> None:
        """End TCP both ways, with no close frame."""
        self._client.transport.abort()
        self._server.transport.abort()

    def half_close(self) -> None:
        """Say to the client that no more will come, and go on listening to it."""
        with contextlib.suppress(OSError, RuntimeError):
            self._client.write_eof()

    def stall(self, seconds: float) -> None:
        """Pass nothing on for a while."""
        self._open.clear()
        asyncio.get_running_loop().call_later(seconds, self._open.set)

    def drip(self, octets: int) -> None:
        """Pass so many octets down a few at a time."""
        self._drip = octets

    def repeat(self, frames: int) -> None:
        """Send each of the next frames twice."""
        self._repeat = frames

    def garbage(self, rng: random.Random) -> None:
        """Slip something in that no server says."""
        binary = rng.random() < 0.1
        self._inject(_frame(rng.randbytes(40), opcode=2) if binary else _frame(rng.choice(GARBAGE)))

    def nonsense(self) -> None:
        """Octets that are no frame at all: the end of the connection, as the protocol has it."""
        self._inject(b"\xff\xff\xff\xff")

    def _inject(self, data: bytes) -> None:
        with contextlib.suppress(RuntimeError):  # half closed already
            self._client.write(data)

    # -- passing on ----------------------------------------------------------------------

    async def up(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            self._server.write(data)
            await self._server.drain()

    async def down(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65536):
            for piece in self._frames(data):
                await self._open.wait()
                await self._pass_down(piece)

    async def _pass_down(self, piece: bytes) -> None:
        while self._drip > 0 and piece:
            self._client.write(piece[:3])
            self._drip -= 3
            piece = piece[3:]
            await asyncio.sleep(0)
        self._client.write(piece)
        await self._client.drain()

    def _frames(self, data: bytes) -> list[bytes]:
        """The whole frames there are now; the handshake's answer counts as one."""
        self._buffer += data
        out = []
        while self._buffer:
            if self._head:
                end = self._buffer.find(b"\r\n\r\n") + 4
                if end < 4:
                    break
                self._head = False
            else:
                end = _length(self._buffer)
                if end == 0 or end > len(self._buffer):
                    break
            piece, self._buffer = self._buffer[:end], self._buffer[end:]
            out.append(piece)
            if self._repeat > 0 and piece[0] == 0x81:
                self._repeat -= 1
                out.append(piece)
        return out


def _length(data: bytes) -> int:
    """The length of the server's frame that begins here; 0 when too little has come to tell."""
    if len(data) < 2:
        return 0
    size, head = data[1] & 0x7F, 2
    if size >= 126:
        head = 4 if size == 126 else 10
        if len(data) < head:
            return 0
        size = int.from_bytes(data[2:head], "big")
    return head + size


class Proxy:
    """Listens on a loopback port and passes everything on to ``url``."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path
        self.passages: list[Passage] = []
        self.refuse = 0
        """How many of the next connections are answered 502."""
        self.abort = 0
        """How many of the next connections end before any answer."""
        self.seen: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.seen["connections"] += 1
        try:
            if self.abort:
                self.abort -= 1
                self.seen["aborted"] += 1
                writer.transport.abort()
                return
            if self.refuse:
                self.refuse -= 1
                self.seen["502"] += 1
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
                return
            await self._pass(reader, writer)
        except (OSError, asyncio.IncompleteReadError, RuntimeError):
            pass  # either side went away
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_server = await asyncio.open_connection(self._host, self._port)
        passage = Passage(self, writer, to_server)
        self.passages.append(passage)
        ways = [asyncio.ensure_future(passage.up(reader)), asyncio.ensure_future(passage.down(upstream))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.passages.remove(passage)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_server.close()
