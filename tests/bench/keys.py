"""How long a key takes in the whole app, from its arrival until it is drawn, beside a hostile server."""

from __future__ import annotations

import asyncio
import gc
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from statistics import median, quantiles
from time import perf_counter, thread_time

from textual import events

from tests.app.conftest import Desk, at_desk
from tests.homes import own_home
from tui.starting.start import Start

SIZE = (120, 36)
SECONDS = 6.0
FILTERED = ("pool dataset", "odd m", "m1", "recordsize quota", "user")


@contextmanager
def _server(*arguments: str) -> Iterator[tuple[str, str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.hostile", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address, password = process.stdout.readline().split()
        yield address, password
    finally:
        process.stdin.close()
        process.wait(10)


@asynccontextmanager
async def _desk(address: str, password: str) -> AsyncIterator[Desk]:
    async with at_desk(Start(address, "admin", password, writable=True, fresh=True), SIZE) as desk:
        await desk.press("enter")
        await desk.landed()
        yield desk


class Keys:
    """Presses keys one after the other and keeps how long each took, and the CPU time meanwhile, in milliseconds."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.taken: list[float] = []
        self.spent: list[float] = []

    async def press(self, *keys: str) -> None:
        app = self.desk.app
        for key in keys:
            began, spent = perf_counter(), thread_time()
            app.post_message(events.Key(key, key if len(key) == 1 else " " if key == "space" else None))
            while not self._drawn():  # noqa: ASYNC110 - the waiting is what is measured
                await asyncio.sleep(0.001)
            self.taken.append((perf_counter() - began) * 1e3)
            self.spent.append((thread_time() - spent) * 1e3)

    def _drawn(self) -> bool:
        app, screen = self.desk.app, self.desk.app.screen
        return (
            not app._message_queue.qsize()
            and app.turnstile.idle
            and not (screen._dirty_widgets or screen._layout_required)
        )

    def line(self, what: str) -> str:
        p99 = quantiles(self.taken, n=100)[98]
        return f"  {what:32}{median(self.taken):6.0f} ms median, {p99:.0f} ms p99 of {len(self.taken)} keys"


async def _through_methods(desk: Desk) -> Keys:
    """Looks for methods, walks through what is found and through its docs, opens some and types there."""
    keys = Keys(desk)
    for text in FILTERED:
        await keys.press("escape", "escape", "m")
        desk.explore.methods.filter.value = ""
        await keys.press(*(letter if letter != " " else "space" for letter in text))
        for _ in range(12):
            await keys.press("down")
        await keys.press("enter", "escape", "d", "pagedown", "end", "escape", "e", "x", "backspace", "escape")
    return keys


async def _beside(desk: Desk, flood: str) -> Keys:
    """Presses keys everywhere while a flood comes in."""
    await desk.open(flood, flood)
    await desk.write(f"[{SECONDS + 2}]")
    await desk.run()
    keys, end = Keys(desk), perf_counter() + SECONDS
    while perf_counter() < end:
        await keys.press(
            "escape", "escape", "3", "down", "down", "up", "4", "1", "m", "p", "o", "down", "backspace", "backspace"
        )
    return keys


async def _measure() -> None:
    gc.disable()  # as the program does before it starts: the app turns it on again in its own way
    with _server() as (address, password):
        async with _desk(address, password) as desk:
            await _through_methods(desk)
            print((await _through_methods(desk)).line("finding and reading, demo"))
    with _server("odd") as (address, password):
        async with _desk(address, password) as desk:
            print((await _through_methods(desk)).line("the same, 60 odd methods more"))
    for flood, what in (
        ("bench.events", "beside 5,000 events a second"),
        ("bench.jobs", "beside events of 90 kB jobs"),
        ("bench.garbage", "beside frames nobody can read"),
    ):
        with _server() as (address, password):
            async with _desk(address, password) as desk:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                keys = await _beside(desk, flood)
                grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
                print(f"{keys.line(what)}, highest memory +{grown:.0f} MB")


def run() -> None:
    print("keys in the whole app")
    with own_home():
        asyncio.run(_measure())


if __name__ == "__main__":
    run()
