"""The interface that both dialects, JSON-RPC and the old protocol, offer to the conversation.

A dialect encodes and decodes messages. It keeps no state except what the server
said about this connection. `receive` never raises: unreadable text becomes a
`Fault`, or a `Failure` of the call that it answers. The encoding methods raise
`ClientException` for bad arguments, and then nothing was sent.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from .. import ejson
from ..exc import ClientException
from .messages import Message

__all__ = ["Dialect", "encode_params", "quoted"]


class Dialect(Protocol):
    """The dialect of one connection."""

    name: str
    """``jsonrpc`` or ``ddp``."""

    new_style_jobs: bool
    """Whether job calls answer when the job ends; true only once the server has said so."""

    def greeting(self, message_id: str) -> str | None:
        """The text that must be sent first and is answered; None where the protocol has no greeting."""

    def options(self, *, private_methods: bool, py_exceptions: bool = False) -> tuple[str, list[Any]] | None:
        """Method and arguments of the call that sets a connection's options, or None."""

    def options_answered(self, answer: Any) -> None:
        """Take in the answer to that call (None where the server has no such method)."""

    def encode(self, message_id: str, method: str, params: Sequence[Any]) -> str:
        """The text of a call. Raises `ClientException` for arguments the server could not read."""

    def subscribe(self, message_id: str, name: str) -> str:
        """The text of a subscription; it is answered with the handle."""

    def unsubscribe(self, message_id: str, handle: str) -> tuple[str, bool]:
        """The text that ends a subscription, and whether it is answered."""

    def receive(self, text: str) -> list[Message]:
        """The messages in one received text."""


_SURROGATE = re.compile("[\ud800-\udfff]")
_encoder = ejson.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _form(value: dict[str, Any]) -> Any:
    """Decode an object as the server does. The server cannot read a set that holds lists, objects or sets."""
    inside = value.get("$set") if len(value) == 1 else None
    if isinstance(inside, list) and any(isinstance(item, list | dict | set) for item in inside):
        raise ejson.EJSONDecodeError("$set: the server takes no lists, objects or sets inside a set")
    return ejson.object_hook(value)


@lru_cache(maxsize=2048)
def quoted(name: str) -> str:
    """A method's or event's name as JSON; the same few names are sent over and over."""
    return json.dumps(name)


def encode_params(method: str, params: Sequence[Any]) -> str:
    """Positional arguments as compact JSON.

    Raises `ClientException` for an argument that cannot be written as JSON, and for one that
    looks like an extended form but is invalid: the server would refuse the text without
    naming the call (recorded: flow invalid_json_and_batch), or close the connection.
    """
    if not params:
        return "[]"
    try:
        # ensure_ascii=False and no spaces: the server's limits count characters, so escapes and spaces waste room.
        text = _encoder.encode(list(params))
        if not text.isascii():
            # Python, here and on the server, keeps a byte of a file name that is not UTF-8 as a lone surrogate. A
            # surrogate cannot be sent as UTF-8, but the server accepts its escape.
            text = _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    except (TypeError, ValueError, RecursionError) as e:
        raise ClientException(f"{method}: the arguments cannot be written as JSON: {e}", errno.EINVAL) from None
    if '"$' in text:
        try:
            ejson.loads(text, object_hook=_form)
        except ejson.EJSONDecodeError as e:
            raise ClientException(
                f"{method}: an argument holds a special form that is not valid: {e}", errno.EINVAL
            ) from None
    return text
