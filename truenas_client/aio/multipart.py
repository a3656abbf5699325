"""The body of an upload: a form with one text part and some files, generated while it is sent.

Invariants: the length is known before the first byte, so a file that becomes shorter
meanwhile is an error and never a short upload; memory is one block.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from .http import BLOCK, Ticker

__all__ = ["Body", "Part", "Source"]

Source = str | os.PathLike[str] | bytes | BinaryIO | tuple[str, "str | os.PathLike[str] | bytes | BinaryIO"]
"""The source of an upload: a path, the content itself, a seekable binary file; or a pair of a name and one of these."""


class Part:
    """One file of an upload: its name, its size in bytes, and a way to read it."""

    def __init__(self, source: Source, stack: contextlib.ExitStack) -> None:
        given, what = source if isinstance(source, tuple) else (None, source)
        self.file: BinaryIO
        if isinstance(what, bytes):
            self.file = io.BytesIO(what)
        elif isinstance(what, (str, os.PathLike)):
            self.file = stack.enter_context(open(what, "rb"))  # noqa: SIM115 - the stack closes it
        else:
            self.file = what
        self.name = given or os.path.basename(str(getattr(self.file, "name", ""))) or "file"
        start = self.file.tell()
        self.size = self.file.seek(0, os.SEEK_END) - start
        self.file.seek(start)

    def blocks(self) -> Iterator[bytes]:
        left = self.size
        while left:
            block = self.file.read(min(BLOCK, left))
            if not block:
                raise OSError(errno.EIO, "the file became shorter while it was sent", self.name)
            left -= len(block)
            yield block


class Body:
    """A multipart body whose length is known before it is generated."""

    def __init__(self, boundary: str, data: str, parts: Sequence[Part]) -> None:
        self._parts = parts
        form = "Content-Disposition: form-data; name"
        self._first = f'--{boundary}\r\n{form}="data"\r\n\r\n{data}\r\n'.encode()
        kind = "Content-Type: application/octet-stream"
        self._heads = [
            f'--{boundary}\r\n{form}="file"; filename="{_quoted(part.name)}"\r\n{kind}\r\n\r\n'.encode()
            for part in parts
        ]
        self._last = f"--{boundary}--\r\n".encode()
        self.total = sum(part.size for part in parts)
        framing = [self._first, *self._heads, self._last]
        self.length = sum(map(len, framing)) + self.total + 2 * len(parts)

    def blocks(self, progress: Ticker) -> Iterator[bytes]:
        """Yield the body piece by piece. Runs in the transfer's thread."""
        done = 0
        progress.at(done, self.total)
        yield self._first
        for head, part in zip(self._heads, self._parts, strict=True):
            yield head
            for block in part.blocks():
                yield block
                done += len(block)
                progress.at(done, self.total)
            yield b"\r\n"
        yield self._last


def _quoted(name: str) -> str:
    """A file name as browsers write it in a form: the characters that would end the header are escaped."""
    name = name.encode("utf-8", "replace").decode()  # on a disk, a name may hold bytes that are no UTF-8
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
