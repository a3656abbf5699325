"""Running jobs as callers see them. The `JobBook` decides the outcome of each job; this module carries that out.

Invariants: `Job.result` may be called any number of times, by any number of threads, and always gives the same outcome;
a caller that stops waiting never aborts the job; progress callbacks run in order on one thread of the client, and those
of a job are done when its result is returned (unless one takes longer than `CALLBACK_SECONDS`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, current_thread
from time import monotonic
from typing import Any

from ..engine.ids import new_id
from ..engine.jobbook import LOOKUP_SECONDS, QUERY_SECONDS, JobBook
from ..engine.jobrecord import JobRecord
from ..engine.ledger import Call, Lane, may_start_job
from ..engine.likeness import extends
from ..engine.messages import JOB_EVENTS, Update
from ..engine.topics import Topic
from ..exc import CallTimeout, ClientException, ConnectionLost, NotAJob
from .connection import Connection
from .events import Dispatcher, Subscriptions
from .waiting import SLICE_SECONDS

__all__ = ["Job", "JobCallback", "JobTable"]

WATCH_SECONDS = 60.0
CALLBACK_SECONDS = 1.0

JobCallback = Callable[[dict[str, Any]], object]


class Job:
    """A job. ``Job(client, job_id, callback)`` follows one by its number, whichever session started it.

    ``callback`` gets the whole job, a dictionary, at each change. ``event`` is set when the outcome is known.
    """

    def __init__(self, client: Any, job_id: int, callback: JobCallback | None = None) -> None:
        table: JobTable = client._jobs_table
        self._begin(client, table, JobRecord(new_id(), None, (), new_style=False), callback)
        table.follow(self, job_id)

    @classmethod
    def _of(cls, client: Any, table: JobTable, record: JobRecord, callback: JobCallback | None) -> Job:
        job = cls.__new__(cls)
        job._begin(client, table, record, callback)
        return job

    def _begin(self, client: Any, table: JobTable, record: JobRecord, callback: JobCallback | None) -> None:
        self.client = client  # a client that is not referenced any more is closed
        self._table, self._record, self._callback = table, record, callback
        self.event = Event()
        self._bound, self._answered, self._called_back = Event(), Event(), Event()
        self._told: dict[str, Any] = record.fields

    @property
    def job_id(self) -> int | None:
        """The server's number of the job; None only until it is announced."""
        return self._record.id

    @property
    def state(self) -> str:
        """WAITING, RUNNING, SUCCESS, FAILED or ABORTED, from the last event."""
        return self._record.state

    @property
    def fields(self) -> dict[str, Any]:
        """The whole job as its last event showed it; empty before the first."""
        return self._record.fields

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the outcome and return the job's result. Every call gives the same.

        ``timeout`` is in seconds, None waits forever; `CallTimeout` leaves the job running. Raises `JobFailed`,
        `ValidationErrors`, `JobAborted`, `JobLost`, and `ConnectionLost` when the connection ended first.
        """
        self._table.wait(self, self.event, timeout)
        outcome = self._record.outcome
        assert outcome is not None
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def abort(self) -> None:
        """Ask the server to stop the job. It answers before the job stops, and some jobs run on."""
        if not self.event.is_set() and self.job_id is not None:
            self._table.connection.call("core.job_abort", [self.job_id], QUERY_SECONDS)

    def __repr__(self) -> str:
        return f"<Job[{self.job_id}]>"


class JobTable:
    """The jobs of one client. The connection's lock protects its book."""

    def __init__(self, connection: Connection, subscriptions: Subscriptions) -> None:
        self.connection, self._subscriptions = connection, subscriptions
        self._book = JobBook()
        self._jobs: dict[JobRecord, Job] = {}
        self._topic: Topic | None = None
        self._dispatcher = Dispatcher("truenas_client jobs")
        subscriptions.on_over = self._over

    def __len__(self) -> int:
        return len(self._jobs)

    # -- starting and following ------------------------------------------------------------

    def start(self, client: Any, method: str, params: Sequence[Any], callback: JobCallback | None) -> Job:
        """Send the call that starts a job; `announced` waits for its number."""
        self.watch()
        connection = self.connection
        record = JobRecord(new_id(), method, params, new_style=connection.talk.dialect.new_style_jobs)
        job = Job._of(client, self, record, callback)
        if callback is not None:
            self._dispatcher.start()
        call: Call | None = None

        def answered() -> None:
            assert call is not None
            with connection.lock:
                self._book.settle(record, call.result, call.error, reconnect=False)
                self._changed(record)

        try:
            with connection.lock:
                self._jobs[record] = job
                self._book.start(record)
                # In the old style too: the server merges starts that come in a burst.
                call = connection.talk.ask(
                    method, params, monotonic(), lane=Lane.JOB, message_id=record.message_id, starts_job=True
                )
                call.wake = answered
                connection.leave()
        except BaseException:
            connection.interrupted(record.message_id)
            with connection.lock:
                self._jobs.pop(record, None)
                self._book.forget(record)
            raise
        return job

    def announced(self, job: Job, timeout: float | None) -> Job:
        """Wait until the job has its number. Raises the error of its call when that started no job.

        A transient job has none until it ends, and a job beyond its lane has none while it waits for its slot.
        """
        self.wait(job, job._bound, timeout)
        record = job._record
        if not record.new_style and record.needs_lookup:
            self._look_up(record)  # a number that no event has shown to be a job's may be a plain result
        outcome = record.outcome
        if outcome is not None and isinstance(outcome.error, NotAJob):
            raise outcome.error
        if job.job_id is None and outcome is not None and outcome.error is not None:
            raise outcome.error
        return job

    def follow(self, job: Job, job_id: int) -> None:
        """Watch a job by its number. Raises the error of the query to ``core.get_jobs``.

        When the server knows no such job, the job's outcome is `JobLost`.
        """
        self.watch()
        if job._callback is not None:
            self._dispatcher.start()
        record = job._record
        try:
            with self.connection.lock:
                self._jobs[record] = job
                self._book.start(record)
                self._book.answer(record, job_id)
            rows = self._query(record)
        except BaseException:
            with self.connection.lock:
                self._jobs.pop(record, None)
                self._book.forget(record)
            raise
        with self.connection.lock:
            for changed in self._book.followed(record, rows):
                self._changed(changed)

    def of_answer(self, client: Any, call: Call, params: list[Any], callback: JobCallback | None) -> Job:
        """The job that a plain call started, by its answer. Raises `NotAJob` when the answer is a plain value."""
        number = call.result
        if isinstance(number, int) and not isinstance(number, bool):
            rows = self._ask_jobs([[["id", "=", number]]])
            row = rows[0] if isinstance(rows, list) and rows else None
            if isinstance(row, dict) and row.get("method") == call.method and extends(params, row.get("arguments")):
                return Job(client, number, callback)
        raise NotAJob(f"{call.method} answered as a plain call, not as a job that can be watched", number)

    def expect(self, method: str) -> None:
        """Subscribe once to job events before the call that comes next, because it may start a job.

        Nothing waits for the answer. An account that may not see jobs does without the events.
        """
        connection = self.connection
        if not may_start_job(method):
            return
        with connection.lock:
            if connection.talk.wants_job_events(method) and self._topic is None and connection.lost is None:
                self._topic = self._subscriptions.begin(JOB_EVENTS, self)

    def wait(self, job: Job, event: Event, timeout: float | None) -> None:
        """Wait for an event of a job. Query how the job ended when its answer does not say. Raises `CallTimeout`."""
        record, until = job._record, None if timeout is None else monotonic() + timeout
        while not event.is_set():
            left = None if until is None else until - monotonic()
            if left is not None and left <= 0:
                state = f"job {record.id} still runs after" if record.id is not None else "was not announced in"
                raise CallTimeout(f"{record.method}: {state} {timeout:g} s")
            moment = SLICE_SECONDS if left is None else min(SLICE_SECONDS, left)
            if event is job.event and not job._answered.is_set():
                job._answered.wait(moment)
            elif event is job.event and record.needs_lookup:
                if not event.wait(LOOKUP_SECONDS if left is None else min(LOOKUP_SECONDS, left)):
                    self._look_up(record)
            else:
                event.wait(moment)
        if event is job.event and job._callback is not None and current_thread() is not self._dispatcher.thread:
            job._called_back.wait(CALLBACK_SECONDS)

    # -- the listener of job events: the reader calls it with the lock held ------------------

    def push(self, update: Update) -> None:
        """Take in an event of a job of any session."""
        for record in self._book.event(update.fields) if self._jobs else ():
            self._changed(record)

    def gap(self, reason: str) -> None:
        """Never called: this client makes no second connection."""

    def source_ended(self, error: ClientException | None) -> None:
        """Take in that the server refuses job events to this account. The next job start asks again."""
        self._topic = None

    def finish(self, error: ClientException | None) -> None:
        """Do nothing: `_over` takes in the end of the connection."""

    def _over(self, lost: ConnectionLost) -> None:
        """Take in the end of the connection. A job whose call still waits learns of it from the call."""
        for record in self._book.disconnected(lost, reconnect=False):
            self._changed(record)
        self._dispatcher.stop()

    def _changed(self, record: JobRecord) -> None:
        job = self._jobs.get(record)
        if job is None:
            return
        if job._callback is not None and record.fields is not job._told:
            job._told = record.fields
            self._dispatcher.put(partial(job._callback, record.fields))
        if record.outcome is not None:
            del self._jobs[record]
            if not self._dispatcher.put(job._called_back.set):
                job._called_back.set()
            job.event.set()
        if record.outcome is not None or record.id is not None:
            job._bound.set()
        if record.outcome is not None or record.answered:
            job._answered.set()

    # -- inside --------------------------------------------------------------------------

    def watch(self) -> None:
        """Subscribe to job events, once. Raises the server's error."""
        with self.connection.lock:
            if self._topic is None:
                self._topic = self._subscriptions.begin(JOB_EVENTS, self, WATCH_SECONDS)
                self.connection.leave()
            topic = self._topic
        self._subscriptions.answered(topic)

    def _look_up(self, record: JobRecord) -> None:
        """Query how a job ended when its answer does not say."""
        rows: Any
        try:
            rows = self._query(record)
        except CallTimeout:
            return  # the caller asks again
        except ClientException as e:
            rows = e
        with self.connection.lock:
            if not record.needs_lookup:
                return
            if isinstance(rows, ConnectionLost):
                self._book.end(record, error=rows)
            else:
                self._book.lookup(record, rows)
            self._changed(record)

    def _query(self, record: JobRecord) -> Any:
        return self._ask_jobs(record.query)

    def _ask_jobs(self, query: Sequence[Any]) -> Any:
        return self.connection.call(JOB_EVENTS, query, QUERY_SECONDS, lane=Lane.CONTROL)
