"""The calls of one session: every part of the app calls methods through it.

Invariants: nothing that may change the server is sent while `writable` is False, nor before the user has read its card
(`Call.reviewed`), whichever part asks; no call is ever sent twice; calls are refused, not queued, while there is no
connection; what the arguments stand for is put in at the moment of sending and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from truenas_client import AsyncClient, exc
from truenas_client.secrets.redact import redact_call, redact_result
from truenas_client.secrets.value import Secret
from truenas_client.values.kinds import beginning
from tui.model.failure import Failure, Locked, explain, explain_file
from tui.model.job import QUEUED, Job
from tui.model.known import Known
from tui.model.transfers import file_wanted
from tui.session.filling import NotSent, PutIn, fill_arguments
from tui.session.results import Results
from tui.session.stores import Call, JobStore
from tui.session.transfers import FilePlaces, carry
from tui.settings.values import in_force

if TYPE_CHECKING:
    from tui.session.learning import Learning
    from tui.session.life import Life

__all__ = ["Caller"]

# Their answers show the arguments of calls.
SHOW_CALLS = frozenset({"core.get_jobs", "audit.query"})


TAKEN_BACK = Failure("Cancelled", "The job had not been sent: nothing ran.")


class Caller:
    """Makes calls in tasks of its own, and knows the last one of each method."""

    def __init__(
        self,
        life: Life,
        learning: Learning,
        jobs: JobStore,
        put_in: PutIn,
        changed: Callable[[], None],
        *,
        record: Callable[[Call], None] = lambda call: None,
        writable: bool,
    ) -> None:
        """``record`` is called with each call as it is sent, and again once it has ended."""
        self.writable = writable
        self.last: dict[str, Call] = {}
        """The last call of each method."""
        self.results = Results(changed, never_saved=SHOW_CALLS)
        self.known = Known()
        self.file_places = FilePlaces()
        self._life = life
        self._learning = learning
        self._jobs = jobs
        self._put_in = put_in
        self._changed = changed
        self._record = record
        self._made = 0
        self._starting: dict[int, Call] = {}
        """Calls of jobs that the server has not announced yet, in the order they were made."""
        self._tasks: dict[int, asyncio.Task[None]] = {}

    # Which calls may be sent --------------------------------------------------------------

    def allow_writes(self, allowed: bool) -> None:
        """Turns the write lock."""
        self.writable = allowed
        self._changed()

    def risk_of(self, method: str, params: list[Any]) -> str:
        """``read``, ``write`` or ``risk``; a wrapper such as ``core.bulk`` is what it names."""
        return self._learning.catalogue.risk_of(method, params)

    def asks(self, call: Call) -> bool:
        """Whether the user is asked before this call: it may change the server, or takes a file along.

        What would be refused anyway is not asked about: sending it says why, in the result's place.
        """
        risk, method = self.risk_of(call.method, call.params), self._learning.catalogue.get(call.method)
        wanted = risk != "read" or (method is not None and file_wanted(method, call.params) is not None)
        return wanted and self._life.online and (risk == "read" or self.writable)

    # Calls -------------------------------------------------------------------------

    def new(self, method: str, params: list[Any]) -> Call:
        """A record for a call about to be made; its number is its place in this session."""
        self._made += 1
        return Call(self._made, method, params)

    def waits(self, method: str) -> bool:
        """Whether the answer of the last call of a method is still waited for, and is not that of a job."""
        last = self.last.get(method)
        return last is not None and last.state == "running" and last.job is None

    def send(self, call: Call, then: Callable[[], None] = lambda: None) -> None:
        """Makes the call in a task; ``then`` is called at its end, whatever that is."""
        call.restart()
        self.last[call.method] = call
        task = asyncio.create_task(self._make(call), name=f"session-call-{call.number}")
        self._tasks[call.number] = task

        def ended(task: asyncio.Task[None]) -> None:
            del self._tasks[call.number]
            then()

        task.add_done_callback(ended)

    async def _make(self, call: Call) -> None:
        try:
            await self.run(call)
        except Exception as error:  # noqa: BLE001 - the root of a call: whatever it was, the user sees it in its place
            call.failure = explain(error, method=call.method)
            call.end("failed")

    def cancel(self, call: Call) -> bool:
        """Stops waiting for a call; False when it is over."""
        task = self._tasks.get(call.number)
        return task is not None and task.cancel()

    async def close(self) -> None:
        """Ends all calls."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self, call: Call) -> None:
        """Makes the call and writes its outcome into it: result, job, failure. Never raises but for cancellation.

        For a job, ``call.job`` is set as soon as the job is known and the call ends with it.
        """
        call.recorded = ""
        try:
            await self._run(call)
        finally:
            if call.recorded:
                self._record(call)

    async def _run(self, call: Call) -> None:
        method = self._learning.catalogue.get(call.method)
        try:
            self._check(call)
            call.reviewed = False  # each confirmation sends one call
            params = await self._filled(call)
            client = self._life.online_client()
            # Once it has left: to mask its arguments takes a moment.
            asyncio.get_running_loop().call_soon(self._begin_record, call)
            if call.transfer is not None:
                await carry(client, call, params, call.transfer, self._jobs)
            elif method is not None and method.job:
                await self._run_job(client, call, params)
            else:
                with self.results.expecting(call):
                    call.value = await client.call(call.method, *params, timeout=in_force().call_seconds, repeat=False)
            self.known.learn(call.method, call.value)
            if call.method in SHOW_CALLS:
                call.value = self._put_in.masked(call.value)
            call.end("done")
            self.results.arrived(call)
        except asyncio.CancelledError:
            call.end("cancelled")
            raise
        except exc.NotAJob as answer:
            call.value = answer.result
            call.end("done")
        except NotSent as error:
            call.failure = error.failure(method)
            call.end("failed")
        except exc.ClientException as error:
            if isinstance(error, exc.NotAuthenticated):
                self._life.expire()
            failure = explain(error, method=call.method, roles=method.roles if method is not None else ())
            call.failure = self._put_in.masked_failure(failure)
            call.end("failed")
        except OSError as error:  # of a file that goes along
            call.failure = explain_file(error)
            call.end("failed")

    def _begin_record(self, call: Call) -> None:
        if call.state == "running":  # what was refused here at once was not sent
            self._record(call)

    async def _run_job(self, client: AsyncClient, call: Call, params: list[Any]) -> None:
        self._starting[call.number] = call
        try:
            job = call.job = await client.start(call.method, *params)
        finally:
            del self._starting[call.number]
        if job.id is not None:
            self._jobs.started_here(job.id)
        call.value = await job.result()

    def queued(self) -> list[Job]:
        """The job starts that wait here for their turn, newest first: as jobs without a number, that say why."""
        client = self._life.client
        if not self._starting or client is None:
            return []
        lane = client.job_lane
        full = f"{lane.running} jobs of this connection run, and the server is given {lane.most} at a time"
        why = f"waits here: {full}" if lane.running >= lane.most else "waits here: job starts leave one by one"
        # They leave in the order they came: the last ones wait.
        waiting = list(self._starting.values())[-lane.waiting :] if lane.waiting else []
        return [
            Job(0, call.method, QUEUED, text=why, arguments=beginning(_shown(call), 400), serial=call.number)
            for call in reversed(waiting)
        ]

    def take_back(self, serial: int) -> bool:
        """Cancels a queued job start (`Job.serial`) that has not left; False when it has."""
        call = self._starting.get(serial)
        if call is None or all(job.serial != serial for job in self.queued()) or not self.cancel(call):
            return False
        call.failure = TAKEN_BACK
        return True

    def _check(self, call: Call) -> None:
        """Raises where this call may not be sent now."""
        risk = self.risk_of(call.method, call.params)
        if risk != "read" and not self.writable:
            raise Locked(f"{call.method} may change the server, and this session is read-only.")
        self._life.online_client()
        if risk != "read" and not call.reviewed:
            raise NotSent(f"{call.method} may change the server, and its card was not confirmed.")

    async def _filled(self, call: Call) -> list[Any]:
        """The arguments as they are sent, once all that they stand for is put in. Raises `NotSent`."""
        params = await fill_arguments(call.params, self._put_in, call.answers)
        risk = self.risk_of(call.method, params)
        if risk != self.risk_of(call.method, call.params):
            # In core.bulk an argument names what is called: what was locked or reviewed would be something else.
            raise NotSent(
                f"With its placeholders filled in, this is a {risk} call: write the name of the method itself."
            )
        return params

    def take_secret(self, call: Call, member: str = "") -> Secret | None:
        """Takes the secret out of an answer: all of it, or one member. From then on it is masked wherever it is said.

        None where the answer does not hold it.
        """
        answer = call.value
        found = answer.get(member) if member and isinstance(answer, dict) else answer
        call.value = redact_result(call.method, answer)
        if not isinstance(found, str) or not found:
            return None
        secret = Secret(found)
        self._put_in.add([secret])
        return secret

    # The app's own -----------------------------------------------------------------

    async def read(self, method: str, params: Sequence[Any] = ()) -> Any:
        """A call for the app's own use. Raises as `call`; `Locked` for what may change something, whatever the lock."""
        if self.risk_of(method, list(params)) != "read":
            raise Locked(f"{method} may change the server, and only reads are allowed here.")
        try:
            return await self._life.online_client().call(method, *params)
        except exc.NotAuthenticated:
            self._life.expire()
            raise

    def check_abort(self) -> AsyncClient:
        """The client that can abort a job now. Raises `Locked` while read-only, and `Offline`."""
        if not self.writable:
            raise Locked("Aborting a job changes the server, and this session is read-only.")
        return self._life.online_client()

    async def abort(self, job_id: int) -> None:
        """Asks the server to stop a job. Raises as `call` and `check_abort`."""
        await self.check_abort().call("core.job_abort", job_id)


def _shown(call: Call) -> list[Any]:
    """The arguments as the server would show them in its list of jobs."""
    return redact_call(call.method, call.params)
