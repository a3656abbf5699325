"""What the app costs while its user does nothing: 200x50, Jobs or the dashboard on screen, 1,000 jobs, three running.

The server runs in another process and tells of the running jobs once a second, as real ones do at most.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from truenas_client import AsyncClient
from truenas_client.simulator import Call, Simulator

from .start import Terminal, home

JOBS, RUNNING = 1000, 3
SECONDS = 20.0
SIZE = (50, 200)


async def serve() -> None:
    async with Simulator() as nas:

        @nas.job("bench.done", roles=["READONLY_ADMIN"])
        async def done(call: Call) -> Any:
            return None

        @nas.job("bench.runs", roles=["READONLY_ADMIN"])
        async def runs(call: Call) -> Any:
            for percent in range(100):
                call.progress(percent, "at work")
                await asyncio.sleep(1.0)

        async with AsyncClient(nas.url) as client:
            await client.login_with_password("admin", nas.users["admin"]["password"])
            for name, count in (("bench.done", JOBS - RUNNING), ("bench.runs", RUNNING)):
                for number in range(count):
                    await client.start(name, number)
            print(nas.url, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def server() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.idle"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(10)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has taken so far."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run() -> None:
    with server() as url, home(url):
        for key, mark, what in (
            (b"3", b"bench.runs", "Jobs"),
            (b"2", b"temp", "Dashboard with measurements every 2 s"),
        ):
            part, written = _idle(key, mark)
            print(f"idle, 200x50, {what}, {JOBS:,} jobs of which {RUNNING} run, {SECONDS:g} s")
            print(f"  {part:.1%} of a core, {written / SECONDS / 1000:.1f} kB/s written")


def _idle(key: bytes, mark: bytes) -> tuple[float, int]:
    """The share of a core and the bytes written, with the section of this key on screen; ``mark`` shows that it is."""
    terminal = Terminal([os.path.join(os.path.dirname(sys.executable), "truenas-tui"), "--profile", "lab"], SIZE)
    terminal.until(lambda: b"read-only" in terminal.seen)
    for leave in (b"\x1b", b"\x1b"):
        # Out of the filter, and on a busy machine once more: the app may just have taken over from its first screen.
        time.sleep(1.0)
        terminal.press(leave)
    time.sleep(1.0)
    terminal.press(key)
    terminal.until(lambda: mark in terminal.seen)
    time.sleep(3.0)
    terminal.seen, before, began = b"", cpu(terminal.pid), time.perf_counter()
    while (now := time.perf_counter()) < began + SECONDS:
        wanted = now + 0.2
        try:
            terminal.until(lambda wanted=wanted: time.perf_counter() > wanted)  # type: ignore[misc]
        except TimeoutError:
            break
    part = (cpu(terminal.pid) - before) / (time.perf_counter() - began)
    written = len(terminal.seen)
    terminal.kill()
    return part, written


if __name__ == "__main__":
    asyncio.run(serve())
