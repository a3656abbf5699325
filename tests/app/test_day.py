"""A small share of the day; `python -m tests.soak day` plays it all."""

from __future__ import annotations

import pytest

from tests.day.run import PASSWORD, day
from tui.section_specs import SECTIONS


async def test_a_day_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "admin")
    figures = await day(hours=0.005, speed=50.0, rounds=1, parts=2)
    assert (figures.restarts, figures.refusals, figures.expiries) == (1, 1, 1)
    assert set(figures.sections) == {spec.id for spec in SECTIONS}
    assert figures.jobs["success"] > 0
    assert figures.gaps > 0
