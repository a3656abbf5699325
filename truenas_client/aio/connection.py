"""One live connection on asyncio: the link, a future for each caller, and one timer. The rules are `Conversation`'s.

Invariants: nothing on the reader's path waits; whatever the conversation settles is told to its caller at once; after
the end nothing is sent and everyone who waited has been told.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from ..engine.conversation import Conversation, Noise, Told, Vigilance
from ..engine.dialect import Dialect
from ..engine.ids import new_id
from ..engine.ledger import Call, Lane
from ..engine.messages import Ended, Update
from ..engine.sizes import BEFORE_LOGIN, receive_limit
from ..exc import CallTimeout, ConnectionLost
from ..secrets.logs import log
from .websocket import Hearer, Link

__all__ = ["Connection", "Receiver", "new_id"]


class Receiver(Protocol):
    """Takes the events of a connection. The reader calls it, so it must neither block nor raise."""

    def update(self, update: Update) -> None: ...

    def ended(self, ended: Ended) -> None: ...


class Connection:
    """An open WebSocket with a conversation on it.

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
        vigilance: Vigilance | None = None,
    ) -> None:
        self._link, self._largest, self._receiver = link, largest, receiver
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self.talk = Conversation(dialect, new_id, self._time(), vigilance=vigilance)
        self.asked_for_jobs = False
        """Whether the server was asked here to tell of jobs."""
        self._closing = self._link_over = False
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._bound_signed_in = False
        link.bound = receive_limit(largest, False)
        self._set_timer()
        link.hear(self if through is None else through(self))

    @property
    def dialect(self) -> Dialect:
        return self.talk.dialect

    @property
    def lost(self) -> ConnectionLost | None:
        """How the connection ended; None while it lives."""
        return self.talk.lost

    @property
    def signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.talk.signed_in

    def sign(self, signed_in: bool, local_user: int | None = None) -> None:
        """Note who is signed in; ``local_user`` is whom the local socket signed in by itself."""
        self.talk.signed_in, self.talk.local_user = signed_in, local_user
        self._set_bound()

    @property
    def latency(self) -> float:
        """Seconds of the last keepalive round trip; 0 before the first."""
        return self._link.latency

    @property
    def closing(self) -> bool:
        """Whether this side closed the connection."""
        return self._closing

    @property
    def certificate(self) -> bytes | None:
        """The server's certificate as this connection got it (DER), None without TLS."""
        tls = self._link.transport.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if tls is not None else None

    async def ping(self, timeout: float) -> float:
        """Send a WebSocket ping: seconds until the pong. Needs no login and no call slot."""
        try:
            async with asyncio.timeout(timeout):
                return await (await self._link.ping())
        except TimeoutError:
            raise CallTimeout(f"No pong in {timeout:g} s") from None
        except ConnectionClosed:
            await asyncio.shield(self._ended)
            raise self.talk.loss(sent=False) from None

    def when_ended(self, tell: Callable[[ConnectionLost], None]) -> None:
        """Call ``tell`` in the loop when the connection has ended and every caller was told; also if it has already."""

        def ended(_: object) -> None:
            assert self.talk.lost is not None
            tell(self.talk.lost)

        self._ended.add_done_callback(ended)

    async def close(self) -> None:
        """Close; everything that waits fails with `ConnectionLost`. Twice is fine."""
        self._closing = True
        await self._link.close()
        if not self._ended.done():
            await asyncio.shield(self._ended)

    def abort(self) -> None:
        """Break the connection off, after a fault of ours."""
        self._link.transport.abort()

    # -- calls ---------------------------------------------------------------------------

    async def call(
        self,
        method: str,
        params: Sequence[Any],
        timeout: float | None,
        *,
        since: float | None = None,
        lane: Lane | None = None,
        message_id: str | None = None,
        starts_job: bool = False,
    ) -> Any:
        """Send one call and wait for its answer. See `Conversation.ask`; cancelling gives the call up."""
        call = self.talk.ask(
            method,
            params,
            self._time(),
            timeout=timeout,
            since=since,
            lane=lane,
            message_id=message_id,
            starts_job=starts_job,
        )
        return await self._answer(call)

    async def greet(self, timeout: float) -> None:
        """Send what has to come first, and wait for its answer."""
        call = self.talk.greet(self._time(), timeout)
        if call is not None:
            await self._answer(call)

    async def old_ping(self, timeout: float) -> bool:
        """The ping of the old protocol, which needs no login: True. Raises `CallTimeout` where it is not answered."""
        return bool(await self._answer(self.talk.old_ping(self._time(), timeout)))

    def ask_for(self, name: str, timeout: float) -> asyncio.Future[Any]:
        """Ask for events at once, in one write with what this turn of the loop sends yet; the handle is to come."""
        call = self.talk.subscribe(name, self._time(), timeout)
        waiter = call.wake = self._loop.create_future()
        self._send(more=True)
        return waiter

    async def unsubscribe(self, handle: str, timeout: float) -> None:
        """Give a subscription back."""
        call = self.talk.unsubscribe(handle, self._time(), timeout)
        if call.settled:
            self._send()
        else:
            await self._answer(call)

    async def _answer(self, call: Call) -> Any:
        waiter = call.wake = self._loop.create_future()
        self._send()
        try:
            return await waiter
        except asyncio.CancelledError:
            self.talk.abandon(call)
            self._send()
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # retrieve it so that asyncio does not log it: the caller was cancelled
            raise

    def _send(self, *, more: bool = False) -> None:
        # Slots bound what can pile up while the server takes nothing, so a caller never waits for that: its
        # deadline holds. A single call leaves at once; where many go, those of one turn leave in one write.
        for call in self.talk.leaving(self._time()):
            call.sent = self._link.write(call.text, alone=self.talk.ledger.in_flight == 1 and not more)
        if self.talk.next_time() < self._timer_at:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self.talk.next_time()
        self._timer = self._loop.call_at(self._timer_at, self._on_time) if self._timer_at < math.inf else None

    def _on_time(self) -> None:
        self._timer, self._timer_at = None, math.inf
        self._tell(self.talk.due(self._time()))

    # -- what the link hears -------------------------------------------------------------

    def on_text(self, text: str) -> None:
        """The link received a text: a hot path."""
        self._tell(self.talk.take(text, self._time()))

    def on_fault(self, reason: str) -> None:
        """The link received what it could not read."""
        self._tell(self.talk.unreadable(reason, self._time()))

    def settle(self, message_id: str, result: Any) -> None:
        """Answer a call as if the server had."""
        self._tell(self.talk.settle(message_id, result))

    def on_closed(self) -> None:
        """The link has ended."""
        self._link_over, link = True, self._link
        settled = self.talk.end(link.close_code, link.close_reason or "", ours=self._closing, why=link.refusal)
        self._tell(settled)

    def _tell(self, told: Iterable[Told]) -> None:
        """Tell each its own, then send what has a slot now."""
        talk = self.talk
        for item in told:
            if type(item) is Call:
                waiter = item.wake
                if waiter is not None and not waiter.done():
                    if item.error is None:
                        waiter.set_result(item.result)
                    else:
                        waiter.set_exception(item.error)
            elif type(item) is Update:
                self._receiver.update(item)
            elif type(item) is Ended:
                self._receiver.ended(item)
            elif type(item) is Noise:
                log.warning("%s", item.text)
        if talk.signed_in is not self._bound_signed_in:
            self._set_bound()
        if talk.lost is not None:
            self._over()
        elif talk.ledger.queued or talk.next_time() < self._timer_at:
            self._send()

    def _set_bound(self) -> None:
        self._bound_signed_in = self.talk.signed_in
        self._link.bound = receive_limit(self._largest, self.talk.signed_in)

    def _over(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
            self._set_timer()
            if not self._link_over:
                self.abort()
