"""Sizes, lengths of time and moments in words; what a value gets by the name of its key."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.values.human import hint, human_duration, human_ms, human_size, human_time


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (732, "732 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (11957192654848, "10.9 TiB"),
        (2**80, "1048576.0 EiB"),
    ],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert human_size(count) == words


@pytest.mark.parametrize(
    ("count", "words"), [(42, "42 B"), (300, "0.3 kB"), (1400, "1.4 kB"), (999_999, "1.0 MB"), (2_500_000, "2.5 MB")]
)
def test_sizes_of_results_are_decimal(count: int, words: str) -> None:
    assert human_size(count, decimal=True) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(4, "0m 04s"), (842, "14m 02s"), (7500, "2h 05m"), (41 * 86400 + 3 * 3600, "41d 03h"), (-1, "0m 00s")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert human_duration(seconds) == words


@pytest.mark.parametrize(
    ("ms", "words"), [(0.42, "0.4 ms"), (18.2, "18 ms"), (999.7, "1.0 s"), (1234, "1.2 s"), (191_000, "3m 11s")]
)
def test_milliseconds_in_words(ms: float, words: str) -> None:
    assert human_ms(ms) == words


def test_moments_in_words_are_utc() -> None:
    assert human_time(1763683200000) == "2025-11-21 00:00Z"
    assert human_time(1763683201000) == "2025-11-21 00:00:01Z"
    assert human_time(datetime(2025, 11, 21, 2, tzinfo=timezone(timedelta(hours=2)))) == "2025-11-21 00:00Z"
    assert human_time(datetime(2025, 11, 21, tzinfo=UTC)) == "2025-11-21 00:00Z"
    assert human_time(1e30) == ""


@pytest.mark.parametrize(
    ("key", "value", "parent", "text"),
    [
        ("size", 11957192654848, None, "10.9 TiB"),
        ("allocated", 8291029381120, None, "7.5 TiB"),
        ("size", (1 << 30) - 1, None, "1.0 GiB"),
        ("size", 1 << 80, None, ""),
        ("used_bytes", 5 << 30, None, "5.0 GiB"),
        ("physmem", 68719476736, None, "64.0 GiB"),
        ("parsed", 1 << 30, "used", "1.0 GiB"),
        ("parsed", 1 << 30, "guid", ""),
        ("memory", 4096, None, ""),
        ("size", True, None, ""),
        ("size", "11957192654848", None, ""),
        ("size", float("nan"), None, ""),
        ("id", 11957192654848, None, ""),
        ("used_percent", 11957192654848, None, ""),
        (0, 11957192654848, None, ""),
        ("uptime_seconds", 3_600_000.5, None, "41d 16h"),
        ("duration", 3_720, None, "1h 02m"),
        ("duration", 125, None, "2m 05s"),
        ("duration", 5, None, ""),
        ("when", datetime(2025, 11, 21, tzinfo=UTC), None, "2025-11-21 00:00Z"),
        ("when", datetime(2025, 11, 21, 1, 2, 3, tzinfo=UTC), None, "2025-11-21 01:02:03Z"),
        (None, date(2025, 11, 21), None, "2025-11-21"),
    ],
)
def test_hints(key: str | int | None, value: Any, parent: str | None, text: str) -> None:
    assert hint(key, value, parent=parent) == text


@given(key=st.text() | st.sampled_from(["size", "used", "duration"]), value=st.integers() | st.floats())
def test_hints_are_short_and_never_fail(key: str, value: float) -> None:
    assert len(hint(key, value)) < 24
