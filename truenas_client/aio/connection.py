"""One live connection: a reader, one point where anything is sent, and dispatch.

Received text becomes messages, and each goes to its one receiver: the call that
waits, or the `Receiver` for events. Nothing on that path waits for anybody.
A call is sent as soon as the ledger grants its slot: at once, or by the answer
that frees one.

Invariants: a call that has left is settled exactly once, by its answer, its
deadline, its cancellation or the end of the connection; after the end nothing is
sent and everything that waited has been told.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from ..engine.ddp import DDP
from ..engine.dialect import Dialect
from ..engine.errors import is_rate_limit
from ..engine.ledger import Call, Lane, Ledger, lane_of, size_limit
from ..engine.messages import Ended, Failure, Fault, Message, Reply, Update
from ..engine.reconnecting import EXPECTED
from ..exc import (
    CallTimeout,
    ClientException,
    ConnectionLost,
    NotAuthenticated,
    PayloadTooLarge,
    ProtocolError,
    RateLimited,
    TooManyConcurrentCalls,
)
from ..secrets.logs import log
from ..websocket import BEFORE_LOGIN
from .websocket import Hearer, Link

__all__ = ["Connection", "Receiver", "new_id"]

# Ids need not be unguessable, only never equal to another client's: the cheap source will do.
_random = random.Random()

# RFC 9562: version 4 in the thirteenth digit, the variant in the two bits that begin the seventeenth.
_VERSION_4 = 0x4 << 76 | 0x2 << 62
_FREE_BITS = ~(0xF << 76 | 0x3 << 62)

SILENCE_SECONDS = 90.0
"""With calls outstanding and nothing received for so long, the middleware behind the web server is asked."""
WATCHDOG_SECONDS = 30.0
"""How long it may take to answer then. The web server answers WebSocket pings for a dead backend."""


MOST_FAULTS = 1000
"""Messages of a connection that cannot be read. Real servers send none; whoever sends so many is none."""
FAULT_SECONDS = 2.0
"""How long an answer may still come after a message that cannot be read and may have been it."""
TOLD_FAULTS = (1, 10, 100)
"""Which of them are told in the log."""


class Receiver(Protocol):
    """Who takes the events of a connection. Called by the reader: must neither block nor raise."""

    def on_update(self, update: Update) -> None: ...

    def on_ended(self, ended: Ended) -> None: ...


class Connection:
    """An open WebSocket with the engine on it.

    ``through`` makes what hears the link in the connection's place, and hands on to it.
    """

    def __init__(
        self,
        link: Link,
        dialect: Dialect,
        receiver: Receiver,
        *,
        through: Callable[[Connection], Hearer] | None = None,
        largest: int = BEFORE_LOGIN,
    ) -> None:
        self._link, self._largest = link, largest
        self._loop = asyncio.get_running_loop()
        self._receiver = receiver
        self.dialect = dialect
        self.ledger = Ledger()
        self.signed_in = False
        self.local_user: int | None = None
        """On the local socket: the user id that the server signs in, until somebody else signs in."""
        self.lost: ConnectionLost | None = None
        self.job_methods: set[str] = set()
        """Methods that were called here and turned out to be jobs whose calls answer when they end."""
        self.asked_for_jobs = False
        """Whether the server was asked here to tell of jobs."""
        self.sent_methods: set[str] = set()
        """Methods of `policy.EXPECTED` that were called here: they explain the end."""
        self._admission: deque[Call] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._sweep_at = math.inf
        self._closing = False
        self._heard = self._loop.time()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._receive = dialect.receive
        self._watchdog = self._loop.call_later(SILENCE_SECONDS, self._watch)
        self._checks: set[asyncio.Task[None]] = set()
        self._faults = 0
        link.hear(self if through is None else through(self))

    @property
    def signed_in(self) -> bool:
        """Whether somebody is signed in: the limits of sizes, both ways, are others then."""
        return self._signed_in

    @signed_in.setter
    def signed_in(self, signed_in: bool) -> None:
        self._signed_in = signed_in
        self._link.bound = self._largest if signed_in else min(BEFORE_LOGIN, self._largest)

    @property
    def latency(self) -> float:
        """Seconds of the last keepalive round trip; 0 before the first."""
        return self._link.latency

    @property
    def closing(self) -> bool:
        """Whether the end is our own wish."""
        return self._closing

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate as this connection got it (DER), None without TLS."""
        tls = self._link.transport.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if tls is not None else None

    async def ping(self, timeout: float) -> float:
        """A WebSocket ping: seconds until the pong. Needs no login and no call slot."""
        try:
            async with asyncio.timeout(timeout):
                return await (await self._link.ping())
        except TimeoutError:
            raise CallTimeout(f"No pong in {timeout:g} s") from None
        except ConnectionClosed:
            await asyncio.shield(self._ended)
            raise self.loss(sent=False) from None

    def when_ended(self, tell: Callable[[ConnectionLost], None]) -> None:
        """Have the end told, by the loop, once all who waited have been: also when it has come already."""

        def ended(_: object) -> None:
            assert self.lost is not None
            tell(self.lost)

        self._ended.add_done_callback(ended)

    async def close(self) -> None:
        """Close; everything that waits fails with `ConnectionLost`. Twice is fine."""
        self._closing = True
        await self._link.close()
        if not self._ended.done():
            await asyncio.shield(self._ended)

    # -- calls ---------------------------------------------------------------------------

    async def greet(self, timeout: float) -> None:
        """Send what has to come first, and wait for its answer."""
        message_id = new_id()
        text = self.dialect.greeting(message_id)
        if text is not None:
            await self.perform("connect", text, Lane.CONTROL, timeout, message_id)

    def call(
        self,
        method: str,
        params: Sequence[Any],
        timeout: float | None,
        *,
        lane: Lane | None = None,
        message_id: str | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """Send one call and wait for its answer, once awaited. Arguments that cannot be sent are refused here."""
        message_id = message_id or new_id()
        text = self.dialect.encode(message_id, method, params)
        if lane is None:
            lane = Lane.JOB if method in self.job_methods else lane_of(method)
        return self.perform(method, text, lane, timeout, message_id)

    async def old_ping(self, timeout: float) -> bool:
        """The ping of the old protocol, which needs no login: True. Raises `CallTimeout` where it is not answered."""
        assert isinstance(self.dialect, DDP)
        message_id = new_id()
        text = self.dialect.ping(message_id)
        return bool(await self.perform("core.ping", text, Lane.CONTROL, timeout, message_id))

    async def subscribe(self, name: str, timeout: float) -> str:
        """Ask for events; the server's handle."""
        return str(await self.ask_for(name, timeout))

    def ask_for(self, name: str, timeout: float) -> asyncio.Future[Any]:
        """Ask for events at once, in one write with what this turn of the loop sends yet; the handle is to come."""
        if self.lost is not None:
            raise self.loss(sent=False)
        message_id = new_id()
        text = self.dialect.subscribe(message_id, name)
        waiter, call = self._made("core.subscribe", text, Lane.CONTROL, timeout, message_id)
        if self.ledger.add(call, self._loop.time()):
            self._transmit(call, more=True)
        return waiter

    async def unsubscribe(self, handle: str, timeout: float) -> None:
        """Give a subscription back."""
        message_id = new_id()
        text, answered = self.dialect.unsubscribe(message_id, handle)
        if answered:
            await self.perform("core.unsubscribe", text, Lane.CONTROL, timeout, message_id)
        elif self.lost is None:
            self._link.write(text)

    async def perform(self, method: str, text: str, lane: Lane, timeout: float | None, message_id: str) -> Any:
        """Send the text of one call and wait for its answer.

        ``timeout`` covers the wait for a slot and for the answer.
        """
        if self.lost is not None:
            raise self.loss(sent=False)
        limit = size_limit(method, self.signed_in)
        if len(text) > limit:
            raise PayloadTooLarge(method, len(text), limit)
        waiter, call = self._made(method, text, lane, timeout, message_id)
        now = self._loop.time()
        try:
            while self.ledger.full and not waiter.done():
                await self._admitted(call)
            if waiter.done():
                return await waiter
            if self.ledger.add(call, now):
                self._transmit(call)
            elif lane is Lane.JOB:
                self._arm()  # its turn may come by time alone
            return await waiter
        except asyncio.CancelledError:
            self._abandon(call)
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # told to nobody, and looked at so that nobody complains
            raise

    def _made(
        self, method: str, text: str, lane: Lane, timeout: float | None, message_id: str
    ) -> tuple[asyncio.Future[Any], Call]:
        waiter: asyncio.Future[Any] = self._loop.create_future()
        call = Call(message_id, method, lane, waiter, self.signed_in, text)
        if timeout is not None:
            call.deadline, call.timeout = self._loop.time() + timeout, timeout
            if call.deadline < self._sweep_at:
                self._sweep_by(call.deadline)
        return waiter, call

    async def _admitted(self, call: Call) -> None:
        """Wait until the queue has room: back-pressure for who calls without end."""
        call.gate = self._loop.create_future()
        self._admission.append(call)
        await call.gate

    def _transmit(self, call: Call, *, more: bool = False) -> None:
        # Slots bound what can pile up while the server takes nothing, so nobody waits for
        # that here: the call's deadline holds.
        # An only call leaves at once; where many go, those of one turn leave in one write.
        # Not sent: the end is near, and tells the caller.
        call.sent = self._link.write(call.text, alone=self.ledger.in_flight == 1 and not more)
        if call.sent and call.method in EXPECTED:
            self.sent_methods.add(call.method)

    def _sweep_by(self, time: float) -> None:
        """Look for calls out of time at this time: one timer for all of them, because nearly none expires."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._sweep_at = time
        self._sweep = self._loop.call_at(time, self._sweep_now)

    def _sweep_now(self) -> None:
        now = self._loop.time()
        self._sweep, self._sweep_at = None, math.inf
        soonest = math.inf
        for call in [*self.ledger.calls(), *self._admission]:
            if call.waiter.done() or call.deadline is None:
                continue
            if call.deadline <= now:
                self._expire(call)
            elif call.deadline < soonest:
                soonest = call.deadline
        if soonest < self._sweep_at:
            self._sweep_by(soonest)

    def _expire(self, call: Call) -> None:
        if call.fault:
            # What could not be read was its answer, and gave its slot back.
            self.ledger.answered(call.id)
            text = f"{call.method}: the server answered with {call.fault}; it may have run"
            call.waiter.set_exception(ProtocolError(text))
            self.grant()
            return
        words = "the server may still work on it" if call.sent else "it was not sent"
        call.waiter.set_exception(CallTimeout(f"{call.method}: no answer in {call.timeout:g} s; {words}"))
        _open(call)
        self._abandon(call)

    def _abandon(self, call: Call) -> None:
        self.ledger.abandon(call)
        self.grant()

    def grant(self) -> None:
        """Let queued calls go whose slot has come."""
        if not self.ledger.queued:
            return
        for call in self.ledger.grants(self._loop.time()):
            self._transmit(call)  # its caller waits for the answer already
        while self._admission and not self.ledger.full:
            _open(self._admission.popleft())
        self._arm()

    def _arm(self) -> None:
        wake_at = self.ledger.wake_at()
        if wake_at is None and self._timer is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wake_at is not None:
            self._timer = self._loop.call_at(wake_at, self.grant)

    # -- the reader ----------------------------------------------------------------------

    def on_text(self, text: str) -> None:
        """What the link received: a hot path."""
        self._heard = self._loop.time()
        for message in self._receive(text):
            if type(message) is Reply:
                call = self.ledger.answered(message.id)
                if call is not None and not call.waiter.done():
                    call.waiter.set_result(message.result)
                if self.ledger.queued:
                    self.grant()
            elif type(message) is Update:
                self._receiver.on_update(message)
            else:
                self._dispatch(message)

    def became_job(self, call: Call, job_id: int, error: ClientException | None = None) -> None:
        """A call turned out to have started this job: that is its answer, and its slot is taken until the job ends."""
        self.job_methods.add(call.method)
        self.ledger.became_job(call)
        if not call.waiter.done():
            if error is None:
                call.waiter.set_result(job_id)
            else:
                call.waiter.set_exception(error)
        self.grant()

    def settle(self, message_id: str, result: Any) -> None:
        """Answer a call as if the server had."""
        call = self.ledger.answered(message_id)
        if call is not None and not call.waiter.done():
            call.waiter.set_result(result)
        self.grant()

    def abort(self) -> None:
        """Break the connection off, after a fault of ours."""
        self._link.transport.abort()

    def on_fault(self, reason: str, *, of_event: bool = False) -> None:
        """What was received and could not be read.

        With one call in flight it was the answer to that, unless another answer comes soon. How a job ended can still
        be asked for, so a job waits on.
        """
        only = None if of_event else self.ledger.only_call
        if only is not None and only.lane is not Lane.JOB and not only.fault:
            only.fault = reason
            soon = self._loop.time() + FAULT_SECONDS
            if only.deadline is None or soon < only.deadline:
                only.deadline = soon
                if soon < self._sweep_at:
                    self._sweep_by(soon)
        self._faults += 1
        if self._faults >= MOST_FAULTS:
            self._end(f"The server sent {self._faults:,} messages that cannot be read; the last was {reason}", None, "")
            self.abort()
        elif self._faults in TOLD_FAULTS:
            log.warning("the server sent %s%s", reason, f" ({self._faults} so far)" if self._faults > 1 else "")

    def on_closed(self) -> None:
        """The end of the link."""
        self._end(*_close_words(self._link))

    def _dispatch(self, message: Message) -> None:
        if type(message) is Failure:
            self._failed(message)
        elif type(message) is Ended:
            self._receiver.on_ended(message)
        elif type(message) is Fault:
            self.on_fault(message.reason, of_event=message.of_event)

    def _failed(self, failure: Failure) -> None:
        if failure.id is not None:
            call = self.ledger.answered(failure.id)
        else:
            # The server could not tell which call: with one in flight it can only be that one.
            only = self.ledger.only_call
            call = self.ledger.answered(only.id) if only is not None else None
            if call is None:
                self.on_fault(f"a refusal without saying of what: {failure.error.error}", of_event=True)
        if call is not None and not call.waiter.done():
            error = failure.error
            if isinstance(error, TooManyConcurrentCalls) and not call.abandoned:
                # It never ran, so sending it again is safe.
                self.ledger.refused(call, self._loop.time())
                self._arm()
                return
            if not call.signed_in and is_rate_limit(error):
                text = (
                    f"{error.error}: before sign-in the server takes 20 calls a minute from one address; wait a minute"
                )
                error = RateLimited(text, error.errno, error.trace, error.extra)
            elif self.local_user is not None and isinstance(error, NotAuthenticated):
                text = (
                    f"{error.error}: user {self.local_user} of this machine has no access to the API. Run this as "
                    "root (sudo), or have the account given a role"
                )
                error = NotAuthenticated(text, error.errno, error.trace, error.extra)
            call.waiter.set_exception(error)
        self.grant()

    # -- the watchdog --------------------------------------------------------------------

    def _watch(self) -> None:
        """Notice a server that keeps the connection and answers nothing any more."""
        quiet = self._loop.time() - self._heard
        wait = SILENCE_SECONDS - quiet
        # With every slot held, silence is what ten long jobs look like.
        if quiet >= SILENCE_SECONDS and self.ledger.in_flight and not self.ledger.starved and not self._checks:
            task = self._loop.create_task(self._check())
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)
        self._watchdog = self._loop.call_later(max(wait, SILENCE_SECONDS / 10), self._watch)

    async def _check(self) -> None:
        heard = self._heard
        try:
            await self.call("core.ping", [], WATCHDOG_SECONDS)
        except CallTimeout:
            if self._heard == heard and not self.ledger.starved:
                self._end("The server holds the connection but answers nothing any more", None, "")
                self._link.transport.abort()
        except ClientException:
            return  # an answer of any kind is a sign of life, and a loss is told elsewhere

    # -- the end -------------------------------------------------------------------------

    def _end(self, text: str, code: int | None, reason: str) -> None:
        if self.lost is not None:
            return
        self.lost = ConnectionLost("The connection was closed" if self._closing else text, code, reason)
        self._watchdog.cancel()
        for timer in (self._timer, self._sweep):
            if timer is not None:
                timer.cancel()
        for call in self.ledger.close():
            if not call.waiter.done():
                call.waiter.set_exception(self.loss(sent=call.sent))
            _open(call)
        for call in self._admission:
            _open(call)
        self._ended.set_result(None)

    def loss(self, *, sent: bool) -> ConnectionLost:
        """The error for one call: whether it had left decides what it means."""
        lost = self.lost
        assert lost is not None
        suffix = " before the answer came; it may have run" if sent else "; the call was not sent"
        return ConnectionLost(lost.error + suffix, lost.code, lost.reason, sent)


def _open(call: Call) -> None:
    """Let whoever waits for the call's slot go on; it looks at the waiter first."""
    if call.gate is not None and not call.gate.done():
        call.gate.set_result(None)


def _close_words(link: Link) -> tuple[str, int | None, str]:
    if link.refusal:
        return link.refusal, None, ""
    code, reason = link.close_code, link.close_reason or ""
    if code is None or code == 1006:
        return "The connection broke", None, reason
    words = f"The server closed the connection ({code}{': ' + reason if reason else ''})"
    return words, code, reason


def new_id() -> str:
    """A message id: a random UUID (version 4), so that no other client's can equal it."""
    bits = _random.getrandbits(128) & _FREE_BITS | _VERSION_4
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
