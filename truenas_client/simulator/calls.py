"""The handling of a call in both protocols: its slot, its permission, its execution, its answer.

A `Dialect` reads the messages and writes the answers. Invariants: every admitted call is
answered exactly once, unless its connection ends first or it is a notification; it holds
its slot until it is answered, a new-style job until it ends (recorded: flow
running_jobs_hold_call_slots).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from .call import Call
from .dialect import NO_ANSWER
from .errors import CallError, ValidationError, ValidationErrors
from .faults import Fault, delay
from .jobs import Job
from .session import Session

__all__ = ["Calls"]

RUNNING_CALLS = 10
CALLS_IN_ALL = 20
"""Calls of a connection that run, and those that run or wait. The server refuses the next one and the
connection stays (recording ``too_many_concurrent_calls``)."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The id of a call that gets the end of its connection instead of an answer."""

    ident: Any


class Calls:
    """The calls of one session: some run, some wait for a slot, the rest are refused."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.nas = session.nas
        self._dialect = session.dialect
        self._channel = session.channel
        self._running = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def receive(self, text: str) -> None:
        """Take one message of the client. Its call starts after all messages that arrived with it have been read."""
        asked = self._dialect.read(self.session, text)
        if isinstance(asked, str):
            self._channel.send(asked)
        elif asked is not None:
            self._take(asked.method, asked.params, asked.ident)

    def _take(self, name: str, params: list[Any], ident: Any) -> None:
        self.session.check_expiry()
        if self._running + len(self._waiting) < CALLS_IN_ALL:
            self._waiting.append(lambda: self._start(name, params, ident))
        elif ident is not NO_ANSWER:
            text = f"Maximum number of concurrent calls ({CALLS_IN_ALL}) has exceeded"
            self._channel.send(self._dialect.too_many(ident, text))

    def pump(self) -> None:
        """Start the calls that have a slot. A start takes a slot; the answer frees it."""
        while self._waiting and self._running < RUNNING_CALLS:
            self._running += 1
            self._waiting.popleft()()

    def end(self) -> None:
        """Take in the end of the connection: cancel the calls in flight. Jobs run on."""
        self._waiting.clear()
        for task in list(self._tasks):
            task.cancel()

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- running -------------------------------------------------------------------------------

    def _start(self, name: str, params: list[Any], ident: Any) -> None:
        if self.nas.faults.calls and (struck := self.nas.faults.on_call(self.session.user, name)):
            self._start_struck(name, params, ident, struck)
        else:
            self._start_sound(name, params, ident)

    def _start_struck(self, name: str, params: list[Any], ident: Any, struck: list[Fault]) -> None:
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
                    ident = Lost(ident)
                case "drop":
                    self._channel.abort()
                    return
                case "error":
                    self._failed(ident, _injected(fault), name)
                    return
                case "login-redirect":
                    self._succeeded(ident, {"response_type": "REDIRECT", "urls": [fault.text("url")]})
                    return
        if wait:
            self._run(self._start_later(name, params, ident, wait))
        else:
            self._start_sound(name, params, ident)

    async def _start_later(self, name: str, params: list[Any], ident: Any, wait: float) -> None:
        await self.nas.clock.sleep(wait)
        self._start_sound(name, params, ident)
        self.pump()

    def _start_sound(self, name: str, params: list[Any], ident: Any) -> None:
        method = self.nas.registry.methods.get(name)
        if method is None:
            error = self.nas.registry.unknown(name)
            self._answer(ident, lambda ident: self._dialect.unknown(ident, name, error))
            return
        asked = ident.ident if isinstance(ident, Lost) else ident
        call = Call(self.nas, self.session, method, None if asked is NO_ANSWER else self._dialect.message_id(asked))
        delay = self.nas.rate_limit.delay(self.session, name, open_to_all=call.open_to_all)
        if delay is not None:
            self._run(self._refuse_later(ident, name, delay))
            return
        try:
            call.authorize()
            if method.job is not None:
                self._start_job(call, params, ident)
            elif method.waits:
                self._run(self._await(call, params, ident))
            else:
                self._succeeded(ident, call.run(params))
        except Exception as e:  # noqa: BLE001 - whatever a method raises is answered, never fatal
            self._failed(ident, e, name)

    async def _await(self, call: Call, params: list[Any], ident: Any) -> None:
        try:
            self._succeeded(ident, await call.run(params))
        except asyncio.CancelledError:
            raise
        except Exception as e:  # noqa: BLE001 - whatever a method raises is answered, never fatal
            self._failed(ident, e, call.method.name)
        self.pump()

    async def _refuse_later(self, ident: Any, name: str, delay: float) -> None:
        await self.nas.clock.sleep(delay)
        self._failed(ident, self.nas.rate_limit.refusal(), name)
        self.pump()

    def _start_job(self, call: Call, params: list[Any], ident: Any) -> None:
        job = call.start_job(params)
        if self.session.legacy_jobs:
            self._succeeded(ident, job.id)
            return

        def ended(job: Job) -> None:
            if job.failure is not None:
                self._failed(ident, job.failure, job.method.name)
            else:
                self._succeeded(ident, job.result)
            self.pump()

        job.when_ended(ended)

    def _succeeded(self, ident: Any, result: Any) -> None:
        self._answer(ident, lambda ident: self._dialect.result(ident, result))

    def _failed(self, ident: Any, exception: BaseException, method: str) -> None:
        self._answer(ident, lambda ident: self._dialect.failure(ident, exception, method))

    def _answer(self, ident: Any, text: Callable[[Any], str]) -> None:
        """Free the slot of a call and answer it."""
        self._running -= 1
        if isinstance(ident, Lost):
            self._channel.abort()
        elif ident is not NO_ANSWER:
            self._channel.send(text(ident))


def _injected(fault: Fault) -> Exception:
    reason, number = fault.text("reason"), int(fault.number("errno"))
    if fault.text("attribute"):
        return ValidationErrors([ValidationError(fault.text("attribute"), reason, number)])
    return CallError(reason, number)
