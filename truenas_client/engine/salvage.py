"""Find the call that an unreadable text answers.

Invariant: a text is taken as a call's answer only when it contains that call's id. Ids are random UUIDs, so no other
text contains one by chance.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .. import ejson
from ..exc import ProtocolError
from .errors import words
from .messages import Failure, Fault

__all__ = ["salvage"]

_ID = re.compile(r'"id"\s*:\s*"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')


def salvage(text: str, cause: Exception) -> Failure | Fault:
    """The failure of the call that this text answers, or a fault where no call can be found.

    ``cause`` is the error of the decoder.
    """
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        found = _ID.search(text)
        what = f"text that is not JSON: {words(cause)}"
        if found is None:
            return Fault(what)
        return Failure(found[1], ProtocolError(f"The server's answer is {what}"))
    what = f"a value that cannot be read: {words(cause)}"
    message_id = frame.get("id") if isinstance(frame, dict) and frame.get("msg", "result") == "result" else None
    if isinstance(message_id, str):
        error = ProtocolError(f"The server's answer holds {what}")
        if isinstance(frame.get("result"), list | dict):
            try:
                error.result = ejson.loads(json.dumps(frame["result"]), object_hook=_lenient)
            except (ejson.EJSONDecodeError, RecursionError):
                error.result = frame["result"]
        return Failure(message_id, error)
    of_event = isinstance(frame, dict) and ("method" in frame or "collection" in frame)
    return Fault(f"a frame with {what}", of_event)


def _lenient(value: dict[str, Any]) -> Any:
    try:
        return ejson.object_hook(value)
    except ejson.EJSONDecodeError:
        return value
