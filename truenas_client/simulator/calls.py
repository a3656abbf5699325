"""The handling of a call in both protocols: its slot, its permission, its execution, its answer.

A `Dialect` reads the messages and writes the answers. Invariants: every admitted call is
answered exactly once, unless its connection ends first or it is a notification; it holds
its slot until it is answered, a new-style job until it ends (recorded: flow
running_jobs_hold_call_slots).
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from .call import Call
from .dialect import NO_ANSWER, Asked
from .errors import CallError, ValidationError, ValidationErrors
from .faults import Fault, delay
from .running import Tasks
from .session import Session

__all__ = ["Calls"]

RUNNING_CALLS = 10
CALLS_IN_ALL = 20
"""Calls of a connection that run, and those that run or wait. The server refuses the next one and the
connection stays (recording ``too_many_concurrent_calls``)."""


class Calls:
    """The calls of one session: some run, some wait for a slot, the rest are refused."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.nas = session.nas
        self._dialect = session.dialect
        self._channel = session.channel
        self._running = 0
        self._waiting: deque[Asked] = deque()
        self._tasks = Tasks()

    def receive(self, text: str) -> None:
        """Take one message of the client. Its call starts after all messages that arrived with it have been read."""
        asked = self._dialect.read(self.session, text)
        if isinstance(asked, str):
            self._channel.send(asked)
        elif asked is not None:
            self._admit(asked)

    def _admit(self, asked: Asked) -> None:
        self.session.check_expiry()
        if self._running + len(self._waiting) < CALLS_IN_ALL:
            self._waiting.append(asked)
        elif asked.ident is not NO_ANSWER:
            text = f"Maximum number of concurrent calls ({CALLS_IN_ALL}) has exceeded"
            self._channel.send(self._dialect.too_many(asked.ident, text))

    def pump(self) -> None:
        """Start the calls that have a slot. A start takes a slot; the answer frees it."""
        while self._waiting and self._running < RUNNING_CALLS:
            self._running += 1
            self._start(self._waiting.popleft())

    def end(self) -> None:
        """Take in the end of the connection: cancel the calls in flight. Jobs run on."""
        self._waiting.clear()
        self._tasks.cancel()

    # --- running -------------------------------------------------------------------------------

    def _start(self, asked: Asked) -> None:
        faults = self.nas.faults
        if "call" in faults.occasions and (struck := faults.on_call(self.session.user, asked.method)):
            self._start_struck(asked, struck)
        else:
            self._start_sound(asked)

    def _start_struck(self, asked: Asked, struck: list[Fault]) -> None:
        """Apply the faults to a call. They may end it or its connection."""
        wait = 0.0
        for fault in struck:
            match fault.name:
                case "latency":
                    wait += delay(fault, self.nas.random)
                case "stall":
                    self._channel.stall(fault.number("pause"))
                case "half-close":
                    self._channel.half_close()
                case "close":
                    self._channel.close(int(fault.number("code")), fault.text("reason"))
                case "drop" if fault.text("when") == "after":
                    asked.lost = True
                case "drop":
                    self._channel.abort()
                    return
                case "error":
                    self._failed(asked, _injected(fault))
                    return
                case "login-redirect":
                    self._succeeded(asked, {"response_type": "REDIRECT", "urls": [fault.text("url")]})
                    return
        if wait:
            self._after(wait, lambda: self._start_sound(asked))
        else:
            self._start_sound(asked)

    def _start_sound(self, asked: Asked) -> None:
        method = self.nas.registry.methods.get(asked.method)
        if method is None:
            error = self.nas.registry.unknown(asked.method)
            self._answer(asked, lambda: self._dialect.unknown(asked.ident, asked.method, error))
            return
        message_id = None if asked.ident is NO_ANSWER else self._dialect.message_id(asked.ident)
        call = Call(self.nas, self.session, method, message_id)
        delay = self.nas.rate_limit.delay(self.session, asked.method, open_to_all=call.open_to_all)
        if delay is not None:
            self._after(delay, lambda: self._failed(asked, CallError("Rate Limit Exceeded", errno.EBUSY)))
            return
        try:
            call.authorize()
            if method.job is not None:
                self._start_job(call, asked)
            elif method.waits:
                self._run(lambda: self._await(call, asked))
            else:
                self._succeeded(asked, call.run(asked.params))
        except Exception as e:  # noqa: BLE001 - whatever a method raises is answered, never fatal
            self._failed(asked, e)

    async def _await(self, call: Call, asked: Asked) -> None:
        try:
            self._succeeded(asked, await call.run(asked.params))
        except Exception as e:  # noqa: BLE001 - whatever a method raises is answered, never fatal
            self._failed(asked, e)

    def _start_job(self, call: Call, asked: Asked) -> None:
        job = call.start_job(asked.params)
        if self.session.options["legacy_jobs"]:
            self._succeeded(asked, job.id)
            return

        def ended() -> None:
            if job.failure is not None:
                self._failed(asked, job.failure)
            else:
                self._succeeded(asked, job.result)
            self.pump()

        job.when_ended(ended)

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        async def wait() -> None:
            await self.nas.clock.sleep(seconds)
            work()

        self._run(wait)

    def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run what takes time until it ends or the connection does; it may free the slot of a call."""

        async def run() -> None:
            await work()
            self.pump()

        self._tasks.start(run())

    # --- answering -----------------------------------------------------------------------------

    def _succeeded(self, asked: Asked, result: Any) -> None:
        self._answer(asked, lambda: self._dialect.result(asked.ident, result))

    def _failed(self, asked: Asked, exception: BaseException) -> None:
        self._answer(asked, lambda: self._dialect.failure(asked.ident, exception, asked.method))

    def _answer(self, asked: Asked, text: Callable[[], str]) -> None:
        """Free the slot of a call and answer it."""
        self._running -= 1
        if asked.lost:
            self._channel.abort()
        elif asked.ident is not NO_ANSWER:
            self._channel.send(text())


def _injected(fault: Fault) -> Exception:
    reason, number = fault.text("reason"), int(fault.number("errno"))
    if fault.text("attribute"):
        return ValidationErrors([ValidationError(fault.text("attribute"), reason, number)])
    return CallError(reason, number)
