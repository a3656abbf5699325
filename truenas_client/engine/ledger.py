"""Calls in flight and the slots they hold.

The server runs ten calls of a connection at a time, queues ten more and refuses the
rest (recorded: flow too_many_concurrent_calls). A running new-style job holds its
slot until it ends (recorded: flow running_jobs_hold_call_slots). So the ledger lets
ten calls be in flight and keeps the rest here, in three lanes:

=========  =========================================================  ============
lane       for                                                        may hold
=========  =========================================================  ============
CONTROL    ``core.ping``, ``core.job_abort``, (un)subscribe, login    10, all
CALL       everything else                                            9 with JOB
JOB        job starts of the new style                                7
=========  =========================================================  ============

Invariants:

* ``in_flight`` never exceeds the limit.
* A call takes its slot when it is granted. Only its answer or the end of the connection
  frees the slot of a call that has left; a cancel or a timeout does not, because the
  server still runs the call.
* Within a lane, calls leave first in, first out.
* At most one job start is unannounced. The server merges job calls that arrive in a
  burst into one job (recorded: flow job_burst_merged_across_methods).
* A call that the server refused for lack of a slot never ran. It goes back to the head
  of its lane after a pause.
"""

from __future__ import annotations

import heapq
from collections import deque
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from ..exc import ClientException

__all__ = ["ANNOUNCE_SECONDS", "CONTROL_METHODS", "Call", "JobLane", "Lane", "Ledger", "lane_of", "may_start_job"]

SLOTS = 10
"""Calls that the server runs at a time on one connection (recorded: flow too_many_concurrent_calls)."""
SHARED_SLOTS = 9
"""Slots for jobs and ordinary calls together. The tenth is for control calls, so that a job can always be aborted."""
JOB_SLOTS = 7
"""Slots for running jobs. The rest keeps ordinary calls going."""
ANNOUNCE_SECONDS = 1.0
"""After this long a job start counts as announced. Transient jobs send no events (recorded: flow job_transient)."""

REFUSED_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds before a refused call is sent again, by the number of refusals so far."""

CONTROL_METHODS = frozenset(("core.ping", "core.job_abort", "core.subscribe", "core.unsubscribe", "core.set_options"))


_QUERIES = frozenset(("query", "get_instance", "config"))


class Lane(IntEnum):
    """Numbers, because lanes index lists on every call."""

    CONTROL = 0
    CALL = 1
    JOB = 2


class JobLane(NamedTuple):
    """How full the lane of job starts is: it runs at most ``most`` at a time, and ``waiting`` have not left yet."""

    running: int
    waiting: int
    most: int = JOB_SLOTS


def lane_of(method: str) -> Lane:
    """The lane of a method that is not started as a job."""
    return Lane.CONTROL if method in CONTROL_METHODS or method.startswith("auth.") else Lane.CALL


@lru_cache(maxsize=1024)
def may_start_job(method: str) -> bool:
    """Whether a method can be a job, by its name: no release has a query or the like that is one."""
    name = method.rpartition(".")[2]
    return lane_of(method) is not Lane.CONTROL and name not in _QUERIES and not name.endswith("_choices")


class Call:
    """One call from the moment a caller asks for it until it is settled or forgotten.

    ``wake`` belongs to the driver: the object that the caller waits on. ``settled`` tells that ``result`` or ``error``
    holds the outcome, or that the caller gave up; after that the outcome never changes. ``deadline`` is a time;
    ``timeout`` is the number of seconds that the caller allowed, for the error's text.
    """

    __slots__ = (
        "abandoned",
        "announced_by",
        "deadline",
        "error",
        "fault",
        "granted",
        "id",
        "lane",
        "method",
        "refused",
        "result",
        "sent",
        "settled",
        "signed_in",
        "starts_job",
        "text",
        "timeout",
        "turn",
        "wake",
    )

    def __init__(self, message_id: str, method: str, lane: Lane, text: str = "", *, signed_in: bool = True) -> None:
        self.id = message_id
        self.text = text
        self.method = method
        self.lane = lane
        self.signed_in = signed_in
        """Whether the connection was signed in when the call was made. Some errors mean something else before that."""
        self.wake: Any = None
        self.settled = False
        self.result: Any = None
        self.error: ClientException | None = None
        self.deadline: float | None = None
        self.timeout = 0.0
        self.fault = ""
        """What was wrong with an unreadable message that counts as this call's answer unless another one follows."""
        self.starts_job = False
        """Whether the caller follows the job. A plain call is settled with the job's number instead."""
        self.granted = False
        self.sent = False
        self.abandoned = False
        self.announced_by: float | None = None
        self.refused = 0
        self.turn = 0

    def __repr__(self) -> str:
        state = "sent" if self.sent else "granted" if self.granted else "queued"
        return f"<Call {self.method} {state}{' abandoned' if self.abandoned else ''}>"


class Ledger:
    """The calls of one connection."""

    def __init__(self) -> None:
        self._in_flight: dict[str, Call] = {}
        self._queues: list[deque[Call]] = [deque() for _ in Lane]
        self._held = [0 for _ in Lane]
        self.queued = 0
        """Calls that wait for a slot."""
        self._unannounced: Call | None = None
        self._paused: list[tuple[float, int, Call]] = []
        self._turn = 0

    @property
    def in_flight(self) -> int:
        """Slots taken."""
        return len(self._in_flight)

    @property
    def job_lane(self) -> JobLane:
        """How many job starts have left and hold a slot, and how many wait here for one."""
        waiting = sum(not call.abandoned for call in self._queues[Lane.JOB])
        return JobLane(self._held[Lane.JOB], waiting + sum(row[2].lane is Lane.JOB for row in self._paused))

    @property
    def starved(self) -> bool:
        """Whether every slot is taken. Then the server's silence proves nothing: all ten may be long jobs."""
        return len(self._in_flight) >= SLOTS

    @property
    def only_call(self) -> Call | None:
        """The call in flight when there is exactly one. An error without an id can only belong to it."""
        return next(iter(self._in_flight.values())) if len(self._in_flight) == 1 else None

    def add(self, call: Call, now: float) -> bool:
        """Take in a call. True: it has a slot and may be sent. False: it is queued."""
        queue = self._queues[call.lane]
        self._turn += 1
        call.turn = self._turn
        if self._head(queue) is None and self._fits(call.lane, now):
            self._grant(call, now)
            return True
        queue.append(call)
        self.queued += 1
        return False

    def grants(self, now: float) -> list[Call]:
        """Give free slots to queued calls and return those calls, which must now be sent."""
        granted = []
        waiting = self._unannounced
        if waiting is not None and waiting.announced_by is not None and now >= waiting.announced_by:
            # The wait for its event is over. Forget it: `wake_at` would otherwise return this past time again and
            # again while the next job start waits for a slot.
            self._unannounced = None
        while self._paused and self._paused[0][0] <= now:
            call = heapq.heappop(self._paused)[2]
            self._queues[call.lane].appendleft(call)
        while (next_call := self._next(now)) is not None:
            self._queues[next_call.lane].popleft()
            self.queued -= 1
            self._grant(next_call, now)
            granted.append(next_call)
        return granted

    def wake_at(self) -> float | None:
        """The time at which `grants` may return calls although nothing was received; None when there is none."""
        times = [self._paused[0][0]] if self._paused else []
        if self._queues[Lane.JOB] and self._unannounced is not None and self._unannounced.announced_by is not None:
            times.append(self._unannounced.announced_by)
        return min(times, default=None)

    def answered(self, message_id: str) -> Call | None:
        """Free the slot of the call with this id and return the call; None for an unknown id."""
        call = self._in_flight.pop(message_id, None)
        if call is not None:
            self._held[call.lane] -= 1
            self._announced(call)
        return call

    def find(self, message_id: str) -> Call | None:
        """The call in flight with this id. It stays in flight."""
        return self._in_flight.get(message_id)

    def refused(self, call: Call, now: float) -> None:
        """Queue a call again after a pause: its answer (see `answered`) was that the server had no slot for it."""
        pause = REFUSED_PAUSES[min(call.refused, len(REFUSED_PAUSES) - 1)]
        call.refused += 1
        call.granted = call.sent = False
        self._turn += 1
        heapq.heappush(self._paused, (now + pause, self._turn, call))
        self.queued += 1

    def became_job(self, call: Call) -> None:
        """Count a call in flight as a job from now on, because an event showed that it started one."""
        self._held[call.lane] -= 1
        call.lane = Lane.JOB
        self._held[call.lane] += 1
        self._announced(call)

    def announced(self, message_id: str) -> None:
        """Note that an event showed this job start, so the next one may leave."""
        if self._unannounced is not None and self._unannounced.id == message_id:
            self._unannounced = None

    def abandon(self, call: Call) -> None:
        """Note that the caller gave up (cancelled or timed out).

        A call that has left keeps its slot until the server answers it. One that has
        not left is forgotten, and its slot is free.
        """
        call.abandoned = True
        if call.sent:
            return
        if call.granted:
            self.answered(call.id)
        else:
            self.queued -= 1  # it stays in the queue until `_head` drops it: a search in a long queue would be slow

    def calls(self) -> list[Call]:
        """Every call without an answer, those in flight first."""
        queued = [call for queue in self._queues for call in queue]
        queued += [row[2] for row in sorted(self._paused, key=lambda row: row[:2])]
        return [*self._in_flight.values(), *(call for call in queued if not call.abandoned)]

    def close(self) -> list[Call]:
        """Take in the end of the connection. Return what `calls` returned before it."""
        calls = self.calls()
        self._paused.clear()
        self._in_flight.clear()
        for queue in self._queues:
            queue.clear()
        self.queued = 0
        self._held = [0 for _ in Lane]
        self._unannounced = None
        return calls

    def recount(self) -> None:
        """Count anew what the calls hold: a change was cut off half way."""
        self._held = [sum(call.lane is lane for call in self._in_flight.values()) for lane in Lane]
        self.queued = len(self.calls()) - len(self._in_flight)

    def _next(self, now: float) -> Call | None:
        """The call that has waited longest among those that fit, whatever its lane.

        By lanes, a steady stream of calls would keep a job start waiting for ever.
        """
        found: Call | None = None
        for queue in self._queues:
            head = self._head(queue)
            if head is not None and (found is None or head.turn < found.turn) and self._fits(head.lane, now):
                found = head
        return found

    def _head(self, queue: deque[Call]) -> Call | None:
        """The first call of a queue that was not abandoned. Abandoned calls before it are dropped."""
        while queue:
            if not queue[0].abandoned:
                return queue[0]
            queue.popleft()
        return None

    def _fits(self, lane: Lane, now: float) -> bool:
        if len(self._in_flight) >= SLOTS:
            return False
        if lane is Lane.CONTROL:
            return True
        if self._held[Lane.CALL] + self._held[Lane.JOB] >= SHARED_SLOTS:
            return False
        if lane is Lane.CALL:
            return True
        waiting = self._unannounced
        if waiting is not None and waiting.announced_by is not None and now < waiting.announced_by:
            return False
        return self._held[Lane.JOB] < JOB_SLOTS

    def _grant(self, call: Call, now: float) -> None:
        call.granted = True
        self._in_flight[call.id] = call
        self._held[call.lane] += 1
        if call.lane is Lane.JOB:
            call.announced_by = now + ANNOUNCE_SECONDS
            self._unannounced = call

    def _announced(self, call: Call) -> None:
        if self._unannounced is call:
            self._unannounced = None
