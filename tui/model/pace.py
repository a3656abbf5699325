"""How fast a job goes, and how long it may still take.

The rate is an average that forgets: progress and time of long ago count less than those of now. As long as the job is
silent no longer than it was before its last change, it is taken to go on; longer silence counts as time without
progress, so a job that hangs has more and more time left. Pure: the time is passed in. Invariants: no guess before 5 %
and 10 s; a guess is never less than a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["FROM_PERCENT", "FROM_SECONDS", "Pace", "pace_after"]

FROM_PERCENT = 5
FROM_SECONDS = 10
"""Before that, a guess of the time left would be worth nothing."""
LEAST_MEMORY = 30.0
MEMORY_SHARE = 0.25
"""The average forgets within this share of the time that the job has run: a job of days has steps of hours."""
MOST_SECONDS = 99 * 86400.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The progress of a job at its last change. Times are of one clock, in seconds."""

    percent: float
    at: float
    since: float
    """When this progress began at its lowest percent."""
    gained: float
    """Percent, those of long ago counted less."""
    spent: float
    """Seconds, those of long ago counted less."""
    gap: float = 0.0
    """Seconds between the last two changes."""

    def left(self, now: float) -> float | None:
        """Seconds that the job may still take; None while it is too early to tell, and when nothing moves."""
        if not FROM_PERCENT <= self.percent < 100 or now - self.since < FROM_SECONDS:
            return None
        silent = max(now - self.at, 0.0)
        hanging = max(silent - self.gap, 0.0)
        kept, passed = _aged(self, now, hanging)
        if self.gained <= 0:
            return None
        seconds = (100 - self.percent) * (self.spent * kept + passed) / (self.gained * kept) - (silent - hanging)
        return max(seconds, 1.0) if seconds < MOST_SECONDS else None


def pace_after(before: Pace | None, percent: float | None, elapsed: float | None, now: float) -> Pace | None:
    """The pace once a job has shown this percent; ``elapsed`` is how long it has run, for one that is seen first."""
    if percent is None:
        return None
    if before is None:
        ran = max(elapsed or 0.0, 0.0)
        memory = min(ran, _memory(ran))
        gained = percent * memory / ran if ran > 0 else 0.0
        return Pace(percent, now, now - ran, gained, memory)
    if percent < before.percent:
        return Pace(percent, now, now, 0.0, 0.0)  # another part of the work, with a pace of its own
    if percent == before.percent:
        return before
    gap = max(now - before.at, 0.0)
    kept, passed = _aged(before, now, gap)
    # The progress was made all along the time since the last change.
    share = passed / gap if gap > 0 else 1.0
    gained = before.gained * kept + (percent - before.percent) * share
    return Pace(percent, now, before.since, gained, before.spent * kept + passed, gap)


def _memory(ran: float) -> float:
    return max(LEAST_MEMORY, MEMORY_SHARE * ran)


def _aged(pace: Pace, now: float, seconds: float) -> tuple[float, float]:
    """The share that still counts of what is older than so many seconds, and how much these count themselves."""
    memory = _memory(now - pace.since)
    kept = math.exp(-seconds / memory)
    return kept, memory * (1 - kept)
