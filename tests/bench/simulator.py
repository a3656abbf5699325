"""``core.ping`` of the simulator beside a bare ``websockets.serve`` echo, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

PAIRS = 7
CONNECTIONS = 10
CALLS = 3000
IN_FLIGHT = 8
PING = '{"jsonrpc": "2.0", "method": "core.ping", "params": [], "id": "7a0c3a1e-5a43-4f8b-8f0b-0d8f7a8c1f11"}'


async def echo(websocket: ServerConnection) -> None:
    async for text in websocket:
        await websocket.send(text)


async def serve_echo() -> None:
    async with serve(echo, "127.0.0.1", 0, compression=None, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"ws": f"ws://127.0.0.1:{port}/api/current"}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def running(*command: str) -> Iterator[str]:
    """A server in a process of its own; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["ws"]
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(10)


async def load(connection: ClientConnection) -> None:
    """`CALLS` pings, `IN_FLIGHT` at a time, on one connection."""
    for _ in range(IN_FLIGHT):
        await connection.send(PING)
    for call in range(CALLS):
        await connection.recv()
        if call + IN_FLIGHT < CALLS:
            await connection.send(PING)


async def measure(url: str) -> float:
    """Seconds for all pings on all connections."""
    connections = await asyncio.gather(
        *(connect(url, compression=None, max_size=None, ping_interval=None) for _ in range(CONNECTIONS))
    )
    login = {"mechanism": "PASSWORD_PLAIN", "username": "admin", "password": "admin"}
    for connection in connections:
        # Before login twenty a minute are all there is, hence the speed; the echo does not mind.
        await connection.send(json.dumps({"jsonrpc": "2.0", "method": "auth.login_ex", "params": [login], "id": 1}))
        if "error" in json.loads(await connection.recv()):
            raise RuntimeError("the simulator refused the login")
    began = time.perf_counter()
    await asyncio.gather(*(load(connection) for connection in connections))
    taken = time.perf_counter() - began
    await asyncio.gather(*(connection.close() for connection in connections))
    return taken


def run() -> None:
    total = CONNECTIONS * CALLS
    print(f"core.ping of the simulator, medians of {PAIRS} alternating pairs of {total} on {CONNECTIONS} connections")
    ours: list[float] = []
    bare: list[float] = []
    with running("truenas_client.simulator", "--speed", "1000") as nas, running("tests.bench.simulator") as plain:
        for pair in range(PAIRS):
            for url, times in ((nas, ours), (plain, bare))[:: 1 if pair % 2 else -1]:
                times.append(asyncio.run(measure(url)))
    ratio = median(theirs / our for our, theirs in zip(ours, bare, strict=True))
    print(
        f"  simulator {total / median(ours):6.0f}/s   bare websockets.serve echo {total / median(bare):6.0f}/s   "
        f"{ratio:.2f}x of the pairs"
    )


if __name__ == "__main__":
    asyncio.run(serve_echo())
