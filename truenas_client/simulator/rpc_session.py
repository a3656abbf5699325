"""A session that speaks JSON-RPC 2.0: the dialect of ``/api/...``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import rpc
from .calling import NO_ANSWER, SIZE_OF_UPLOADS, CallingSession
from .session import CALLS_IN_ALL

if TYPE_CHECKING:
    from .events import Update

__all__ = ["RpcSession"]


class RpcSession(CallingSession):
    """One connection to ``/api/...``."""

    def receive(self, text: str) -> None:
        size = len(text)
        if size > SIZE_OF_UPLOADS or self.credential is None:
            # Too long in any case, or to be measured before anything is looked at.
            if self.too_long(size):
                return
            request = rpc.parse(text)
        else:
            request = rpc.parse(text)
            if self.too_long(size, request.method if isinstance(request, rpc.Request) else None):
                return
        if isinstance(request, rpc.Malformed):
            if request.id is not rpc.NO_ID:
                self.channel.send(rpc.error_frame(request.code, request.message, request.id))
            return
        self.take(request.method, request.params, request.id if request.answered else NO_ANSWER)

    def send_update(self, update: Update) -> None:
        self.channel.send(update.jsonrpc())

    def send_ended(self, collection: str, error: dict[str, Any] | None) -> None:
        self.channel.send(rpc.notification("notify_unsubscribed", {"collection": collection, "error": error}))

    def answer(self, ident: Any, result: Any) -> None:
        self.channel.send(rpc.result_frame(result, ident))

    def answer_failure(self, ident: Any, exception: BaseException, method: str) -> None:
        self.channel.send(rpc.exception_frame(exception, method, ident, frames=self.facts.trace_frames))

    def answer_unknown(self, ident: Any, method: str) -> None:
        self.channel.send(rpc.error_frame(rpc.METHOD_NOT_FOUND, "Method does not exist", ident))

    def answer_too_many(self, ident: Any) -> None:
        text = f"Maximum number of concurrent calls ({CALLS_IN_ALL}) has exceeded"
        self.channel.send(rpc.error_frame(rpc.TOO_MANY_CALLS, text, ident))
