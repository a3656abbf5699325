"""Calls per second: `AsyncClient` beside a raw ``websockets.asyncio`` + json loop."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median

from websockets.asyncio.client import ClientConnection, connect

from truenas_client import AsyncClient

PAIRS = 7
CALLS = 2000


class Raw:
    """One reader task and a dict of futures: what a careful programmer writes in an hour."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._futures: dict[str, asyncio.Future[object]] = {}
        self._reader = asyncio.create_task(self._read())

    async def call(self, method: str, *params: object) -> object:
        message_id = str(uuid.uuid4())
        future = self._futures[message_id] = asyncio.get_running_loop().create_future()
        await self._websocket.send(
            json.dumps({"jsonrpc": "2.0", "id": message_id, "method": method, "params": list(params)})
        )
        return await future

    async def _read(self) -> None:
        async for text in self._websocket:
            frame = json.loads(text)
            self._futures.pop(frame["id"]).set_result(frame["result"])

    async def close(self) -> None:
        await self._websocket.close()
        await self._reader


Caller = Callable[..., Awaitable[object]]


async def sequential(call: Caller) -> None:
    for _ in range(CALLS):
        await call("pool.query")


async def ten_in_flight(call: Caller) -> None:
    async def worker() -> None:
        for _ in range(CALLS // 10):
            await call("pool.query")

    await asyncio.gather(*(worker() for _ in range(10)))


async def measure(url: str, load: Callable[[Caller], Awaitable[None]], *, raw: bool) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    if raw:
        websocket = await connect(url, compression=None, max_size=None)
        peer = Raw(websocket)
        call: Caller = peer.call
    else:
        client = AsyncClient(url)
        await client.connect()
        await client.login_with_password("admin", "x")
        call = client.call
    await call("core.ping")
    wall, cpu = time.perf_counter(), time.process_time()
    await load(call)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await (peer.close() if raw else client.close())
    return wall, cpu


@contextmanager
def fixed_server() -> Iterator[str]:
    """The address of a fresh fixed server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"ws://127.0.0.1:{int(process.stdout.readline())}/api/current"
    finally:
        process.stdin.close()
        process.wait(10)


def run() -> None:
    print(f"calls per second, medians of {PAIRS} alternating pairs of {CALLS} calls")
    with fixed_server() as url:
        for name, load in (("sequential", sequential), ("10 in flight", ten_in_flight)):
            ours: list[tuple[float, float]] = []
            raws: list[tuple[float, float]] = []
            for pair in range(PAIRS):
                for raw in (False, True) if pair % 2 else (True, False):
                    (raws if raw else ours).append(asyncio.run(measure(url, load, raw=raw)))
            wall, cpu = (median(row[i] for row in ours) for i in (0, 1))
            raw_wall, raw_cpu = (median(row[i] for row in raws) for i in (0, 1))
            print(
                f"  {name:13} AsyncClient {CALLS / wall:6.0f}/s   raw {CALLS / raw_wall:6.0f}/s   "
                f"{raw_wall / wall:.2f}x by wall, {raw_cpu / cpu:.2f}x by CPU"
            )


if __name__ == "__main__":
    run()
