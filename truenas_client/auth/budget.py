"""How many login calls an address still takes, so that none is wasted on a refusal.

Before sign-in a server takes 20 calls a minute of each method from one address, and
refused ones keep counting. Pure: the time is passed in.
"""

from __future__ import annotations

from collections import deque

__all__ = ["Budget"]

CALLS = 20
SECONDS = 60.0
"""What TrueNAS 25.04 to 26 count over."""


class Budget:
    """The calls that were sent to one address before sign-in."""

    def __init__(self) -> None:
        self._sent: dict[str, deque[float]] = {}
        self._closed_until = 0.0

    def wait(self, now: float, method: str, calls: int = 1) -> float:
        """Seconds until so many calls of a method would be taken; none for no calls."""
        if not calls:
            return 0.0
        sent = self._sent.get(method, ())
        seconds = self._closed_until - now
        if len(sent) > CALLS - calls:
            seconds = max(seconds, sent[len(sent) - (CALLS - calls) - 1] + SECONDS - now)
        return max(seconds, 0.0)

    def sent(self, now: float, method: str) -> None:
        """Count a call."""
        self._sent.setdefault(method, deque(maxlen=CALLS)).append(now)

    def refused(self, now: float, retry_after: float) -> None:
        """The server counts differently (others share the address): it takes nothing before this time is over."""
        self._closed_until = max(self._closed_until, now + retry_after)
