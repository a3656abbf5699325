"""A tap on the texts of a connection: what a log of the wire shows of each, with its secrets masked.

A tap is off until ``tell`` is set; while it is off, it costs a driver one look at an attribute. Invariants: a reported
text holds no secret that `secrets.redact` knows, logins included; a text longer than `LONGEST` is reported without its
content; a tap serves one client from connection to connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import ejson
from .envelope import open_envelope

__all__ = ["LONGEST", "Frame", "Tap"]

LONGEST = 100_000
"""Characters of a text that is decoded and masked a second time, for the log."""
MOST_CALLS = 1000
"""Calls whose answers are recognised. There are ten in flight at most; the others were lost with their connection."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One text. ``kind`` is call, answer, error, event or other; ``method`` is that of the call, or the event's name.

    ``value`` is the masked content, None for a text that was too long or too deep; ``seconds`` is how long
    after its call an answer came.
    """

    outgoing: bool
    kind: str
    method: str
    message_id: str | None
    value: Any
    size: int
    seconds: float | None = None


class Tap:
    """Calls ``tell`` with each text of a client while one is set."""

    def __init__(self) -> None:
        self.tell: Callable[[Frame], None] | None = None
        self._calls: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def sent(self, text: str, method: str, message_id: str, now: float) -> None:
        """Report a text that left, and remember its call."""
        if self.tell is None:
            return
        self._calls[message_id] = (method, now)
        if len(self._calls) > MOST_CALLS:
            self._calls.popitem(last=False)
        from ..secrets.redact import redact  # here, because a client without a log needs none of it

        value = None if len(text) > LONGEST else _unless_too_deep(lambda: redact(_decoded(text)))
        self.tell(Frame(True, "call", method, message_id, value, len(text)))

    def received(self, text: str, now: float) -> None:
        """Report a received text."""
        if self.tell is None:
            return
        if len(text) > LONGEST:
            envelope = open_envelope(text)
            self.unread(envelope.id if envelope is not None else None, len(text), now)
            return
        from ..secrets.redact import redact, redact_result, redact_text

        value = _decoded(text)
        if not isinstance(value, dict):
            self.tell(Frame(False, "other", "", None, redact_text(text), len(text)))
            return
        message_id = value.get("id")
        method, left = self._calls.pop(message_id, ("", None)) if isinstance(message_id, str) else ("", None)
        kind, name = _kind_of(value)
        masked = _unless_too_deep(
            lambda: {
                key: redact_result(method, member) if key == "result" else redact(member, method or name, key)
                for key, member in value.items()
            }
        )
        seconds = None if left is None else now - left
        self.tell(
            Frame(False, kind, method or name, message_id if left is not None else None, masked, len(text), seconds)
        )

    def unread(self, message_id: str | None, size: int, now: float) -> None:
        """Report a long text that came, without its content."""
        if self.tell is not None:
            method, left = self._calls.pop(message_id or "", ("", None))
            self.tell(Frame(False, "answer", method, message_id, None, size, None if left is None else now - left))


def _unless_too_deep(masked: Callable[[], Any]) -> Any:
    """The masked content; None where it is nested too deeply for that. The connection must not end for its log."""
    try:
        return masked()
    except RecursionError:
        return None


def _decoded(text: str) -> Any:
    try:
        return ejson.loads(text)
    except (ejson.EJSONDecodeError, RecursionError):
        return text


def _kind_of(value: dict[str, Any]) -> tuple[str, str]:
    """The kind of a received text, and the name that it shows itself."""
    params = value.get("params")
    about = params if isinstance(params, dict) else value
    name = about.get("collection")
    name = name if isinstance(name, str) else ""
    if value.get("error") is not None:
        return ("event" if name else "error"), name
    if "result" in value or value.get("msg") in ("result", "ready", "connected", "pong"):
        return "answer", name
    return ("event" if name else "other"), name
