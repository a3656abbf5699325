"""Jobs across connections: started, followed by events, found again.

Invariants: a job start that has left is never sent a second time; one that had
not left is (unless nothing is to wait); a job is found again only with proof (`JobBook.found`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from .. import ejson
from ..engine.jobbook import JobBook, JobRecord
from ..engine.ledger import Call, Lane, lane_of
from ..engine.messages import Update
from ..engine.reconnecting import EXPECTED
from ..exc import CallTimeout, ClientException, ConnectionLost, JobLost
from .connection import Connection, new_id
from .jobs import AsyncJob

__all__ = ["JOB_EVENTS", "JobTable"]

JOB_EVENTS = "core.get_jobs"

LOOKUP_SECONDS = 1.0
"""How long to wait for a job's last event after a null answer before asking ``core.get_jobs``.

They are sent at nearly the same moment, in either order."""
QUERY_SECONDS = 30.0


class JobTable:
    """The jobs of one client. ``watch`` makes sure that ``core.get_jobs`` events come.

    ``ready`` waits for a connection; ``present``, where given, has job starts refused when there is none.
    """

    def __init__(
        self,
        ready: Callable[[], Awaitable[Connection]],
        watch: Callable[[], Awaitable[None]],
        *,
        reconnect: bool,
        present: Callable[[], Connection] | None = None,
    ) -> None:
        self._ready, self._watch, self._reconnect, self._present = ready, watch, reconnect, present
        self._book = JobBook()
        self._jobs: dict[JobRecord, AsyncJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connection: Connection | None = None

    @property
    def running(self) -> int:
        """Jobs of ours whose outcome is not known yet."""
        return len(self._jobs)

    async def start(self, method: str, params: Sequence[Any], timeout: float | None) -> AsyncJob:
        """Start a job and wait until it is announced."""
        try:
            async with asyncio.timeout(timeout):
                connection = await self._for_start()
                await self._watch()
                # Encoding fails here, in the caller's face, and not in the task.
                record = JobRecord(new_id(), method, params, new_style=connection.dialect.new_style_jobs)
                job = self._jobs[record] = AsyncJob(record, self._abort)
                self._book.start(record)
                self._spawn(self._run(record, method, params))
                await job.bound()
        except TimeoutError:
            raise CallTimeout(
                f"{method}: the server did not announce the job in {timeout:g} s; it may have started"
            ) from None
        # What ended without ever having been a job is told here; a job's own outcome by result().
        if job.id is None and job.failure is not None:
            raise job.failure
        return job

    async def follow(self, job_id: int, method: str | None, params: Sequence[Any]) -> AsyncJob:
        """Watch a job that was started by other means than its own call, by the number the server gave.

        Raises what asking ``core.get_jobs`` raises. That the number belongs to nothing, or to
        other work than this method with these arguments, is told by the job's outcome (`JobLost`).
        Without a method the number is enough.
        """
        connection = await self._ready()
        await self._watch()
        # Whatever the server's style: this job has no call of its own, so its events alone decide.
        record = JobRecord(new_id(), method, params, new_style=False)
        job = self._jobs[record] = AsyncJob(record, self._abort)
        self._book.start(record)
        self._book.answer(record, job_id)
        try:
            # Its events so far were nobody's. What they told, and perhaps the last one, is asked for.
            filters, options = record.query
            rows = await connection.call(JOB_EVENTS, [filters, options], QUERY_SECONDS, lane=Lane.CONTROL)
        except BaseException:
            self._jobs.pop(record, None)
            self._book.forget(record)
            raise
        if isinstance(rows, list) and rows:
            for seen in self._book.event(rows[0]):
                self._changed(seen)
        if not record.fields and record.outcome is None:
            text = f"{record.method}: the server does not know job {job_id} any more"
            self._book.end(record, error=JobLost(text, job_id=job_id))
        self._changed(record)
        return job

    def update(self, update: Update, connection: Connection | None) -> None:
        """The reader's side: a job has changed, of anybody's; an ordinary call may have started it."""
        if connection is not None and connection.dialect.new_style_jobs and connection.ledger.in_flight:
            self._answer_calls(update.fields, connection)
        if not self._jobs:
            return
        for record in self._book.event(update.fields):
            self._changed(record)

    def _answer_calls(self, fields: Any, connection: Connection) -> None:
        """Ordinary calls that the server answers only when this job ends: its number is their answer."""
        message_ids = fields.get("message_ids") if isinstance(fields, dict) else None
        if not isinstance(message_ids, list) or not isinstance(fields.get("id"), int):
            return
        for message_id in message_ids:
            call = connection.ledger.find(message_id) if isinstance(message_id, str) else None
            if call is not None and not call.waiter.done() and message_id not in self._book:
                connection.became_job(call, fields["id"], _other_work(call, fields))

    def lost(self, error: ConnectionLost) -> None:
        """The connection is gone. Jobs that wait for their call's answer hear of it from the call."""
        self._book.disconnected()
        for record in [record for record in self._jobs if record.answered]:
            if self._reconnect:
                self._book.drift(record, error)
            else:
                self._book.end(record, error=error)
            self._changed(record)

    async def resume(self, connection: Connection) -> None:
        """Find the drifting jobs on a new connection. Job events must be subscribed to already."""
        for record in [record for record in self._jobs if record.adrift]:
            filters, options = record.query
            try:
                rows = await connection.call(JOB_EVENTS, [filters, options], QUERY_SECONDS, lane=Lane.CONTROL)
            except (ConnectionLost, CallTimeout):
                raise
            except ClientException as e:
                text = f"{record.method}: the connection was lost and the job could not be asked for: {e.error}"
                self._book.end(record, error=JobLost(text, job_id=record.id))
            else:
                self._book.found(record, rows)
            self._changed(record)

    def finish(self, error: ClientException) -> None:
        """The client is over: nothing will be found again."""
        for record in self._book.lost(error):
            self._changed(record)

    async def _run(self, record: JobRecord, method: str, params: Sequence[Any]) -> None:
        try:
            result = await self._send(record, method, params)
        except ConnectionLost as e:
            if method in EXPECTED and e.sent:
                self._book.end(record)  # the end of the connection is what success looks like
            elif e.sent and self._reconnect:
                self._book.drift(record, e)
            else:
                self._book.end(record, error=e)
        except ClientException as e:
            self._book.answer(record, error=e)
        else:
            self._book.answer(record, result)
        self._changed(record)
        if record.needs_lookup:
            await self._look_up(record)

    async def _send(self, record: JobRecord, method: str, params: Sequence[Any]) -> Any:
        while True:
            connection = await self._for_start()
            record.new_style = connection.dialect.new_style_jobs
            lane = Lane.JOB if record.new_style else lane_of(method)
            self._connection = connection
            try:
                return await connection.call(method, params, None, lane=lane, message_id=record.message_id)
            except ConnectionLost as e:
                if e.sent or not self._reconnect:
                    raise

    async def _for_start(self) -> Connection:
        """The connection a job is started on; the next one, unless nothing is to wait for it."""
        return await self._ready() if self._present is None else self._present()

    async def _look_up(self, record: JobRecord) -> None:
        """Ask how a job ended when its answer does not tell."""
        job = self._jobs.get(record)
        options = {"extra": {"raw_result": True}}
        while job is not None and record.needs_lookup:
            await job.settled(LOOKUP_SECONDS)
            try:
                connection = await self._ready()
                if not record.needs_lookup:
                    return
                rows = await connection.call(
                    JOB_EVENTS, [[["id", "=", record.id]], options], QUERY_SECONDS, lane=Lane.CONTROL
                )
            except ConnectionLost as e:
                if self._reconnect:
                    self._book.drift(record, e)
            except CallTimeout:
                continue
            except ClientException as e:
                text = f"{record.method}: how job {record.id} ended could not be asked for: {e.error}"
                self._book.end(record, error=JobLost(text, job_id=record.id))
            else:
                self._book.lookup(record, rows)
            self._changed(record)

    def _changed(self, record: JobRecord) -> None:
        if record.id is not None and self._connection is not None:
            self._connection.ledger.announced(record.message_id)
            self._connection.grant()
        job = self._jobs.get(record)
        if job is None:
            return
        if record.outcome is not None:
            del self._jobs[record]
        job.update()

    async def _abort(self, job_id: int) -> None:
        connection = await self._ready()
        await connection.call("core.job_abort", [job_id], QUERY_SECONDS)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _other_work(call: Call, fields: dict[str, Any]) -> ClientException | None:
    """What to tell a call whose id a job names, when that job is not the work it asked for."""
    book = JobBook()
    record = JobRecord(call.id, call.method, ejson.loads(call.text)["params"], new_style=True)
    book.start(record)
    book.event(fields)
    return record.outcome.error if record.outcome is not None else None
