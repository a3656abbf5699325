"""Find the id of a very long answer, and where its result begins and ends, without decoding the text."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Envelope", "open_envelope"]

_EDGE = 1000
"""Characters searched on either side of the result. The other members of an answer are short."""
_MEMBER = r'"(?:jsonrpc|id|msg)"\s*:\s*"[^"\\]*"'
_HEAD = re.compile(rf'\s*\{{(\s*(?:{_MEMBER}\s*,\s*)*)"result"\s*:\s*')
_TAIL = re.compile(rf"((?:\s*,\s*{_MEMBER})*)\s*\}}\s*$")
_ID = re.compile(r'"id"\s*:\s*"([^"\\]*)"')


class Envelope(NamedTuple):
    """The id of an answered call, and where in the text its result begins and ends."""

    id: str
    start: int
    end: int


def open_envelope(text: str) -> Envelope | None:
    """The envelope of an answer that holds a result, in either dialect; None for any other text.

    Only both ends of the text are read, so the result between them may still be invalid JSON.
    """
    head = _HEAD.match(text[:_EDGE])
    edge = max(len(text) - _EDGE, head.end() if head else 0)
    tail = _TAIL.search(text[edge:])
    if head is None or tail is None:
        return None
    found = _ID.search(head[1]) or _ID.search(tail[1])
    end = edge + tail.start()
    return Envelope(found[1], head.end(), end) if found is not None and end > head.end() else None
