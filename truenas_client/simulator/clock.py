"""The simulated time: real time times a speed, and movable by the caller.

Everything in the simulator that takes time (jobs, event intervals, penalties, time
limits of tokens) uses this clock. So one number makes it all faster, and a test can skip
a minute. Invariants: time never goes back; a sleeper is woken when time is moved past the
end of its sleep.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """Simulated seconds since the start; ``speed`` of them pass in a real second."""

    def __init__(self, speed: float = 1.0) -> None:
        if not 0 < speed < float("inf"):
            raise ValueError(f"speed must be a positive number, not {speed}")
        self.speed = speed
        self._real_start = time.monotonic()
        self._moved = 0.0
        self._sleepers: set[asyncio.Future[None]] = set()
        self.started = datetime.now(UTC)

    def now(self) -> float:
        """Simulated seconds since the start."""
        return (time.monotonic() - self._real_start) * self.speed + self._moved

    def unscaled(self) -> float:
        """Real seconds since the start, plus the moved ones: for times that the speed must not shorten."""
        return time.monotonic() - self._real_start + self._moved

    def wall(self) -> datetime:
        """The simulated date and time, in UTC."""
        return self.started + timedelta(seconds=self.now())

    def advance(self, seconds: float) -> None:
        """Move the simulated time forward at once, and wake the sleepers whose time is over."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._moved += seconds
        for sleeper in self._sleepers:
            _wake(sleeper)

    async def sleep(self, seconds: float) -> None:
        """Wait simulated ``seconds``; with zero or less only let other tasks run."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._sleep(seconds, self.now, self.speed)

    async def sleep_unscaled(self, seconds: float) -> None:
        """Wait until `unscaled` has advanced by this many seconds."""
        await self._sleep(seconds, self.unscaled, 1.0)

    async def _sleep(self, seconds: float, now: Callable[[], float], speed: float) -> None:
        loop = asyncio.get_running_loop()
        until = now() + seconds
        while (left := until - now()) > 0:
            sleeper: asyncio.Future[None] = loop.create_future()
            self._sleepers.add(sleeper)
            timer = loop.call_later(left / speed, _wake, sleeper)
            try:
                await sleeper
            finally:
                timer.cancel()
                self._sleepers.discard(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
