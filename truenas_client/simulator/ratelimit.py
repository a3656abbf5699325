"""The limit on calls before login, for each method and address (recorded: flow rate_limit_unauthenticated).

Only methods that need no login count; other calls are refused for lack of a login, without
a limit. The minute is fixed: it begins with the first call, and the first call after its
end begins another.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import Clock
    from .session import Session

__all__ = ["RateLimit"]

CALLS = 20
SECONDS = 60.0
"""The limit and the length of the minute (recording ``rate_limit_unauthenticated``)."""
EXEMPT = frozenset({"core.set_options"})


class RateLimit:
    """Counts calls of sessions that are not signed in; refused ones count too."""

    def __init__(self, clock: Clock, random_: random.Random) -> None:
        self._clock = clock
        self._random = random_
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}
        """When the minute of a method and address began, and the calls in it."""

    def delay(self, session: Session, method: str, *, open_to_all: bool) -> float | None:
        """Count a call of a session; the seconds after which it is refused, or None when it may run."""
        if session.credential is not None or session.origin.unix or method in EXEMPT or not open_to_all:
            return None
        now = self._clock.now()
        began, calls = self._windows.get((method, session.origin.address), (now, 0))
        if now - began > SECONDS:
            began, calls = now, 0
        self._windows[method, session.origin.address] = began, calls + 1
        return self._random.uniform(1.0, 10.0) if calls >= CALLS else None

    def clear(self) -> None:
        """Forget all calls."""
        self._windows.clear()
