"""The smallest server both sides of a measurement can talk to, in a process of its own.

It answers every call with a fixed text into which the call's id is put, so that
what is measured is the client. ``big`` answers so many megabytes, ``nested.query`` so
many of objects in objects, ``rows.query`` 10,000 rows, ``flood`` sends so many events and then its answer, ``rate`` so
many a second for so long, answering calls meanwhile. Prints its port, runs until stdin ends; with a path it listens
on a UNIX socket there too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from functools import cache

from websockets.asyncio.server import ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed

RESULTS = {
    "core.get_methods": "{}",
    "core.get_jobs": "[]",
    "auth.login_ex": '{"response_type":"SUCCESS","user_info":null,"authenticator":"LEVEL_1","reconnect_token":null}',
    "core.set_options": '{"legacy_jobs":false,"private_methods":false,"py_exceptions":false}',
    "core.subscribe": '"00000000-0000-4000-8000-000000000000"',
}
ROW = {"id": 1, "name": "tank", "status": "ONLINE", "healthy": True, "size": 11957192654848}
SMALL = json.dumps(ROW)
EVENT = (
    '{"jsonrpc":"2.0","method":"collection_update","params":{"msg":"changed","collection":"flood","id":%d,"fields":%s}}'
)


def rows(megabytes: int) -> str:
    """A JSON list of rows of about that size."""
    return "[" + ",".join([SMALL] * (megabytes * 1_000_000 // (len(SMALL) + 1))) + "]"


@cache
def many_rows(count: int) -> str:
    """A JSON list of so many different rows."""
    return json.dumps([ROW | {"id": n, "name": f"disk{n}", "size": n << 30, "comment": None} for n in range(count)])


def nested_rows(megabytes: int) -> str:
    """A JSON list of about that size, of rows such as a query of datasets gives: most members are objects."""
    count = megabytes * 1_000_000 // len(nested_row(100_000))
    return "[" + ",".join(nested_row(number) for number in range(count)) + "]"


def nested_row(number: int) -> str:
    name = f"tank/set{number}"
    properties = {
        key: {"parsed": value, "rawvalue": str(value), "value": str(value).upper(), "source": "LOCAL"}
        for key, value in (("compression", "lz4"), ("used", number * 4096), ("atime", "off"))
    }
    row = {"id": name, "type": "FILESYSTEM", "name": name, "pool": "tank", "encrypted": False, "children": []}
    return json.dumps({**row, **properties})


async def answer(websocket: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        await talk(websocket)


async def talk(websocket: ServerConnection) -> None:
    bigs: dict[tuple[str, int], str] = {}
    streams: set[asyncio.Task[None]] = set()
    async for text in websocket:
        frame = json.loads(text)
        method = frame["method"]
        if method == "flood":
            for number in range(frame["params"][0]):
                await websocket.send(EVENT % (number, SMALL))
        if method == "rate":
            stream = asyncio.create_task(rate(websocket, *frame["params"]))
            streams.add(stream)
            stream.add_done_callback(streams.discard)
        if method == "rows.query":
            result = many_rows(10_000)
        elif method in ("big", "nested.query"):
            size = frame["params"][0]
            key = (method, size)
            if key not in bigs:
                bigs[key] = rows(size) if method == "big" else nested_rows(size)
            result = bigs[key]
        else:
            result = RESULTS.get(method, SMALL)
        await websocket.send(f'{{"jsonrpc":"2.0","result":{result},"id":"{frame["id"]}"}}')


async def rate(websocket: ServerConnection, per_second: int, seconds: float) -> None:
    """So many events a second, caught up with every few milliseconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    sent = 0
    with contextlib.suppress(ConnectionClosed):
        while (passed := loop.time() - began) < seconds:
            while sent < passed * per_second:
                await websocket.send(EVENT % (sent, SMALL))
                sent += 1
            await asyncio.sleep(0.002)


async def main() -> None:
    async with contextlib.AsyncExitStack() as servers:
        server = await servers.enter_async_context(serve(answer, "127.0.0.1", 0, compression=None, max_size=None))
        if len(sys.argv) > 1:
            await servers.enter_async_context(unix_serve(answer, sys.argv[1], compression=None, max_size=None))
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
