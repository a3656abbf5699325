"""Random schedules on a real `Conversation`: a server, a driver and a clock, none of them real.

`run` plays one schedule: calls, answers, cancels, timeouts, losses, restarts,
reconnects, jobs that are announced, merged, aborted or forgotten, events and
listeners, in an order that the seed decides. Texts go through the dialect both
ways, so the whole engine takes part. Whatever the order:

* never more than 10 calls are with the server, never more than 7 jobs and 9 of both;
* a slot is held by a call that has left and was not answered, and by no other;
* every call settles exactly once, with its own result; what the server refused
  for lack of a place is sent again; no write runs twice;
* no job is credited to a call that did not start it; listeners see events in
  order, with none missing but where they were shown a gap.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from truenas_client.engine.conversation import Conversation, Told, Vigilance
from truenas_client.engine.ddp import DDP
from truenas_client.engine.dialect import Dialect
from truenas_client.engine.inbox import Gap, Inbox
from truenas_client.engine.jobbook import LOOKUP_SECONDS, JobBook
from truenas_client.engine.jobrecord import FINAL_STATES, JobRecord, Outcome
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.ledger import JOB_SLOTS, SHARED_SLOTS, SLOTS, Call, Lane, lane_of
from truenas_client.engine.messages import JOB_EVENTS, Update
from truenas_client.engine.retry import Chance, chance_of, may_send_again
from truenas_client.engine.topics import EVERYTHING, Topic, Topics
from truenas_client.exc import (
    CallTimeout,
    ClientException,
    ConnectionLost,
    JobAborted,
    JobFailed,
    JobLost,
    NotAJob,
    TooManyConcurrentCalls,
)

STYLES = ("new", "old", "ddp")
"""JSON-RPC with jobs that answer at their end, JSON-RPC and the old protocol with jobs that answer their number."""

NAMES = ("a", "b", EVERYTHING)


@dataclass(eq=False)
class ServerJob:
    """A job as the server knows it; ``waiting`` are calls of live connections that it will answer."""

    id: int
    method: str
    arguments: list[Any]
    started: int
    message_ids: list[str] = field(default_factory=list)
    waiting: list[tuple[Wire, str]] = field(default_factory=list)
    state: str = "WAITING"
    percent: int = 0

    @property
    def transient(self) -> bool:
        return self.method == "m.job_transient"

    @property
    def result(self) -> Any:
        # Some jobs give nothing, as aborted ones do.
        return None if self.method == "m.job_null" else {"of": self.arguments, "started": self.started}

    def shown(self, *, with_ids: bool) -> dict[str, Any]:
        failed = self.state == "FAILED"
        fields = {
            "id": self.id,
            "method": self.method,
            "arguments": self.arguments,
            "state": self.state,
            "transient": self.transient,
            "progress": {"percent": self.percent, "description": "", "extra": None},
            "result": self.result if self.state == "SUCCESS" else None,
            "error": "[EIO] failed" if failed else None,
            "exc_info": {"type": "CallError", "errno": 5, "extra": self.arguments} if failed else None,
            "time_started": {"$date": self.started * 1000},
        }
        return fields | {"message_ids": list(self.message_ids)} if with_ids else fields


@dataclass(eq=False)
class Wire:
    """One connection: texts on their way up and down, and what the server holds for it."""

    up: deque[str] = field(default_factory=deque)
    down: deque[str] = field(default_factory=deque)
    running: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    with_server: set[str] = field(default_factory=set)
    """Ids that were sent and whose answers have not been taken out of ``down``."""


class Server:
    """Answers when it is told to, and keeps account of what it was asked."""

    def __init__(self, rng: random.Random, style: str) -> None:
        self.rng, self.style = rng, style
        self.jobs: dict[int, ServerJob] = {}
        self.all_jobs: list[ServerJob] = []
        self.wire: Wire | None = None
        self.executed: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self._ids = itertools.count(1)
        self._clock = itertools.count(1)

    # -- texts ---------------------------------------------------------------------------

    def say(self, wire: Wire, frame: dict[str, Any]) -> None:
        if wire is self.wire:
            wire.down.append(json.dumps(frame))

    def reply(self, wire: Wire, message_id: str, result: Any) -> None:
        if self.style != "ddp":
            self.say(wire, {"jsonrpc": "2.0", "result": result, "id": message_id})
        else:
            self.say(wire, {"msg": "result", "id": message_id, "result": result})

    def fail(self, wire: Wire, message_id: str, code: int, number: int | None = None, extra: Any = None) -> None:
        data = {"error": number, "reason": "[EIO] failed", "trace": None, "extra": extra}
        if self.style == "ddp":
            data = data | {"type": None, "error": 109 if code == -32000 else number}
            self.say(wire, {"msg": "result", "id": message_id, "error": data})
        else:
            error = {"code": code, "message": "no"} | ({} if number is None else {"data": data})
            self.say(wire, {"jsonrpc": "2.0", "error": error, "id": message_id})

    def tell(self, name: str, kind: str, record_id: Any, fields: Any) -> None:
        wire = self.wire
        if wire is None or not {name, EVERYTHING} & set(wire.names.values()):
            return
        body = {"msg": kind, "collection": name, "id": record_id, "fields": fields}
        if self.style == "ddp":
            self.say(wire, body)
        else:
            self.say(wire, {"jsonrpc": "2.0", "method": "collection_update", "params": body})

    # -- steps ---------------------------------------------------------------------------

    def take(self) -> None:
        """Take in one text of the client."""
        wire = self.wire
        assert wire is not None
        frame = json.loads(wire.up.popleft())
        if frame.get("msg") == "unsub":
            wire.names.pop(frame["id"], None)
            return
        message_id = frame["id"]
        if frame.get("msg") == "sub":
            wire.names[message_id] = frame["name"]
            self.say(wire, {"msg": "ready", "subs": [message_id]})
            return
        method, params = frame["method"], frame["params"]
        if self.rng.random() < 0.04:
            self.refused[message_id] += 1
            self.fail(wire, message_id, -32000)
        elif method == "core.subscribe":
            wire.names[message_id] = params[0]
            self.reply(wire, message_id, message_id)
        elif method == "core.unsubscribe":
            wire.names.pop(params[0], None)
            self.reply(wire, message_id, None)
        elif method == "core.ping":
            self.reply(wire, message_id, "pong")
        elif method == "core.get_jobs":
            self.reply(wire, message_id, self.query(*params[0][0]))
        elif method.startswith("m.job"):
            self.start_job(wire, message_id, method, params)
        else:
            self.executed[params[0]] += 1
            wire.running[message_id] = params[0]

    def query(self, name: str, operator: str, value: Any) -> list[Any]:
        rows = [job.shown(with_ids=self.style == "new") for job in self.jobs.values()]
        return [row for row in rows if (value in row.get(name, ()) if operator == "rin" else row.get(name) == value)]

    def start_job(self, wire: Wire | None, message_id: str, method: str, params: list[Any]) -> None:
        queue = [job for job in self.jobs.values() if job.state == "WAITING"]
        job = queue[-1] if queue and self.rng.random() < 0.2 else None
        kind = "changed"
        if job is None:
            job, kind = ServerJob(next(self._ids), method, params, next(self._clock)), "added"
            self.jobs[job.id] = job
            self.all_jobs.append(job)
            if params:
                self.executed[params[0]] += 1
        job.message_ids.append(message_id)
        if wire is not None and self.style == "new":
            job.waiting.append((wire, message_id))
        # In the old style the answer can come before the event and after it.
        late = self.rng.random() < 0.5
        if not late and self.style != "new" and wire is not None:
            self.reply(wire, message_id, job.id)
        self.show(job, kind)
        if late and self.style != "new" and wire is not None:
            self.reply(wire, message_id, job.id)

    def show(self, job: ServerJob, kind: str = "changed") -> None:
        if not job.transient:
            self.tell("core.get_jobs", kind, job.id, job.shown(with_ids=self.style == "new"))

    def finish_call(self) -> None:
        wire = self.wire
        if wire is None or not wire.running:
            return
        message_id = self.rng.choice(list(wire.running))
        number = wire.running.pop(message_id)
        if self.rng.random() < 0.2:
            self.fail(wire, message_id, -32001, 5, number)
        else:
            self.reply(wire, message_id, {"of": number})

    def advance_job(self) -> None:
        unfinished = [job for job in self.jobs.values() if job.state not in FINAL_STATES]
        if not unfinished:
            return None
        job = self.rng.choice(unfinished)
        if job.state == "WAITING" and self.rng.random() < 0.8:
            job.state = "RUNNING"
            return self.show(job)
        if job.percent < 50 and self.rng.random() < 0.4:
            job.percent = 50
            return self.show(job)
        job.state = self.rng.choice(("SUCCESS", "SUCCESS", "SUCCESS", "FAILED", "ABORTED"))
        event_first = self.rng.random() < 0.5
        if event_first:
            self.show(job)
        for wire, message_id in job.waiting:
            if job.state == "FAILED":
                self.fail(wire, message_id, -32001, 5, job.arguments)
            else:
                self.reply(wire, message_id, job.result if job.state == "SUCCESS" else None)
        job.waiting.clear()
        if not event_first:
            self.show(job)
        if job.transient or self.rng.random() < 0.05:
            del self.jobs[job.id]  # only so many ended jobs are kept
        return None

    def foreign_job(self) -> None:
        """Somebody else starts a job; its message id may be anything but ours."""
        method = self.rng.choice(("m.job", "m.job_shared", "m.job_shared"))
        self.start_job(None, "theirs", method, [] if method == "m.job_shared" else [-next(self._clock)])

    def emit(self) -> None:
        name = self.rng.choice(NAMES[:2])
        self.events[name] += 1
        self.tell(name, "changed", name, self.events[name])

    def restart(self) -> None:
        """As after a boot: jobs are forgotten, and others soon have their numbers."""
        self.jobs.clear()
        self._ids = itertools.count(1)
        for _ in range(self.rng.randrange(5)):
            self.foreign_job()


class Listener:
    """A consumer that insists on order: nothing may be missing but where it was shown a gap."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inbox = Inbox(name, limit=100_000)
        self.topic: Topic | None = None
        self.last: dict[str, int] = {}
        self.strict = False
        """Whether the server has confirmed the subscription: nothing may be missing from then on."""
        self.gap_due = False

    def drain(self) -> None:
        while (item := self.inbox.next()) is not None:
            if isinstance(item, Gap):
                self.last.clear()
                self.gap_due = False
                continue
            if item.name == JOB_EVENTS:
                continue
            assert not self.gap_due, "a renewed subscription shows no gap"
            before = self.last.get(item.name)
            assert before is None or item.fields > before, f"{item.name}: {item.fields} after {before}"
            if self.strict and before is not None:
                assert item.fields == before + 1, f"{item.name}: {item.fields} after {before} without a gap"
            self.last[item.name] = item.fields

    def confirmed(self) -> None:
        self.drain()
        assert not self.gap_due, "a renewed subscription shows no gap"
        self.last.clear()
        self.strict = True

    def lost(self) -> None:
        self.drain()
        self.strict, self.gap_due = False, True


Done = Callable[[Any, ClientException | None], None]


@dataclass(eq=False)
class Operation:
    """One call as a program made it."""

    number: int
    method: str
    since: float
    timeout: float | None
    settled: int = 0
    result: Any = None
    error: ClientException | None = None
    cancelled: bool = False
    losses: int = 0
    call: Call | None = None

    @property
    def reads(self) -> bool:
        return self.method == "m.read"


class Driver:
    """The thinnest driver of a `Conversation`: it wakes callers by calling them and keeps no rule of its own."""

    def __init__(self, rng: random.Random, server: Server) -> None:
        self.rng, self.server = rng, server
        self.now = 0.0
        self.talk = self.conversation()
        self.wire: Wire | None = None
        self.ready = False
        self.book = JobBook()
        self.topics = Topics()
        self.topics.listen(JOB_EVENTS, self)
        self.listeners: list[Listener] = []
        self.offline: list[Callable[[], None]] = []
        self.calls: dict[str, Call] = {}
        self.lookups: list[tuple[float, JobRecord]] = []
        self.operations: list[Operation] = []
        self.records: dict[JobRecord, int] = {}
        """Jobs and how often their connection was lost."""
        self.ends: dict[JobRecord, Outcome] = {}
        """The first outcome that was seen of each."""
        self.resuming = 0
        self.to_send = False
        self.alone = ""
        """The last job start that left; until it is announced or its time is up, no other may."""
        self.alone_until = 0.0
        self._numbers = itertools.count(1)

    def conversation(self) -> Conversation:
        dialect: Dialect = DDP() if self.server.style == "ddp" else JSONRPC()
        dialect.options_answered({"legacy_jobs": self.server.style != "new"})
        talk = Conversation(dialect, self.new_id, self.now, vigilance=Vigilance(silence=20.0, answer=1000.0))
        talk.signed_in = True
        return talk

    # -- one connection ------------------------------------------------------------------

    def connect(self) -> None:
        self.wire = self.server.wire = Wire()
        self.talk, self.calls = self.conversation(), {}
        self.resuming = 1
        for topic in self.topics.renew():
            self.resuming += 1
            self.ask(topic, self._resumed)
        self._resumed()

    def _resumed(self) -> None:
        self.resuming -= 1
        if self.resuming == 0 and self.wire is not None:
            self.ready = True
            waiting, self.offline = self.offline, []
            for go in waiting:
                go()

    def new_id(self) -> str:
        return f"{next(self._numbers)}-{self.rng.getrandbits(32):x}"

    def perform(self, call: Call, done: Done) -> Call:
        assert call.wake is None

        def wake() -> None:
            assert call.id in self.calls, "a call of another connection"
            call.wake = _twice
            done(call.result, call.error)

        call.wake = wake
        self.calls[call.id] = call
        self.to_send = True
        return call

    def tell(self, told: Iterable[Told]) -> None:
        self.to_send = True
        for item in told:
            if isinstance(item, Call):
                item.wake()
            elif isinstance(item, Update):
                self.topics.update(item)
            else:
                raise AssertionError(item)

    def flush(self) -> None:
        """Send what has got its slot."""
        if not self.to_send or self.wire is None:
            return
        self.to_send = False
        for call in self.talk.leaving(self.now):
            call.sent = True
            self.wire.up.append(call.text)
            if call.settled:
                continue  # it is never answered
            assert call.id not in self.wire.with_server, "sent while the server works on it"
            self.wire.with_server.add(call.id)
            if call.lane is Lane.JOB:
                assert self.now >= self.alone_until, "a job start left before the last one was announced"
                assert call.announced_by is not None
                self.alone, self.alone_until = call.id, call.announced_by
        self.check_slots()

    def check_slots(self) -> None:
        if self.wire is None:
            assert (self.talk.ledger.in_flight, self.talk.ledger.queued) == (0, 0)
            return
        sent = self.wire.with_server
        held = [call for call in self.calls.values() if call.id in sent or (call.granted and not _given_up(call))]
        assert self.talk.ledger.in_flight == len(held) <= SLOTS
        lanes = Counter(call.lane for call in held)
        assert lanes[Lane.JOB] <= JOB_SLOTS
        assert len(held) - lanes[Lane.CONTROL] <= SHARED_SLOTS

    def hear(self) -> None:
        """Take in one text of the server."""
        assert self.wire is not None
        text = self.wire.down.popleft()
        frame = json.loads(text)
        answered = frame.get("subs", [] if "collection" in frame or "method" in frame else [frame.get("id")])
        for message_id in answered:
            self.wire.with_server.discard(message_id)
            self.calls[message_id].granted = False
        fields = frame.get("params", frame).get("fields")
        for message_id in [*answered, *(fields.get("message_ids", ()) if isinstance(fields, dict) else ())]:
            if message_id == self.alone:
                self.alone_until = self.now
        self.tell(self.talk.take(text, self.now))
        self.check_slots()

    def lose(self) -> None:
        """The connection is gone."""
        self.alone_until = self.now
        self.wire = self.server.wire = None
        self.ready, self.resuming = False, -1_000_000
        self.topics.lost()
        for listener in self.listeners:
            listener.lost()
        error = ConnectionLost("gone", sent=True)
        before = self.rng.random() < 0.5
        for part in (before, not before):
            if part:
                self.tell(self.talk.end(None, ""))
            else:
                for record in self.book.disconnected(error, reconnect=True):
                    self.records[record] += 1
                    self.changed(record)

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(10_000):
            if self.wire is None or self.talk.next_time() > until:
                break
            # At the time that was named and at no other: whatever leaves by time alone has to be in it.
            self.now = max(self.now, self.talk.next_time())
            self.tell(self.talk.due(self.now))
            self.flush()
        else:
            raise AssertionError("next_time does not go on")
        self.now = until
        for operation in self.operations:
            waits_here = not operation.settled and operation.call is None and operation.timeout is not None
            if waits_here and self.now >= operation.since + (operation.timeout or 0.0):
                self.settle(operation, None, CallTimeout())
        due = [row for row in self.lookups if row[0] <= self.now]
        self.lookups = [row for row in self.lookups if row[0] > self.now]
        for _, record in due:
            if record.needs_lookup:
                self.when_ready(lambda record=record: self.look_up(record))  # type: ignore[misc]

    # -- calls ---------------------------------------------------------------------------

    def when_ready(self, go: Callable[[], None]) -> None:
        if self.ready:
            go()
        else:
            self.offline.append(go)

    def call(self, method: str, timeout: float | None) -> None:
        operation = Operation(next(self._numbers), method, self.now, timeout)
        self.operations.append(operation)
        self.when_ready(lambda: self.send(operation))

    def send(self, operation: Operation) -> None:
        if operation.settled:
            return

        def done(result: Any, error: ClientException | None) -> None:
            operation.call = None
            operation.losses += isinstance(error, ConnectionLost)
            if error is not None:
                chance = chance_of(error, operation.method, repeat=operation.reads, reconnect=True, hold_unsent=True)
                if chance is Chance.NEXT:
                    return self.offline.append(lambda: self.send(operation))
                assert chance is Chance.NONE
            return self.settle(operation, result, error)

        call = self.talk.ask(
            operation.method, [operation.number], self.now, timeout=operation.timeout, since=operation.since
        )
        operation.call = self.perform(call, done)

    def settle(self, operation: Operation, result: Any, error: ClientException | None) -> None:
        operation.settled += 1
        operation.result, operation.error = result, error

    def cancel(self) -> None:
        live = [operation for operation in self.operations if not operation.settled]
        if live:
            operation = self.rng.choice(live)
            operation.cancelled = True
            call, operation.call = operation.call, None
            if call is not None:
                call.wake = _twice
                self.talk.abandon(call)
                self.to_send = True
            self.settle(operation, None, None)

    # -- jobs ----------------------------------------------------------------------------

    def start(self, method: str) -> None:
        params = [] if method == "m.job_shared" else [next(self._numbers)]
        record = JobRecord(self.new_id(), method, params, new_style=self.server.style == "new")
        self.records[record] = 0
        self.book.start(record)
        self.when_ready(lambda: self.send_job(record))

    def send_job(self, record: JobRecord) -> None:
        record.new_style = self.talk.dialect.new_style_jobs

        def done(result: Any, error: ClientException | None) -> None:
            if error is not None and may_send_again(error, reconnect=True):
                return self.offline.append(lambda: self.send_job(record))
            self.records[record] += isinstance(error, ConnectionLost)
            self.book.settle(record, result, error, reconnect=True)
            self.changed(record)
            if record.needs_lookup:
                self.lookups.append((self.now + LOOKUP_SECONDS, record))
            return None

        lane = Lane.JOB if record.new_style else lane_of(record.method)
        call = self.talk.ask(
            record.method, record.params, self.now, lane=lane, message_id=record.message_id, starts_job=True
        )
        self.perform(call, done)

    def changed(self, record: JobRecord) -> None:
        if record.outcome is not None:
            assert self.ends.setdefault(record, record.outcome) is record.outcome, "an outcome has changed"

    def look_up(self, record: JobRecord) -> None:
        if not record.needs_lookup:
            return

        def answered(rows: Any, error: ClientException | None) -> None:
            if isinstance(error, ConnectionLost):
                self.records[record] += 1
                self.book.drift(record, error)
            elif error is None:
                self.book.lookup(record, rows)
                if record.needs_lookup:
                    self.lookups.append((self.now + LOOKUP_SECONDS, record))

        self.query(record, answered)

    def find(self, record: JobRecord) -> None:
        self.resuming += 1

        def answered(rows: Any, error: ClientException | None) -> None:
            if error is None:
                self.book.found(record, rows)
            self._resumed()

        self.query(record, answered)

    def query(self, record: JobRecord, done: Done) -> None:
        self.perform(self.talk.ask(JOB_EVENTS, record.query, self.now, lane=Lane.CONTROL), done)

    def push(self, update: Update) -> None:
        for record in self.book.event(update.fields):
            self.changed(record)

    def gap(self, reason: str) -> None:
        """The drifting jobs are asked for."""

    def source_ended(self, error: ClientException | None) -> None:
        raise AssertionError(error)

    finish = source_ended

    # -- listeners -----------------------------------------------------------------------

    def listen(self) -> None:
        if not self.ready:
            return
        listener = Listener(self.rng.choice(NAMES))
        self.listeners.append(listener)
        topic, is_new = self.topics.listen(listener.name, listener.inbox)
        listener.topic = topic
        if is_new:
            self.ask(topic, lambda: None)
        elif topic.handle is not None:
            listener.strict = True

    def ask(self, topic: Topic, then: Callable[[], None]) -> None:
        def answered(handle: Any, error: ClientException | None) -> None:
            if error is None:
                topic.handle = handle
                if topic.name == JOB_EVENTS:
                    for record in self.book.adrift:
                        self.find(record)
                for listener in self.listeners:
                    if listener.topic is topic:
                        listener.confirmed()
                if not topic.listeners:
                    self.unsubscribe(handle)
            then()

        self.perform(self.talk.subscribe(topic.name, self.now, 1e9), answered)

    def leave(self) -> None:
        if not self.listeners:
            return
        listener = self.listeners.pop(self.rng.randrange(len(self.listeners)))
        topic = listener.topic
        assert topic is not None
        if self.topics.leave(topic, listener.inbox) and topic.handle is not None and self.wire is not None:
            self.unsubscribe(topic.handle)

    def unsubscribe(self, handle: str) -> None:
        call = self.talk.unsubscribe(handle, self.now, 1e9)
        if call.settled:
            self.to_send = True
        else:
            self.perform(call, lambda result, error: None)


def _twice() -> None:
    raise AssertionError("a call settled twice")


def _given_up(call: Call) -> bool:
    return call.abandoned and not call.sent


# -- a schedule ------------------------------------------------------------------------------


@dataclass(slots=True)
class Figures:
    """What one schedule held."""

    steps: int = 0
    calls: int = 0
    jobs: int = 0
    events: int = 0
    losses: int = 0
    refusals: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Figures) -> None:
        for name in ("steps", "calls", "jobs", "events", "losses", "refusals"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outcomes += other.outcomes


def run(seed: int) -> Figures:
    """Play the schedule of a seed. Raises AssertionError where an invariant does not hold."""
    rng = random.Random(seed)
    style = STYLES[seed % len(STYLES)]
    server = Server(rng, style)
    driver = Driver(rng, server)
    figures = Figures()
    driver.connect()
    busy = rng.choice((1, 3, 8))
    for _ in range(rng.randrange(20, 100)):
        figures.steps += 1
        _step(rng, driver, server, figures, busy)
        if rng.random() < 0.8:
            driver.flush()
    _drain(driver, server)
    _judge(driver, server)
    _judge_listeners(driver, server)
    figures.calls, figures.jobs = len(driver.operations), len(driver.records)
    figures.events, figures.refusals = server.events.total(), server.refused.total()
    ends = [operation.error for operation in driver.operations]
    ends += [record.outcome.error for record in driver.records if record.outcome is not None]
    figures.outcomes.update("success" if end is None else type(end).__name__ for end in ends)
    return figures


def _step(rng: random.Random, driver: Driver, server: Server, figures: Figures, busy: int) -> None:
    wire = driver.wire
    if wire is None and rng.random() < 0.3:
        return driver.connect()
    pick = rng.random()
    if pick < 0.20:
        for _ in range(rng.randrange(1, busy + 1)):
            driver.call(rng.choice(("m.read", "m.write")), rng.choice((None, 0.5, 3.0)))
    elif pick < 0.32:
        for _ in range(rng.randrange(1, busy + 1)):
            driver.start(rng.choice(("m.job", "m.job", "m.job_null", "m.job_shared", "m.job_transient")))
    elif pick < 0.35:
        driver.cancel()
    elif pick < 0.40:
        driver.listen()
    elif pick < 0.43:
        driver.leave()
    elif pick < 0.52:
        driver.pass_time(rng.choice((0.0, 0.05, 0.3, 1.0, 2.0)))
    elif pick < 0.56:
        server.emit()
    elif pick < 0.58:
        server.foreign_job()
    elif pick < 0.66:
        server.advance_job()
    elif wire is None:
        driver.pass_time(0.1)
    elif pick < 0.68:
        figures.losses += 1
        driver.lose()
        if rng.random() < 0.4:
            server.restart()
    elif pick < 0.76:
        server.finish_call()
    elif pick < 0.88:
        for _ in range(rng.randrange(1, 6)):
            if wire.up:
                server.take()
    else:
        for _ in range(rng.randrange(1, 8)):
            if wire.down:
                driver.hear()
    return None


def _drain(driver: Driver, server: Server) -> None:
    """Let everything come to its end, without further losses."""
    server.rng.random = lambda: 0.5  # type: ignore[method-assign] # nothing is refused or merged any more
    for _ in range(20_000):
        if driver.wire is None:
            driver.connect()
        assert driver.wire is not None
        driver.flush()
        if driver.wire.up:
            server.take()
        elif driver.wire.down:
            driver.hear()
        elif driver.wire.running:
            server.finish_call()
        elif any(job.state not in FINAL_STATES for job in server.jobs.values()):
            server.advance_job()
        elif driver.talk.ledger.queued or driver.lookups or driver.to_send:
            driver.pass_time(0.5)
        else:
            break
    else:
        raise AssertionError("the schedule does not come to an end")


def _judge_listeners(driver: Driver, server: Server) -> None:
    """Whoever listens still gets what comes now, once."""
    assert driver.wire is not None
    for name in NAMES[:2]:
        server.events[name] += 1
        server.tell(name, "changed", name, server.events[name])
    while driver.wire.down:
        driver.hear()
    for listener in driver.listeners:
        listener.drain()
        assert listener.strict, "a subscription was not renewed"
        for name in NAMES[:2] if listener.name == EVERYTHING else (listener.name,):
            assert listener.last.get(name) == server.events[name]


def _judge(driver: Driver, server: Server) -> None:
    ledger = driver.talk.ledger
    assert (ledger.in_flight, ledger.queued, driver.offline) == (0, 0, [])
    for operation in driver.operations:
        assert operation.settled == 1, f"settled {operation.settled} times"
        assert operation.reads or server.executed[operation.number] <= 1, "a write ran twice"
        error = operation.error
        assert not isinstance(error, TooManyConcurrentCalls)
        if operation.cancelled or isinstance(error, CallTimeout):
            continue
        if isinstance(error, ConnectionLost):
            assert error.sent
            assert operation.losses
            assert not operation.reads
        elif error is not None:
            assert (error.errno, error.extra) == (5, operation.number)
        else:
            assert operation.result == {"of": operation.number}
    assert len(driver.book) == 0
    for record, losses in driver.records.items():
        _judge_job(record, losses, driver.ends.get(record), server)


def _judge_job(record: JobRecord, losses: int, seen: Outcome | None, server: Server) -> None:
    end = record.outcome
    assert end is not None, f"{record} never ended"
    assert seen is None or seen is end, "an outcome has changed"
    if record.params:
        assert server.executed[record.params[0]] <= 1, "a job was started twice"
    mine = [job for job in server.all_jobs if record.message_id in job.message_ids]
    assert len(mine) <= 1, "a job start was sent twice"
    job = mine[0] if mine else None
    is_ours = job is not None and (job.method, job.arguments) == (record.method, record.params)
    if end.error is None:
        assert job is not None
        assert is_ours, "credited with the result of other work"
        assert (job.state, end.result) == ("SUCCESS", job.result)
    elif isinstance(end.error, (JobFailed, JobAborted)):
        assert job is not None
        assert is_ours
        assert job.state == ("FAILED" if isinstance(end.error, JobFailed) else "ABORTED")
        assert end.error.job_id == job.id
    elif isinstance(end.error, JobLost):
        assert not is_ours or losses or job not in server.jobs.values()
    elif isinstance(end.error, ConnectionLost):
        assert losses
    elif isinstance(end.error, NotAJob):
        assert job is not None
        if record.new_style:
            assert job.transient or not is_ours
            assert not is_ours or end.error.result == (job.result if job.state == "SUCCESS" else None)
        else:
            assert end.error.result == job.id
    else:
        assert job is not None
        assert job.state == "FAILED"
        assert end.error.errno == 5
