"""The old protocol of ``/websocket``: the only one on 24.10 and earlier, still served later.

It differs from JSON-RPC in every message, and in these rules: a greeting comes
first; a job call answers at once with the job's number; the client chooses the id
of a subscription; an unsubscribe is not answered; an error carries its type as a
word. (Recorded: flows legacy_* and legacy_2410_*.)
"""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from typing import Any

from .. import ejson
from ..exc import ClientException, ProtocolError
from .dialect import encode_params, quoted
from .errors import from_ddp, short
from .messages import NO_ID, Ended, Failure, Fault, Message, Reply, Update
from .salvage import salvage

__all__ = ["DDP"]

_KINDS = frozenset(("added", "changed", "removed"))


class DDP:
    """One connection's dialect."""

    name = "ddp"

    def __init__(self) -> None:
        self.new_style_jobs = False
        self._greeting_id: str | None = None
        self._ping_id: str | None = None

    def greeting(self, message_id: str) -> str | None:
        """The handshake message. Its answer has no id, so the id is remembered."""
        self._greeting_id = message_id
        return '{"msg":"connect","version":"1","support":["1"],"features":[]}'

    def options(self, *, private_methods: bool, py_exceptions: bool = False) -> tuple[str, list[Any]] | None:
        """There are none."""
        return None

    def options_answered(self, answer: Any) -> None:
        """Do nothing: this protocol has no options."""

    def encode(self, message_id: str, method: str, params: Sequence[Any]) -> str:
        """The text of a call. Raises `ClientException` for arguments the server could not read."""
        arguments = encode_params(method, params)
        return f'{{"msg":"method","id":"{message_id}","method":{quoted(method)},"params":{arguments}}}'

    def subscribe(self, message_id: str, name: str) -> str:
        """The text of a subscription; the message's id is its handle."""
        return f'{{"msg":"sub","id":"{message_id}","name":{json.dumps(name)}}}'

    def unsubscribe(self, message_id: str, handle: str) -> tuple[str, bool]:
        """The text that ends a subscription; the server never answers it."""
        return f'{{"msg":"unsub","id":{json.dumps(handle)}}}', False

    def ping(self, message_id: str) -> str:
        """The protocol's own ping. 24.10 answers it, 25.04 and later do not (recorded: flow legacy_ping_unanswered)."""
        self._ping_id = message_id
        return f'{{"msg":"ping","id":"{message_id}"}}'

    def receive(self, text: str) -> list[Message]:
        """The messages in one received text."""
        try:
            frame = ejson.loads(text)
        except ejson.EJSONDecodeError as e:
            return [salvage(text, e)]
        if type(frame) is not dict:
            return [Fault(f"expected an object, got {type(frame).__name__}")]
        kind = frame.get("msg")
        if type(kind) is not str:
            return [Fault(f"a message of an unknown kind {short(kind)}")]
        if kind == "result":
            return [_result(frame)]
        if kind in _KINDS:
            collection = frame.get("collection")
            if not isinstance(collection, str):
                return [Fault(f"an event {kind!r} without a collection", of_event=True)]
            return [Update(collection, kind, frame.get("id", NO_ID), frame.get("fields"), frame.get("extra"))]
        if kind == "ready":
            handles = frame.get("subs")
            if isinstance(handles, list) and all(isinstance(handle, str) for handle in handles):
                return [Reply(handle, handle) for handle in handles]
            return [Fault("a 'ready' without subscriptions")]
        if kind == "nosub":
            collection, error = frame.get("collection"), frame.get("error")
            if not isinstance(collection, str):
                return [Fault("a 'nosub' without a collection", of_event=True)]
            return [Ended(collection, None if error is None else from_ddp(error))]
        if kind in ("connected", "failed") and self._greeting_id is not None:
            greeting, self._greeting_id = self._greeting_id, None
            if kind == "connected":
                return [Reply(greeting, frame.get("session"))]
            version = short(frame.get("version"))
            error = ClientException(f"The server wants version {version} of the old protocol", errno.EPROTO)
            return [Failure(greeting, error)]
        if kind == "pong":
            asked, self._ping_id = self._ping_id, None
            return [Reply(asked, True)] if asked is not None and frame.get("id") == asked else []
        return [Fault(f"a message of an unknown kind {short(kind)}")]


def _result(frame: dict[str, Any]) -> Message:
    message_id, error = frame.get("id"), frame.get("error")
    if not isinstance(message_id, str):
        return Fault("an answer without an id")
    if error is not None:
        return Failure(message_id, from_ddp(error))
    if "result" in frame:
        return Reply(message_id, frame["result"])
    return Failure(message_id, ProtocolError("The server's answer has neither a result nor an error"))
