"""What the tests of logins share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from truenas_client.auth import budget

from .ways import elsewhere, frames

__all__ = ["elsewhere", "frames"]


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    """Ports come again; what was counted for one must not hold for the next server there."""
    budget.forget_counts()
    yield
    budget.forget_counts()
