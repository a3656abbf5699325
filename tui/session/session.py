"""One connection to one TrueNAS, as the app sees it.

::

    CONNECTING -> ONLINE -> WAITING -> CONNECTING -> ONLINE ...   lost, and made again by itself
                         -> OFFLINE -> CONNECTING ...             given up: on a key
                         -> EXPIRED -> CONNECTING ...             the server ended the login: on a key

The session wraps the async client, which makes a lost connection again with growing
pauses: it signs in, reads the catalogue, follows
jobs and watched events into its stores, measures the latency, and keeps the
write lock. It speaks to the screens by plain callbacks (`Signal`), never by
widgets, and lives on their event loop.

Invariants: nothing that may change the server is sent while `writable` is False,
whoever asks; no call is ever sent twice; calls are refused, not queued, while there
is no connection; secrets stay in memory and out of every repr.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any

from truenas_client import AsyncClient, Gap, exc
from truenas_client.aio.supervisor import State as Life
from truenas_client.aio.supervisor import Status
from truenas_client.endpoint import Endpoint
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept
from tui.memory.state import ConnectionMemory
from tui.model.eventnames import event_names
from tui.model.failure import Failure, Locked, Offline, explain, explain_connecting, explain_file, explain_loss
from tui.model.known import Known
from tui.session.filling import Disguised, NotSent, PutIn, fill_arguments
from tui.session.learning import Learned, Shelf, learn, version_of
from tui.session.results import Results
from tui.session.signing import obtain, sign_in
from tui.session.stores import Call, Job, JobStore, Signal, Watch
from tui.session.subscriptions import Subscriptions
from tui.session.target import Target
from tui.session.transfers import carry

__all__ = ["Session", "State", "Target"]

PING_SECONDS = 10.0
# Calls may rightly take minutes; ctrl+c is how to stop waiting.
CALL_SECONDS = 3600.0
MOST_JOBS = 500
# Their answers show the arguments of calls.
SHOW_CALLS = frozenset({"core.get_jobs", "audit.query"})


class State(Enum):
    """Where the connection stands; the value is the word on screen."""

    CONNECTING = "connecting"
    ONLINE = "online"
    WAITING = "waiting"
    OFFLINE = "offline"
    EXPIRED = "signed out"
    CLOSED = "closed"


# What the card says when a stage of connecting is over; the others are of no interest to a person.
STAGES = {"resolve": "resolved", "connect": "connected", "tls": "certificate ok", "hello": "speaks TrueNAS"}


def _tell(stage: str, step: Callable[[str], None]) -> None:
    if stage in STAGES:
        step(STAGES[stage])


class Session:
    """A connection with its catalogue, jobs, watched events and calls."""

    def __init__(self, target: Target, cache: CatalogueCache | None = None, *, place: str = "") -> None:
        """``cache`` is where the list of methods is looked for and kept; without it each session reads its own.

        ``place`` is what is remembered of the server is found by, unless by the target's address.
        """
        self.target = target
        self._place = place
        self.state = State.CONNECTING
        self.writable = target.writable
        self.host = target.address or "local socket"
        self.endpoint: Endpoint | None = None
        """The address in use, or the last that was tried."""
        self.release = ""
        self.roles: frozenset[str] | None = None
        """The roles of the signed-in user; None while unknown. FULL_ADMIN stands for all of them."""
        self.latency: float | None = None
        self.failure: Failure | None = None
        self.retry_at: float | None = None
        """When the next attempt to connect begins, by the monotonic clock; None unless WAITING."""
        self.ask_code: Callable[[bool], Awaitable[str | None]] | None = None
        """Asks the user for a one-time password; True when one was wrong just now. None gives up."""
        self.catalogue = Catalogue.from_methods({})
        self.cached = False
        """Whether the catalogue is one from before, of which it is not known yet whether it still holds."""
        self._kept: Kept | None = None
        self._cache = cache
        self.jobs = JobStore()
        self.simulated = False
        """Whether the server is the demo's own."""
        self.known = Known()
        self.put_in = PutIn()
        # For this session only, until the app gives it the one that is kept.
        self.memory = ConnectionMemory()
        self.warnings: list[str] = []
        self.changed = Signal()
        self.results = Results(self.changed.publish, never_saved=SHOW_CALLS)
        self.catalogue_changed = Signal()
        self._client: AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions = Subscriptions(self.put_in.masked)
        self._calls = 0
        self._codes_asked = 0

    # Connecting ------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Calls can be sent now."""
        return self.state is State.ONLINE

    @property
    def address(self) -> str:
        """The address in full once connected, before that as it was typed."""
        if self.simulated:
            return "built-in demo server"
        return self._client.endpoint.text if self._client is not None else self.target.address or "local socket"

    async def open(self, step: Callable[[str], None] = lambda done: None, otp: str | None = None) -> None:
        """Connects, signs in and reads the catalogue; ``step`` hears of each thing done.

        Raises what the client raises, with the session OFFLINE and ``failure`` set;
        `exc.OTPRequired` wants another try with ``otp``. Cancelling closes the
        connection again.
        """
        self._to(State.CONNECTING)
        client: AsyncClient | None = None
        try:
            if not self.target.tls.verify:
                self.warn(
                    "Any certificate is accepted: another machine can intercept the connection and read or change it."
                )
            secret = await obtain(self.target, self.warn)
            client = AsyncClient(
                self.target.address,
                also=self.target.also,
                tls=self.target.tls,
                hold_unsent=False,  # what the user does not see leave does not leave later
                on_stage=lambda s: _tell(s, step),
                on_warning=self.warn,
                on_large=self.results.take,
            )
            await client.connect()
            self._client = client
            self.host, self.endpoint = client.endpoint.name, client.endpoint
            await sign_in(client, self.target, secret, self._codes(otp))
            step(f"signed in{' as ' + self.target.user if self.target.user else ''}")
            await self._learn(client)
            step(f"{len(self.catalogue)} methods")
        except BaseException as error:
            self._client = None
            if client is not None:
                self.endpoint = client.endpoint
                await client.close()
            self.failure = explain_connecting(error, address=self.address)
            self._to(State.OFFLINE)
            raise
        self.failure = None
        self._to(State.ONLINE)
        self._spawn(self._keep(client), "life")
        self._spawn(self._follow_jobs(client), "jobs")
        self._spawn(self._measure(client), "latency")
        self._subscriptions.begin(client)

    def _codes(self, typed: str | None) -> Callable[[], Awaitable[str | None]]:
        """Gives the code that was typed, then those asked for: by then there is a workspace that can ask."""
        codes = [typed] if typed else []
        self._codes_asked = 0

        async def code() -> str | None:
            if codes:
                return codes.pop()
            if self.ask_code is None:
                return None
            self._codes_asked += 1
            return await self.ask_code(self._codes_asked > 1)

        return code

    def warn(self, text: str) -> None:
        """Keep what the client warns of, once: the card tells it while it connects, a toast after that."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.changed.publish()

    async def reconnect(self) -> None:
        """Connects and signs in again with what was typed before. Raises as `open`.

        While the client is about to do so by itself, only the pause is cut short.
        """
        if self._client is not None and self.state in (State.WAITING, State.CONNECTING):
            self._client.reconnect_now()
            return
        await self._drop()
        await self.open()

    async def close(self) -> None:
        """Ends everything; twice is fine."""
        self.state = State.CLOSED
        await self._drop()

    async def _drop(self) -> None:
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._subscriptions.end()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    @property
    def place(self) -> str:
        """What is remembered of this server is found by this and the user."""
        return self._place or self.target.place

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self._cache, self.place, self.target.user)

    def recall(self, kept: Kept | None = None) -> bool:
        """Shows the methods as they were when they were last read, until it is known better. False: there are none."""
        self._kept = kept or self._shelf.find()
        if self._kept is not None:
            self._take(self._kept.catalogue, cached=True)
        return self._kept is not None

    def _take(self, catalogue: Catalogue, *, cached: bool) -> None:
        self.catalogue, self.cached = catalogue, cached
        self.catalogue_changed.publish()

    async def _learn(self, client: AsyncClient) -> None:
        learned = await learn(client, self._kept or self._shelf.find())
        self.roles = learned.roles
        self.host = learned.host or self.host
        self.release = learned.release
        self._take(learned.catalogue, cached=False)
        self._spawn(self._shelve(learned), "shelf")

    async def _shelve(self, learned: Learned) -> None:
        self._kept = learned.kept
        if problem := await self._shelf.keep(learned):
            self.warn(problem)

    # Background ------------------------------------------------------------------

    def _spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name=f"session-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _to(self, state: State) -> None:
        self.state = state
        self.changed.publish()

    async def _keep(self, client: AsyncClient) -> None:
        """Follows the client from connection to connection, until there will be none any more."""
        async for status in client.states():
            if self._client is not client or self.state is State.CLOSED:
                return
            self._follow_life(client, status)

    def _follow_life(self, client: AsyncClient, status: Status) -> None:
        self.retry_at = None
        if status.state is Life.READY:
            if self.state in (State.WAITING, State.CONNECTING):
                self._returned(client)
            return
        if status.state is Life.CLOSED:
            return
        self.failure = explain_loss(status.reason, address=self.address, final=status.state is Life.FAILED)
        self.latency = None
        self._subscriptions.lost()
        if status.state is Life.WAITING:
            self.retry_at = time.monotonic() + status.pause
        self._to({Life.WAITING: State.WAITING, Life.FAILED: State.OFFLINE}.get(status.state, State.CONNECTING))

    def _returned(self, client: AsyncClient) -> None:
        if not client.signed_in:
            # Nothing was kept to sign in with: the login had ended before the connection did.
            self._expire()
            return
        self.failure = None
        self._codes_asked = 0
        self._to(State.ONLINE)
        self._subscriptions.returned()
        self._spawn(self._look_again(client), "again")

    async def _look_again(self, client: AsyncClient) -> None:
        """What may be another since the connection was lost: jobs, and after an update the methods."""
        try:
            await self.refresh_jobs()
            version = await version_of(client)
            # Where the server tells no version, nothing says that its methods are still the same.
            if not version or version != self.release:
                await self._learn(client)
        except exc.ClientException:
            # Lost once more, which is told elsewhere, or not permitted: what was known before still stands there.
            return

    async def _measure(self, client: AsyncClient) -> None:
        while True:
            try:
                # A ping frame needs no call slot, so ten running jobs cannot make the server look dead.
                self.latency = await client.ping()
            except (exc.ClientException, TimeoutError):
                self.latency = None
            self.changed.publish()
            await asyncio.sleep(PING_SECONDS)

    def _expire(self) -> None:
        self.failure = Failure("signed out", "The server ended this session.", "{session.reconnect} signs in again.")
        self._to(State.EXPIRED)

    async def _follow_jobs(self, client: AsyncClient) -> None:
        try:
            # Of a job only its newest state counts, however fast they come.
            async with client.subscribe("core.get_jobs", queue=MOST_JOBS, overflow="coalesce") as events:
                await self.refresh_jobs()
                async for event in events:
                    if isinstance(event, Gap):
                        if self.online:  # else the return of the connection reads them again
                            await self.refresh_jobs()
                    elif isinstance(event.fields, dict) and (job := self._job(event.fields)) is not None:
                        self.jobs.put(job)
                        self.changed.publish()
        except exc.ClientException:
            # Gone with the connection, which `_keep` tells, or not permitted: the list stays as it is.
            return

    def _job(self, fields: dict[str, Any]) -> Job | None:
        return Job.from_fields(self.put_in.masked(fields))

    async def refresh_jobs(self) -> None:
        """Reads the list of jobs again. Raises as `call`."""
        try:
            rows = await self._online_client().call("core.get_jobs", [], {"order_by": ["-id"], "limit": MOST_JOBS})
        except exc.ProtocolError as error:
            if not isinstance(error.result, list):
                raise
            rows = error.result  # a value in one of them cannot be read: it costs that row's field alone
        self.jobs.fill(self.put_in.masked(rows) if isinstance(rows, list) else [])
        self.changed.publish()

    # Calls -----------------------------------------------------------------------

    def risk_of(self, method: str, params: list[Any]) -> str:
        """``read``, ``write`` or ``risk``; a wrapper such as ``core.bulk`` is what it names."""
        return self.catalogue.risk_of(method, params)

    def allow_writes(self, allowed: bool) -> None:
        """Turns the write lock for this session."""
        self.writable = allowed
        self.changed.publish()

    def new_call(self, method: str, params: list[Any]) -> Call:
        """A record for a call about to be made; its number is its place in this session."""
        self._calls += 1
        return Call(self._calls, method, params)

    async def run(self, call: Call) -> None:
        """Makes the call and writes its outcome into it: result, job, failure. Never raises but for cancellation.

        For a job, ``call.job`` is set as soon as the job is known and the call ends with it.
        """
        method = self.catalogue.get(call.method)
        try:
            self._check_lock(call)
            self._online_client()
            params = await self._filled(call)
            client = self._online_client()
            if call.transfer is not None:
                await carry(client, call, params, call.transfer, self.jobs)
            elif method is not None and method.job:
                await self._run_job(client, call, params)
            else:
                with self.results.expecting(call):
                    call.value = await client.call(call.method, *params, timeout=CALL_SECONDS, repeat=False)
            self.known.learn(call.method, call.value)
            if call.method in SHOW_CALLS:
                call.value = self.put_in.masked(call.value)
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
                self._expire()
            failure = explain(error, method=call.method, roles=method.roles if method is not None else ())
            call.failure = self.put_in.masked_failure(failure)
            call.end("failed")
        except OSError as error:  # of a file that goes along
            call.failure = explain_file(error)
            call.end("failed")

    async def _run_job(self, client: AsyncClient, call: Call, params: list[Any]) -> None:
        job = await client.start(call.method, *params)
        call.job = job
        if job.id is not None:
            self.jobs.ours.add(job.id)
        async for _ in job:
            if job.id is not None:
                self.jobs.ours.add(job.id)
        call.value = await job.result()

    async def read(self, method: str, params: Sequence[Any] = ()) -> Any:
        """A call for the app's own use. Raises as `call`; `Locked` for what may change something, whatever the lock."""
        if self.risk_of(method, list(params)) != "read":
            raise Locked(f"{method} may change the server, and only reads are allowed here.")
        return await self._online_client().call(method, *params)

    async def abort(self, job_id: int) -> None:
        """Asks the server to stop a job. Raises as `call`; `Locked` while read-only."""
        if not self.writable:
            raise Locked("Aborting a job changes the server, and this session is read-only.")
        await self._online_client().call("core.job_abort", job_id)

    async def _filled(self, call: Call) -> list[Any]:
        """The arguments as they are sent, once all that they stand for is put in. Raises `NotSent`."""
        params = await fill_arguments(call.params, self.put_in)
        risk = self.risk_of(call.method, params)
        if risk != self.risk_of(call.method, call.params):
            # In core.bulk an argument names what is called: what was locked or reviewed would be something else.
            raise Disguised(
                f"With its placeholders filled in, this is a {risk} call: write the name of the method itself."
            )
        return params

    def _check_lock(self, call: Call) -> None:
        risk = self.risk_of(call.method, call.params)
        if risk != "read" and not self.writable:
            raise Locked(f"{call.method} may change the server, and this session is read-only.")

    def _online_client(self) -> AsyncClient:
        if self._client is None or self.state is not State.ONLINE:
            raise Offline("There is no connection; nothing was sent.")
        return self._client

    # Events ----------------------------------------------------------------------

    @property
    def watches(self) -> list[Watch]:
        """What is listened to, in the order it was asked for."""
        return self._subscriptions.watches

    def watch(self, name: str, arguments: Any = None) -> Watch:
        """Subscribes to a name, or finds the panel that has it already. Arguments are those of an event source."""
        watch = self._subscriptions.add(name, arguments)
        self.changed.publish()
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Ends a subscription and forgets its events."""
        self._subscriptions.remove(watch)
        self.changed.publish()

    def event_names(self) -> list[str]:
        """Names worth offering, of what this server may send."""
        return event_names(self.catalogue.methods)

    def method(self, name: str) -> Method | None:
        """A method of this server."""
        return self.catalogue.get(name)
