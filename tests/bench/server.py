"""The smallest server both sides of a measurement can talk to, in a process of its own.

It answers every call with a fixed result by cutting the id out of the text, so
that what is measured is the client. Prints its port, runs until stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection, serve

RESULTS = {
    "auth.login_ex": '{"response_type":"SUCCESS","user_info":null,"authenticator":"LEVEL_1","reconnect_token":null}',
    "core.set_options": '{"legacy_jobs":false,"private_methods":false,"py_exceptions":false}',
    "core.subscribe": '"00000000-0000-4000-8000-000000000000"',
}
SMALL = json.dumps({"id": 1, "name": "tank", "status": "ONLINE", "healthy": True, "size": 11957192654848})


async def answer(websocket: ServerConnection) -> None:
    async for text in websocket:
        frame = json.loads(text)
        result = RESULTS.get(frame["method"], SMALL)
        await websocket.send(f'{{"jsonrpc":"2.0","result":{result},"id":"{frame["id"]}"}}')


async def main() -> None:
    async with serve(answer, "127.0.0.1", 0, compression=None, max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
