"""What a subscription does for a consumer that falls behind."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import AsyncSubscription, Event, Gap, SubscriptionEnded
from truenas_client.engine.messages import Update


async def _nothing(subscription: AsyncSubscription) -> None:
    """No server behind these subscriptions."""


def subscription(overflow: str, queue: int = 3) -> AsyncSubscription:
    return AsyncSubscription("x", _nothing, _nothing, queue=queue, overflow=overflow)  # type: ignore[arg-type]


def update(record: int, value: int) -> Update:
    return Update("x", "changed", record, {"v": value}, None)


async def drained(events: AsyncSubscription) -> list[tuple[int, int] | Gap]:
    events.finish(None)
    seen: list[tuple[int, int] | Gap] = []
    async for event in events:
        seen.append(event if isinstance(event, Gap) else (event.id, event.fields["v"]))
    return seen


async def test_coalescing_keeps_the_newest_of_each_record_in_its_place() -> None:
    events = subscription("coalesce")
    for record, value in [(1, 1), (2, 1), (1, 2), (1, 3), (2, 2)]:
        events.push(update(record, value))
    assert await drained(events) == [(1, 3), (2, 2)]
    assert events.dropped == 3


async def test_coalescing_is_bounded_too() -> None:
    events = subscription("coalesce")
    for record in range(5):
        events.push(update(record, 0))
    assert await drained(events) == [Gap("the consumer was slow", 2), (2, 0), (3, 0), (4, 0)]


async def test_coalescing_by_a_key_of_ones_own() -> None:
    events = AsyncSubscription("x", _nothing, _nothing, overflow="coalesce", key=lambda event: event.fields["v"] % 2)
    for value in range(6):
        events.push(update(value, value))
    assert await drained(events) == [(4, 4), (5, 5)]


async def test_ending_instead_of_missing_anything() -> None:
    events = subscription("end")
    for record in range(5):
        events.push(update(record, 0))
    seen = [await anext(events) for _ in range(3)]
    assert [event.id for event in seen if isinstance(event, Event)] == [0, 1, 2]
    with pytest.raises(SubscriptionEnded, match="3 events waited"):
        await anext(events)


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 8))
async def test_what_is_dropped_is_counted_and_what_is_left_is_in_order(records: list[int], queue: int) -> None:
    events = subscription("drop", queue)
    for turn, record in enumerate(records):
        events.push(update(record, turn))
    seen = await drained(events)
    dropped = max(0, len(records) - queue)
    kept = [(record, turn) for turn, record in enumerate(records)][dropped:]
    assert seen == ([Gap("the consumer was slow", dropped)] if dropped else []) + kept
    assert events.dropped == dropped


def test_a_queue_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        subscription("drop", 0)


async def test_a_consumer_that_never_waits_leaves_turns_to_others() -> None:
    events = subscription("drop", queue=1000)
    for record in range(200):
        events.push(update(record, 0))
    events.finish(None)
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
