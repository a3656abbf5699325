"""A tenth of the random schedules; `python -m tests.soak schedules` plays them all."""

from __future__ import annotations

import pytest

from .schedules import Figures, run

SCHEDULES = 1000
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_invariant_holds_in_every_order(part: int) -> None:
    total = Figures()
    for seed in range(part, SCHEDULES, PARTS):
        try:
            total.add(run(seed))
        except AssertionError as e:
            raise AssertionError(f"schedule {seed}: {e}") from e
    # Without these the invariants would hold of nothing.
    assert min(total.losses, total.refusals, total.events) > 50
    for kind in ("success", "CallTimeout", "NotAJob", "JobFailed", "JobAborted", "JobLost", "ConnectionLost"):
        assert total.outcomes[kind] > 50, kind


def test_a_schedule_depends_on_its_seed_alone() -> None:
    assert run(7) == run(7)
