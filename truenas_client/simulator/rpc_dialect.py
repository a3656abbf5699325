"""JSON-RPC 2.0: the dialect of ``/api/...``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import rpc
from .dialect import NO_ANSWER, SIZE_OF_UPLOADS, Asked, Dialect

if TYPE_CHECKING:
    from .errors import CallError
    from .events import Peer, Update

__all__ = ["RpcDialect"]


class RpcDialect(Dialect):
    """One connection to ``/api/...``."""

    def read(self, peer: Peer, text: str) -> Asked | str | None:
        size = len(text)
        # Too long in any case, or to be measured before anything is looked at.
        if (size > SIZE_OF_UPLOADS or peer.credential is None) and self.too_long(peer, size):
            return None
        request = rpc.parse(text)
        method = request.method if isinstance(request, rpc.Request) else None
        if peer.credential is not None and self.too_long(peer, size, method):
            return None
        if isinstance(request, rpc.Malformed):
            return None if request.id is rpc.NO_ID else rpc.error_frame(request.code, request.message, request.id)
        return Asked(request.method, request.params, request.id if request.answered else NO_ANSWER)

    def result(self, ident: Any, result: Any) -> str:
        return rpc.result_frame(result, ident)

    def failure(self, ident: Any, exception: BaseException, method: str) -> str:
        return rpc.exception_frame(exception, method, ident, frames=self.facts.trace_frames)

    def unknown(self, ident: Any, method: str, error: CallError) -> str:
        return rpc.error_frame(rpc.METHOD_NOT_FOUND, "Method does not exist", ident)

    def too_many(self, ident: Any, text: str) -> str:
        return rpc.error_frame(rpc.TOO_MANY_CALLS, text, ident)

    def update(self, update: Update) -> str:
        return update.jsonrpc()

    def ended(self, collection: str, error: dict[str, Any] | None) -> str:
        return rpc.notification("notify_unsubscribed", {"collection": collection, "error": error})
