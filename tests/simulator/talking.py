"""A raw client for tests of the simulator: one WebSocket, JSON by hand, no code of the package."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect, unix_connect

from truenas_client.simulator import Simulator

PATIENCE = 10.0


class Refused(Exception):
    """The server answered an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data") or {}
        self.rows = self.data.get("extra")


class Talk:
    """One connection. `call` waits for its answer and keeps what else arrives in `events`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.events: list[dict[str, Any]] = []
        self._last = 0

    async def send(self, method: str, *params: Any) -> int:
        self._last += 1
        await self.connection.send(
            json.dumps({"jsonrpc": "2.0", "method": method, "params": list(params), "id": self._last})
        )
        return self._last

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE))
        return frame

    async def answer(self, ident: int) -> Any:
        while (frame := await self.receive()).get("id") != ident or "method" in frame:
            self.events.append(frame)
        if "error" in frame:
            raise Refused(frame["error"])
        return frame["result"]

    async def call(self, method: str, *params: Any) -> Any:
        return await self.answer(await self.send(method, *params))

    async def login(self, username: str = "admin", password: str = "admin") -> dict[str, Any]:
        data = {"mechanism": "PASSWORD_PLAIN", "username": username, "password": password}
        answer: dict[str, Any] = await self.call("auth.login_ex", data)
        return answer

    async def event(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next event (also one kept earlier) whose ``params`` fit."""
        while True:
            for place, frame in enumerate(self.events):
                if fits(frame["params"]):
                    params: dict[str, Any] = self.events.pop(place)["params"]
                    return params
            self.events.append(await self.receive())


@asynccontextmanager
async def talk(nas: Simulator, *, unix: str | None = None, login: bool = True) -> AsyncIterator[Talk]:
    """Connect to a simulator, signed in as its administrator unless told otherwise; new-style jobs."""
    if unix is not None:
        opening = unix_connect(unix, "ws://localhost/api/current", max_size=None)
    else:
        opening = connect(nas.url, max_size=None, ping_interval=None)
    async with opening as connection:
        talking = Talk(connection)
        await talking.call("core.set_options", {"legacy_jobs": False})
        if login:
            await talking.login()
        yield talking
