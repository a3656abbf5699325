"""Jobs: the queue with its locks, progress, aborting, and the rows that clients see.

A job waits until its lock is free, runs in a task of its own and outlives the
connection that started it. The order of the events is the server's (recorded: flows
job_new_style_success, job_new_style_failed and job_instant_and_audited_order): ``added``
(WAITING), ``changed`` at RUNNING, at each step and at the end; a success is announced
twice, a failure once; the answer leaves after the last event, or before it for an audited
job. Invariants: ids only go up; a finished job does not change; transient jobs are never
announced nor kept (recorded: flow job_transient).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .encoding import encode, error_of, trace_of
from .errors import CallError, ValidationError, ValidationErrors, found
from .running import Tasks
from .secrets import masked

if TYPE_CHECKING:
    from .accounts import Credential
    from .call import Call
    from .events import Events
    from .pipes import Pipe, Spool, Uploads
    from .session import Session

__all__ = ["Job", "Jobs"]

KEPT = 1000
"""Ended jobs that are kept (the facts of the wire, "Jobs")."""

BUSY = 16


class Job:
    """One run of a job method."""

    def __init__(self, ident: int, call: Call, arguments: list[Any], shown: list[Any]) -> None:
        assert call.method.job is not None
        self.id = ident
        self.call = call
        """The call that started it, and that runs when its turn comes."""
        self.method = call.method
        self.options = call.method.job
        self.arguments = arguments
        self.shown = shown
        """The arguments as events show them, which may differ from the client's."""
        self.credential = call.credential
        self.message_ids: list[Any] = []
        self.state = "WAITING"
        self.progress: dict[str, Any] = {"percent": 0, "description": "", "extra": None}
        self.result: Any = None
        self.encoding_error: str | None = None
        self.exception: BaseException | None = None
        self.started = call.clock.wall()
        self.finished_at: datetime | None = None
        self.logs = ""
        self.logs_path = f"/var/log/jobs/{ident}.log" if self.options.logs else None
        self.output: Pipe | Spool | None = None
        self.uploads: Uploads | None = None
        self.description: str | None = self.options.description(arguments) if self.options.description else None
        lock = self.options.lock
        self.lock: str | None = lock(arguments) if callable(lock) else lock
        self.task: asyncio.Task[None] | None = None
        self.told = asyncio.Event()
        """Set when it has ended and all that wait for it have been told."""
        self._listeners: list[Callable[[], None]] = []
        self.mirrors: list[Job] = []
        """Jobs that wait for this one and show its progress as theirs."""

    @property
    def failure(self) -> BaseException | None:
        """The error that a call which waits for it gets. The server does not report an exception without a text."""
        return self.exception if self.exception is not None and str(self.exception) else None

    @property
    def ended(self) -> bool:
        return self.state in ("SUCCESS", "FAILED", "ABORTED")

    def when_ended(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` at the end of the job; at once when it has ended."""
        if self.ended:
            listener()
        else:
            self._listeners.append(listener)

    def tell(self) -> None:
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()
        self.told.set()

    async def outcome(self) -> Any:
        """The result when it has ended. Raises what it failed with, if that has a text.

        An aborted one gives None, and so does one that failed without a text.
        """
        await self.told.wait()
        if self.failure is not None:
            raise self.failure
        return self.result

    def fields(self, *, hide: bool = False) -> dict[str, Any]:
        """The job as events and ``core.get_jobs`` show it; ``hide`` masks secrets of the result too."""
        failure = self.exception
        release = self.call.nas.release
        return {
            "id": self.id,
            **({"message_ids": list(self.message_ids)} if release.message_ids else {}),
            "method": self.method.name,
            "arguments": masked(self.shown),
            "transient": self.options.transient,
            "description": self.description,
            "abortable": self.options.abortable,
            "logs_path": self.logs_path,
            "logs_excerpt": self.logs if self.options.logs and self.ended else None,
            "progress": dict(self.progress),
            "result": masked(self.result) if hide else self.result,
            "result_encoding_error": self.encoding_error,
            "error": None if failure is None else str(failure),
            "exception": None if failure is None else trace_of(failure, self.method.name)["formatted"],
            "exc_info": None if failure is None else _exc_info(failure),
            "state": self.state,
            "time_started": self.started,
            "time_finished": self.finished_at,
            "credentials": None
            if self.credential is None
            else {"type": self.credential.kind, "data": self.credential.data()},
        }


def _exc_info(failure: BaseException) -> dict[str, Any]:
    described: dict[str, Any] = {"repr": repr(failure), "type": type(failure).__name__, "errno": None, "extra": None}
    if isinstance(failure, (ValidationError, ValidationErrors)):
        described |= {"type": "VALIDATION", "extra": failure.rows}
    elif isinstance(failure, CallError):
        described |= {"errno": failure.errno, "extra": error_of(failure, None)["extra"]}
    return described


class Jobs:
    """The queue and the list of jobs."""

    def __init__(self, events: Events, now: Callable[[], datetime]) -> None:
        self._events = events
        self._now = now
        self._jobs: dict[int, Job] = {}
        self._waiting: list[Job] = []
        self._locked: set[str] = set()
        self._next_id = 1
        self._scheduled = False
        self._tasks = Tasks()

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def seen(self, ident: int, credential: Credential | None) -> Job:
        """The job with that id, for an account that may see it. Raises `InstanceNotFound`."""
        job = self._jobs.get(ident)
        return found(job if job and self.visible(job, credential) else None, f"Job with id {ident}")

    def visible(self, job: Job, credential: Credential | None) -> bool:
        """Whether an account sees a job: full administrators all, others their own."""
        if credential is None:
            return False
        if credential.account.full_admin:
            return True
        return job.credential is not None and job.credential.account.name == credential.account.name

    def add(self, call: Call, arguments: list[Any], shown: list[Any]) -> Job:
        """Queue a call as a job, or attach it to a job that waits when its queue is full.

        ``shown`` are the arguments as the events of the job tell them. Raises `CallError` when
        the method takes no second run at a time.
        """
        job = Job(self._next_id, call, arguments, shown)
        queue = job.options.queue
        if queue == 0 and job.lock is not None:
            if job.lock in self._locked or any(other.lock == job.lock for other in self._waiting):
                raise CallError("This job is already being performed", BUSY)
        elif queue is not None:
            # All jobs without a lock share one queue, whatever their methods (recorded: flow
            # job_burst_merged_across_methods).
            queued = [other for other in self._waiting if other.lock == job.lock]
            if len(queued) >= queue:
                last = queued[-1]
                if call.message_id:
                    last.message_ids.append(call.message_id)
                self._announce(last, "CHANGED")
                return last
        self._next_id += 1
        if call.message_id:
            job.message_ids.append(call.message_id)
        self._jobs[job.id] = job
        self._waiting.append(job)
        self._announce(job, "ADDED")
        self._schedule()
        return job

    def set_progress(self, job: Job, percent: int | None, description: str | None, extra: Any) -> None:
        """Note a step of a running job and announce it."""
        if job.ended:
            return
        if percent is not None:
            job.progress["percent"] = percent
        if description is not None:
            job.progress["description"] = description
        job.progress["extra"] = extra
        self._announce(job, "CHANGED")
        for mirror in job.mirrors:
            self.set_progress(mirror, percent, description, extra)

    def mirror(self, job: Job, waiting: Job) -> None:
        """Show the progress of a job as that of another, which waits for it."""
        self.set_progress(waiting, **job.progress)
        job.mirrors.append(waiting)

    def abort(self, job: Job) -> None:
        """Stop a job; one that has ended stays as it is."""
        if job.ended:
            return
        if job.task is not None:
            job.task.cancel()
        elif job in self._waiting:
            self._waiting.remove(job)
            self._end(job, "ABORTED")
            self._announce(job, "CHANGED")
            job.tell()

    async def stop(self) -> None:
        """Stop everything, for the end of the simulator."""
        self._waiting.clear()
        await self._tasks.stop()

    def restart(self) -> None:
        """Forget all jobs and count from 1 again, as after a boot."""
        self._waiting.clear()
        self._tasks.cancel()
        self._jobs.clear()
        self._next_id = 1

    # --- running -------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._start_what_can)

    def _start_what_can(self) -> None:
        self._scheduled = False
        for job in list(self._waiting):
            if job.lock is not None:
                if job.lock in self._locked:
                    continue
                self._locked.add(job.lock)
            self._waiting.remove(job)
            job.task = self._tasks.start(self._run(job))

    async def _run(self, job: Job) -> None:
        try:
            job.state = "RUNNING"
            self._announce(job, "CHANGED")
            job.call.job = job
            result = job.call.run(job.arguments)
            if inspect.isawaitable(result):
                result = await result
        except asyncio.CancelledError:
            self._end(job, "ABORTED")
        except Exception as e:  # noqa: BLE001 - whatever a job raises is how the job failed
            job.exception = e
            self._end(job, "FAILED")
        else:
            try:
                encode(result)
            except (TypeError, ValueError, RecursionError) as e:
                job.encoding_error = str(e)
            else:
                job.result = result
            job.progress["percent"] = 100
            self._end(job, "SUCCESS")
            self._announce(job, "CHANGED")
        if job.options.audited:
            job.tell()
            self._announce(job, "CHANGED")
        else:
            self._announce(job, "CHANGED")
            job.tell()

    def _end(self, job: Job, state: str) -> None:
        job.state = state
        job.finished_at = self._now()
        if job.lock is not None:
            self._locked.discard(job.lock)
        if self._waiting:
            self._schedule()
        if job.options.transient:
            self._jobs.pop(job.id, None)
        elif len(self._jobs) > KEPT:
            ended = next((other for other in self._jobs.values() if other.ended), None)
            if ended is not None:
                del self._jobs[ended.id]

    def _announce(self, job: Job, kind: str) -> None:
        if job.options.transient:
            return

        def visible(session: Session) -> bool:
            return self.visible(job, session.rights)

        self._events.send("core.get_jobs", kind, visible=visible, id=job.id, fields=job.fields())
