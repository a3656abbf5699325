"""What a session keeps of jobs and events: odd rows cost themselves alone, and floods cost bounded memory."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.feed import MOST_BYTES, Feed
from tui.model.panel import Panel
from tui.session.stores import Job, JobStore

ROW: dict[str, Any] = {
    "id": 7,
    "method": "pool.scrub.scrub",
    "state": "RUNNING",
    "progress": {"percent": 40, "description": "Scrubbing"},
    "arguments": ["tank"],
    "message_ids": ["a"],
    "credentials": {"type": "LOGIN_PASSWORD", "data": {"username": "ada"}},
    "time_started": datetime(2026, 1, 1, tzinfo=UTC),
}
ODD = st.sampled_from([None, True, 5, 10**400, -1, float("nan"), "", "x", [], [1], {}, {"$date": 10**15}, "\ud800"])


@pytest.mark.parametrize(
    "odd",
    [
        {"message_ids": 5},
        {"time_started": {"$date": 10**15}},
        {"progress": {"percent": 10**400}},
        {"progress": [1], "credentials": "x", "exc_info": 5, "arguments": {"$set": [[1]]}},
        {"state": {"a": 1}, "method": 5, "description": ["x"], "result": {"a": [None]}},
    ],
)
def test_an_odd_row_is_shown_as_far_as_it_can_be_read_and_the_others_whole(odd: dict[str, Any]) -> None:
    jobs = JobStore()
    jobs.fill([ROW, {**ROW, "id": 8, **odd}, {**ROW, "id": 9}])
    assert [job.id for job in jobs.newest_first()] == [9, 8, 7]
    kept = jobs.get(7)
    assert kept is not None
    assert replace(kept, pace=None) == Job.from_fields(ROW)
    assert jobs.get(9) is not None


@pytest.mark.parametrize("row", [None, 5, "x", [], {}, {"id": None}, {"id": "7"}, {"id": True}, {"id": [1]}])
def test_a_row_without_a_number_is_left_out(row: Any) -> None:
    jobs = JobStore()
    jobs.fill([row, ROW])
    assert [job.id for job in jobs.newest_first()] == [7]


@given(st.dictionaries(st.sampled_from([*ROW, "result", "error", "exception", "exc_info", "logs_excerpt"]), ODD))
def test_no_row_raises(odd: dict[str, Any]) -> None:
    job = Job.from_fields({**ROW, **odd})
    if job is not None:
        job.elapsed()
        assert isinstance(hash(job), int)


def test_jobs_with_large_results_take_little_room() -> None:
    jobs = JobStore(limit=30)
    tracemalloc.start()
    try:
        for number in range(60):
            result = {"lines": [f"{number} {line} " + "x" * 80 for line in range(1000)]}
            fields = {**ROW, "id": number, "state": "RUNNING" if number % 2 else "SUCCESS", "result": result}
            job = Job.from_fields({**fields, "logs_excerpt": "y" * 100_000, "exception": "z" * 100_000})
            assert job is not None
            jobs.put(job)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()
    newest = jobs.get(59)
    assert newest is not None
    assert newest.result.startswith('{"lines": ["59 0 xxx')
    assert newest.logs.endswith("yyy")


def test_a_feed_keeps_so_many_events_and_so_many_bytes() -> None:
    feed = Feed("x", limit=100)
    for number in range(150):
        feed.add("added", number, {"n": number})
    assert [event.id for event in Panel(feed).shown()][-1] == 50
    for number in range(200):
        feed.add("changed", number, {"text": "x" * 1_000_000})
    assert feed.seen == 350
    assert 20 < len(feed.events) <= MOST_BYTES / 1_000_000
    feed.add("changed", "huge", "x" * (2 * MOST_BYTES))
    assert [event.id for event in feed.events] == ["huge"]
    feed.add("changed", "small", {})
    assert [event.id for event in feed.events][-1] == "small"
