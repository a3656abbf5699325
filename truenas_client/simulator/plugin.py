"""A pytest plugin: the fixture ``truenas``, a simulated NAS for one test.

Ask for it in a test module or the top ``conftest.py``::

    pytest_plugins = ["truenas_client.simulator.plugin"]

The fixture is a `ThreadedSimulator`: ``url``, ``users``, ``api_keys``, ``faults.add(...)``,
``restart()``, ``nas`` (to add methods of one's own) and more. It serves in a thread, so the
test may be plain or asynchronous and may start other programs. Arguments are passed on, and
several NAS tried, by indirect parameters::

    @pytest.mark.parametrize("truenas", [{"release": "25.10"}, {"tls": True}], indirect=True)
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .threaded import ThreadedSimulator

__all__ = ["truenas"]

SPEED = 100.0
"""Simulated seconds in a real one: jobs of the demo take minutes otherwise."""


@pytest.fixture
def truenas(request: pytest.FixtureRequest) -> Iterator[ThreadedSimulator]:
    """A simulated TrueNAS for this test."""
    options = {"speed": SPEED, **getattr(request, "param", {})}
    with ThreadedSimulator(**options) as nas:
        yield nas
