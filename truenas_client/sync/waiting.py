"""The lock on which a caller waits until the reader wakes it. Ctrl-C ends the wait."""

from __future__ import annotations

import math
import sys
from _thread import allocate_lock
from time import monotonic
from typing import Any

__all__ = ["new_waiter", "wait_on"]

SLICE_SECONDS = 0.2
"""How long Windows waits at a time: there Ctrl-C does not end the wait for a lock."""


def new_waiter() -> Any:
    """A lock that is taken: `wait_on` waits until its ``release`` is called. The cheapest thing to wait on."""
    waiter = allocate_lock()
    waiter.acquire()
    return waiter


if sys.platform == "win32":

    def wait_on(waiter: Any, seconds: float | None = None) -> bool:
        """Wait for the release of a waiter, at most this long. False: it was not released. Signals are handled."""
        until = math.inf if seconds is None else monotonic() + seconds
        while not waiter.acquire(timeout=max(0.0, min(SLICE_SECONDS, until - monotonic()))):
            if monotonic() >= until:
                return False
        return True

else:

    def wait_on(waiter: Any, seconds: float | None = None) -> bool:
        """Wait for the release of a waiter, at most this long. False: it was not released. Signals are handled."""
        return bool(waiter.acquire() if seconds is None else waiter.acquire(timeout=max(0.0, min(seconds, 1e6))))
