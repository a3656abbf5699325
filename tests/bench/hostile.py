"""A NAS for the measurements of keys, in a process of its own: as kind as the demo, or hostile.

``python -m tests.bench.hostile [odd]`` prints its address and ends with its input. Besides the demo it has
``bench.jobs``, ``bench.garbage``, ``bench.events`` and ``bench.four``: each begins a flood and answers at once;
``bench.sent`` is how many events of each name ``bench.four`` has sent. With ``odd`` its list
of methods ends with entries that no server should send.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count
from typing import Any

from tests.odd import odd_methods
from truenas_client import AsyncClient
from truenas_client.simulator import Call, Simulator, shapes

RESULT = {"rows": ["x" * 1000] * 90}
"""Of every job, 90 kB."""
TURN = 0.002
FLOWS = ("bench.list", "bench.filtered", "bench.paused", "bench.numbers")
"""What ``bench.four`` sends, as often each."""


def _row(number: int) -> dict[str, Any]:
    started = {"$date": 1_780_000_000_000 + number}
    return {
        "id": 1_000_000 + number % 400, "method": "pool.scrub.scrub", "arguments": ["tank"], "state": "RUNNING",
        "progress": {"percent": number % 100, "description": f"at {number}", "extra": None}, "abortable": True,
        "time_started": started, "time_finished": None, "result": RESULT, "error": None, "exception": None,
        "exc_info": None, "logs_path": None, "logs_excerpt": None, "description": None, "transient": False,
        "message_ids": [], "credentials": None,
    }  # fmt: skip


def _can_be_sent(entry: Any) -> bool:
    """Whether the simulator can: it wants an object for each, and JSON's encoder gives up far down."""
    try:
        json.dumps(entry)
    except RecursionError:
        return False
    return isinstance(entry, dict)


def flooding(nas: Simulator) -> None:
    """Adds the methods that begin a flood."""
    tasks: set[asyncio.Task[None]] = set()

    def begin(call: Call, seconds: float, turn: Any) -> None:
        async def run() -> None:
            numbers, end = count(), asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < end and call.session.channel.open:
                turn(next(numbers))
                await asyncio.sleep(TURN)

        task = asyncio.get_running_loop().create_task(run())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    accepts = [shapes.any_()]

    @nas.method("bench.jobs", roles=["READONLY_ADMIN"], accepts=accepts)
    def jobs(call: Call, seconds: float) -> None:
        def turn(number: int) -> None:
            row = _row(number)
            nas.send_event("core.get_jobs", "CHANGED", id=row["id"], fields=row)

        begin(call, seconds, turn)

    @nas.method("bench.garbage", roles=["READONLY_ADMIN"], accepts=accepts)
    def garbage(call: Call, seconds: float) -> None:
        texts = ("{", "[" * 5000, '{"jsonrpc": "2.0", "id": "x"}', json.dumps({"method": 5, "params": ["x" * 50_000]}))
        # 900 and not more: at a thousand the connection is ended.
        begin(call, seconds, lambda number: call.session.channel.send(texts[number % 4]) if number < 900 else None)

    @nas.method("bench.events", roles=["READONLY_ADMIN"], accepts=accepts)
    def events(call: Call, seconds: float) -> None:
        def turn(number: int) -> None:
            for _ in range(10):
                nas.send_event("pool.query", "CHANGED", id=number, fields={"name": "tank", "note": "x" * 500})

        begin(call, seconds, turn)


def four_flows(nas: Simulator) -> None:
    """Adds the flood into four panels: so many events a second in all, on the clock, counted."""
    sent = dict.fromkeys(FLOWS, 0)
    tasks: set[asyncio.Task[None]] = set()

    async def run(seconds: float, rate: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (now := loop.time() - began) < seconds:
            due = int(now * rate / len(FLOWS))
            # What is behind is made up for, some at a time.
            for number in range(sent[FLOWS[0]], min(due, sent[FLOWS[0]] + 250)):
                for name in FLOWS:
                    sent[name] += 1
                    if name == "bench.numbers":
                        fields = {"cpu": number % 97, "disk": {"read": number * 3 % 1013, "write": 5}, "net": 7}
                        nas.send_event(name, "ADDED", fields=fields)
                    else:
                        fields = {"name": f"tank/set{number % 50}", "state": "RUNNING", "n": number}
                        nas.send_event(name, "CHANGED", id=number, fields=fields)
            await asyncio.sleep(TURN)

    @nas.method("bench.four", roles=["READONLY_ADMIN"], accepts=[shapes.any_(), shapes.any_()])
    def four(call: Call, seconds: float, rate: float) -> None:
        task = asyncio.get_running_loop().create_task(run(seconds, rate))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    @nas.method("bench.sent", roles=["READONLY_ADMIN"])
    def told(call: Call) -> dict[str, Any]:
        return {"sent": sent, "running": bool(tasks)}


async def _serve(odd: bool) -> None:
    listing = None
    if odd:
        async with Simulator() as kind, AsyncClient(kind.url) as client:
            flooding(kind)
            await client.login_with_password("admin", kind.users["admin"]["password"])
            listing = await client.call("core.get_methods")
            usual = listing["core.ping"]
            listing |= {name: usual | entry for name, entry in odd_methods().items() if _can_be_sent(entry)}
    async with Simulator(catalogue=listing) as nas:
        flooding(nas)
        four_flows(nas)
        print(nas.url, nas.users["admin"]["password"], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve("odd" in sys.argv))
