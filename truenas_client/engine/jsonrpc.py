"""The JSON-RPC 2.0 dialect of ``/api/...`` (25.04 and later).

`encode` makes the text of a call; `receive` turns any text from the server into
messages. `receive` never raises: text that it cannot read becomes a `Fault`, or a
`Failure` of one call where that call's id can still be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import ejson
from ..exc import ProtocolError
from .dialect import encode_params, quoted
from .errors import from_data, from_jsonrpc, short
from .messages import NO_ID, Ended, Failure, Fault, Message, Reply, Update
from .salvage import salvage

__all__ = ["JSONRPC"]

_KINDS = frozenset(("added", "changed", "removed"))


class JSONRPC:
    """The dialect of one connection. Its only state is the answer to ``core.set_options``."""

    name = "jsonrpc"

    def __init__(self) -> None:
        self.new_style_jobs = False
        """Whether job calls answer when the job ends; true only once the server has said so."""

    def encode(self, message_id: str, method: str, params: Sequence[Any]) -> str:
        """The text of a call. Raises `ClientException` for arguments the server could not read."""
        arguments = encode_params(method, params)
        return f'{{"jsonrpc":"2.0","id":"{message_id}","method":{quoted(method)},"params":{arguments}}}'

    def greeting(self, message_id: str) -> str | None:
        """None: the server waits for the first call (recorded: flow connect_set_options_ping)."""
        return None

    def options(self, *, private_methods: bool = False, py_exceptions: bool = False) -> tuple[str, list[Any]] | None:
        """Method and arguments of the call that sets a connection's options."""
        options = {"legacy_jobs": False, "private_methods": private_methods, "py_exceptions": py_exceptions}
        return "core.set_options", [options]

    def options_answered(self, answer: Any) -> None:
        """Take in the answer. Only an object with ``legacy_jobs`` false means the new job style.

        25.04 answers null and always uses the old style (recorded: flow set_options_variants).
        """
        self.new_style_jobs = isinstance(answer, dict) and answer.get("legacy_jobs") is False

    def subscribe(self, message_id: str, name: str) -> str:
        """The text of a subscription; it is answered with the handle."""
        return self.encode(message_id, "core.subscribe", [name])

    def unsubscribe(self, message_id: str, handle: str) -> tuple[str, bool]:
        """The text that ends a subscription; it is answered."""
        return self.encode(message_id, "core.unsubscribe", [handle]), True

    def receive(self, text: str) -> list[Message]:
        """The messages in one received text."""
        try:
            frame = ejson.loads(text)
        except ejson.EJSONDecodeError as e:
            return [salvage(text, e)]
        if type(frame) is not dict:
            return [Fault(f"expected an object, got {type(frame).__name__}")]
        message_id = frame.get("id")
        if type(message_id) is str:
            error = frame.get("error")
            if error is not None:
                return [Failure(message_id, from_jsonrpc(error))]
            if "result" in frame:
                return [Reply(message_id, frame["result"])]
            return [Failure(message_id, ProtocolError("The server's answer has neither a result nor an error"))]
        if "method" in frame:
            return [self._notification(frame["method"], frame.get("params"))]
        if frame.get("error") is not None and message_id is None:
            return [Failure(None, from_jsonrpc(frame["error"]))]
        return [Fault(f"a frame that is neither an answer of ours nor a notification (id {short(message_id)})")]

    def _notification(self, method: Any, params: Any) -> Message:
        if not isinstance(params, dict) or not isinstance(params.get("collection"), str):
            return Fault(f"a notification {short(method)} without a collection", of_event=True)
        collection = params["collection"]
        if method == "collection_update":
            kind = params.get("msg")
            if not isinstance(kind, str) or kind not in _KINDS:
                return Fault(f"an event of an unknown kind {short(kind)}", of_event=True)
            return Update(collection, kind, params.get("id", NO_ID), params.get("fields"), params.get("extra"))
        if method == "notify_unsubscribed":
            error = params.get("error")
            if error is None:
                return Ended(collection, None)
            return Ended(collection, from_data(error) if isinstance(error, dict) else from_jsonrpc(error))
        return Fault(f"an unknown notification {short(method)}", of_event=True)
