"""A simulated server with methods, jobs and events for the tests of the blocking client."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from truenas_client.simulator import Call, CallError, ThreadedSimulator, ValidationError, ValidationErrors

__all__ = ["RELEASES", "nas_of", "open_files", "threads_of_ours", "until"]


RELEASES = ("24.10", "25.04", "25.10", "26", "27")


def nas_of(release: str, folder: Path, **options: Any) -> ThreadedSimulator:
    """A server of a release, not started yet, with a UNIX socket in the folder (25.04 and later)."""
    unix = {} if release == "24.10" else {"unix": folder / "nas.sock"}
    made = ThreadedSimulator(release=release, speed=100, **unix, **options)
    nas = made.nas
    nas.add_account("admin", "admin")

    @nas.method("t.echo")
    def echo(call: Call, value: Any = None) -> Any:
        return value

    @nas.method("t.big")
    def big(call: Call, size: int) -> str:
        return "x" * size

    @nas.method("t.slow")
    async def slow(call: Call, seconds: float) -> float:
        await asyncio.sleep(seconds)  # real seconds
        return seconds

    @nas.method("t.fail")
    def fail(call: Call) -> None:
        raise CallError("Something is not there", errno.ENOENT, {"name": "x"})

    @nas.method("t.refuse")
    def refuse(call: Call) -> None:
        rows = [("t.name", "Name is in use", errno.EEXIST), ("t.port", "Port is busy", errno.EINVAL)]
        raise ValidationErrors([ValidationError(*row) for row in rows])

    @nas.method("t.crash")
    def crash(call: Call) -> None:
        raise KeyError("k")

    @nas.job("t.job", abortable=True, lock=None)
    async def job(call: Call, value: Any = None, pause: float = 0.0) -> Any:
        call.progress(50, "half")
        await asyncio.sleep(pause)
        call.progress(100, "all")
        return value

    @nas.job("t.job_fails")
    async def job_fails(call: Call) -> None:
        call.progress(10, "about to fail")
        raise CallError("job failed", errno.EIO, {"dev": "sda"})

    @nas.job("t.job_refuses")
    async def job_refuses(call: Call) -> None:
        raise ValidationErrors([ValidationError("options.kind", "not good", errno.EINVAL)])

    @nas.job("t.job_transient", transient=True)
    async def job_transient(call: Call) -> str:
        return "transient"

    nas.event("t.items")
    return made


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until it holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.005)


def threads_of_ours() -> list[str]:
    """The names of the client's threads that run now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("truenas_client")]


def open_files() -> int:
    """How many files and sockets this process has open."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
