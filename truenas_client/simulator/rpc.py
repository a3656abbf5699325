"""JSON-RPC 2.0 as the server speaks it: reading requests, writing frames and errors.

Pure: text in, text out. The texts and codes here are the protocol's own and are
sent as they are. Member order of a frame is part of what is kept: ``jsonrpc``,
``result`` or ``error``, ``id``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from truenas_client import ejson

from .errors import CallError, ValidationError, ValidationErrors, errname

__all__ = [
    "BAD_REQUEST",
    "METHOD_NOT_FOUND",
    "NOT_ENCODABLE",
    "PARSE_ERROR",
    "TOO_MANY_CALLS",
    "Encoded",
    "Malformed",
    "Request",
    "encode",
    "error_frame",
    "error_of",
    "exception_frame",
    "notification",
    "parse",
    "result_frame",
    "trace_of",
]

PARSE_ERROR = -32700
BAD_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_ENCODABLE = -32603
TOO_MANY_CALLS = -32000
CALL_ERROR = -32001


class Encoded:
    """A result that is JSON text already, so a big answer is encoded once and sent often."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _WireEncoder(ejson.JSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, Encoded):
            return json.loads(o.text)
        if isinstance(o, datetime):
            # The server cuts to whole seconds when it sends.
            moment = o if o.tzinfo is not None else o.replace(tzinfo=UTC)
            return {"$date": int(moment.timestamp() // 1) * 1000}
        return super().default(o)


_encode = _WireEncoder().encode


def encode(value: Any) -> str:
    """The JSON text of a value, extended forms included. Raises TypeError or ValueError."""
    return value.text if isinstance(value, Encoded) else _encode(value)


# --- requests ----------------------------------------------------------------------------------

NO_ID: Any = object()
"""Stands for the id of a notification."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call; ``id`` is `NO_ID` when no answer is wanted."""

    method: str
    params: list[Any]
    id: Any

    @property
    def answered(self) -> bool:
        return self.id is not NO_ID


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that is no call; ``id`` is `NO_ID` when even that may not be answered."""

    code: int
    message: str
    id: Any


def parse(text: str) -> Request | Malformed:
    """Read one message of a client."""
    try:
        message = ejson.loads(text)
    except ejson.EJSONDecodeError as e:
        return Malformed(PARSE_ERROR, str(e), None)
    if isinstance(message, list):
        return Malformed(PARSE_ERROR, "Batch messages are not supported at this time", None)
    if not isinstance(message, dict):
        return Malformed(PARSE_ERROR, "Invalid Message Format", None)
    ident = message.get("id", NO_ID)
    if (problem := _problem(message)) is not None:
        return Malformed(BAD_REQUEST, problem, ident)
    return Request(message["method"], message.get("params", []), ident)


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


# --- frames ------------------------------------------------------------------------------------


def result_frame(result: Any, ident: Any) -> str:
    """The answer of a call that went well. A result that can't be encoded becomes its error frame."""
    try:
        return f'{{"jsonrpc": "2.0", "result": {encode(result)}, "id": {_encode(ident)}}}'
    except (TypeError, ValueError, RecursionError) as e:
        data = {
            "error": 14,
            "errname": errname(14),
            "reason": str(e),
            "trace": trace_of(e, ""),
            "extra": None,
        }
        return error_frame(NOT_ENCODABLE, "Failed to JSON serialize server message", ident, data)


def error_frame(code: int, message: str, ident: Any, data: Any = None) -> str:
    """The answer of a call that failed; ``data`` is left out when there is none."""
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return _encode({"jsonrpc": "2.0", "error": error, "id": ident})


def exception_frame(exception: BaseException, method: str, ident: Any, *, frames: bool = False) -> str:
    """The answer of a call whose method raised."""
    data = error_of(exception, trace_of(exception, method, frames=frames))
    if isinstance(exception, (ValidationError, ValidationErrors)):
        return error_frame(INVALID_PARAMS, "Invalid params", ident, data)
    return error_frame(CALL_ERROR, "Method call error", ident, data)


def notification(method: str, params: dict[str, Any]) -> str:
    """A message of the server's own accord."""
    return _encode({"jsonrpc": "2.0", "method": method, "params": params})


def error_of(exception: BaseException, trace: dict[str, Any] | None) -> dict[str, Any]:
    """The error object of an exception: number, name, reason, trace and extra data."""
    extra: Any = None
    if isinstance(exception, (ValidationError, ValidationErrors)):
        number = 22
        extra = exception.rows
    elif isinstance(exception, CallError):
        number = exception.errno
        extra = exception.extra
    else:
        number = 22
    try:
        encode(extra)
    except (TypeError, ValueError, RecursionError):
        extra = repr(extra)
    return {
        "error": number,
        "errname": errname(number),
        "reason": str(exception) or repr(exception),
        "trace": trace,
        "extra": extra,
    }


def trace_of(exception: BaseException, method: str, *, frames: bool = False) -> dict[str, Any]:
    """A trace object; older releases have ``frames`` in it. All is invented: nothing of this process is shown."""
    kind = type(exception).__name__
    text = str(exception) or repr(exception)
    where = f"  in the simulated method {method}\n" if method else ""
    trace: dict[str, Any] = {"class": kind}
    if frames:
        frame = {"filename": "simulated", "lineno": 1, "method": method, "line": "", "argspec": [], "locals": {}}
        trace["frames"] = [frame]
    return {
        **trace,
        "formatted": f"Traceback (most recent call last):\n{where}{kind}: {text}\n",
        "repr": repr(exception),
    }
