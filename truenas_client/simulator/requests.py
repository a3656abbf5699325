"""Reading HTTP requests: the head, then the body piece by piece, also one in parts (``multipart/form-data``).

Invariants: no more than a piece and a boundary is held, whatever the size of the
body; a body that breaks the rules is a `BadBody`, one that ends too early is
IncompleteReadError.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["HEAD_SIZE", "BadBody", "Body", "Head", "Part", "Parts", "Refusal", "read_head"]

PIECE = 65_536
LONGEST_LINE = 8192
PATIENCE = 60.0
"""Real seconds a client may leave a body unfinished without sending anything."""


HEAD_SIZE = 65_536
TLS_HELLO = b"\x16"
"""The first octet of a TLS client on a port without TLS: an answer in HTTP would only confuse it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request: names of headers in lower case, values as they came, and all of it as octets."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    raw: bytes

    @property
    def upgrade(self) -> bool:
        return self.headers.get("upgrade", "").lower() == "websocket"


class Refusal(Exception):
    """A request that is answered with a status and a text; no text: an empty answer."""

    def __init__(self, status: int, text: str = "", location: str | None = None) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.location = location


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read one request head; None when the client went away first, or speaks TLS. Raises `Refusal`."""
    try:
        first = await reader.readexactly(1)
        if first == TLS_HELLO:
            return None
        raw = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as e:
        raise Refusal(400, "the head is too long") from e
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refusal(400, "no request line")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    path, _, query = words[1].partition("?")
    return Head(words[0], path, query, headers, raw)


class BadBody(Exception):
    """The body does not match its head."""


class Body:
    """The body of one request, by length or in chunks."""

    def __init__(self, reader: asyncio.StreamReader, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        length = headers.get("content-length", "0")
        if not self._chunked and not (length.isdecimal() and len(length) < 20):
            raise BadBody("the length is no number")
        self._left = 0 if self._chunked else int(length)
        self._ended = not self._chunked and self._left == 0

    async def read(self) -> bytes:
        """Some octets, ``b""`` at the end. Raises `BadBody`, TimeoutError, asyncio.IncompleteReadError."""
        async with asyncio.timeout(PATIENCE):
            if self._chunked and self._left == 0 and not self._ended:
                await self._next_chunk()
            if self._ended:
                return b""
            data = await self._reader.read(min(self._left, PIECE))
            if not data:
                raise asyncio.IncompleteReadError(b"", self._left)
            self._left -= len(data)
            if self._left == 0:
                if self._chunked:
                    await self._reader.readexactly(2)
                else:
                    self._ended = True
        return data

    async def _next_chunk(self) -> None:
        size = (await self._line()).split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
            raise BadBody("no size of a chunk")
        self._left = int(size, 16)
        if self._left == 0:
            while await self._line() != b"":
                pass
            self._ended = True

    async def _line(self) -> bytes:
        try:
            return (await self._reader.readuntil(b"\r\n"))[:-2]
        except asyncio.LimitOverrunError as e:
            raise BadBody("a line is too long") from e


class Part:
    """One part of a body; read it to its end before the next."""

    def __init__(self, parts: Parts, name: str) -> None:
        self.name = name
        self._parts = parts
        self.ended = False

    async def read(self) -> bytes:
        """Some octets of the part, ``b""`` at its end. Raises as `Body.read`."""
        if self.ended:
            return b""
        data, self.ended = await self._parts.content()
        return data or (b"" if self.ended else await self.read())

    async def read_all(self, limit: int) -> bytes:
        """The whole part. Raises `BadBody` when it is longer than ``limit`` octets."""
        whole = bytearray()
        while data := await self.read():
            whole += data
            if len(whole) > limit:
                raise BadBody("a part is too long")
        return bytes(whole)


class Parts:
    """The parts of a ``multipart/form-data`` body, one after the other."""

    def __init__(self, body: Body, content_type: str) -> None:
        kind, _, rest = content_type.partition(";")
        found = re.search(r'boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))', rest)
        if kind.strip().lower() != "multipart/form-data" or found is None:
            raise BadBody("the body has no parts")
        self._body = body
        self._mark = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
        self._held = b"\r\n"  # the first boundary has no line before it
        self._ended = False
        self._part: Part | None = None

    async def next(self) -> Part | None:
        """The next part, skipping the rest of the one before; None after the last. Raises as `Body.read`."""
        if self._part is None:
            while not (await self.content())[1]:
                pass
        else:
            while await self._part.read():
                pass
        # A boundary is followed by the end of its line or by two more dashes.
        if await self._take(2) == b"--":
            return None
        headers = await self._headers()
        self._part = Part(self, _name_in(headers.get("content-disposition", "")))
        return self._part

    async def content(self) -> tuple[bytes, bool]:
        """Octets before the next boundary, and whether it comes right after them."""
        while True:
            place = self._held.find(self._mark)
            if place >= 0:
                data, self._held = self._held[:place], self._held[place + len(self._mark) :]
                return data, True
            # Keep octets that may be the start of a boundary until more have come.
            sure = len(self._held) - len(self._mark)
            if sure > 0:
                data, self._held = self._held[:sure], self._held[sure:]
                return data, False
            await self._more()

    async def _headers(self) -> dict[str, str]:
        place = -1
        while not self._held.startswith(b"\r\n") and (place := self._held.find(b"\r\n\r\n")) < 0:
            if len(self._held) > LONGEST_LINE:
                raise BadBody("the head of a part is too long")
            await self._more()
        if self._held.startswith(b"\r\n"):
            self._held = self._held[2:]
            return {}
        head, self._held = self._held[:place], self._held[place + 4 :]
        lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n")]
        return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}

    async def _take(self, count: int) -> bytes:
        while len(self._held) < count:
            await self._more()
        data, self._held = self._held[:count], self._held[count:]
        return data

    async def _more(self) -> None:
        data = await self._body.read()
        if not data:
            raise BadBody("the body ends before its last part")
        self._held += data


def _name_in(header: str) -> str:
    found = re.search(r'(?:^|[;\s])name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', header)
    if found is None:
        return ""
    return re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
