"""The old protocol of ``/websocket``: the only one of 24.10 and earlier.

A message is an object with ``msg``. Until ``connect`` has been answered every other
message is answered ``failed``. Jobs are always of the old style, and a subscription
has the id its client gave it.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from truenas_client import ejson
from truenas_client.exc import ErrnoMixin

from .dialect import BATCH, NO_MESSAGE, SIZE_OF_UPLOADS, Asked, Dialect
from .encoding import encode, error_of, trace_of
from .errors import CallError, ValidationError, ValidationErrors, errname

if TYPE_CHECKING:
    from .session import Session

__all__ = ["OldDialect"]

VERSION = "1"


class OldDialect(Dialect):
    """One connection to ``/websocket``."""

    connected = False

    def read(self, session: Session, text: str) -> Asked | str | None:
        channel, size = session.channel, len(text)
        if (session.credential is None or size > SIZE_OF_UPLOADS) and self.too_long(session, size):
            return None
        try:
            message = ejson.loads(text)
        except ejson.EJSONDecodeError as e:
            channel.close(1007, str(e))
            return None
        if not isinstance(message, dict):
            if self.facts.old_aborts:
                channel.abort()
            else:
                channel.close(1007, BATCH if message == [] else NO_MESSAGE)
        elif self.too_long(session, size, message.get("method")):
            pass
        elif "msg" not in message:
            channel.close(1011, "'msg'")
        else:
            answer = self._take(session, message)
            return encode(answer) if isinstance(answer, dict) else answer
        return None

    def _take(self, session: Session, message: dict[str, Any]) -> Asked | dict[str, Any] | str | None:
        """Carry out a message. Return its immediate answer, if any."""
        kind = message["msg"]
        if kind == "connect" and message.get("version") == VERSION:
            self.connected = True
            return {"msg": "connected", "session": session.id}
        if kind == "connect" or not self.connected:
            return {"msg": "failed", "version": VERSION}
        match kind:
            case "method" if "id" in message:
                return _method(message)
            case "sub":
                return self._subscribe(session, message)
            case "unsub":
                session.nas.events.unsubscribe(session, message.get("id", ""))
            case "ping" if self.facts.old_ping:
                answer = {"msg": "pong"}
                return answer | {"id": message["id"]} if "id" in message else answer
        return None  # the server ignores unknown messages (recorded: flow legacy_invalid_messages)

    def _subscribe(self, session: Session, message: dict[str, Any]) -> dict[str, Any] | str:
        ident, name = message.get("id"), message.get("name")
        if not isinstance(name, str):
            return _refusal(ident, errno.EINVAL, "Message is malformed: 'name' is absent.")
        try:
            session.nas.events.subscribe(session, name, str(ident))
        except CallError:
            return _refusal(ident, errno.EACCES, "Not authorized")
        return {"msg": "ready", "subs": [ident]}

    # --- writing -------------------------------------------------------------------------------

    def update(self, body: dict[str, Any]) -> str:
        return encode(body)

    def ended(self, collection: str, error: dict[str, Any] | None) -> str:
        ended: dict[str, Any] = {"msg": "nosub", "collection": collection}
        if error is not None:
            kind = "VALIDATION" if isinstance(error["extra"], list) else None
            ended["error"] = _with_type(error, kind)
        return encode(ended)

    def result(self, ident: Any, result: Any) -> str:
        try:
            return encode({"id": ident, "msg": "result", "result": result})
        except (TypeError, ValueError, RecursionError) as e:
            return self.failure(ident, e, "")

    def failure(self, ident: Any, exception: BaseException, method: str) -> str:
        number = getattr(exception, "errno", None)
        if self.facts.old_short_refusals and number == ErrnoMixin.ENOTAUTHENTICATED:
            return _refusal(ident, ErrnoMixin.ENOTAUTHENTICATED, "Not authenticated")
        error = error_of(exception, trace_of(exception, method, frames=self.facts.trace_frames))
        kind = "VALIDATION" if isinstance(exception, (ValidationError, ValidationErrors)) else None
        if isinstance(exception, ValidationErrors):
            error |= {"error": errno.EAGAIN, "errname": errname(errno.EAGAIN)}
        return encode({"msg": "result", "id": ident, "error": _with_type(error, kind)})

    def unknown(self, ident: Any, method: str, error: CallError) -> str:
        return self.failure(ident, error, method)

    def too_many(self, ident: Any, text: str) -> str:
        return _refusal(ident, errno.ETOOMANYREFS, text)

    def message_id(self, ident: Any) -> None:
        """Jobs keep no ids of this protocol."""


def _method(message: dict[str, Any]) -> Asked | str:
    ident, params = message["id"], message.get("params", [])
    if "method" not in message:
        return _refusal(ident, errno.EINVAL, "Message is malformed: 'method' is absent.")
    if not isinstance(params, list):
        return _refusal(ident, errno.EINVAL, "`params` must be a list.")
    return Asked(str(message["method"]), params, ident)


def _refusal(ident: Any, number: int, reason: str) -> str:
    error = {"error": number, "errname": errname(number), "type": None, "reason": reason, "trace": None, "extra": None}
    return encode({"msg": "result", "id": ident, "error": error})


def _with_type(error: dict[str, Any], kind: str | None) -> dict[str, Any]:
    first = {"error": error["error"], "errname": error["errname"], "type": kind}
    return {**first, **{name: error[name] for name in ("reason", "trace", "extra")}}
