"""What both protocols do with a call: a place for it, the right to it, running it, the answer.

A dialect reads messages into `take` and writes the four kinds of answers. Invariant:
every call that is admitted is answered exactly once, unless its connection ends first
or it wants no answer.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from .call import Call
from .errors import CallError, ValidationError, ValidationErrors
from .faults import Fault, delay
from .jobs import Job
from .session import Session

__all__ = ["NO_ANSWER", "CallingSession"]

NO_ANSWER: Any = object()
"""The id of a call that wants no answer."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The id of a call whose connection ends in place of its answer."""

    ident: Any


SIZE_BEFORE_LOGIN = 8192
SIZE = 65_536
SIZE_OF_UPLOADS = 2_097_152
BIG_METHODS = frozenset({"filesystem.file_receive"})
"""Methods whose messages may be as long as `SIZE_OF_UPLOADS`."""


class CallingSession(Session):
    """A session that runs calls."""

    def too_long(self, size: int, method: Any = None) -> bool:
        """Close the connection when a message of ``size`` characters is longer than it may be."""
        if self.credential is None and size > SIZE_BEFORE_LOGIN:
            self.channel.close(1007, "Anonymous connection max message length is 8 kB")
        elif size > (SIZE_OF_UPLOADS if method in BIG_METHODS else SIZE):
            self.channel.close(1009, "Max message length is 64 kB")
        else:
            return False
        return True

    def take(self, name: str, params: list[Any], ident: Any) -> None:
        """Take a call in; it starts when the messages that came with it have been read."""
        self.check_expiry()
        if not self.places.admit(lambda: self._start(name, params, ident)) and ident is not NO_ANSWER:
            self.answer_too_many(ident)

    # --- what a dialect writes -----------------------------------------------------------------

    @abstractmethod
    def answer(self, ident: Any, result: Any) -> None: ...

    @abstractmethod
    def answer_failure(self, ident: Any, exception: BaseException, method: str) -> None: ...

    @abstractmethod
    def answer_unknown(self, ident: Any, method: str) -> None: ...

    @abstractmethod
    def answer_too_many(self, ident: Any) -> None: ...

    def message_id(self, ident: Any) -> Any:
        """What jobs keep of the id of a call; None for nothing."""
        if isinstance(ident, Lost):
            ident = ident.ident
        return None if ident is NO_ANSWER else ident

    # --- running -------------------------------------------------------------------------------

    def _start(self, name: str, params: list[Any], ident: Any) -> None:
        if self.nas.faults.calls and (struck := self.nas.faults.on_call(self.user, name)):
            self._start_struck(name, params, ident, struck)
        else:
            self._start_sound(name, params, ident)

    def _start_struck(self, name: str, params: list[Any], ident: Any, struck: list[Fault]) -> None:
        """Let faults do their work on a call, which may end it or its connection."""
        wait = 0.0
        for fault in struck:
            match fault.name:
                case "latency":
                    wait += delay(fault, self.nas.random)
                case "stall":
                    self.channel.stall(fault.number("pause"))
                case "half-close":
                    self.channel.half_close()
                case "close":
                    self.channel.close(int(fault.number("code")), fault.text("reason"))
                case "drop" if fault.text("when") == "after":
                    ident = Lost(ident)
                case "drop":
                    self.channel.abort()
                    return
                case "error":
                    self._failed(ident, _injected(fault), name)
                    return
                case "login-redirect":
                    self._succeeded(ident, {"response_type": "REDIRECT", "urls": [fault.text("url")]})
                    return
        if wait:
            self.run(self._start_later(name, params, ident, wait))
        else:
            self._start_sound(name, params, ident)

    async def _start_later(self, name: str, params: list[Any], ident: Any, wait: float) -> None:
        await self.nas.clock.sleep(wait)
        self._start_sound(name, params, ident)
        self.places.pump()

    def _start_sound(self, name: str, params: list[Any], ident: Any) -> None:
        method = self.nas.registry.methods.get(name)
        if method is None:
            self.places.free()
            if ident is not NO_ANSWER:
                self.answer_unknown(ident, name)
            return
        call = Call(self.nas, self, method, self.message_id(ident))
        delay = self.nas.rate_limit.delay(self, name, open_to_all=call.open_to_all)
        if delay is not None:
            self.run(self._refuse_later(ident, name, delay))
            return
        try:
            call.authorize()
            if method.job is not None:
                self._start_job(call, params, ident)
            elif method.waits:
                self.run(self._await(call, params, ident))
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
        self.places.pump()

    async def _refuse_later(self, ident: Any, name: str, delay: float) -> None:
        await self.nas.clock.sleep(delay)
        self._failed(ident, self.nas.rate_limit.refusal(), name)
        self.places.pump()

    def _start_job(self, call: Call, params: list[Any], ident: Any) -> None:
        job = call.start_job(params)
        if self.legacy_jobs:
            self._succeeded(ident, job.id)
            return

        def ended(job: Job) -> None:
            if job.failure is not None:
                self._failed(ident, job.failure, job.method.name)
            else:
                self._succeeded(ident, job.result)
            self.places.pump()

        job.when_ended(ended)

    def _succeeded(self, ident: Any, result: Any) -> None:
        self.places.free()
        if isinstance(ident, Lost):
            self.channel.abort()
        elif ident is not NO_ANSWER:
            self.answer(ident, result)

    def _failed(self, ident: Any, exception: BaseException, method: str) -> None:
        self.places.free()
        if isinstance(ident, Lost):
            self.channel.abort()
        elif ident is not NO_ANSWER:
            self.answer_failure(ident, exception, method)


def _injected(fault: Fault) -> Exception:
    reason, number = fault.text("reason"), int(fault.number("errno"))
    if fault.text("attribute"):
        return ValidationErrors([ValidationError(fault.text("attribute"), reason, number)])
    return CallError(reason, number)
