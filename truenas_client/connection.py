"""One live connection: a reader, one point where anything is sent, and dispatch.

The reader turns received text into messages and hands each to its one receiver:
the call that waits, the job, the subscriptions. It never awaits anything but the
socket. Whoever calls sends for itself, once the ledger has granted its slot.

Invariants: a call that has left is settled exactly once, by its answer, its
deadline, its cancellation or the end of the connection; after the end nothing is
sent and everything that waited has been told.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import random
import uuid
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .events import AsyncSubscription
from .exc import CallTimeout, ClientException, ConnectionLost, PayloadTooLarge, RateLimited
from .jobs import AsyncJob
from .protocol.errors import is_rate_limit
from .protocol.jobbook import JobBook, JobRecord
from .protocol.jsonrpc import JSONRPC
from .protocol.ledger import Call, Lane, Ledger, lane_of, size_limit
from .protocol.messages import Ended, Failure, Fault, Message, Reply, Update
from .protocol.topics import Topics

__all__ = ["Connection"]

JOB_EVENTS = "core.get_jobs"

LOOKUP_SECONDS = 1.0
"""How long to wait for a job's last event after a null answer before asking ``core.get_jobs``.

They are sent at nearly the same moment, in either order."""

_log = logging.getLogger("truenas_client")
# Ids need not be unguessable, only never equal to another client's: the cheap source will do.
_random = random.Random()


class Connection:
    """An open WebSocket with the engine on it. Made by `AsyncClient`, which owns it."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._loop = asyncio.get_running_loop()
        self.dialect = JSONRPC()
        self.ledger = Ledger()
        self.signed_in = False
        self.lost: ConnectionLost | None = None
        self._jobs = JobBook()
        self._handles: dict[JobRecord, AsyncJob] = {}
        self._job_calls: dict[str, JobRecord] = {}
        self._topics: Topics[AsyncSubscription] = Topics()
        self._opening: dict[str, asyncio.Future[None]] = {}
        self._job_events: AsyncSubscription | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._reader = self._loop.create_task(self._read(), name="truenas_client reader")

    @property
    def latency(self) -> float:
        """Seconds of the last keepalive round trip; 0 before the first."""
        return self._websocket.latency

    async def ping(self, timeout: float) -> float:
        """A WebSocket ping: seconds until the pong. Needs no login and no call slot."""
        try:
            async with asyncio.timeout(timeout):
                return await (await self._websocket.ping())
        except TimeoutError:
            raise CallTimeout(f"No pong in {timeout:g} s") from None
        except ConnectionClosed:
            await asyncio.shield(self._ended)
            raise self._loss(sent=False) from None

    async def wait_ended(self) -> ConnectionLost | None:
        """Wait for the end of the connection: None when we closed it, else what happened."""
        await asyncio.shield(self._ended)
        return None if self._closing else self.lost

    async def close(self) -> None:
        """Close; everything that waits fails with `ConnectionLost`. Twice is fine."""
        self._closing = True
        await self._websocket.close()
        await asyncio.shield(self._ended)

    # -- calls ---------------------------------------------------------------------------

    async def call(self, method: str, params: Sequence[Any], timeout: float | None) -> Any:
        """Send one call and wait for its answer."""
        return await self._perform(method, params, lane_of(method), timeout, _new_id())

    async def _perform(
        self, method: str, params: Sequence[Any], lane: Lane, timeout: float | None, message_id: str
    ) -> Any:
        if self.lost is not None:
            raise self._loss(sent=False)
        text = self.dialect.encode(message_id, method, params)
        limit = size_limit(method, self.signed_in)
        if len(text) > limit:
            raise PayloadTooLarge(method, len(text), limit)
        waiter: asyncio.Future[Any] = self._loop.create_future()
        call = Call(message_id, method, lane, waiter, self.signed_in)
        deadline = None if timeout is None else self._loop.call_later(timeout, self._expire, call, timeout)
        try:
            if not self.ledger.add(call, self._loop.time()):
                call.gate = self._loop.create_future()
                self._arm()
                await call.gate
            if not waiter.done():  # it may have expired, or the connection ended, at the gate
                await self._transmit(call, text)
            return await waiter
        except asyncio.CancelledError:
            self._abandon(call)
            raise
        finally:
            if deadline is not None:
                deadline.cancel()

    async def _transmit(self, call: Call, text: str) -> None:
        """The one place where anything is sent."""
        if self.lost is not None:
            raise self._loss(sent=False)
        call.sent = True
        try:
            await self._websocket.send(text)
        except ConnectionClosed:
            # The reader learns of the end too, and tells everybody, this call included.
            await asyncio.shield(self._ended)

    def _expire(self, call: Call, timeout: float) -> None:
        if not call.waiter.done():
            words = "the server may still work on it" if call.sent else "it was not sent"
            call.waiter.set_exception(CallTimeout(f"{call.method}: no answer in {timeout:g} s; {words}"))
            _open(call)
            self._abandon(call)

    def _abandon(self, call: Call) -> None:
        self.ledger.abandon(call)
        self._grant()

    def _grant(self) -> None:
        """Let queued calls go whose slot has come."""
        if not self.ledger.queued:
            return
        for call in self.ledger.grants(self._loop.time()):
            _open(call)
        self._arm()

    def _arm(self) -> None:
        wake_at = self.ledger.wake_at()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wake_at is not None:
            self._timer = self._loop.call_at(wake_at, self._grant)

    # -- jobs ----------------------------------------------------------------------------

    async def start(self, method: str, params: Sequence[Any], timeout: float | None) -> AsyncJob:
        """Start a job and wait until it is announced."""
        await self._watch_jobs()
        message_id = _new_id()
        record = JobRecord(message_id, method, params, new_style=self.dialect.new_style_jobs)
        job = AsyncJob(record, self._abort_job)
        self._handles[record] = job
        self._job_calls[message_id] = record
        self._jobs.start(record)
        self._spawn(self._run_job(record, method, params, message_id))
        try:
            async with asyncio.timeout(timeout):
                await job.bound()
        except TimeoutError:
            raise CallTimeout(
                f"{method}: the server did not announce the job in {timeout:g} s; it may have started"
            ) from None
        # What ended without ever having been a job is told here; a job's own outcome by result().
        if job.id is None and job.failure is not None:
            raise job.failure
        return job

    async def _run_job(self, record: JobRecord, method: str, params: Sequence[Any], message_id: str) -> None:
        lane = Lane.JOB if record.new_style else lane_of(method)
        try:
            result = await self._perform(method, params, lane, None, message_id)
        except ClientException as e:
            if isinstance(e, ConnectionLost):
                self._jobs.lost(e)
            else:
                self._jobs.answer(record, error=e)
        else:
            self._jobs.answer(record, result)
        self._job_changed(record)
        if record.needs_lookup:
            await self._look_up(record)

    async def _look_up(self, record: JobRecord) -> None:
        """Ask how a job ended when its answer does not tell."""
        job = self._handles.get(record)
        if job is None:
            return
        await job.settled(LOOKUP_SECONDS)
        if not record.needs_lookup:
            return
        query = [[["id", "=", record.id]], {"extra": {"raw_result": True}}]
        try:
            rows = await self._perform(JOB_EVENTS, query, Lane.CONTROL, 30.0, _new_id())
        except ClientException as e:
            _log.warning("the outcome of job %s could not be asked for: %s", record.id, type(e).__name__)
        else:
            self._jobs.lookup(record, rows)
        self._job_changed(record)

    async def _watch_jobs(self) -> None:
        if self._job_events is None:
            self._job_events = self.subscription(JOB_EVENTS, queue=1)
        if self._job_events.topic is None:
            await self._job_events.open()

    def _job_changed(self, record: JobRecord) -> None:
        self.ledger.announced(record.message_id)
        self._grant()
        job = self._handles.get(record)
        if job is None:
            return
        if record.outcome is not None:
            del self._handles[record]
            self._job_calls.pop(record.message_id, None)
        job.update()

    async def _abort_job(self, job_id: int) -> None:
        await self._perform("core.job_abort", [job_id], Lane.CONTROL, 30.0, _new_id())

    # -- subscriptions -------------------------------------------------------------------

    def subscription(self, name: str, *, queue: int) -> AsyncSubscription:
        """A subscription that is not open yet."""
        return AsyncSubscription(name, self._subscribe, self._unsubscribe, queue=queue)

    async def _subscribe(self, subscription: AsyncSubscription) -> None:
        if self.lost is not None:
            raise self._loss(sent=False)
        name = subscription.name
        # Listening starts before the call: events, and even the end of a source, may precede the answer.
        topic, is_new = self._topics.listen(name, subscription)
        subscription.topic = topic
        try:
            if is_new:
                opening = self._opening[name] = self._loop.create_future()
                try:
                    topic.handle = await self._perform("core.subscribe", [name], Lane.CONTROL, 60.0, _new_id())
                except ClientException as e:
                    opening.set_exception(e)
                    opening.exception()  # retrieved: there may be no second listener
                    raise
                except asyncio.CancelledError:
                    opening.cancel()
                    raise
                else:
                    opening.set_result(None)
                finally:
                    if self._opening.get(name) is opening:
                        del self._opening[name]
            elif name in self._opening:
                await asyncio.shield(self._opening[name])
        except BaseException:
            subscription.topic = None
            self._topics.leave(topic, subscription)
            raise

    async def _unsubscribe(self, subscription: AsyncSubscription) -> None:
        topic, subscription.topic = subscription.topic, None
        if topic is None or not self._topics.leave(topic, subscription):
            return
        if topic.handle is not None and self.lost is None and not self._closing:
            with contextlib.suppress(ConnectionLost, CallTimeout):
                await self._perform("core.unsubscribe", [topic.handle], Lane.CONTROL, 10.0, _new_id())

    # -- the reader ----------------------------------------------------------------------

    async def _read(self) -> None:
        websocket, receive, dispatch = self._websocket, self.dialect.receive, self._dispatch
        try:
            while True:
                text = await websocket.recv(decode=True)
                for message in receive(str(text)):
                    dispatch(message)
        except ConnectionClosed:
            self._end(*_close_words(websocket))
        except Exception as e:  # noqa: BLE001 - the root of a task
            # A fault of ours: say so, and leave nobody waiting.
            _log.exception("the reader failed")
            self._end(f"The client failed while reading ({type(e).__name__})", None, "")
            await websocket.close()

    def _dispatch(self, message: Message) -> None:
        if type(message) is Reply:
            call = self.ledger.answered(message.id)
            if call is not None and not call.waiter.done():
                call.waiter.set_result(message.result)
            self._grant()
        elif type(message) is Update:
            if message.collection == JOB_EVENTS and self._handles:
                record = self._jobs.event(message.fields)
                if record is not None:
                    self._job_changed(record)
            for subscription in self._topics.of(message):
                subscription.push(message)
        elif type(message) is Failure:
            self._failed(message)
        elif type(message) is Ended:
            for subscription in self._topics.end(message.collection):
                subscription.finish_source(message.error)
        elif type(message) is Fault:
            _log.warning("the server sent %s", message.reason)

    def _failed(self, failure: Failure) -> None:
        if failure.id is not None:
            call = self.ledger.answered(failure.id)
        else:
            # The server could not tell which call: with one in flight it can only be that one.
            only = self.ledger.only_call
            call = self.ledger.answered(only.id) if only is not None else None
            if call is None:
                _log.warning("the server refused a message without saying which: %s", failure.error.error)
        if call is not None and not call.waiter.done():
            error = failure.error
            if not call.signed_in and is_rate_limit(error):
                error = RateLimited(
                    f"{error.error}: before sign-in the server takes 20 calls a minute from one address; wait a minute",
                    error.errno,
                    error.trace,
                    error.extra,
                )
            call.waiter.set_exception(error)
        self._grant()

    # -- the end -------------------------------------------------------------------------

    def _end(self, text: str, code: int | None, reason: str) -> None:
        if self.lost is not None:
            return
        if self._closing:
            text = "The connection was closed"
        self.lost = ConnectionLost(text, code, reason)
        for call in self.ledger.close():
            if not call.waiter.done():
                call.waiter.set_exception(self._loss(sent=call.sent))
            _open(call)
        for record in self._jobs.lost(self._loss(sent=True)):
            job = self._handles.pop(record, None)
            if job is not None:
                job.update()
        for subscription in self._topics.close():
            subscription.topic = None
            subscription.finish(None if self._closing else self._loss(sent=True))
        if self._timer is not None:
            self._timer.cancel()
        self._ended.set_result(None)

    def _loss(self, *, sent: bool) -> ConnectionLost:
        lost = self.lost
        assert lost is not None
        suffix = " before the answer came; it may have run" if sent else "; the call was not sent"
        error = ConnectionLost(lost.error + suffix, lost.code, lost.reason, sent)
        error.errno = errno.ECONNABORTED
        return error

    def _spawn(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _open(call: Call) -> None:
    """Let whoever waits for the call's slot go on; it looks at the waiter first."""
    if call.gate is not None and not call.gate.done():
        call.gate.set_result(None)


def _close_words(websocket: ClientConnection) -> tuple[str, int | None, str]:
    code, reason = websocket.close_code, websocket.close_reason or ""
    if code is None or code == 1006:
        return "The connection broke", None, reason
    words = f"The server closed the connection ({code}{': ' + reason if reason else ''})"
    return words, code, reason


def _new_id() -> str:
    return str(uuid.UUID(int=_random.getrandbits(128), version=4))
