"""Calls of a session without a screen: what leaves, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from truenas_client.simulator import Call, Simulator
from tui.session.session import Session
from tui.session.target import Target


@asynccontextmanager
async def opened(nas: Simulator, *, writable: bool = True) -> AsyncIterator[Session]:
    session = Session(Target.of(nas.url, "admin", nas.users["admin"]["password"], writable=writable))
    await session.open()
    try:
        yield session
    finally:
        await session.close()


async def test_a_write_leaves_only_after_its_review_and_with_the_lock_open(nas: Simulator) -> None:
    ran = []

    @nas.method("demo.write")
    def write(call: Call) -> int:
        ran.append(call)
        return len(ran)

    async with opened(nas) as session:
        caller = session.caller
        call = caller.new("demo.write", [])
        assert caller.asks(call)
        await caller.run(call)
        assert (call.state, call.failure.title) == ("failed", "Not sent")
        assert "not confirmed" in call.failure.reason
        locked = caller.new("demo.write", [])
        locked.reviewed = True
        caller.allow_writes(False)
        assert not caller.asks(locked), "it would be refused anyway"
        await caller.run(locked)
        assert locked.state == "failed"
        assert not ran
        caller.allow_writes(True)
        reviewed = caller.new("demo.write", [])
        reviewed.reviewed = True
        await caller.run(reviewed)
        assert (reviewed.state, reviewed.value, len(ran)) == ("done", 1, 1)
        await caller.run(reviewed)
        assert len(ran) == 1, "one confirmation, one call"


async def test_calls_run_in_tasks_of_the_session_and_end_with_it(nas: Simulator) -> None:
    started = asyncio.Event()

    @nas.method("demo.slow", roles=["READONLY_ADMIN"])
    async def slow(call: Call) -> None:
        started.set()
        await asyncio.Event().wait()

    async with opened(nas) as session:
        caller = session.caller
        quick, ended = caller.new("system.info", []), asyncio.Event()
        caller.send(quick, ended.set)
        await asyncio.wait_for(ended.wait(), 20)
        assert quick.state == "done"
        assert caller.last["system.info"] is quick
        assert not caller.cancel(quick)
        calls = [caller.new("demo.slow", []) for _ in range(2)]
        for call in calls:
            caller.send(call)
        await asyncio.wait_for(started.wait(), 20)
        assert caller.waits("demo.slow")
        assert caller.cancel(calls[0])
    assert [call.state for call in calls] == ["cancelled", "cancelled"]
    await caller.run(again := caller.new("system.info", []))
    assert again.failure.title == "Offline"
