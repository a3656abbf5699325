from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from truenas_client.engine.ledger import ANNOUNCE_SECONDS, Call, JobLane, Lane, Ledger, lane_of
from truenas_client.engine.sizes import send_limit


def call(number: int, lane: Lane) -> Call:
    return Call(f"id-{number}", "m", lane)


class Schedules(RuleBasedStateMachine):
    """Random calls, answers, cancels and time, against the invariants of the ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.now = 0.0
        self.number = 0
        self.queued: list[Call] = []
        self.flying: list[Call] = []

    def granted(self, calls: list[Call]) -> None:
        for item in calls:
            same_lane = [c for c in self.queued if c.lane is item.lane]
            assert same_lane[0] is item, "first in, first out"
            self.queued.remove(item)
            item.sent = True
            self.flying.append(item)

    @rule(lane=st.sampled_from(Lane))
    def add(self, lane: Lane) -> None:
        self.number += 1
        item = call(self.number, lane)
        if self.ledger.add(item, self.now):
            assert not any(c.lane is lane for c in self.queued), "nobody jumps the queue"
            item.sent = True
            self.flying.append(item)
        else:
            self.queued.append(item)

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.flying))
        assert self.ledger.answered(item.id) is item
        assert self.ledger.answered(item.id) is None, "a second answer is nobody's"
        self.flying.remove(item)
        self.granted(self.ledger.grants(self.now))

    @precondition(lambda self: self.flying or self.queued)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.flying + self.queued))
        before = self.ledger.in_flight
        self.ledger.abandon(item)
        assert self.ledger.in_flight == before, "an abandoned call keeps its slot"
        if item in self.queued:
            self.queued.remove(item)

    @rule(seconds=st.floats(0, 2))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.granted(self.ledger.grants(self.now))

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def announce(self, data: st.DataObject) -> None:
        self.ledger.announced(data.draw(st.sampled_from(self.flying)).id)
        self.granted(self.ledger.grants(self.now))

    @rule()
    def lose(self) -> None:
        left = self.ledger.close()
        assert left == [*self.flying, *left[len(self.flying) :]]
        assert set(left) == {*self.flying, *self.queued}
        self.flying, self.queued = [], []

    @invariant()
    def slots(self) -> None:
        held = {lane: sum(c.lane is lane for c in self.flying) for lane in Lane}
        assert self.ledger.in_flight == len(self.flying) <= 10
        assert held[Lane.JOB] <= 7
        assert held[Lane.JOB] + held[Lane.CALL] <= 9
        assert self.ledger.queued == len(self.queued)
        waiting = sum(c.lane is Lane.JOB for c in self.queued)
        assert self.ledger.job_lane == JobLane(held[Lane.JOB], waiting)
        if any(c.lane is Lane.CONTROL for c in self.queued):
            assert len(self.flying) == 10, "a control call waits only for the last slot"


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(stateful_step_count=40)


def test_one_unannounced_job_start_at_a_time() -> None:
    ledger = Ledger()
    first, second, third = (call(n, Lane.JOB) for n in range(3))
    assert ledger.add(first, 0.0)
    assert not ledger.add(second, 0.1)
    assert not ledger.add(third, 0.1)
    assert ledger.wake_at() == ANNOUNCE_SECONDS
    assert ledger.grants(0.5) == []
    ledger.announced(first.id)
    assert ledger.grants(0.5) == [second]
    assert ledger.wake_at() == 0.5 + ANNOUNCE_SECONDS
    assert ledger.grants(0.5 + ANNOUNCE_SECONDS) == [third], "a transient job is never announced"


def test_control_calls_get_through_nine_busy_slots() -> None:
    ledger = Ledger()
    for number in range(9):
        assert ledger.add(call(number, Lane.CALL), 0.0)
    assert not ledger.add(call(9, Lane.CALL), 0.0)
    assert ledger.add(call(10, Lane.CONTROL), 0.0)
    assert not ledger.add(call(11, Lane.CONTROL), 0.0)


def test_a_granted_call_that_never_left_frees_its_slot() -> None:
    ledger = Ledger()
    item = call(1, Lane.CALL)
    assert ledger.add(item, 0.0)
    ledger.abandon(item)
    assert ledger.in_flight == 0


def test_a_job_does_not_wait_for_a_pause_in_the_calls() -> None:
    ledger = Ledger()
    flying = [call(number, Lane.CALL) for number in range(9)]
    for item in flying:
        assert ledger.add(item, 0.0)
    assert not ledger.add(call(9, Lane.CALL), 0.0)
    job = call(10, Lane.JOB)
    assert not ledger.add(job, 0.0)
    for number in range(11, 14):
        assert not ledger.add(call(number, Lane.CALL), 0.0)
        ledger.answered(flying.pop(0).id)
        flying += ledger.grants(0.0)
    assert job in flying, "first in, first out"


def test_size_limits() -> None:
    assert send_limit("pool.query", signed_in=False) == 8192
    assert send_limit("pool.query", signed_in=True) == 65536
    assert send_limit("filesystem.file_receive", signed_in=True) == 2097152
    assert send_limit("filesystem.file_receive", signed_in=False) == 8192


def test_lanes() -> None:
    assert lane_of("core.job_abort") is lane_of("auth.login_ex") is lane_of("core.subscribe") is Lane.CONTROL
    assert lane_of("pool.query") is lane_of("core.get_jobs") is Lane.CALL
