"""What a subscription does for a consumer that falls behind."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import AsyncSubscription, Event, Gap, SubscriptionEnded
from truenas_client.engine.inbox import Inbox
from truenas_client.engine.messages import Update


def inbox(overflow: str, limit: int = 3) -> Inbox:
    return Inbox("x", limit=limit, overflow=overflow)  # type: ignore[arg-type]


def update(record: int, value: int) -> Update:
    return Update("x", "changed", record, {"v": value}, None)


def drained(events: Inbox) -> list[tuple[int, int] | Gap]:
    events.finish(None)
    seen: list[tuple[int, int] | Gap] = []
    while (event := events.next()) is not None:
        seen.append(event if isinstance(event, Gap) else (event.id, event.fields["v"]))
    return seen


@pytest.mark.parametrize("overflow", ["drop", "coalesce"])
def test_it_is_empty_when_nothing_can_be_taken(overflow: str) -> None:
    events = inbox(overflow, 1)
    assert events.empty
    for fill in (lambda: events.push(update(1, 1)), lambda: events.gap("lost"), lambda: events.push(update(2, 1))):
        fill()
        assert not events.empty
    while not events.empty:
        assert events.next() is not None
    assert events.next() is None


def test_coalescing_keeps_the_newest_of_each_record_in_its_place() -> None:
    events = inbox("coalesce")
    for record, value in [(1, 1), (2, 1), (1, 2), (1, 3), (2, 2)]:
        events.push(update(record, value))
    assert drained(events) == [(1, 3), (2, 2)]
    assert events.dropped == 3


def test_coalescing_is_bounded_too() -> None:
    events = inbox("coalesce")
    for record in range(5):
        events.push(update(record, 0))
    assert drained(events) == [Gap("the consumer was slow", 2), (2, 0), (3, 0), (4, 0)]


def test_coalescing_by_a_key_of_ones_own() -> None:
    events = Inbox("x", overflow="coalesce", key=lambda event: event.fields["v"] % 2)
    for value in range(6):
        events.push(update(value, value))
    assert drained(events) == [(4, 4), (5, 5)]


def test_ending_instead_of_missing_anything() -> None:
    events = inbox("end")
    for record in range(5):
        events.push(update(record, 0))
    seen = [events.next() for _ in range(3)]
    assert [event.id for event in seen if isinstance(event, Event)] == [0, 1, 2]
    assert events.next() is None
    assert events.finished
    assert isinstance(events.ended, SubscriptionEnded)
    assert "3 events waited" in str(events.ended)


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 8))
def test_what_is_dropped_is_counted_and_what_is_left_is_in_order(records: list[int], queue: int) -> None:
    events = inbox("drop", queue)
    for turn, record in enumerate(records):
        events.push(update(record, turn))
    seen = drained(events)
    dropped = max(0, len(records) - queue)
    kept = [(record, turn) for turn, record in enumerate(records)][dropped:]
    assert seen == ([Gap("the consumer was slow", dropped)] if dropped else []) + kept
    assert events.dropped == dropped


def test_gaps_with_no_event_between_them_are_one() -> None:
    events = inbox("drop")
    events.gap("first")
    events.gap("second")
    events.push(update(1, 1))
    events.gap("third")
    assert drained(events) == [Gap("first", None), (1, 1), Gap("third", None)]


def test_a_gap_that_is_dropped_makes_the_number_unknown() -> None:
    events = inbox("drop", 2)
    events.gap("lost")
    for turn in range(3):
        events.push(update(turn, 0))
    assert drained(events) == [Gap("the consumer was slow", None), (1, 0), (2, 0)]


def test_nothing_comes_after_the_end() -> None:
    woken = []
    events = Inbox("x", lambda: woken.append(1))
    events.push(update(1, 1))
    events.source_ended(None)
    events.push(update(2, 2))
    events.gap("late")
    assert len(woken) == 2
    assert drained(events) == [(1, 1)]


def test_a_queue_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        inbox("drop", 0)


async def test_a_consumer_that_never_waits_leaves_turns_to_others() -> None:
    events = AsyncSubscription("x", None)  # type: ignore[arg-type] # no server behind it
    for record in range(200):
        events.inbox.push(update(record, 0))
    events.inbox.finish(None)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    async for _ in events:
        until = time.perf_counter() + 0.001
        while time.perf_counter() < until:
            pass  # work that takes a millisecond
    task.cancel()
    assert turns > 10
