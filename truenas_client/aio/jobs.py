"""Running jobs as a program sees them, and the jobs of one client across connections.

The `JobBook` decides the outcome of each job; this module carries that out.

Invariants: `AsyncJob.result` may be awaited any number of times, by any number of tasks, and always gives the same
outcome; a caller that stops waiting never aborts the job; a job start that has left is never sent again; one that had
not left is sent on the next connection, unless ``hold_unsent`` is false.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from ..engine.jobbook import LOOKUP_SECONDS, QUERY_SECONDS, JobBook
from ..engine.jobrecord import JobProgress, JobRecord
from ..engine.ledger import Lane
from ..engine.messages import JOB_EVENTS, Update
from ..engine.retry import may_send_again
from ..engine.topics import Topic
from ..exc import CallTimeout, ClientException, ConnectionLost
from .connection import Connection, new_id
from .events import Subscriptions
from .supervisor import Supervisor

__all__ = ["AsyncJob", "JobProgress", "JobTable"]


class AsyncJob:
    """A job started by `AsyncClient.start`.

    Iterate over it for progress (``async for progress in job``), and await `result` for
    its outcome. Events drive it, so a job without news costs nothing.
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
        """The server's number of the job; None until the server announces it."""
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
        """WAITING, RUNNING, SUCCESS, FAILED or ABORTED, from the last event."""
        return self._record.state

    @property
    def progress(self) -> JobProgress:
        """The progress from the last event."""
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
        """Ask the server to stop the job. It answers before the job stops, and some jobs run on (recorded: flow
        job_new_style_aborted)."""
        if not self.done and self.id is not None:
            await self._abort(self.id)

    async def __aiter__(self) -> AsyncIterator[JobProgress]:
        """Yield the present progress and each later one; end when the job ends, whatever its outcome.

        A consumer that falls more than 1000 behind misses the oldest.
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
        """Wait at most this long for the outcome. Return whether it is known."""
        await asyncio.wait([self._done], timeout=seconds)
        return self.done

    def update(self) -> None:
        """Take in a change of the record. The reader calls this."""
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
        """The error that the job ended with; None while it runs and after a success."""
        return self._record.outcome.error if self._record.outcome is not None else None

    def __repr__(self) -> str:
        return f"<AsyncJob {self.id} {self.method} {self.state}>"


class JobTable:
    """The jobs of one client. Without ``hold_unsent`` a job start is refused while there is no connection."""

    def __init__(
        self, supervisor: Supervisor, subscriptions: Subscriptions, *, reconnect: bool, hold_unsent: bool
    ) -> None:
        self._supervisor, self._subscriptions = supervisor, subscriptions
        self._reconnect, self._hold_unsent = reconnect, hold_unsent
        self._book = JobBook()
        self._jobs: dict[JobRecord, AsyncJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._topic: Topic | None = None

    async def start(self, method: str, params: Sequence[Any], timeout: float | None) -> AsyncJob:
        """Start a job and wait until it is announced."""
        try:
            async with asyncio.timeout(timeout):
                connection = await self._for_start()
                await self._watch()
                # This encodes the arguments, so a bad argument raises here, to the caller, and not in the task.
                record = JobRecord(new_id(), method, params, new_style=connection.dialect.new_style_jobs)
                job = self._jobs[record] = AsyncJob(record, self._abort)
                self._book.start(record)
                self._spawn(self._run(record, method, params))
                await job.bound()
        except TimeoutError:
            raise CallTimeout(
                f"{method}: the server did not announce the job in {timeout:g} s; it may have started"
            ) from None
        # A call that failed before it was a job raises here. The outcome of a job comes from `result`.
        if job.id is None and job.failure is not None:
            raise job.failure
        return job

    async def follow(self, job_id: int, method: str | None, params: Sequence[Any]) -> AsyncJob:
        """Watch a job by its number: one that another session, an upload or a download started.

        Raises the error of the query to ``core.get_jobs``. When the server knows no such job, or the job
        runs another method or has other arguments, its outcome is `JobLost`. Without a method
        the number is enough.
        """
        connection = await self._supervisor.ready()
        await self._watch()
        # Old style, whatever the server's style: this job has no call here, so its events alone decide.
        record = JobRecord(new_id(), method, params, new_style=False)
        job = self._jobs[record] = AsyncJob(record, self._abort)
        self._book.start(record)
        self._book.answer(record, job_id)
        try:
            rows = await self._query(record, connection)
        except BaseException:
            self._jobs.pop(record, None)
            self._book.forget(record)
            raise
        for changed in self._book.followed(record, rows):
            self._changed(changed)
        return job

    def expect(self, connection: Connection, method: str) -> None:
        """Subscribe once to job events before the call that comes next, because it may start a job.

        Nothing waits for the answer. An account that may not see jobs does without the events.
        """
        if connection.talk.wants_job_events(method) and self._topic is None and connection.lost is None:
            self._topic = self._subscriptions.begin(JOB_EVENTS, self, connection)

    # -- the listener of job events ---------------------------------------------------------

    def push(self, update: Update) -> None:
        """Take in an event of a job of any session. The reader calls this."""
        for record in self._book.event(update.fields) if self._jobs else ():
            self._changed(record)

    def gap(self, reason: str) -> None:
        """Do nothing: `resume` queries the jobs whose events were missed."""

    def source_ended(self, error: ClientException | None) -> None:
        """Take in that the server refuses job events to this account. The next job start asks again."""
        self._topic = None

    def finish(self, error: ClientException | None) -> None:
        """End the jobs with this error: the client is over."""
        if error is not None:
            for record in self._book.lost(error):
                self._changed(record)

    # -- the end of a connection, and the next one -----------------------------------------

    def lost(self, error: ConnectionLost) -> None:
        """Take in the loss of the connection. A job whose call still waits learns of it from the call."""
        for record in self._book.disconnected(error, reconnect=self._reconnect):
            self._changed(record)

    async def resume(self, connection: Connection) -> None:
        """Find the drifting jobs on a new connection. Job events must be subscribed to already."""
        for record in self._book.adrift:
            try:
                rows = await self._query(record, connection)
            except (ConnectionLost, CallTimeout):
                raise
            except ClientException as e:
                rows = e
            self._book.found(record, rows)
            self._changed(record)

    # -- inside --------------------------------------------------------------------------

    async def _watch(self) -> None:
        if self._topic is None:
            self._topic = await self._subscriptions.open(JOB_EVENTS, self, again=self._hold_unsent)
        else:
            await self._subscriptions.answered(self._topic, again=self._hold_unsent)

    async def _run(self, record: JobRecord, method: str, params: Sequence[Any]) -> None:
        try:
            result = await self._send(record, method, params)
        except ClientException as e:
            self._book.settle(record, error=e, reconnect=self._reconnect)
        else:
            self._book.settle(record, result, reconnect=self._reconnect)
        self._changed(record)
        if record.needs_lookup:
            await self._look_up(record)

    async def _send(self, record: JobRecord, method: str, params: Sequence[Any]) -> Any:
        while True:
            connection = await self._for_start()
            record.new_style = connection.dialect.new_style_jobs
            try:
                # One by one in the old style too: the server merges job calls that arrive in a burst (recorded: flow
                # job_burst_merged_across_methods).
                return await connection.call(
                    method, params, None, lane=Lane.JOB, message_id=record.message_id, starts_job=True
                )
            except ConnectionLost as e:
                if not may_send_again(e, reconnect=self._reconnect):
                    raise

    async def _for_start(self) -> Connection:
        """The connection to start a job on. With ``hold_unsent`` this waits for the next one."""
        return await self._supervisor.ready() if self._hold_unsent else self._supervisor.present()

    async def _look_up(self, record: JobRecord) -> None:
        """Query how a job ended when its answer does not say."""
        job = self._jobs.get(record)
        while job is not None and record.needs_lookup:
            await job.settled(LOOKUP_SECONDS)
            try:
                connection = await self._supervisor.ready()
                if not record.needs_lookup:
                    return
                rows = await self._query(record, connection)
            except ConnectionLost as e:
                if self._reconnect:
                    self._book.drift(record, e)
            except CallTimeout:
                continue
            except ClientException as e:
                self._book.lookup(record, e)
            else:
                self._book.lookup(record, rows)
            self._changed(record)

    async def _query(self, record: JobRecord, connection: Connection) -> Any:
        return await connection.call(JOB_EVENTS, record.query, QUERY_SECONDS, lane=Lane.CONTROL)

    def _changed(self, record: JobRecord) -> None:
        job = self._jobs.get(record)
        if job is None:
            return
        if record.outcome is not None:
            del self._jobs[record]
        job.update()

    async def _abort(self, job_id: int) -> None:
        connection = await self._supervisor.ready()
        await connection.call("core.job_abort", [job_id], QUERY_SECONDS)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
