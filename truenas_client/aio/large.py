"""Texts so long that reading one stops the loop for a while: whoever wants to know is told before.

Without a handler such texts are read like any other. With one, a `LargeTexts` stands between the link and the
connection: it hands over what is short at once, and for what is long awaits the handler first, which can show that it
comes, have it read, or answer the call without reading it.

Invariants: everything reaches the connection in the order of arrival, and once; a handler that fails loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from ..engine.envelope import Envelope, open_envelope
from ..secrets.logs import log
from .connection import Connection

__all__ = ["LARGE", "LargeAnswer", "LargeTexts", "OnLarge"]

LARGE = 1_000_000
"""Characters from which a text is large: reading that many takes some milliseconds."""


class LargeAnswer:
    """A received text that has not been read yet: nearly always the answer to a call.

    ``text`` is all of it until it is done with, ``size`` its length in characters; ``method``
    is what the answered call called, None when that cannot be told without reading.
    """

    def __init__(self, connection: Connection, text: str) -> None:
        self._connection = connection
        self.text = text
        self.size = len(text)
        envelope = open_envelope(text)
        call = None if envelope is None else connection.talk.ledger.find(envelope.id)
        self.envelope: Envelope | None = None if call is None else envelope
        """Where in the text the result stands."""
        self.method: str | None = None if call is None else call.method
        self.done = False
        """Whether it was read, or answered in another way."""

    def read(self) -> None:
        """Decode the text and hand it to who waits for it, in one block. Twice is fine."""
        if not self.done:
            self.done = True
            text, self.text = self.text, ""
            self._connection.on_text(text)

    def give(self, result: Any) -> None:
        """Answer the call with this instead of what the text holds. Raises ValueError where `method` is None."""
        if self.envelope is None:
            raise ValueError("this text answers no call that is waited for")
        if not self.done:
            self.done, self.text = True, ""
            self._connection.settle(self.envelope.id, result)


OnLarge = Callable[[LargeAnswer], Awaitable[None]]


class LargeTexts:
    """Hears a link for a connection."""

    def __init__(self, connection: Connection, handler: OnLarge) -> None:
        self._connection = connection
        self._handler = handler
        self._waiting: deque[Callable[[], Awaitable[None] | None]] = deque()
        self._task: asyncio.Task[None] | None = None

    def on_text(self, text: str) -> None:
        """What the link received: a hot path for the short ones."""
        if len(text) >= LARGE:
            self._later(lambda: self._handle(text))
        elif self._task is None:
            self._connection.on_text(text)
        else:
            self._later(lambda: self._connection.on_text(text))

    def on_fault(self, reason: str) -> None:
        """What the link could not read."""
        self._later(lambda: self._connection.on_fault(reason))

    def on_closed(self) -> None:
        """The end of the link. What came before it is read before, unless nobody wants it any more."""
        if self._connection.closing and self._task is not None:
            self._task.cancel()
            self._waiting.clear()
        if self._task is None or self._connection.closing:
            self._connection.on_closed()
        else:
            self._later(self._connection.on_closed)

    def _later(self, step: Callable[[], Awaitable[None] | None]) -> None:
        self._waiting.append(step)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="truenas_client large text")

    async def _work(self) -> None:
        try:
            while self._waiting:
                waited = self._waiting.popleft()()
                if waited is not None:
                    await waited
        except Exception:
            log.exception("the reader failed")
            self._connection.abort()
        finally:
            self._task = None

    async def _handle(self, text: str) -> None:
        answer = LargeAnswer(self._connection, text)
        del text
        try:
            await self._handler(answer)
        except Exception:
            log.exception("the handler of large answers failed")
        answer.read()
