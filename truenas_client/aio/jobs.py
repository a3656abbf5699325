"""A running job as a program sees it.

Invariants: `AsyncJob.result` may be awaited any number of times, by anybody, and
always tells the same; giving up waiting never aborts the job.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ..engine.jobbook import JobProgress, JobRecord
from ..exc import CallTimeout, ClientException

__all__ = ["AsyncJob", "JobProgress"]


class AsyncJob:
    """A job started by `AsyncClient.start`.

    Iterate over it for progress (``async for progress in job``), await `result` for
    its outcome. It is told by events, so it costs nothing while nothing happens.
    """

    def __init__(self, record: JobRecord, abort: Callable[[int], Awaitable[Any]]) -> None:
        self._record = record
        self._abort = abort
        loop = asyncio.get_running_loop()
        self._bound: asyncio.Future[None] = loop.create_future()
        self._done: asyncio.Future[None] = loop.create_future()
        self._followers: list[tuple[deque[JobProgress], asyncio.Event]] = []
        self._told = record.progress

    @property
    def id(self) -> int | None:
        """The server's number of the job; None only until it is announced."""
        return self._record.id

    @property
    def method(self) -> str:
        return self._record.method

    @property
    def params(self) -> list[Any]:
        params: list[Any] = self._record.params
        return params

    @property
    def state(self) -> str:
        """WAITING, RUNNING, SUCCESS, FAILED or ABORTED, as the server last said."""
        return self._record.state

    @property
    def progress(self) -> JobProgress:
        """The progress the server last told."""
        return self._record.progress

    @property
    def fields(self) -> dict[str, Any]:
        """The whole job as its last event showed it; empty before the first."""
        return self._record.fields

    @property
    def done(self) -> bool:
        """Whether the outcome is known."""
        return self._done.done()

    async def result(self, timeout: float | None = None) -> Any:
        """Wait for the outcome and return the job's result.

        ``timeout`` is in seconds, None waits forever; `CallTimeout` leaves the job
        running. Raises `JobFailed`, `ValidationErrors`, `JobAborted`, `JobLost`, and
        `ConnectionLost` when the connection ended first. Cancelling does not abort the job.
        """
        try:
            await asyncio.wait_for(asyncio.shield(self._done), timeout)
        except TimeoutError:
            raise CallTimeout(f"{self.method}: job {self.id} still runs after {timeout} s") from None
        outcome = self._record.outcome
        assert outcome is not None
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    async def abort(self) -> None:
        """Ask the server to stop the job. It answers before the job stops, and some jobs run on."""
        if not self.done and self.id is not None:
            await self._abort(self.id)

    async def __aiter__(self) -> AsyncIterator[JobProgress]:
        """Each progress from now on, the present one first; ends with the job, whatever its outcome.

        A consumer that falls 1000 behind misses the oldest.
        """
        seen: deque[JobProgress] = deque([self.progress], maxlen=1000)
        wake = asyncio.Event()
        follower = (seen, wake)
        self._followers.append(follower)
        try:
            while True:
                while seen:
                    yield seen.popleft()
                if self.done:
                    return
                wake.clear()
                await wake.wait()
        finally:
            self._followers.remove(follower)

    async def bound(self) -> None:
        """Wait until the job has its number or its outcome."""
        await asyncio.shield(self._bound)

    async def settled(self, seconds: float) -> bool:
        """Wait at most so long for the outcome; whether it is known then."""
        await asyncio.wait([self._done], timeout=seconds)
        return self.done

    def update(self) -> None:
        """The reader's side: the record has changed."""
        if not self._bound.done() and (self._record.id is not None or self._record.outcome is not None):
            self._bound.set_result(None)
        if self._record.outcome is not None and not self._done.done():
            self._done.set_result(None)
        changed = self.progress != self._told
        self._told = self.progress
        for seen, wake in self._followers:
            if changed:
                seen.append(self.progress)
            wake.set()

    @property
    def failure(self) -> ClientException | None:
        """The error the job ended with; None while it runs and after a success."""
        return self._record.outcome.error if self._record.outcome is not None else None

    def __repr__(self) -> str:
        return f"<AsyncJob {self.id} {self.method} {self.state}>"
