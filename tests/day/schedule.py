"""The jobs that the server's own schedule starts: by another client, which goes on from connection to connection."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

from truenas_client import AsyncClient, exc
from truenas_client.aio.supervisor import State
from truenas_client.simulator import Call, Simulator

__all__ = ["Schedule"]

JOB_SECONDS = 12.0
"""From the start of one job to the next."""


class Schedule:
    """The jobs of the server's own schedule, started by another client from connection to connection."""

    def __init__(self, nas: Simulator, seed: int) -> None:
        self.nas, self.random = nas, random.Random(seed)
        self.outcomes: Counter[str] = Counter()
        self.client = AsyncClient(nas.url)
        self._under_way: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._long = asyncio.Event()

        @nas.job("day.backup", abortable=True, roles=["READONLY_ADMIN"])
        async def backup(call: Call, end: str) -> Any:
            for step in range(4):
                call.progress(25 * step, f"part {step}")
                await call.sleep(10)
            if end == "fail":
                raise exc.ClientException("The other side is full.")
            return {"sent": call.job.id if call.job else 0}

        @nas.job("day.long", abortable=True, roles=["READONLY_ADMIN"])
        async def long(call: Call) -> Any:
            call.progress(10, "far to go")
            await self._long.wait()

    async def run(self) -> None:
        """Starts jobs until cancelled."""
        await self.client.connect()
        await self.client.login_with_password("admin", self.nas.users["admin"]["password"])
        while True:
            await self._open.wait()
            task = asyncio.create_task(self._one(self.random.choice(("go", "go", "go", "fail", "abort"))))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await self.nas.clock.sleep(JOB_SECONDS)

    async def hasten(self) -> None:
        """Waits less long than one should before it connects again."""
        async for status in self.client.states():
            if status.state is State.WAITING:
                self.client.reconnect_now()

    async def _one(self, end: str) -> None:
        try:
            job = await self.client.start("day.backup", end)
            if end == "abort":
                await job.abort()
            await job.result()
        except (exc.JobFailed, exc.JobAborted, exc.JobLost, exc.ConnectionLost) as error:
            self.outcomes[type(error).__name__] += 1
        else:
            self.outcomes["success"] += 1

    def work(self) -> None:
        """Jobs are started from now on."""
        self._open.set()

    async def rest(self) -> None:
        """No job is started any more, and those under way have ended."""
        self._open.clear()
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def close(self) -> None:
        """Ends it all."""
        await self.client.close()
