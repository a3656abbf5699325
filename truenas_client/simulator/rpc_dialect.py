"""JSON-RPC 2.0: the dialect of ``/api/...``.

The texts and codes here are the protocol's own and are sent as they are. The order of the
members of a frame is kept too: ``jsonrpc``, ``result`` or ``error``, ``id``.
"""

from __future__ import annotations

from errno import EFAULT
from typing import TYPE_CHECKING, Any

from truenas_client import ejson

from .dialect import BATCH, NO_ANSWER, NO_MESSAGE, SIZE_OF_UPLOADS, Asked, Dialect
from .encoding import encode, error_of, trace_of
from .errors import ValidationError, ValidationErrors, errname

if TYPE_CHECKING:
    from .errors import CallError
    from .session import Session

__all__ = ["METHOD_NOT_FOUND", "RpcDialect", "error_frame"]

PARSE_ERROR = -32700
BAD_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_ENCODABLE = -32603
TOO_MANY_CALLS = -32000
CALL_ERROR = -32001


class RpcDialect(Dialect):
    """One connection to ``/api/...``."""

    def read(self, session: Session, text: str) -> Asked | str | None:
        size = len(text)
        # Too long in any case, or to be measured before anything is looked at.
        if (size > SIZE_OF_UPLOADS or session.credential is None) and self.too_long(session, size):
            return None
        asked = _parse(text)
        method = asked.method if isinstance(asked, Asked) else None
        if session.credential is not None and self.too_long(session, size, method):
            return None
        return asked

    def result(self, ident: Any, result: Any) -> str:
        try:
            return f'{{"jsonrpc": "2.0", "result": {encode(result)}, "id": {encode(ident)}}}'
        except (TypeError, ValueError, RecursionError) as e:
            data = error_of(e, trace_of(e, "")) | {"error": EFAULT, "errname": errname(EFAULT)}
            return error_frame(NOT_ENCODABLE, "Failed to JSON serialize server message", ident, data)

    def failure(self, ident: Any, exception: BaseException, method: str) -> str:
        data = error_of(exception, trace_of(exception, method, frames=self.facts.trace_frames))
        if isinstance(exception, (ValidationError, ValidationErrors)):
            return error_frame(INVALID_PARAMS, "Invalid params", ident, data)
        return error_frame(CALL_ERROR, "Method call error", ident, data)

    def unknown(self, ident: Any, method: str, error: CallError) -> str:
        return error_frame(METHOD_NOT_FOUND, "Method does not exist", ident)

    def too_many(self, ident: Any, text: str) -> str:
        return error_frame(TOO_MANY_CALLS, text, ident)

    def update(self, body: dict[str, Any]) -> str:
        return _notification("collection_update", body)

    def ended(self, collection: str, error: dict[str, Any] | None) -> str:
        return _notification("notify_unsubscribed", {"collection": collection, "error": error})


def _parse(text: str) -> Asked | str | None:
    """The call that a message asks for, or the answer to one that is none; a notification gets no answer."""
    try:
        message = ejson.loads(text)
    except ejson.EJSONDecodeError as e:
        return error_frame(PARSE_ERROR, str(e), None)
    if not isinstance(message, dict):
        return error_frame(PARSE_ERROR, BATCH if isinstance(message, list) else NO_MESSAGE, None)
    ident = message.get("id", NO_ANSWER)
    if (problem := _problem(message)) is not None:
        return None if ident is NO_ANSWER else error_frame(BAD_REQUEST, problem, ident)
    return Asked(message["method"], message.get("params", []), ident)


def _problem(message: dict[str, Any]) -> str | None:
    if "jsonrpc" not in message:
        return "Missing 'jsonrpc' member"
    if message["jsonrpc"] != "2.0":
        return "'jsonrpc' member must be of type string and must be exactly '2.0'"
    if "method" not in message:
        return "Missing 'method' member"
    if not isinstance(message["method"], str) or not message["method"]:
        return "'method' member must be of type string"
    if not isinstance(message.get("id"), (str, int, type(None))):
        return "'id' member must be of type null, string or number"
    if not isinstance(message.get("params", []), list):
        return "'params' member must be of type array"
    return None


def error_frame(code: int, message: str, ident: Any, data: Any = None) -> str:
    """The answer of a call that failed; ``data`` is left out when there is none."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return encode({"jsonrpc": "2.0", "error": error, "id": ident})


def _notification(method: str, params: dict[str, Any]) -> str:
    return encode({"jsonrpc": "2.0", "method": method, "params": params})
