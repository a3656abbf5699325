"""Simulated servers for the blocking client, which counts no logins of one test in the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from truenas_client import Client
from truenas_client.auth import budget
from truenas_client.simulator import ThreadedSimulator

from .nas import nas_of

__all__ = ["client", "nas"]


@pytest.fixture(autouse=True)
def no_login_counts() -> Iterator[None]:
    budget.forget_counts()
    yield
    budget.forget_counts()


@pytest.fixture
def nas(tmp_path: Path) -> Iterator[ThreadedSimulator]:
    with nas_of("26", tmp_path) as nas:
        yield nas


@pytest.fixture
def client(nas: ThreadedSimulator) -> Iterator[Client]:
    with Client(nas.url) as client:
        client.login_with_password("admin", "admin")
        yield client
