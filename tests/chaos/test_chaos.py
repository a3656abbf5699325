"""A share of the chaos; `python -m tests.soak chaos` makes it all."""

from __future__ import annotations

import pytest

from .run import chaos


@pytest.mark.parametrize("legacy", [False, True], ids=["jsonrpc", "ddp"])
async def test_nothing_is_lost_silently(legacy: bool) -> None:
    figures = await chaos(calls=500, jobs=15, subscriptions=20, disconnects=30, deadline=60, legacy=legacy)
    assert len([kind for kind, count in figures.faults.items() if count]) > 5
    assert figures.calls["success"] > 250
    assert figures.calls["ConnectionLost"] > 0
    assert figures.jobs["success"] > 0
    assert figures.gaps > 20
    assert figures.events > 20
