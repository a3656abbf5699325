"""A session that speaks the old protocol of ``/websocket``: the only one of 24.10 and earlier.

A message is an object with ``msg``. Until ``connect`` has been answered every other
message is answered ``failed``. Jobs are always of the old style, and a subscription
has the id its client gave it.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from truenas_client import ejson
from truenas_client.exc import ErrnoMixin

from . import rpc
from .calling import SIZE_OF_UPLOADS, CallingSession
from .errors import CallError, ValidationError, ValidationErrors, errname
from .session import CALLS_IN_ALL

if TYPE_CHECKING:
    from .events import Update

__all__ = ["OldSession"]

VERSION = "1"


class OldSession(CallingSession):
    """One connection to ``/websocket``."""

    connected = False

    def receive(self, text: str) -> None:
        size = len(text)
        if (self.credential is None or size > SIZE_OF_UPLOADS) and self.too_long(size):
            return
        try:
            message = ejson.loads(text)
        except ejson.EJSONDecodeError as e:
            self.channel.close(1007, str(e))
            return
        if not isinstance(message, dict):
            self._not_a_message("Batch messages are not supported at this time" if message == [] else "")
            return
        if self.too_long(size, message.get("method")):
            return
        if "msg" not in message:
            self.channel.close(1011, "'msg'")
        elif message["msg"] == "connect":
            self._connect(message)
        elif not self.connected:
            self._send({"msg": "failed", "version": VERSION})
        else:
            self._take_message(message)

    def _not_a_message(self, reason: str) -> None:
        if self.facts.old_aborts:
            self.channel.abort()
        else:
            self.channel.close(1007, reason or "Invalid Message Format")

    def _connect(self, message: dict[str, Any]) -> None:
        if message.get("version") != VERSION:
            self._send({"msg": "failed", "version": VERSION})
            return
        self.connected = True
        self._send({"msg": "connected", "session": self.id})

    def _take_message(self, message: dict[str, Any]) -> None:
        match message["msg"]:
            case "method":
                self._take_method(message)
            case "sub":
                self._subscribe(message)
            case "unsub":
                self.nas.events.unsubscribe(self, message.get("id", ""))
            case "ping" if self.facts.old_ping:
                answer = {"msg": "pong"}
                self._send(answer | {"id": message["id"]} if "id" in message else answer)
            case _:  # what is not known is passed over in silence
                return

    def _take_method(self, message: dict[str, Any]) -> None:
        if "id" not in message:
            return
        ident, params = message["id"], message.get("params", [])
        if "method" not in message:
            self._refuse(ident, errno.EINVAL, "Message is malformed: 'method' is absent.")
        elif not isinstance(params, list):
            self._refuse(ident, errno.EINVAL, "`params` must be a list.")
        else:
            self.take(str(message["method"]), params, ident)

    def _subscribe(self, message: dict[str, Any]) -> None:
        ident, name = message.get("id"), message.get("name")
        if not isinstance(name, str):
            self._refuse(ident, errno.EINVAL, "Message is malformed: 'name' is absent.")
            return
        try:
            self.nas.events.subscribe(self, name, str(ident))
        except CallError:
            self._refuse(ident, errno.EACCES, "Not authorized")
            return
        self._send({"msg": "ready", "subs": [ident]})

    # --- writing -------------------------------------------------------------------------------

    def _send(self, message: dict[str, Any]) -> None:
        self.channel.send(rpc.encode(message))

    def _refuse(self, ident: Any, number: int, reason: str) -> None:
        error = {"error": number, "errname": errname(number), "type": None, "reason": reason}
        self._send({"msg": "result", "id": ident, "error": {**error, "trace": None, "extra": None}})

    def send_update(self, update: Update) -> None:
        self.channel.send(update.old())

    def send_ended(self, collection: str, error: dict[str, Any] | None) -> None:
        ended: dict[str, Any] = {"msg": "nosub", "collection": collection}
        if error is not None:
            kind = "VALIDATION" if isinstance(error["extra"], list) else None
            ended["error"] = _with_type(error, kind)
        self._send(ended)

    def answer(self, ident: Any, result: Any) -> None:
        try:
            self._send({"id": ident, "msg": "result", "result": result})
        except (TypeError, ValueError, RecursionError) as e:
            self.answer_failure(ident, e, "")

    def answer_failure(self, ident: Any, exception: BaseException, method: str) -> None:
        number = getattr(exception, "errno", None)
        if self.facts.old_short_refusals and number == ErrnoMixin.ENOTAUTHENTICATED:
            self._refuse(ident, ErrnoMixin.ENOTAUTHENTICATED, "Not authenticated")
            return
        error = rpc.error_of(exception, rpc.trace_of(exception, method, frames=self.facts.trace_frames))
        kind = None
        if isinstance(exception, (ValidationError, ValidationErrors)):
            kind = "VALIDATION"
            if isinstance(exception, ValidationErrors):
                error |= {"error": errno.EAGAIN, "errname": errname(errno.EAGAIN)}
        self._send({"msg": "result", "id": ident, "error": _with_type(error, kind)})

    def answer_unknown(self, ident: Any, method: str) -> None:
        self.answer_failure(ident, self.nas.registry.unknown(method), method)

    def answer_too_many(self, ident: Any) -> None:
        self._refuse(ident, errno.ETOOMANYREFS, f"Maximum number of concurrent calls ({CALLS_IN_ALL}) has exceeded")

    def message_id(self, ident: Any) -> None:
        """Jobs keep no ids of this protocol."""
        return


def _with_type(error: dict[str, Any], kind: str | None) -> dict[str, Any]:
    return {
        "error": error["error"],
        "errname": error["errname"],
        "type": kind,
        "reason": error["reason"],
        "trace": error["trace"],
        "extra": error["extra"],
    }
