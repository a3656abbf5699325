"""Texts so long that decoding one stops the loop for a while: a handler is told of them first.

Without a handler such a text is decoded like any other. With one, a `LargeTexts` stands between the link and the
connection. It passes short texts on at once. For a long text it awaits the handler first, which can show that the text
comes, have it decoded, or answer the call itself.

Invariants: each text reaches the connection once, in the order of arrival; when the handler fails, the text is decoded.
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
"""Characters from which a text is large: decoding that many takes some milliseconds."""


class LargeAnswer:
    """A received text that has not been decoded yet: nearly always the answer to a call.

    ``text`` is the whole text until it is decoded or answered, ``size`` its length in
    characters. ``method`` is the method of the answered call, None when the text does not
    show it without decoding.
    """

    def __init__(self, connection: Connection, text: str) -> None:
        self._connection = connection
        self.text = text
        self.size = len(text)
        envelope = open_envelope(text)
        call = None if envelope is None else connection.talk.ledger.find(envelope.id)
        self.envelope: Envelope | None = None if call is None else envelope
        """Where in the text the result begins and ends."""
        self.method: str | None = None if call is None else call.method
        self.done = False
        """Whether the text was decoded, or its call answered by `give`."""

    def read(self) -> None:
        """Decode the text in one block and hand it to the connection. A second call does nothing."""
        if not self.done:
            self.done = True
            text, self.text = self.text, ""
            self._connection.on_text(text)

    def give(self, result: Any) -> None:
        """Answer the call with this result, without decoding the text. Raises ValueError when `method` is None."""
        if self.envelope is None:
            raise ValueError("this text answers no call that is waited for")
        if not self.done:
            self.done, self.text = True, ""
            self._connection.settle(self.envelope.id, result, self.size)


OnLarge = Callable[[LargeAnswer], Awaitable[None]]


class LargeTexts:
    """The hearer that stands between a link and its connection."""

    def __init__(self, connection: Connection, handler: OnLarge) -> None:
        self._connection = connection
        self._handler = handler
        self._waiting: deque[Callable[[], Awaitable[None] | None]] = deque()
        self._task: asyncio.Task[None] | None = None

    def on_text(self, text: str) -> None:
        """Take in a received text. A hot path for short ones."""
        if len(text) >= LARGE:
            self._later(lambda: self._handle(text))
        elif self._task is None:
            self._connection.on_text(text)
        else:
            self._later(lambda: self._connection.on_text(text))

    def on_fault(self, reason: str) -> None:
        """Take in that the link received an unreadable message."""
        self._later(lambda: self._connection.on_fault(reason))

    def on_closed(self) -> None:
        """Take in the end of the link. Texts received before it are decoded first, unless this side is closing."""
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
