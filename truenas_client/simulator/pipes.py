"""Octets between a job and a file transfer, never more in memory than a pipe has room for.

A `Pipe` holds its writer up until the reader has caught up; a `Spool` takes everything
and keeps it in a file of its own; `Uploads` hands over the files of one upload, one
after the other. Invariants: a reader at the end gets ``b""``; a writer whose reader
has gone gets BrokenPipeError; closing and abandoning twice is fine.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import deque

__all__ = ["PIECE", "Pipe", "Spool", "Uploads"]

PIECE = 65_536
ROOM = 4 * PIECE
IN_MEMORY = 1 << 20
"""Octets above which a spool goes to a file."""


class Pipe:
    """One writer, one reader, and little room in between."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._closed = False
        self._abandoned = False
        self._changed = asyncio.Event()

    async def write(self, data: bytes) -> None:
        """Hand over octets, waiting for room. Raises BrokenPipeError when the reader has gone."""
        for start in range(0, len(data), PIECE):
            while self._held >= ROOM and not self._abandoned:
                await self._change()
            if self._abandoned:
                raise BrokenPipeError("the reader has gone")
            piece = data[start : start + PIECE]
            self._pieces.append(piece)
            self._held += len(piece)
            self._changed.set()

    async def read(self) -> bytes:
        """The next octets, at most `PIECE`; ``b""`` at the end."""
        while not self._pieces and not self._closed:
            await self._change()
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        self._held -= len(piece)
        self._changed.set()
        return piece

    def close(self) -> None:
        """Nothing more is written."""
        self._closed = True
        self._changed.set()

    def abandon(self) -> None:
        """Nothing more is read."""
        self._abandoned = True
        self._pieces.clear()
        self._held = 0
        self.close()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Spool:
    """A pipe whose writer never waits; it is read from the start, once, up to where it has been written."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by `abandon`
        self._read = 0
        self._written = 0
        self._abandoned = False

    async def write(self, data: bytes) -> None:
        """Keep octets. Raises BrokenPipeError when the reader has gone."""
        if self._abandoned:
            raise BrokenPipeError("the reader has gone")
        self._file.seek(self._written)
        self._written += self._file.write(data)
        await asyncio.sleep(0)

    async def read(self) -> bytes:
        """The next octets that are there already; ``b""`` when there are none."""
        if self._abandoned:
            return b""
        self._file.seek(self._read)
        piece = self._file.read(PIECE)
        self._read += len(piece)
        return piece

    def close(self) -> None:
        """End the writing. The written octets can still be read."""

    def abandon(self) -> None:
        """Nothing more is read."""
        self._abandoned = True
        self._file.close()


class Uploads:
    """The files of one upload: ``async for file in uploads`` gives a `Pipe` for each as it comes."""

    def __init__(self) -> None:
        self._files: deque[Pipe] = deque()
        self._ended = False
        self._arrival = asyncio.Event()

    def add(self) -> Pipe:
        """The pipe for the next file."""
        pipe = Pipe()
        if self._ended:
            pipe.abandon()
        self._files.append(pipe)
        self._arrival.set()
        return pipe

    def close(self) -> None:
        """There are no more files."""
        self._ended = True
        self._arrival.set()

    def abandon(self) -> None:
        """The reader of the files has gone."""
        for pipe in self._files:
            pipe.abandon()
        self.close()

    def __aiter__(self) -> Uploads:
        return self

    async def __anext__(self) -> Pipe:
        while not self._files:
            if self._ended:
                raise StopAsyncIteration
            self._arrival.clear()
            await self._arrival.wait()
        return self._files.popleft()
