"""The jobs of one connection: what the server tells of them, and what became of those that the user watches.

No Textual and no I/O here. The store counts its changes in ``version``, so a panel that looks ten times a second draws
only when something is new. Invariants: a job that ran when it was last seen never goes without a word: one that the
server does not know any more stays as LOST and is told; the server's number alone proves no job (`same_job`); a job is
told once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from tui.model.job import LOST, Job, same_job
from tui.model.pace import pace_after

__all__ = ["MOST_JOBS", "JobStore"]

MOST_JOBS = 5000
"""Rows that are asked for at most. A server keeps about a thousand jobs that have ended."""
MOST_LOST = 100
LEAST_SKEW = 3.0
"""Seconds between two clocks that are not told from the way of an event."""
UNKNOWN = "The server does not know this job any more: it may have restarted. How it ended is not known."


class JobStore:
    """Jobs by id, newest first when listed; at most ``limit`` ended ones are kept."""

    def __init__(
        self,
        limit: int = MOST_JOBS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs: dict[int, Job] = {}
        self._lost: deque[Job] = deque(maxlen=MOST_LOST)
        self._limit = limit
        self._now, self._clock = now, clock
        self._skew = 0.0
        self._heard = now()
        """When the server last told anything."""
        self._ordered: tuple[int, list[Job]] = (-1, [])
        self._serial = 0
        self._told: dict[int, int] = {}
        """The version at which an event told of a job."""
        self.version = 0
        self.ours: set[int] = set()
        """Ids of jobs started from this app: closing asks about those still running."""
        self.watched: set[int] = set()
        """Ids of jobs whose end is told."""
        self.news: deque[Job] = deque(maxlen=200)
        """Watched jobs that have ended, and lost ones, until the screen has told them."""
        self.problem = ""
        """Why the list may be out of date; "" while the server tells every change."""

    def __len__(self) -> int:
        return len(self._jobs) + len(self._lost)

    def get(self, job_id: int | None) -> Job | None:
        """The job that has this number now, or None."""
        return None if job_id is None else self._jobs.get(job_id)

    def find(self, key: str) -> Job | None:
        """The job of a `Job.key`, lost ones included."""
        found = self._jobs.get(int(key)) if key.isdecimal() else None
        return found or next((job for job in self._lost if job.key == key), None)

    # From the server ----------------------------------------------------------------

    def put(self, job: Job, *, new: bool = False) -> None:
        """Adds or replaces a job; ``new`` for one that the server has made just now."""
        if new and job.started is not None:
            # The server cuts its times to whole seconds.
            ahead = (self._now() - job.started).total_seconds()
            self._skew = ahead if abs(ahead) > LEAST_SKEW else 0.0
        self._take(job)
        self._heard = self._now()
        self._changed()
        self._told[job.id] = self.version
        if len(self._jobs) > self._limit:
            ended = sorted(number for number, kept in self._jobs.items() if kept.ended)
            for number in ended[: len(self._jobs) - self._limit]:
                self._forget(number)

    def fill(self, rows: Iterable[Any], *, asked_at: int | None = None, whole: bool = True) -> None:
        """Reads an answer of ``core.get_jobs``; ended jobs that the server no longer lists are forgotten.

        ``asked_at`` is the version at which it was asked for: what an event has told since is newer. ``whole`` is
        False for an answer that may be cut: then nothing is forgotten.
        """
        asked_at = self.version if asked_at is None else asked_at
        newer = {number for number, version in self._told.items() if version > asked_at}
        jobs = [job for row in rows if isinstance(row, Mapping) and (job := Job.from_fields(row)) is not None]
        for job in jobs:
            if job.id not in newer:
                self._take(job)
        if whole:
            listed = {job.id for job in jobs} | newer
            for number in [number for number in self._jobs if number not in listed]:
                self._lose(self._forget(number))
        self.problem = ""
        self._heard = self._now()
        self._changed()

    def fail(self, problem: str) -> None:
        """Says why the list may be out of date."""
        self.problem = problem
        self._changed()

    def _take(self, job: Job) -> None:
        before = self._jobs.get(job.id)
        if before is not None and not same_job(before, job):
            self._lose(before)
            before = None
        if before is not None and before.ended and not job.ended:
            return  # told late: an answer that was on its way while the event came
        last = None if before is None else before.pace
        job = replace(job, skew=self._skew)
        pace = None if job.ended else pace_after(last, job.percent, job.elapsed(), self._clock())
        self._jobs[job.id] = job = replace(job, pace=pace)
        if job.ended and before is not None and not before.ended and job.id in self.watched:
            self.news.append(job)

    def _forget(self, number: int) -> Job:
        self._told.pop(number, None)
        return self._jobs.pop(number)

    def _lose(self, job: Job) -> None:
        """Another job has its number now, or none: one that ran is kept as lost."""
        self.ours.discard(job.id)
        self.watched.discard(job.id)
        if not job.ended:
            self._serial += 1
            seen = job.finished or self._heard - timedelta(seconds=self._skew)
            job = replace(job, state=LOST, serial=self._serial, finished=seen, pace=None, text="", error=UNKNOWN)
            self._lost.append(job)
            self.news.append(job)

    def _changed(self) -> None:
        self.version += 1

    # From the user -------------------------------------------------------------------

    def started_here(self, job_id: int) -> None:
        """A job of this app: it is watched until the user says otherwise."""
        if job_id not in self.ours:
            self.ours.add(job_id)
            self.watch(job_id, True)

    def watch(self, job_id: int, wanted: bool) -> None:
        """Tells the end of a job, or not."""
        if wanted:
            self.watched.add(job_id)
        else:
            self.watched.discard(job_id)
        self._changed()

    # The list ------------------------------------------------------------------------

    def newest_first(self) -> list[Job]:
        """All jobs: those that have not ended before the others, each newest first."""
        if self._ordered[0] != self.version:
            # Several widgets look ten times a second, at up to thousands of jobs.
            jobs = sorted((*self._lost, *self._jobs.values()), key=lambda job: (job.ended, -job.id))
            self._ordered = (self.version, jobs)
        return list(self._ordered[1])

    def active(self) -> list[Job]:
        """Jobs that wait or run, newest first."""
        return list(takewhile(lambda job: not job.ended, self.newest_first()))

    def ours_active(self) -> list[Job]:
        """Jobs started from this app that have not ended."""
        return [job for job in self.active() if job.id in self.ours]
