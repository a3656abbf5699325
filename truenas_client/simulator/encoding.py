"""Values, errors and traces as the server sends them, in both protocols.

All of a trace is invented: nothing of this process is shown.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from truenas_client import ejson

from .errors import CallError, ValidationError, ValidationErrors, errname

__all__ = ["Encoded", "encode", "error_of", "trace_of"]


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
    """The JSON text of a value, extended forms included. Raises TypeError, ValueError or RecursionError."""
    return value.text if isinstance(value, Encoded) else _encode(value)


def error_of(exception: BaseException, trace: dict[str, Any] | None) -> dict[str, Any]:
    """The error object of an exception: number, name, reason, trace and extra data."""
    number = 22
    extra: Any = None
    if isinstance(exception, (ValidationError, ValidationErrors)):
        extra = exception.rows
    elif isinstance(exception, CallError):
        number, extra = exception.errno, exception.extra
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
    """A trace object; older releases have ``frames`` in it."""
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
