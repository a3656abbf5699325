"""A session that speaks JSON-RPC 2.0: sizes, places, dispatch and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import rpc
from .call import Call
from .jobs import Job
from .session import CALLS_IN_ALL, Session

if TYPE_CHECKING:
    from .events import Update

__all__ = ["RpcSession"]

SIZE_BEFORE_LOGIN = 8192
SIZE = 65_536
SIZE_OF_UPLOADS = 2_097_152
BIG_METHODS = frozenset({"filesystem.file_receive"})
"""Methods whose messages may be as long as `SIZE_OF_UPLOADS`."""


class RpcSession(Session):
    """One connection to ``/api/...``."""

    def receive(self, text: str) -> None:
        size = len(text)
        if self.credential is None and size > SIZE_BEFORE_LOGIN:
            self.channel.close(1007, "Anonymous connection max message length is 8 kB")
            return
        if size > SIZE_OF_UPLOADS:
            self.channel.close(1009, "Max message length is 64 kB")
            return
        request = rpc.parse(text)
        if size > SIZE and not (isinstance(request, rpc.Request) and request.method in BIG_METHODS):
            self.channel.close(1009, "Max message length is 64 kB")
            return
        if isinstance(request, rpc.Malformed):
            if request.id is not rpc.NO_ID:
                self.channel.send(rpc.error_frame(request.code, request.message, request.id))
            return
        self.check_expiry()
        if not self.places.admit(lambda: self._start(request)) and request.answered:
            self.channel.send(
                rpc.error_frame(
                    rpc.TOO_MANY_CALLS,
                    f"Maximum number of concurrent calls ({CALLS_IN_ALL}) has exceeded",
                    request.id,
                )
            )

    def send_update(self, update: Update) -> None:
        self.channel.send(update.jsonrpc())

    def send_ended(self, collection: str, error: dict[str, Any] | None) -> None:
        self.channel.send(rpc.notification("notify_unsubscribed", {"collection": collection, "error": error}))

    # --- calls ---------------------------------------------------------------------------------

    def _start(self, request: rpc.Request) -> None:
        method = self.nas.registry.methods.get(request.method)
        if method is None:
            self._done(request, lambda ident: rpc.error_frame(rpc.METHOD_NOT_FOUND, "Method does not exist", ident))
            return
        call = Call(self.nas, self, method, request.id if request.answered else None)
        delay = self.nas.rate_limit.delay(self, method.name)
        if delay is not None:
            self.run(self._refuse_later(request, delay))
            return
        try:
            call.authorize()
            if method.job is not None and method.handler is not None:
                self._start_job(request, call)
            elif method.waits:
                self.run(self._await(request, call))
            else:
                self._succeeded(request, call.run(request.params))
        except Exception as e:  # noqa: BLE001 - whatever a method raises is answered, never fatal
            self._failed(request, e)

    async def _await(self, request: rpc.Request, call: Call) -> None:
        try:
            self._succeeded(request, await call.run(request.params))
        except asyncio.CancelledError:
            raise
        except Exception as e:  # noqa: BLE001 - whatever a method raises is answered, never fatal
            self._failed(request, e)
        self.places.pump()

    async def _refuse_later(self, request: rpc.Request, delay: float) -> None:
        await self.nas.clock.sleep(delay)
        self._failed(request, self.nas.rate_limit.refusal())
        self.places.pump()

    def _start_job(self, request: rpc.Request, call: Call) -> None:
        job = call.start_job(request.params)
        if self.legacy_jobs:
            self._succeeded(request, job.id)
            return

        def ended(job: Job) -> None:
            if job.exception is not None:
                self._failed(request, job.exception)
            else:
                self._succeeded(request, job.result)
            self.places.pump()

        job.when_ended(ended)

    def _succeeded(self, request: rpc.Request, result: Any) -> None:
        self._done(request, lambda ident: rpc.result_frame(result, ident))

    def _failed(self, request: rpc.Request, exception: BaseException) -> None:
        self._done(request, lambda ident: rpc.exception_frame(exception, request.method, ident))

    def _done(self, request: rpc.Request, frame: Callable[[Any], str]) -> None:
        """Give the place back, and answer unless it was a notification."""
        self.places.free()
        if request.answered:
            self.channel.send(frame(request.id))
