"""Small servers for the client's tests: each answers calls by a function the test gives."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

OPTIONS = {"legacy_jobs": False, "private_methods": False, "py_exceptions": False}


@dataclass
class Nas:
    """One running server: what it received, and its live connections."""

    url: str
    received: list[dict[str, Any]] = field(default_factory=list)
    links: list[ServerConnection] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None
    """Closes the port and every connection at once."""
    _arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    def methods(self) -> list[str]:
        return [frame["method"] for frame in self.received]

    async def got(self, method: str, count: int = 1) -> None:
        """Wait until a method has been called so many times."""
        async with asyncio.timeout(10), self._arrival:
            await self._arrival.wait_for(lambda: self.methods().count(method) >= count)


Answer = Callable[[ServerConnection, dict[str, Any]], Awaitable[Any]]


async def reply(link: ServerConnection, frame: dict[str, Any], result: Any) -> None:
    await link.send(json.dumps({"jsonrpc": "2.0", "result": result, "id": frame["id"]}))


async def refuse(link: ServerConnection, frame: dict[str, Any], code: int, message: str, data: Any = None) -> None:
    error = {"code": code, "message": message} | ({} if data is None else {"data": data})
    await link.send(json.dumps({"jsonrpc": "2.0", "error": error, "id": frame["id"]}))


async def notify(link: ServerConnection, method: str, **params: Any) -> None:
    await link.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))


@asynccontextmanager
async def nas(answer: Answer, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Nas]:
    """Serve: login, options, ping and subscriptions are answered; everything else is the test's."""
    running = Nas("")

    async def handle(link: ServerConnection) -> None:
        running.links.append(link)
        try:
            async for text in link:
                frame = json.loads(text)
                async with running._arrival:
                    running.received.append(frame)
                    running._arrival.notify_all()
                method = frame["method"]
                if method == "core.set_options":
                    await reply(link, frame, OPTIONS)
                elif method == "auth.login_ex":
                    await reply(
                        link, frame, {"response_type": "SUCCESS", "user_info": None, "authenticator": "LEVEL_1"}
                    )
                elif method == "core.ping":
                    await reply(link, frame, "pong")
                else:
                    await answer(link, frame)
        except ConnectionClosed:
            pass

    server: Server = await serve(handle, "127.0.0.1", 0, compression=None, max_size=None, ssl=tls)
    port = next(iter(server.sockets)).getsockname()[1]
    running.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/api/current"

    def stop() -> None:
        server.close(close_connections=False)
        for link in running.links:
            link.transport.abort()

    running.stop = stop
    try:
        yield running
    finally:
        server.close(close_connections=True)
        await server.wait_closed()


async def echo(link: ServerConnection, frame: dict[str, Any]) -> None:
    """Subscriptions get their name as handle, calls their params as result."""
    await reply(link, frame, frame["params"][0] if frame["method"].startswith("core.") else frame["params"])
