"""The diff of two answers of 5 MB: the same rows in another order, a few of them changed. Then as the app computes it,
in a thread: how long the event loop stands still meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
import time
from statistics import median
from typing import Any

from truenas_client.values.diff import diff
from tui import collector
from tui.model.differences import compare

ROWS = 14_000
TURNS = 5


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": f"tank/{number}",
            "used": {"parsed": number * 7, "rawvalue": str(number)},
            "children": [{"id": f"{number}/{child}", "size": child, "locked": True} for child in range(6)],
            "tags": ["a", "b", "c"],
        }
        for number in range(ROWS)
    ]


def run() -> None:
    old, new = _rows(), _rows()
    collector.keep()  # as for the large results of the app
    random.Random(1).shuffle(new)
    for row in new[::50]:
        row["used"]["parsed"] = -1
    took = []
    for _ in range(TURNS):
        began = time.perf_counter()
        changes = diff(old, new)
        took.append(time.perf_counter() - began)
    size = len(json.dumps(old)) / 1e6
    print(f"diff of 2 x {size:.1f} MB in another order: {median(took):.2f} s, {len(changes)} changes (at most 1.5 s)")
    took_aside, still = asyncio.run(_aside(old, new))
    print(f"in a thread, with places: {took_aside:.2f} s; the loop stood still for {still * 1000:.0f} ms (at most 100)")


async def _aside(old: Any, new: Any) -> tuple[float, float]:
    """The seconds that comparing takes in a thread, and the longest time between two turns of the loop."""
    began = time.perf_counter()
    comparing = asyncio.create_task(asyncio.to_thread(compare, "", old, new))
    longest, last = 0.0, began
    while not comparing.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return time.perf_counter() - began, longest


if __name__ == "__main__":
    run()
