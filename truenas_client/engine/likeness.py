"""Whether the arguments in a job's event can be the arguments that we sent.

The server changes them: it masks secrets, cuts times to seconds and (27) writes MAC
addresses in lower case. It pads a list that fails validation with null to the number of
parameters. On an older API path it fills in defaults, in the list and in objects.

Invariant: the server's arguments may contain more than ours. Nothing of ours may be missing or different.
"""

from __future__ import annotations

import re
from typing import Any

from ..secrets import MASK

__all__ = ["extends"]

_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")


def extends(ours: list[Any], theirs: Any) -> bool:
    """Whether ``theirs`` are our arguments, perhaps with more at the end and inside objects."""
    return (
        isinstance(theirs, list) and len(theirs) >= len(ours) and all(map(_is, ours, theirs))  # the shorter decides
    )


def _is(ours: Any, theirs: Any) -> bool:
    from datetime import datetime  # most programs look at no job

    if theirs == MASK:
        return True
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() <= theirs.keys() and all(_is(value, theirs[name]) for name, value in ours.items())
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_is, ours, theirs))
    if isinstance(ours, datetime) and isinstance(theirs, datetime):
        return ours.replace(microsecond=0) == theirs.replace(microsecond=0)
    if isinstance(ours, str) and isinstance(theirs, str) and _MAC.fullmatch(ours):
        return ours.lower() == theirs.lower()
    if isinstance(ours, bool) is not isinstance(theirs, bool):
        return False  # 1 equals True in Python, and is another argument
    return bool(ours == theirs) or (ours != ours and theirs != theirs)  # NaN, which never equals itself
