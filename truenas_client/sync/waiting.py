"""The lock on which a caller waits until the reader wakes it. Ctrl-C ends the wait, at the latest after a slice."""

from __future__ import annotations

import math
from _thread import allocate_lock
from time import monotonic
from typing import Any

__all__ = ["SLICE_SECONDS", "new_waiter", "wait_on"]

SLICE_SECONDS = 0.2
"""How long one wait lasts at most. Ctrl-C does not end a wait for a lock on Windows, nor elsewhere when the signal came
between Python's last look for signals and the beginning of the wait."""


def new_waiter() -> Any:
    """A lock that is taken: `wait_on` waits until its ``release`` is called. The cheapest thing to wait on."""
    waiter = allocate_lock()
    waiter.acquire()
    return waiter


def wait_on(waiter: Any, seconds: float | None = None) -> bool:
    """Wait for the release of a waiter, at most this long. False: it was not released. Signals are handled."""
    until = math.inf if seconds is None else monotonic() + seconds
    while not waiter.acquire(timeout=max(0.0, min(SLICE_SECONDS, until - monotonic()))):
        if monotonic() >= until:
            return False
    return True
