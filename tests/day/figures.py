"""What happened in a day, to be printed and compared: counts, memory, live objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Figures"]


@dataclass(slots=True)
class Figures:
    """What happened, to be printed."""

    seconds: float = 0.0
    simulated: float = 0.0
    jobs: Counter[str] = field(default_factory=Counter)
    """Outcomes of the scheduled jobs."""
    events: int = 0
    alerts: int = 0
    gaps: int = 0
    calls: int = 0
    sections: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    refusals: int = 0
    """Certificates that were not the pinned one."""
    expiries: int = 0
    memory: list[float] = field(default_factory=list)
    """MiB in use at the end of each part."""
    resident: list[float] = field(default_factory=list)
    """MiB of the process in memory, at the same times: never less than the most that was in use so far."""
    objects: list[Counter[str]] = field(default_factory=list)
    """Live objects by type, at the same times."""
    counted: list[Counter[str]] = field(default_factory=list)
    """Tasks, subscriptions and the like, at the same times."""

    @property
    def growth(self) -> float:
        """From the end of the first part to the end of the day, as a part of one."""
        return self.memory[-1] / self.memory[0] - 1

    def grown(self, most: int = 5) -> list[tuple[str, int, int]]:
        """The types with the most new objects since the first part, with their numbers then and at the end."""
        first, last = self.objects[0], self.objects[-1]
        names = sorted(last, key=lambda name: first[name] - last[name])[:most]
        return [(name, first[name], last[name]) for name in names if last[name] > first[name]]

    def lines(self) -> Iterator[str]:
        """For a person to read."""
        yield (
            f"{self.simulated / 3600:.1f} h in {self.seconds:.1f} s: {self.events} events, {self.alerts} alerts, "
            f"{self.calls} calls, {self.gaps} gaps"
        )
        yield f"scheduled jobs: {_words(self.jobs)}; sections shown: {_words(self.sections)}"
        yield (
            f"{self.restarts} restarts, {self.refusals} refused certificates, {self.expiries} ended logins; "
            f"tasks, subscriptions and so on: {', '.join(str(one.total()) for one in self.counted)}"
        )
        yield f"memory in use {_mebibytes(self.memory)}, growth {self.growth:+.1%}"
        yield f"memory resident {_mebibytes(self.resident)}"
        grown = ", ".join(f"{name} {before} to {after}" for name, before, after in self.grown())
        yield f"objects {', '.join(str(one.total()) for one in self.objects)}; most new ones: {grown or 'none'}"


def _mebibytes(numbers: list[float]) -> str:
    return f"{', '.join(f'{one:.1f}' for one in numbers)} MiB"


def _words(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))
