"""One live connection on asyncio: the link, a future for each caller, and one timer. `Conversation` holds the rules.

Invariants: the reader never waits; a call that the conversation settles wakes its caller at once; after the end
nothing is sent, and every caller that waited has its error.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from ..engine.conversation import Conversation, Noise, Told, Vigilance
from ..engine.dialect import Dialect
from ..engine.ids import new_id
from ..engine.ledger import Call, Lane
from ..engine.messages import Ended, Update
from ..engine.sizes import BEFORE_LOGIN, receive_limit
from ..engine.tap import Tap
from ..exc import CallTimeout, ConnectionLost
from ..light_websockets import ConnectionClosed
from ..secrets.logs import log
from .websocket import Hearer, Link

__all__ = ["Connection", "Receiver", "new_id"]


class Receiver(Protocol):
    """Receives the events of a connection. The reader calls it, so it must neither block nor raise."""

    def update(self, update: Update) -> None: ...

    def ended(self, ended: Ended) -> None: ...


class Connection:
    """An open WebSocket with a conversation on it.

    ``through`` makes a hearer that stands between the link and this connection (see `large.LargeTexts`).
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
        tap: Tap | None = None,
    ) -> None:
        self._tap = tap or Tap()
        self._link, self._largest, self._receiver = link, largest, receiver
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self.talk = Conversation(dialect, new_id, self._time(), vigilance=vigilance)
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
        """Whether the connection is signed in."""
        return self.talk.signed_in

    def sign(self, signed_in: bool, local_user: int | None = None) -> None:
        """Note a login or its end. ``local_user`` is the user id that the server signed in on the local socket."""
        self.talk.signed_in, self.talk.local_user = signed_in, local_user
        self._set_bound()

    @property
    def slots(self) -> tuple[int, int]:
        """The call slots that are held, and the calls that wait for one."""
        return self.talk.ledger.in_flight, self.talk.ledger.queued

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
        """The certificate that the server showed on this connection (DER), None without TLS."""
        tls = self._link.transport.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if tls is not None else None

    async def ping(self, timeout: float) -> float:
        """Send a WebSocket ping and return the seconds until its pong. It needs no login and no call slot."""
        try:
            async with asyncio.timeout(timeout):
                return await (await self._link.ping())
        except TimeoutError:
            raise CallTimeout(f"No pong in {timeout:g} s") from None
        except ConnectionClosed:
            await asyncio.shield(self._ended)
            raise self.talk.loss(sent=False) from None

    def when_ended(self, tell: Callable[[ConnectionLost], None]) -> None:
        """Call ``tell`` when the connection has ended and every caller was woken; soon, if it has ended already."""

        def ended(_: object) -> None:
            assert self.talk.lost is not None
            tell(self.talk.lost)

        self._ended.add_done_callback(ended)

    async def close(self) -> None:
        """Close. Waiting calls fail with `ConnectionLost`. A second call does nothing."""
        self._closing = True
        await self._link.close()
        if not self._ended.done():
            await asyncio.shield(self._ended)

    def abort(self) -> None:
        """Cut the connection off, after an error in this client or its peer."""
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
        """Send one call and wait for its answer. See `Conversation.ask`. Cancelling abandons the call."""
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
        """Send the greeting of the dialect, if it has one, and wait for its answer."""
        call = self.talk.greet(self._time(), timeout)
        if call is not None:
            await self._answer(call)

    async def old_ping(self, timeout: float) -> bool:
        """Send the ping of the old protocol, which needs no login. Raises `CallTimeout` when no answer comes."""
        return bool(await self._answer(self.talk.old_ping(self._time(), timeout)))

    def ask_for(self, name: str, timeout: float) -> asyncio.Future[Any]:
        """Subscribe, in one write with the other texts of this turn of the loop. Return a future of the handle."""
        call = self.talk.subscribe(name, self._time(), timeout)
        waiter = call.wake = self._loop.create_future()
        self._send(more=True)
        return waiter

    async def unsubscribe(self, handle: str, timeout: float) -> None:
        """End a subscription."""
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
        # No caller waits for the socket to drain, so its deadline holds even when the server reads nothing: the slots
        # bound what can pile up. A single call is written at once; the calls of a busy turn leave in one write.
        for call in self.talk.leaving(self._time()):
            call.sent = self._link.write(call.text, alone=self.talk.ledger.in_flight == 1 and not more)
            if self._tap.tell is not None and call.sent:
                self._tap.sent(call.text, call.method, call.id, self._time())
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

    # -- what the link reports -----------------------------------------------------------

    def on_text(self, text: str) -> None:
        """Take in a received text. A hot path."""
        if self._tap.tell is not None:
            self._tap.received(text, self._time())
        self._tell(self.talk.take(text, self._time()))

    def on_fault(self, reason: str) -> None:
        """Take in that the link received an unreadable message."""
        self._tell(self.talk.unreadable(reason, self._time()))

    def settle(self, message_id: str, result: Any, size: int) -> None:
        """Settle a call as if the server had answered it with this result, which came in a text of this size."""
        self._tap.unread(message_id, size, self._time())
        self._tell(self.talk.settle(message_id, result))

    def on_closed(self) -> None:
        """Take in the end of the link."""
        self._link_over, link = True, self._link
        settled = self.talk.end(link.close_code, link.close_reason or "", ours=self._closing, why=link.refusal)
        self._tell(settled)

    def _tell(self, told: Iterable[Told]) -> None:
        """Wake the callers of settled calls, hand on the events, then send the calls that got a slot."""
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
