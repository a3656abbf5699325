"""The raw peer: what a careful programmer writes on ``websockets.asyncio`` in an hour.

One reader task and a dict of futures, the same UUID ids, no compression, no size
limit. Beside it `pipeline`, which does without futures and shows what the wire
would give. Written once: every measurement compares with these.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

__all__ = ["Raw", "fixed_server", "pipeline"]


class Raw:
    """A connection with futures by id; events go to ``on_event``."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._futures: dict[str, asyncio.Future[Any]] = {}
        self.on_event: Callable[[Any], None] = lambda params: None
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str) -> Self:
        return cls(await connect(url, compression=None, max_size=None))

    async def call(self, method: str, *params: Any) -> Any:
        message_id = str(uuid.uuid4())
        future = self._futures[message_id] = asyncio.get_running_loop().create_future()
        await self._websocket.send(
            json.dumps({"jsonrpc": "2.0", "id": message_id, "method": method, "params": list(params)})
        )
        return await future

    async def _read(self) -> None:
        async for text in self._websocket:
            frame = json.loads(text)
            message_id = frame.get("id")
            if message_id is None:
                self.on_event(frame["params"])
            else:
                self._futures.pop(message_id).set_result(frame["result"])

    async def close(self) -> None:
        await self._websocket.close()
        await self._reader


async def pipeline(url: str, calls: int, depth: int) -> None:
    """So many calls, ``depth`` at a time, without a future or a task for any."""
    async with connect(url, compression=None, max_size=None) as websocket:
        sent = received = 0
        while received < calls:
            while sent < calls and sent - received < depth:
                await websocket.send(
                    json.dumps({"jsonrpc": "2.0", "id": str(uuid.uuid4()), "method": "pool.query", "params": []})
                )
                sent += 1
            json.loads(await websocket.recv())
            received += 1


@contextmanager
def fixed_server(unix: str | None = None) -> Iterator[str]:
    """The address of a fresh fixed server in another process; it may listen on a UNIX socket as well."""
    command = [sys.executable, "-m", "tests.bench.server", *([unix] if unix else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"ws://127.0.0.1:{int(process.stdout.readline())}/api/current"
    finally:
        process.stdin.close()
        process.wait(10)
