"""Whether a slow consumer delays anybody: ``core.ping`` while events pour in that nobody takes."""

from __future__ import annotations

import asyncio
import time
from statistics import median, quantiles

from truenas_client import AsyncClient

from .peer import fixed_server

PER_SECOND = 10_000
SECONDS = 5.0


async def _pings(client: AsyncClient, seconds: float) -> list[float]:
    """Round trips in milliseconds, one after the other with a short pause."""
    seen = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        await client.call("core.ping")
        seen.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.005)
    return seen


async def _measure(url: str) -> tuple[list[float], list[float], int]:
    async with AsyncClient(url) as client:
        await client.login_with_password("admin", "x")
        quiet = await _pings(client, 2.0)
        async with client.subscribe("flood") as stuck:
            await client.call("rate", PER_SECOND, SECONDS + 1)
            flooded = await _pings(client, SECONDS)
            return quiet, flooded, stuck.dropped


def run() -> None:
    with fixed_server() as url:
        quiet, flooded, dropped = asyncio.run(_measure(url))
    print(f"core.ping beside {PER_SECOND} events a second and a consumer that is stuck")
    before, during, p99 = median(quiet), median(flooded), quantiles(flooded, n=100)[98]
    print(f"  quiet median {before:.2f} ms   flooded median {during:.2f} ms ({during / before:.1f}x), p99 {p99:.1f} ms")
    print(f"  {dropped} events dropped, counted")


if __name__ == "__main__":
    run()
