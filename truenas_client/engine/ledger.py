"""Calls in flight and the slots they hold.

The server runs ten calls of a connection at a time, queues ten more and refuses
what comes on top; a running new-style job holds its slot until it ends. So no
more than ten are ever in flight, and the rest waits here, in three lanes:

=========  =========================================================  ============
lane       for                                                        may hold
=========  =========================================================  ============
CONTROL    ``core.ping``, ``core.job_abort``, (un)subscribe, login    10, all
CALL       everything else                                            9 with JOB
JOB        job starts of the new style                                7
=========  =========================================================  ============

Invariants: ``in_flight`` never exceeds the limit; a slot is taken when a call is
granted and freed only by its answer (or the end of the connection), never by a
cancel or a timeout of a call that has left; within a lane calls leave first in,
first out; one job start at a time is unannounced, because the server merges job
calls that arrive in a burst into one job; a call the server refused for want of a
place (it never ran) goes back to the head of its lane after a pause.
"""

from __future__ import annotations

import heapq
from collections import deque
from enum import IntEnum
from typing import Any

__all__ = ["ANNOUNCE_SECONDS", "CONTROL_METHODS", "QUEUE_LIMIT", "Call", "Lane", "Ledger", "lane_of", "size_limit"]

SLOTS = 10
"""Calls the server runs at a time on one connection."""
SHARED_SLOTS = 9
"""What jobs and ordinary calls may hold together; the tenth is for control calls."""
JOB_SLOTS = 7
"""What running jobs may hold, so that ordinary calls always get through."""
ANNOUNCE_SECONDS = 1.0
"""After this long a job start counts as announced: transient jobs send no events."""

QUEUE_LIMIT = 10_000
"""Calls that may wait for a slot; who calls beyond that waits to be let in."""
REFUSED_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds before a call that the server had no place for is sent again, by how often it was refused."""

ANONYMOUS_CHARACTERS = 8192
SIGNED_IN_CHARACTERS = 65_536
FILE_RECEIVE_CHARACTERS = 2_097_152

CONTROL_METHODS = frozenset(("core.ping", "core.job_abort", "core.subscribe", "core.unsubscribe", "core.set_options"))


def size_limit(method: str, signed_in: bool) -> int:
    """How many characters the server takes in the message of this call.

    One more and it closes the connection with everything in flight.
    """
    if not signed_in:
        return ANONYMOUS_CHARACTERS
    return FILE_RECEIVE_CHARACTERS if method == "filesystem.file_receive" else SIGNED_IN_CHARACTERS


class Lane(IntEnum):
    """Numbers, because lanes index lists on every call."""

    CONTROL = 0
    CALL = 1
    JOB = 2


def lane_of(method: str) -> Lane:
    """The lane of a method that is not started as a job."""
    return Lane.CONTROL if method in CONTROL_METHODS or method.startswith("auth.") else Lane.CALL


class Call:
    """One call from the moment it is asked for until it is settled or forgotten.

    ``waiter`` (for the answer), ``gate`` (for room in the queue), ``deadline`` and
    ``timeout`` are the driver's own: the ledger never looks at them.
    """

    __slots__ = (
        "abandoned",
        "announced_by",
        "deadline",
        "fault",
        "gate",
        "granted",
        "id",
        "lane",
        "method",
        "refused",
        "sent",
        "signed_in",
        "text",
        "timeout",
        "turn",
        "waiter",
    )

    def __init__(self, message_id: str, method: str, lane: Lane, waiter: Any, signed_in: bool, text: str = "") -> None:
        self.id = message_id
        self.text = text
        self.method = method
        self.lane = lane
        self.waiter = waiter
        self.gate: Any = None
        self.deadline: float | None = None
        self.fault = ""
        self.timeout = 0.0
        self.signed_in = signed_in
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
    def full(self) -> bool:
        """Whether no more calls are to be added before some have left."""
        return self.queued >= QUEUE_LIMIT

    @property
    def starved(self) -> bool:
        """Whether every slot is taken: then the server's silence means nothing."""
        return len(self._in_flight) >= SLOTS

    @property
    def only_call(self) -> Call | None:
        """The call in flight when there is exactly one: an error without an id can only be its."""
        return next(iter(self._in_flight.values())) if len(self._in_flight) == 1 else None

    def add(self, call: Call, now: float) -> bool:
        """Take in a call. True: it has its slot and may be sent; False: it is queued."""
        queue = self._queues[call.lane]
        self._turn += 1
        call.turn = self._turn
        if not queue and self._fits(call.lane, now):
            self._grant(call, now)
            return True
        queue.append(call)
        self.queued += 1
        return False

    def grants(self, now: float) -> list[Call]:
        """Queued calls that have got their slot by now; each is to be sent."""
        granted = []
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
        """When `grants` is worth asking again though nothing was received; None: not by itself."""
        times = [self._paused[0][0]] if self._paused else []
        if self._queues[Lane.JOB] and self._unannounced is not None and self._unannounced.announced_by is not None:
            times.append(self._unannounced.announced_by)
        return min(times, default=None)

    def answered(self, message_id: str) -> Call | None:
        """The call this answer belongs to, its slot freed; None for an answer nobody waits for."""
        call = self._in_flight.pop(message_id, None)
        if call is not None:
            self._held[call.lane] -= 1
            self._announced(call)
        return call

    def find(self, message_id: str) -> Call | None:
        """The call in flight with this id, which stays there."""
        return self._in_flight.get(message_id)

    def refused(self, call: Call, now: float) -> None:
        """The server had no place for this call, which was just `answered`; it waits and leaves again."""
        pause = REFUSED_PAUSES[min(call.refused, len(REFUSED_PAUSES) - 1)]
        call.refused += 1
        call.granted = call.sent = False
        self._turn += 1
        heapq.heappush(self._paused, (now + pause, self._turn, call))
        self.queued += 1

    def became_job(self, call: Call) -> None:
        """A call in flight turned out to be a running job: it counts as one until it is answered."""
        self._held[call.lane] -= 1
        call.lane = Lane.JOB
        self._held[call.lane] += 1
        self._announced(call)

    def announced(self, message_id: str) -> None:
        """A job start was seen in an event: the next one may leave."""
        if self._unannounced is not None and self._unannounced.id == message_id:
            self._unannounced = None

    def abandon(self, call: Call) -> None:
        """Nobody waits for this call any more (cancelled, timed out).

        One that has left keeps its slot until the server answers it; one that has
        not is forgotten, and its slot is free.
        """
        call.abandoned = True
        if call.sent:
            return
        if call.granted:
            self.answered(call.id)
        elif call in self._queues[call.lane]:
            self._queues[call.lane].remove(call)
            self.queued -= 1
        else:
            left = [row for row in self._paused if row[2] is not call]
            self.queued -= len(self._paused) - len(left)
            self._paused = left
            heapq.heapify(self._paused)

    def calls(self) -> list[Call]:
        """Every call that was not answered, those in flight first."""
        calls = [*self._in_flight.values(), *(call for queue in self._queues for call in queue)]
        return calls + [row[2] for row in sorted(self._paused, key=lambda row: row[:2])]

    def close(self) -> list[Call]:
        """The connection is over; what `calls` told before."""
        calls = self.calls()
        self._paused.clear()
        self._in_flight.clear()
        for queue in self._queues:
            queue.clear()
        self.queued = 0
        self._held = [0 for _ in Lane]
        self._unannounced = None
        return calls

    def _next(self, now: float) -> Call | None:
        """The call that has waited longest among those that may go: jobs are not to wait for a pause in the calls."""
        found: Call | None = None
        for queue in self._queues:
            if queue and (found is None or queue[0].turn < found.turn) and self._fits(queue[0].lane, now):
                found = queue[0]
        return found

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
