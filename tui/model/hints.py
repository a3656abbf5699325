"""Human readings of values: sizes beside big numbers of bytes, dates beside ``$date``, spans beside seconds.

A hint stands beside the value, never in its place, and only where the key says what the number means.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

__all__ = ["hint"]

_SIZE_KEY = re.compile(
    r"(?:^|_)(?:size|allocated|free|freeing|used|available|avail|usable|capacity|bytes|physmem|memory|quota|refquota"
    r"|reservation|refreservation|referenced|usedby\w+|logical\w*|recordsize|volsize|blocksize|written|total|swap)$"
    r"|(?:^|_)(?:bytes|size)(?:_|$)"
)
_NOT_A_SIZE = re.compile(r"(?:percent|count|rate|ratio|number|_id$|inodes|files)")
_SECONDS_KEY = re.compile(r"(?:^|_)(?:uptime_seconds|total_secs_left|duration|elapsed|seconds)$")
# zfs properties are objects; the member that holds the number speaks for the property above it.
_INNER_KEYS = frozenset({"parsed", "rawvalue"})
# Some keys hold megabytes or counts on some methods: a small number is not called bytes.
_LEAST_BYTES = 1 << 20
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def hint(key: str | int | None, value: Any, *, parent: str | int | None = None) -> str:
    """The reading of ``value`` under ``key`` (``parent`` is the key above), or "" when there is none.

    Numbers of bytes from 1 MiB up under keys that speak of sizes, seconds from two minutes up under keys that speak of
    spans, and dates and times, in UTC.
    """
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ" if value.second else "%Y-%m-%d %H:%MZ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return ""
    name = parent if isinstance(key, str) and key in _INNER_KEYS else key
    if not isinstance(name, str):
        return ""
    name = name.lower()
    if abs(value) >= _LEAST_BYTES and _SIZE_KEY.search(name) and not _NOT_A_SIZE.search(name):
        return _bytes(value)
    return _span(value) if value >= 120 and _SECONDS_KEY.search(name) else ""


def _bytes(value: float) -> str:
    if abs(value) >= 1024 ** (len(_UNITS) + 1):
        return ""
    unit = 0
    while abs(value) >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    return f"{value:.1f} {_UNITS[unit]}"


def _span(seconds: float) -> str:
    if seconds >= 1e10:
        return ""
    minutes = int(seconds) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes % 60:02}m" if hours else f"{minutes}m {int(seconds) % 60:02}s"
