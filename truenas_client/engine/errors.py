"""The server's error objects as exceptions.

Invariants: any value in place of an error becomes an exception; nothing here raises;
an unknown form never counts as success.
"""

from __future__ import annotations

import errno
import reprlib
from typing import Any, TypeGuard

from ..exc import (
    ClientException,
    ErrnoMixin,
    MethodNotFound,
    NotAuthenticated,
    NotAuthorized,
    ProtocolError,
    RateLimited,
    TooManyConcurrentCalls,
    ValidationErrors,
)

__all__ = ["explained", "from_data", "from_ddp", "from_jsonrpc", "job_error", "short", "words"]

# Recorded: flows too_many_concurrent_calls, method_not_found, validation_errors.
TOO_MANY_CALLS = -32000
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602


def from_jsonrpc(error: Any) -> ClientException:
    """The exception for a JSON-RPC error object, however malformed."""
    if not isinstance(error, dict):
        return ProtocolError(f"The server answered with an error of a shape that is unknown: {short(error)}")
    code, message, data = error.get("code"), error.get("message"), error.get("data")
    text = message if isinstance(message, str) and message else "no message"
    if code == TOO_MANY_CALLS:
        return TooManyConcurrentCalls(text, errno.EBUSY)
    if code == METHOD_NOT_FOUND:
        return MethodNotFound(text, ErrnoMixin.ENOMETHOD)
    if isinstance(data, dict):
        made = from_data(data, text, validation=code == INVALID_PARAMS)
        made.py_exception = data.get("py_exception")
        return made
    return ClientException(text if isinstance(code, int) else f"{text} (code {short(code)})", None, None, data)


def from_data(
    data: dict[str, Any], fallback: str = "The server gave no reason", *, validation: bool = True
) -> ClientException:
    """The exception for the ``data`` of an error, or for the error of an ended event source.

    ``validation`` tells whether rows in ``extra`` may be validation rows. An answer says so by its
    code, an event source by errno 22 alone; elsewhere a method may put anything into ``extra``.
    """
    number = data.get("error")
    number = number if isinstance(number, int) and not isinstance(number, bool) else None
    reason = data.get("reason")
    text = reason.strip() if isinstance(reason, str) and reason.strip() else fallback
    extra = data.get("extra")
    if validation and number == errno.EINVAL and _are_rows(extra):
        return ValidationErrors(extra, data.get("trace"))
    kind: type[ClientException] = ClientException
    if number == ErrnoMixin.ENOTAUTHENTICATED:
        kind = NotAuthenticated
    elif number == ErrnoMixin.ENOMETHOD:
        kind = MethodNotFound
    elif number == errno.EACCES:
        kind = NotAuthorized
    return kind(text, number, data.get("trace"), extra)


def from_ddp(error: Any) -> ClientException:
    """The exception for an error object of the old protocol, which names its type by a word, not a code."""
    if not isinstance(error, dict):
        return ProtocolError(f"The server answered with an error of a shape that is unknown: {short(error)}")
    if error.get("type") == "VALIDATION" and _are_rows(error.get("extra")):
        return ValidationErrors(error["extra"], error.get("trace"))
    seen = from_data(error, validation=False)
    if seen.errno == errno.ETOOMANYREFS:  # 109: more than 20 calls at a time
        return TooManyConcurrentCalls(seen.error, seen.errno)
    return seen


def job_error(info: Any, text: Any) -> ClientException:
    """The exception for a failed job's ``exc_info`` and ``error`` members."""
    message = text.strip() if isinstance(text, str) else ""
    if not message and isinstance(info, dict) and isinstance(info.get("repr"), str):
        message = info["repr"].strip()  # an exception without a text, such as AssertionError()
    message = message or "The job failed without saying why"
    if not isinstance(info, dict):
        return ClientException(message)
    extra, number = info.get("extra"), info.get("errno")
    if info.get("type") == "VALIDATION" and _are_rows(extra):
        return ValidationErrors(extra)
    return ClientException(message, number if isinstance(number, int) else None, None, extra)


def is_rate_limit(error: ClientException) -> bool:
    """Whether this answer to a call sent before sign-in comes from the rate limit.

    After sign-in errno 16 is an ordinary "busy", so ask only about a call that was sent before.
    (Recorded: flow rate_limit_unauthenticated.)
    """
    return error.errno == errno.EBUSY and not isinstance(error, (TooManyConcurrentCalls, RateLimited))


def _are_rows(rows: Any) -> TypeGuard[list[list[Any]]]:
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, (list, tuple)) and row for row in rows)


_repr = reprlib.Repr()
_repr.maxlevel, _repr.maxstring, _repr.maxother = 2, 60, 60


def short(value: Any) -> str:
    """A value in at most a line, however long or deep it is."""
    text = _repr.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def words(cause: Exception) -> str:
    """The text of an exception, cut to a line because it may repeat long text from the server."""
    text = str(cause)
    return text if len(text) <= 120 else text[:117] + "..."


def explained(error: ClientException, *, signed_in: bool, local_user: int | None) -> ClientException:
    """Return the error with what it means on this connection, where the server's text leaves that open.

    ``signed_in`` tells whether the connection was signed in when the call was made. ``local_user`` is the user id that
    the server signed in on the local socket.
    """
    if not signed_in and is_rate_limit(error):
        text = f"{error.error}: before sign-in the server takes 20 calls a minute from one address; wait a minute"
        return RateLimited(text, error.errno, error.trace, error.extra)
    if local_user is not None and isinstance(error, NotAuthenticated):
        text = (
            f"{error.error}: user {local_user} of this machine has no access to the API. Run this as "
            "root (sudo), or have the account given a role"
        )
        return NotAuthenticated(text, error.errno, error.trace, error.extra)
    return error
