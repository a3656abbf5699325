"""Four panels of events in a flood: one in a list, one filtered, one paused, one plotting.

The server runs in a process of its own and sends 10,000 events a second in all. Measured: how long a key takes from its
arrival until it is drawn, how much memory grows, and whether what was seen and what was dropped are what was sent.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import time
from statistics import quantiles
from typing import Any

from tests.app.conftest import Desk
from tests.bench.memory import resident
from tests.homes import own_home
from tui.model.panel import Panel
from tui.sections.events import EventsSection

from .hostile import FLOWS
from .keys import Keys, _desk, _server

SECONDS, RATE = 60.0, 10_000.0
CALM_SECONDS = 15.0


async def four_panels(desk: Desk) -> dict[str, Panel]:
    """Opens them, as a person would by the names."""
    await desk.press("escape", "escape", "4")
    await desk.until(lambda: isinstance(desk.workspace.section, EventsSection), "the events")
    section = desk.workspace.section
    assert isinstance(section, EventsSection)
    for name in FLOWS:
        await section._add(name, None)
    section.adding.display = False
    panels = {shown.panel.feed.name: shown for shown in section._panels}
    await desk.until(lambda: all(feed.live for feed in desk.session.feeds.open), "the subscriptions")
    panels["bench.filtered"].panel.filter = "set7 n:1"
    panels["bench.numbers"].change_view("plot")
    panels["bench.list"].lines.focus()
    return {name: shown.panel for name, shown in panels.items()}


async def counts(desk: Desk) -> tuple[dict[str, int], dict[str, int]]:
    """Waits for the end of the flood; what was sent of each name, and what arrived or was dropped of it."""
    told: dict[str, Any] = {"running": True}
    while told["running"]:
        told = await desk.session.read("bench.sent")
        await asyncio.sleep(0.05)
    sent = told["sent"]
    deadline, got = time.monotonic() + 60, dict[str, int]()
    while time.monotonic() < deadline and got != sent:
        await asyncio.sleep(0.05)
        got = {feed.name: feed.seen + feed.dropped for feed in desk.session.feeds.open}
    return sent, got


async def _holds(longest: list[float]) -> None:
    """Keeps the most CPU time, in milliseconds, that passed on the loop before a timer of 5 ms was served."""
    while True:
        spent = time.thread_time()
        await asyncio.sleep(0.005)
        longest[0] = max(longest[0], (time.thread_time() - spent) * 1e3)


async def _calm() -> None:
    """What the panels cost at ten events a second each, while nothing is pressed."""
    gc.disable()  # as the program does before it starts: the app turns it on again in its own way
    with _server() as (address, password):
        async with _desk(address, password) as desk:
            await four_panels(desk)
            await desk.session.read("bench.four", [CALM_SECONDS + 2, 40.0])
            await asyncio.sleep(1.0)
            spent = time.process_time()
            await asyncio.sleep(CALM_SECONDS)
            spent = time.process_time() - spent
    print(f"four panels, 10 events a second each: {spent / CALM_SECONDS:.1%} of a core")


async def _measure() -> None:
    await _calm()
    gc.disable()
    with _server() as (address, password):
        async with _desk(address, password) as desk:
            panels = await four_panels(desk)
            keys = Keys(desk)
            await desk.session.read("bench.four", [SECONDS, RATE])
            began, spent = time.monotonic(), time.process_time()
            warm, longest = 0.0, [0.0]
            watching = asyncio.create_task(_holds(longest))
            while (now := time.monotonic() - began) < SECONDS:
                if now > 5 and not panels["bench.paused"].paused:
                    panels["bench.paused"].pause(True)
                if now > SECONDS / 4 and not warm:
                    warm = resident()
                await keys.press("down", "down", "up", "v", "tab", "down", "o", "o", "shift+tab", "v", "g")
                await asyncio.sleep(0.05)
            spent = time.process_time() - spent
            watching.cancel()
            grown = (resident() - warm) / 1e6
            sent, got = await counts(desk)
            total, seen = sum(sent.values()), sum(feed.seen for feed in desk.session.feeds.open)
            waiting = panels["bench.paused"].waiting
    print(f"four panels, {total / SECONDS:,.0f} events a second for {SECONDS:g} s")
    print(f"  {keys.line('keys')}, worst {max(keys.taken):.0f} ms, {spent / SECONDS:.0%} of a core")
    cpu = quantiles(keys.spent, n=100)
    print(
        f"  CPU a key {cpu[49]:.0f} ms median, {cpu[98]:.0f} ms p99; the loop was held for {longest[0]:.0f} ms at most"
    )
    print(f"  {seen:,} seen, {total - seen:,} dropped, {waiting:,} behind the pause; exact: {sent == got}")
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory {grown:+.1f} MB since a quarter of the time, highest {highest:.0f} MB")
    assert sent == got, (sent, got)


def run() -> None:
    with own_home():
        asyncio.run(_measure())


if __name__ == "__main__":
    run()
