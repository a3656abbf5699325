"""How many login calls the rate limit still allows, so that the client waits instead of being refused.

Before sign-in the server accepts 20 calls a minute of each method from one address, and
it counts the refused ones too. Pure: the caller passes the time in.

Invariant: there is one count for each address, for all clients of the process.
"""

from __future__ import annotations

from collections import deque

from .channel import Channel

__all__ = ["LOGIN_SECONDS", "Budget", "budget_of", "forget_counts", "wait_words"]

LOGIN_SECONDS = 60.0
"""Time for one login call. The server takes seconds to refuse a login, and the rate limit delays its answer by up to
ten more (recorded: flow rate_limit_unauthenticated)."""

CALLS = 20
SECONDS = 60.0
"""The rate limit of TrueNAS 25.04 to 26 (recorded: flow rate_limit_unauthenticated)."""


class Budget:
    """The calls that were sent to one address before sign-in."""

    def __init__(self) -> None:
        self._sent: dict[str, deque[float]] = {}
        self._closed_until = 0.0

    def wait(self, now: float, method: str, calls: int = 1) -> float:
        """Seconds until the server would accept this many calls of a method; 0 for no calls."""
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
        """Take in a refusal: other clients share the address. Until this time is over the server accepts no call."""
        self._closed_until = max(self._closed_until, now + retry_after)


_budgets: dict[str, Budget] = {}


def budget_of(channel: Channel) -> Budget | None:
    """The count of an address; None for the local socket, which has no limit."""
    return None if channel.kind == "socket" else _budgets.setdefault(channel.host, Budget())


def forget_counts() -> None:
    """Forget all counts, for tests: a simulated server starts with fresh counts too."""
    _budgets.clear()


def wait_words(channel: Channel, seconds: float) -> str:
    """What to tell the user while a login call waits."""
    return (
        f"{channel.address}: before sign-in the server takes {CALLS} calls a minute from one address; "
        f"waiting {seconds:.0f} s"
    )
