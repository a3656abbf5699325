"""`AsyncClient` beside the raw peer: calls, events, big results, whole sessions.

Each measurement runs both sides in alternating pairs in one process each, takes
wall and CPU seconds of that process, and compares medians. 1.00x is the peer's
own speed, more is faster.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from truenas_client import AsyncClient, Event
from truenas_client.auth.budget import forget_counts

from .memory import resident
from .peer import Raw, fixed_server, pipeline

PAIRS = 11
CALLS = 2000
EVENTS = 50_000
SESSIONS = 40

Call = Callable[..., Awaitable[Any]]
Figures = dict[str, float]


async def _open(url: str, *, raw: bool) -> tuple[Any, Call]:
    if raw:
        peer = await Raw.connect(url)
        await peer.call("core.set_options", {"legacy_jobs": False})
        await peer.call("auth.login_ex", {"mechanism": "PASSWORD_PLAIN", "username": "admin", "password": "x"})
        return peer, peer.call
    client = AsyncClient(url, call_timeout=600)
    await client.connect()
    await client.login_with_password("admin", "x")
    return client, client.call


async def sequential(url: str, raw: bool) -> Callable[[], Awaitable[None]]:
    _, call = await _open(url, raw=raw)

    async def load() -> None:
        for _ in range(CALLS):
            await call("pool.query")

    return load


async def ten_in_flight(url: str, raw: bool) -> Callable[[], Awaitable[None]]:
    _, call = await _open(url, raw=raw)

    async def worker() -> None:
        for _ in range(CALLS // 10):
            await call("pool.query")

    async def load() -> None:
        await asyncio.gather(*(worker() for _ in range(10)))

    return load


async def events(url: str, raw: bool) -> Callable[[], Awaitable[None]]:
    side, call = await _open(url, raw=raw)
    seen: list[int] = []

    async def load_raw() -> None:
        side.on_event = lambda params: seen.append(params["id"])
        await call("core.subscribe", "flood")
        await call("flood", EVENTS)
        assert seen == list(range(EVENTS))

    async def load() -> None:
        async with side.subscribe("flood", queue=EVENTS) as subscription:
            flood = asyncio.create_task(call("flood", EVENTS))
            async for event in subscription:
                assert isinstance(event, Event)
                seen.append(event.id)
                if len(seen) == EVENTS:
                    break
            await flood
        assert seen == list(range(EVENTS))

    return load_raw if raw else load


def big(megabytes: int) -> Callable[[str, bool], Awaitable[Callable[[], Awaitable[None]]]]:
    async def prepare(url: str, raw: bool) -> Callable[[], Awaitable[None]]:
        _, call = await _open(url, raw=raw)

        async def load() -> None:
            await call("big", megabytes)

        return load

    return prepare


async def sessions(url: str, raw: bool) -> Callable[[], Awaitable[None]]:
    async def session() -> None:
        side, call = await _open(url, raw=raw)
        await call("system.info")
        await side.close()
        forget_counts()  # the fixed server takes any number of logins a minute

    async def load() -> None:
        for _ in range(SESSIONS):
            await session()

    await session()  # what a process does once is not what a session costs
    return load


async def unbound(url: str, raw: bool) -> Callable[[], Awaitable[None]]:
    async def load() -> None:
        await pipeline(url, CALLS, 10)

    return load


LOADS: dict[str, Callable[[str, bool], Awaitable[Callable[[], Awaitable[None]]]]] = {
    "sequential": sequential,
    "10 in flight": ten_in_flight,
    "50,000 events": events,
    "5 MB result": big(5),
    "50 MB result": big(50),
    "sessions": sessions,
    "pipelined": unbound,
}
WORK = {"sequential": CALLS, "10 in flight": CALLS, "50,000 events": EVENTS, "sessions": SESSIONS, "pipelined": CALLS}


async def _measure(name: str, url: str, raw: bool) -> Figures:
    load = await LOADS[name](url, raw)
    gc.collect()
    before = resident()
    wall, cpu = time.perf_counter(), time.process_time()
    await load()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "memory": resident() - before}


def _one(name: str, url: str, raw: bool) -> Figures:
    """One run in a process of its own, so that no side inherits the other's memory or warmth."""
    command = [sys.executable, "-m", "tests.bench.calls", name, url, "raw" if raw else "ours"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures: Figures = json.loads(out)
    return figures


def run() -> None:
    print(f"AsyncClient beside the raw peer, medians of {PAIRS} alternating pairs")
    with fixed_server() as url:
        for name in LOADS:
            sides: dict[bool, list[Figures]] = {False: [], True: []}
            for pair in range(PAIRS):
                for raw in (False, True) if pair % 2 else (True, False):
                    if not (name == "pipelined" and not raw):
                        sides[raw].append(_one(name, url, raw))
            medians = {
                raw: {key: median(row[key] for row in rows) for key in ("wall", "cpu", "memory")}
                for raw, rows in sides.items()
                if rows
            }
            _report(name, medians)


def _report(name: str, medians: dict[bool, Figures]) -> None:
    raw = medians[True]
    if False not in medians:
        print(f"  {name:14} {WORK[name] / raw['wall']:8.0f}/s without futures, for comparison")
        return
    ours = medians[False]
    speed = f"{raw['wall'] / ours['wall']:.2f}x by wall, {raw['cpu'] / ours['cpu']:.2f}x by CPU"
    if name in WORK:
        print(f"  {name:14} {WORK[name] / ours['wall']:8.0f}/s   raw {WORK[name] / raw['wall']:8.0f}/s   {speed}")
    else:
        memory = f"{ours['memory'] / 1e6:.0f} MB against {raw['memory'] / 1e6:.0f} MB"
        print(f"  {name:14} {ours['wall'] * 1e3:6.0f} ms   raw {raw['wall'] * 1e3:6.0f} ms   {speed}, {memory}")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1], sys.argv[2], sys.argv[3] == "raw"))))
