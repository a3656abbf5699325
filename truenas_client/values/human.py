"""Sizes, durations and times in readable form, and hints for a value by the name of its key.

A `hint` is shown beside the value, never in its place, and only where the key shows what the number means.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

__all__ = ["hint", "human_duration", "human_ms", "human_size", "human_time"]


def human_size(count: float, *, decimal: bool = False) -> str:
    """A number of bytes: `10.9 TiB`, or with `decimal` in powers of 1000, `1.4 kB`."""
    base, units = (1000, "kMGTPE") if decimal else (1024, "KMGTPE")
    if abs(count) < base and not decimal:
        return f"{count:.0f} B"
    if abs(count) < 100:
        return f"{count:.0f} B"
    unit = ""
    value = float(count)
    for letter in units:
        value /= base
        unit = letter
        if abs(value) < base - 0.05:
            break
    return f"{value:.1f} {unit}{'B' if decimal else 'iB'}"


def human_duration(seconds: float) -> str:
    """A duration in its two largest units: `0m 04s`, `14m 02s`, `2h 05m`, `41d 03h`."""
    whole = max(int(seconds), 0)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour:02d}h"
    if hours:
        return f"{hours}h {minute:02d}m"
    return f"{minutes}m {second:02d}s"


def human_ms(milliseconds: float) -> str:
    """A short duration: `0.4 ms`, `18 ms`, `1.2 s`, `3m 11s`."""
    if milliseconds < 1:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    return human_duration(milliseconds / 1000)


def human_time(moment: datetime | float) -> str:
    """A time, from a datetime or from ms since 1970, in UTC: `2025-11-21 00:00Z`; seconds only when not zero."""
    if isinstance(moment, datetime):
        when = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    else:
        try:
            when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
        except (OverflowError, ValueError):
            return ""
    return when.strftime("%Y-%m-%d %H:%M:%SZ" if when.second else "%Y-%m-%d %H:%MZ")


# Texts, which `re` compiles when the first value has such a key: the app's first screen shows none.
_SIZE_KEY = (
    r"(?:^|_)(?:size|allocated|free|freeing|used|available|avail|usable|capacity|bytes|physmem|memory|quota|refquota"
    r"|reservation|refreservation|referenced|usedby\w+|logical\w*|recordsize|volsize|blocksize|written|total|swap)$"
    r"|(?:^|_)(?:bytes|size)(?:_|$)"
)
_NOT_A_SIZE = r"(?:percent|count|rate|ratio|number|_id$|inodes|files)"
_PERCENT_KEY = r"(?:^|_)(?:percent(?:age)?|pct|fragmentation)$"
_SECONDS_KEY = r"(?:^|_)(?:uptime_seconds|total_secs_left|duration|elapsed|seconds)$"
# A ZFS property is an object. For its member with the number, the key of the property counts.
_INNER_KEYS = frozenset({"parsed", "rawvalue"})
# In some methods such keys hold megabytes or counts, so a small number gets no hint in bytes.
_LEAST_BYTES = 1 << 20
_MOST_BYTES = 1 << 80
"""A larger number under such a key is no size."""


def hint(key: str | int | None, value: Any, *, parent: str | int | None = None) -> str:
    """The readable form of ``value`` under ``key`` (``parent`` is the key above), or "" when it has none.

    These have one: bytes from 1 MiB up under keys that name sizes, seconds from two minutes up under keys that name
    durations, percentages, and dates and times (in UTC).
    """
    if isinstance(value, datetime):
        return human_time(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return ""
    name = parent if isinstance(key, str) and key in _INNER_KEYS else key
    if not isinstance(name, str):
        return ""
    name = name.lower()
    if abs(value) >= _LEAST_BYTES and re.search(_SIZE_KEY, name) and not re.search(_NOT_A_SIZE, name):
        return human_size(value) if abs(value) < _MOST_BYTES else ""
    if re.search(_PERCENT_KEY, name) and abs(value) < 1e6:
        return f"{value:.4g} %"
    return _span(value) if value >= 120 and re.search(_SECONDS_KEY, name) else ""


def _span(seconds: float) -> str:
    if seconds >= 1e10:
        return ""
    minutes = int(seconds) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes % 60:02}m" if hours else f"{minutes}m {int(seconds) % 60:02}s"
