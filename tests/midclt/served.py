"""Servers for the command to talk to, in an event loop of their own thread: the command blocks its own."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, TypeVar

from websockets.asyncio.server import ServerConnection, serve

T = TypeVar("T")
Reply = dict[str, Any]
Answer = Callable[[ServerConnection, dict[str, Any]], Awaitable[Reply | None]]

SIGNED_IN = {"response_type": "SUCCESS", "user_info": None, "authenticator": "LEVEL_1"}
OPTIONS = {"legacy_jobs": False, "private_methods": False, "py_exceptions": False}


class Background:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for it here."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def soon(self, call: Callable[[], object]) -> None:
        self.loop.call_soon_threadsafe(call)

    @contextmanager
    def entered(self, context: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """Enter an async context there for the time of a block here."""
        value = self.run(context.__aenter__())
        try:
            yield value
        finally:
            self.run(context.__aexit__(None, None, None))  # type: ignore[arg-type]

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)
        self.loop.close()


@asynccontextmanager
async def scripted(answers: dict[str, Reply | Answer], tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A WebSocket server with an answer by method: members of the reply, or a function that makes them or None.

    What signs in and subscribes succeeds unless told otherwise. Yields the address.
    """
    known: dict[str, Reply | Answer] = {
        "core.set_options": {"result": OPTIONS},
        "core.subscribe": {"result": "3f0c7f8e-0000-4000-8000-000000000000"},
        "core.unsubscribe": {"result": None},
        "auth.login_ex": {"result": SIGNED_IN},
        **answers,
    }

    async def talk(websocket: ServerConnection) -> None:
        async for text in websocket:
            frame = json.loads(text)
            answer = known.get(frame["method"], {"error": {"code": -32601, "message": "Method does not exist"}})
            reply = await answer(websocket, frame) if callable(answer) else answer
            if reply is not None:
                await websocket.send(json.dumps({"jsonrpc": "2.0", "id": frame["id"], **reply}))

    async with serve(talk, "127.0.0.1", 0, compression=None, ssl=tls) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/api/current"


def update(name: str, kind: str = "added", **members: Any) -> str:
    """The text of an event."""
    params = {"msg": kind, "collection": name, **members}
    return json.dumps({"jsonrpc": "2.0", "method": "collection_update", "params": params})


def lose(websocket: ServerConnection) -> None:
    """End TCP without a word."""
    websocket.transport.abort()


@asynccontextmanager
async def speaking(response: bytes) -> AsyncIterator[str]:
    """A server that is no TrueNAS: whatever comes, it writes these bytes and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(response)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
