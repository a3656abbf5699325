"""The limit on calls before login: some a minute for each method and address."""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING

from .errors import CallError

if TYPE_CHECKING:
    from .clock import Clock
    from .session import Session

__all__ = ["RateLimit"]

CALLS = 20
SECONDS = 60.0
EXEMPT = frozenset({"core.set_options"})
EBUSY = 16


class RateLimit:
    """Counts calls of sessions that are not signed in; refused ones keep counting."""

    def __init__(self, clock: Clock, random_: random.Random) -> None:
        self._clock = clock
        self._random = random_
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def delay(self, session: Session, method: str) -> float | None:
        """Count a call; the seconds after which it is refused, or None when it may run."""
        if session.credential is not None or session.origin.unix or method in EXEMPT:
            return None
        calls = self._calls.setdefault((method, session.origin.address), deque(maxlen=CALLS + 1))
        now = self._clock.now()
        calls.append(now)
        while calls[0] < now - SECONDS:
            calls.popleft()
        return self._random.uniform(1.0, 10.0) if len(calls) > CALLS else None

    def refusal(self) -> CallError:
        """What a refused call answers."""
        return CallError("Rate Limit Exceeded", EBUSY)

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
