"""Running tasks of one part of the simulator: none is lost to the garbage collector, and all end with that part."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

__all__ = ["Tasks"]


class Tasks:
    """The tasks of one owner that still run."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine until it ends or is cancelled here."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def cancel(self) -> None:
        """Cancel all."""
        for task in list(self._running):
            task.cancel()

    async def stop(self) -> None:
        """Cancel all and wait until they have ended."""
        self.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
