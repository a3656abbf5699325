"""Errors of the core as a text and back, so that midclt shows them as if it had met them itself.

Invariants: what comes back is of the class that was raised, also where only its base class is public; an unknown class
becomes a `ClientException`.
"""

from __future__ import annotations

import errno
from typing import Any

from truenas_client import ejson, exc
from truenas_client.exc import ClientException, ErrorExtra, ValidationErrors

__all__ = ["as_jsonrpc", "as_text", "from_text"]

_KEPT = ("error", "errno", "trace", "extra")
_NOT_KEPT = ("py_exception", "verify_message")


def as_text(error: ClientException) -> str:
    """An error as JSON, in the extended form: what the server attached may hold dates."""
    members = {name: value for name, value in vars(error).items() if name not in _NOT_KEPT}
    members |= {name: getattr(error, name, None) for name in _KEPT}
    return ejson.dumps({"kind": type(error).__name__, **members})


def from_text(text: str) -> ClientException:
    """The error of `as_text`."""
    members = ejson.loads(text)
    name = str(members.pop("kind", ""))
    kind = getattr(exc, name, None)
    if kind is None and name in ("CertificateError", "PinMismatch"):
        from truenas_client import trust  # which loads ssl

        kind = getattr(trust, name)
    if not (isinstance(kind, type) and issubclass(kind, ClientException)):
        kind = ClientException
    error: ClientException = kind.__new__(kind)
    error.args = (str(members.get("error")),)
    if isinstance(error, ValidationErrors):
        members["errors"] = [ErrorExtra(*row) for row in members["errors"]]
    for member, value in members.items():
        setattr(error, member, tuple(value) if member in ("expected", "urls") else value)
    return error


def as_jsonrpc(error: ClientException) -> dict[str, Any]:
    """An answer's error object, of which the client on the other side makes the same error."""
    data = {"error": error.errno, "reason": error.error, "trace": error.trace, "extra": error.extra}
    if isinstance(error, ValidationErrors):
        data["extra"] = [list(row) for row in error.errors]
        data["error"] = errno.EINVAL
        return {"code": -32602, "message": "Invalid params", "data": data}
    return {"code": -32001, "message": "Method call error", "data": data}
