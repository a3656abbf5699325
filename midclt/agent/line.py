"""The agent's end of one connection: lines of JSON to and from a run of midclt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

__all__ = ["Gone", "Line"]


class Gone(Exception):
    """The other end has gone, or says what no midclt says."""


class Line:
    """The connection of one run of midclt."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.seconds: float | None = None
        """The time for connecting and signing in together."""

    async def receive(self) -> dict[str, Any]:
        """The next line. Raises `Gone`."""
        try:
            message = json.loads(await self.reader.readuntil(b"\n"))
        except (ValueError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, RecursionError):
            raise Gone from None
        if not isinstance(message, dict):
            raise Gone
        return message

    def put(self, message: dict[str, Any]) -> None:
        """Send a line, soon."""
        self.writer.write(json.dumps(message).encode() + b"\n")

    async def send(self, message: dict[str, Any], data: bytes = b"") -> None:
        """Send a line, and bytes."""
        self.put(message)
        if data:
            self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    def warn(self, text: str) -> None:
        """Show a text to the user."""
        self.put({"warn": text})

    async def otp(self, *, old: bool) -> str | None:
        """Ask the run of midclt for a one-time password. ``old``: the protocol does not say whether there is one."""
        await self.send({"ask": "otp", "old": old})
        try:
            code = (await self.receive()).get("otp")
        except Gone:
            return None
        return code if isinstance(code, str) else None

    async def while_there(self, work: Awaitable[Any]) -> Any:
        """Do something, and stop it when the other end goes. Raises `Gone`."""
        task, over = asyncio.ensure_future(work), asyncio.ensure_future(self.reader.read(1))
        try:
            await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Gone
        finally:
            for one in (task, over):
                one.cancel()
            await asyncio.gather(task, over, return_exceptions=True)
