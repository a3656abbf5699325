"""The rule book of one connection: when a call leaves, which call a received text settles, and what the end means.

A driver owns a socket, a clock and a way to wake callers. It calls the verbs below, wakes the callers of the calls
that they return, sends the calls that `leaving` returns, and calls `due` at `next_time`. Nothing here waits. ``now``
is the time in seconds by any clock that never goes back.

=============================================  ==================================================
``ask`` ``subscribe`` ``unsubscribe`` ``greet``  a caller wants something from the server
``take`` ``unreadable``                        the driver received a text, or data that is no text
``leaving``                                    the calls that have their slot now, to be sent
``abandon``                                    a caller gave up
``due``                                        the time has come: deadlines, the watchdog
``end``                                        the connection is over
=============================================  ==================================================

Invariants: a call is settled exactly once: by its answer, its deadline, its caller or the end of the connection; a
call that was given up is never sent again; after the end nothing leaves.

The file is long because its rules share one state: deadlines, slots and the end decide about the same calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .. import ejson
from ..auth.signs import signs_in
from ..exc import (
    CallTimeout,
    ConnectionLost,
    PayloadTooLarge,
    ProtocolError,
    TooManyConcurrentCalls,
)
from .ddp import DDP
from .dialect import Dialect
from .errors import explained
from .ledger import Call, Lane, Ledger, lane_of, may_start_job
from .messages import JOB_EVENTS, Ended, Failure, Message, Reply, Update
from .retry import EXPECTED
from .sizes import send_limit

__all__ = ["Conversation", "Noise", "Told", "Vigilance"]

MOST_FAULTS = 1000
"""Unreadable messages after which the connection is ended. Real servers send none, so such a peer is no TrueNAS."""
TOLD_FAULTS = (1, 10, 100)
"""The unreadable messages that are logged, by number: logging every one would let the peer fill the log."""


class Vigilance(NamedTuple):
    """The watchdog's times, in seconds.

    After ``silence`` with calls in flight and nothing received, the watchdog sends ``core.ping`` and waits ``answer``
    for the reply. A WebSocket ping would not do: the web server in front answers it even when the middleware behind
    is dead. After an unreadable message, the call that it may have answered waits another ``fault`` for an answer.
    """

    silence: float = 90.0
    answer: float = 30.0
    fault: float = 2.0


class Noise(NamedTuple):
    """The peer sent something that no TrueNAS sends: a line for the log."""

    text: str


Told = Call | Update | Ended | Noise
"""One result of a received text. A `Call` among them has been settled, so the driver wakes its caller."""


class Conversation:
    """One connection, from its first message to its end.

    ``new_id`` makes message ids; ``now`` is the time at which the connection was made.
    """

    def __init__(
        self, dialect: Dialect, new_id: Callable[[], str], now: float, *, vigilance: Vigilance | None = None
    ) -> None:
        self.dialect = dialect
        self.ledger = Ledger()
        self.signed_in = False
        self.local_user: int | None = None
        """On the local socket: the user id that the server signed in by itself; None after any later login."""
        self.lost: ConnectionLost | None = None
        """How the connection ended; None while it lives."""
        self.job_methods: set[str] = set()
        """Methods that were called as plain calls here and turned out to start new-style jobs."""
        self.asked_for_jobs = False
        """Whether `wants_job_events` has said so."""
        self.expected_pause: float | None = None
        """Seconds to wait before connecting again, once a call that ends the connection (`retry.EXPECTED`) left."""
        self._new_id, self._vigilance = new_id, vigilance or Vigilance()
        self._receive = dialect.receive
        self._heard = now
        self._out: list[Call] = []
        self._faults = 0
        self._question: Call | None = None
        self._heard_before = now
        self._sweep_at = math.inf
        self._watch_at = now + self._vigilance.silence
        self._next_time = self._watch_at

    # -- what callers want ---------------------------------------------------------------

    def ask(
        self,
        method: str,
        params: Sequence[Any],
        now: float,
        *,
        timeout: float | None = None,
        since: float | None = None,
        lane: Lane | None = None,
        message_id: str | None = None,
        starts_job: bool = False,
    ) -> Call:
        """Make a call; `leaving` returns it as soon as it has a slot.

        ``timeout`` counts from ``since`` (now, unless given). Raises `ClientException` for arguments that cannot be
        sent, `PayloadTooLarge`, and `ConnectionLost` after the end; then nothing is sent.
        """
        message_id = message_id or self._new_id()
        text = self.dialect.encode(message_id, method, params)
        if lane is None:
            lane = Lane.JOB if method in self.job_methods else lane_of(method)
        limit = send_limit(method, self.signed_in)
        if len(text) > limit:
            raise PayloadTooLarge(method, len(text), limit)
        call = Call(message_id, method, lane, text, signed_in=self.signed_in)
        call.starts_job = starts_job
        return self._place(call, now, timeout, now if since is None else since)

    def wants_job_events(self, method: str) -> bool:
        """Whether the driver must subscribe to job events before this plain call, which may start a job; once."""
        if self.asked_for_jobs or not self.signed_in or not self.dialect.new_style_jobs:
            return False
        self.asked_for_jobs = may_start_job(method)
        return self.asked_for_jobs

    def subscribe(self, name: str, now: float, timeout: float) -> Call:
        """Subscribe to an event; the call's result is the server's handle."""
        message_id = self._new_id()
        call = Call(message_id, "core.subscribe", Lane.CONTROL, self.dialect.subscribe(message_id, name))
        return self._place(call, now, timeout, now)

    def unsubscribe(self, handle: str, now: float, timeout: float) -> Call:
        """End a subscription. The old protocol never answers that, so there the call is settled at once."""
        message_id = self._new_id()
        text, answered = self.dialect.unsubscribe(message_id, handle)
        call = Call(message_id, "core.unsubscribe", Lane.CONTROL, text)
        if answered:
            return self._place(call, now, timeout, now)
        if self.lost is not None:
            raise self.loss(sent=False)
        call.settled = True
        self._out.append(call)
        return call

    def greet(self, now: float, timeout: float) -> Call | None:
        """Send the greeting of the old protocol; None in JSON-RPC, where the server waits for the first call."""
        message_id = self._new_id()
        text = self.dialect.greeting(message_id)
        if text is None:
            return None
        return self._place(Call(message_id, "connect", Lane.CONTROL, text), now, timeout, now)

    def old_ping(self, now: float, timeout: float) -> Call:
        """Send the ping of the old protocol, which needs no login."""
        assert isinstance(self.dialect, DDP)
        message_id = self._new_id()
        return self._place(
            Call(message_id, "core.ping", Lane.CONTROL, self.dialect.ping(message_id)), now, timeout, now
        )

    def _place(self, call: Call, now: float, timeout: float | None, since: float) -> Call:
        if self.lost is not None:
            raise self.loss(sent=False)
        if timeout is not None:
            call.deadline, call.timeout = since + timeout, timeout
            self._sweep_by(call.deadline)
        if self.ledger.add(call, now):
            self._out.append(call)
        else:
            self._wake_for_queue()
        return call

    def leaving(self, now: float) -> list[Call]:
        """Return the calls to be sent now, in order; the driver notes in each whether it was ``sent``."""
        if self.ledger.queued:
            self._out += self.ledger.grants(now)
            self._wake_for_queue()
        if not self._out:
            return self._out
        leaving, self._out = self._out, []
        for call in leaving:
            if call.method in EXPECTED:
                self.expected_pause = max(self.expected_pause or 0.0, EXPECTED[call.method])
        return leaving

    def abandon(self, call: Call) -> None:
        """Note that the caller gave up.

        A call that has left keeps its slot until the server answers it, because the server still runs it.
        """
        if not call.settled:
            call.settled = True
            self._give_up(call)

    def interrupted(self, message_id: str, at_hand: Call | None) -> None:
        """Put right what a caller left half done that was stopped (Ctrl-C) anywhere in `ask`, `leaving` or `hear`.

        Its own call is given up. ``at_hand`` was being sent: if it is another caller's, it may have left, so it is not
        sent again; calls that were to follow it leave next time.
        """
        self.ledger.recount()
        for call in self.ledger.calls():
            if call.id == message_id:
                self.abandon(call)
            elif call is at_hand:
                call.sent = True
            elif call.granted and not call.sent and call not in self._out:
                self._out.append(call)

    def _give_up(self, call: Call) -> None:
        if call in self._out:
            self._out.remove(call)
        self.ledger.abandon(call)

    # -- what the server sent ------------------------------------------------------------

    def take(self, text: str, now: float) -> list[Told]:
        """Take in one received text: what it settled and what it told, in order."""
        return self.hear(self._receive(text), now)

    def hear(self, messages: Iterable[Message], now: float) -> list[Told]:
        """Take in what the dialect made of a received text: a driver with threads reads texts outside its lock."""
        self._heard = now
        told: list[Told] = []
        for message in messages:
            if type(message) is Reply:
                call = self.ledger.answered(message.id)
                if call is not None:
                    if call.lane is Lane.CONTROL:
                        self._notice_login(call.method, message.result)
                    if not call.settled:
                        call.settled, call.result = True, message.result
                        told.append(call)
            elif type(message) is Update:
                if message.collection == JOB_EVENTS and self.ledger.in_flight:
                    self._job_told(message.fields, told)
                told.append(message)
            else:
                self._take_rarer(message, now, told)
        return told

    def unreadable(self, reason: str, now: float) -> list[Told]:
        """Take in a message that cannot be read.

        With a single call in flight it is taken as that call's answer, unless a readable answer follows soon. A job
        call goes on waiting: its outcome can still be read from ``core.get_jobs``.
        """
        told: list[Told] = []
        self._unreadable(reason, now, told, of_event=False)
        return told

    def settle(self, message_id: str, result: Any) -> list[Told]:
        """Settle a call as if the server had answered it with this result."""
        call = self.ledger.answered(message_id)
        if call is None or call.settled:
            return []
        call.settled, call.result = True, result
        return [call]

    def _take_rarer(self, message: Message, now: float, told: list[Told]) -> None:
        if type(message) is Failure:
            self._failed(message, now, told)
        elif type(message) is Ended:
            told.append(message)
        else:
            assert not isinstance(message, Reply | Update | Failure | Ended)
            self._unreadable(message.reason, now, told, of_event=message.of_event)

    def _notice_login(self, method: str, answer: Any) -> None:
        """Note a login or logout by its answer, because the size limits depend on it.

        Callers may send the login methods with plain calls, so the call's origin proves nothing.
        """
        if method == "auth.logout":
            self.signed_in, self.local_user = False, None
        elif method.startswith("auth.") and signs_in(method, answer):
            self.signed_in, self.local_user = True, None

    def _job_told(self, fields: Any, told: list[Told]) -> None:
        """Take in an event of a job: the next job start may leave, and a plain call that started this job is settled.

        The server would answer such a call only when the job ends. It may also attach the call to another waiting
        job, and then the call fails (recorded: flow job_burst_merged_across_methods).
        """
        message_ids = fields.get("message_ids") if isinstance(fields, dict) else None
        for message_id in message_ids if isinstance(message_ids, list) else ():
            call = self.ledger.find(message_id) if isinstance(message_id, str) else None
            if call is None:
                continue
            self.ledger.announced(call.id)
            if call.settled or call.starts_job or not self.dialect.new_style_jobs:
                continue
            if isinstance(fields.get("id"), int):
                self.job_methods.add(call.method)
                self.ledger.became_job(call)
                from .jobbook import other_work  # not needed before a job has started

                params = ejson.loads(call.text)["params"]
                call.settled, call.result, call.error = True, fields["id"], other_work(call, params, fields)
                told.append(call)

    def _failed(self, failure: Failure, now: float, told: list[Told]) -> None:
        if failure.id is not None:
            call = self.ledger.answered(failure.id)
        else:
            # Text that the server cannot parse is refused without an id (recorded: flow invalid_json_and_batch).
            # With a single call in flight the error can only belong to that call.
            only = self.ledger.only_call
            call = self.ledger.answered(only.id) if only is not None else None
            if call is None:
                reason = f"a refusal without saying of what: {failure.error.error}"
                self._unreadable(reason, now, told, of_event=True)
        if call is None or call.settled:
            return
        if isinstance(failure.error, TooManyConcurrentCalls):
            # The server refused the call before running it (recorded: flow too_many_concurrent_calls), so sending
            # it again is safe.
            self.ledger.refused(call, now)
            self._wake_for_queue()
            return
        call.settled, call.error = True, explained(failure.error, signed_in=call.signed_in, local_user=self.local_user)
        told.append(call)

    def _unreadable(self, reason: str, now: float, told: list[Told], *, of_event: bool) -> None:
        only = None if of_event else self.ledger.only_call
        if only is not None and only.lane is not Lane.JOB and not only.fault:
            only.fault = reason
            soon = now + self._vigilance.fault
            if only.deadline is None or soon < only.deadline:
                only.deadline = soon
                self._sweep_by(soon)
        self._faults += 1
        if self._faults >= MOST_FAULTS:
            why = f"The server sent {self._faults:,} messages that cannot be read; the last was {reason}"
            told += self.end(None, "", why=why)
        elif self._faults in TOLD_FAULTS:
            so_far = f" ({self._faults} so far)" if self._faults > 1 else ""
            told.append(Noise(f"the server sent {reason}{so_far}"))

    # -- time ----------------------------------------------------------------------------

    def next_time(self) -> float:
        """Return the time at which the driver must call `due`. It may be too early, never too late."""
        return self._next_time

    def due(self, now: float) -> list[Call]:
        """Settle the calls whose deadline has passed, and check that the server still answers."""
        settled: list[Call] = []
        if now >= self._sweep_at:
            self._sweep(now, settled)
        if now >= self._watch_at and self.lost is None:
            self._watch(now)
        self._next_time = min(self._sweep_at, self._watch_at)
        self._wake_for_queue()
        return settled

    def _sweep_by(self, time: float) -> None:
        self._sweep_at = min(self._sweep_at, time)
        self._next_time = min(self._next_time, time)

    def _wake_for_queue(self) -> None:
        if self.ledger.queued and (wake_at := self.ledger.wake_at()) is not None:
            self._next_time = min(self._next_time, wake_at)

    def _sweep(self, now: float, settled: list[Call]) -> None:
        """Look through all calls. One timer serves for all of them, because nearly no call ever expires."""
        self._sweep_at = math.inf
        for call in self.ledger.calls():
            if call.settled or call.deadline is None:
                continue
            if call.deadline > now:
                self._sweep_at = min(self._sweep_at, call.deadline)
                continue
            self._expire(call)
            settled.append(call)
            if call is self._question and self._heard == self._heard_before and not self.ledger.starved:
                settled += self.end(None, "", why="The server holds the connection but answers nothing any more")
                return

    def _expire(self, call: Call) -> None:
        call.settled = True
        if call.fault:
            # The unreadable message is taken as its answer: the server has finished the call, so the slot is free.
            self.ledger.answered(call.id)
            text = f"{call.method}: the server answered with {call.fault}; it may have run"
            call.error = ProtocolError(text)
            return
        words = "the server may still work on it" if call.sent else "it was not sent"
        call.error = CallTimeout(f"{call.method}: no answer in {call.timeout:g} s; {words}")
        self._give_up(call)

    def _watch(self, now: float) -> None:
        """Notice a server that keeps the connection open but answers nothing any more."""
        silence = self._vigilance.silence
        quiet = now - self._heard
        # With every slot held, silence proves nothing: ten running jobs look the same, and core.ping would wait behind
        # them (recorded: flow running_jobs_hold_call_slots).
        asked = self._question is not None and not self._question.settled
        if quiet >= silence and self.ledger.in_flight and not self.ledger.starved and not asked:
            self._heard_before = self._heard
            self._question = self.ask("core.ping", (), now, timeout=self._vigilance.answer)
        self._watch_at = now + max(silence - quiet, silence / 10)

    # -- the end -------------------------------------------------------------------------

    def end(self, code: int | None, reason: str, *, ours: bool = False, why: str = "") -> list[Call]:
        """Note that the connection is over. Return the calls that will get no answer; a second call returns none.

        ``code`` and ``reason`` come from the server's close frame (None without one). ``ours`` tells that this side
        closed; ``why`` replaces the text where the driver knows the cause.
        """
        if self.lost is not None:
            return []
        if ours:
            text = "The connection was closed"
        elif why:
            text = why
        elif code is None or code == 1006:
            text, code = "The connection broke", None
        else:
            text = f"The server closed the connection ({code}{': ' + reason if reason else ''})"
        self.lost = ConnectionLost(text, code, reason)
        self._out = []
        self._next_time = self._sweep_at = self._watch_at = math.inf
        left = [call for call in self.ledger.close() if not call.settled]
        for call in left:
            call.settled, call.error = True, self.loss(sent=call.sent)
        return left

    def loss(self, *, sent: bool) -> ConnectionLost:
        """Make the error for one call. ``sent`` decides what the end means: a call that had left may have run."""
        lost = self.lost
        assert lost is not None
        suffix = " before the answer came; it may have run" if sent else "; the call was not sent"
        return ConnectionLost(lost.error + suffix, lost.code, lost.reason, sent)
