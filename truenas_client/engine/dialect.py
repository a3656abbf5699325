"""What both dialects can do; the only place where a driver could tell them apart.

A dialect makes texts and reads texts. It owns no ids and no state but what the
server said about this connection. `receive` never raises: the two kinds of fault
are the peer's (`Fault`, or a `Failure` of the one call that holds it) and ours
(`ClientException` from the methods that encode: nothing was sent).
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
    """One connection's way of speaking."""

    name: str
    """``jsonrpc`` or ``ddp``."""

    new_style_jobs: bool
    """Whether job calls answer when the job ends; true only once the server has said so."""

    def greeting(self, message_id: str) -> str | None:
        """The text that must come first and be answered, or None where there is none."""

    def options(self, *, private_methods: bool, py_exceptions: bool = False) -> tuple[str, list[Any]] | None:
        """Method and arguments of the call that sets a connection's options, or None."""

    def options_answered(self, answer: Any) -> None:
        """Take in the answer to it (None for a server without such a method)."""

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
    """What the server makes of an object; it cannot read a set that holds lists, objects or sets."""
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

    Raises `ClientException` when one cannot be written as JSON, or looks like one of
    the extended forms but is not: the server would answer such a text without saying
    which call it belongs to, or close the connection.
    """
    if not params:
        return "[]"
    try:
        # ensure_ascii=False and no spaces: the server limits characters, not bytes.
        text = _encoder.encode(list(params))
        if not text.isascii():
            # A byte of a file name that is not UTF-8 is a lone surrogate in both directions. As such it cannot be
            # encoded; the server takes its escape.
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
