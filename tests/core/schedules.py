"""Random schedules on the pure engine: a server, a driver and a clock, none of them real.

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
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from truenas_client.engine.ddp import DDP
from truenas_client.engine.dialect import Dialect
from truenas_client.engine.jobbook import FINAL_STATES, JobBook, JobRecord, Outcome
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.ledger import ANNOUNCE_SECONDS, JOB_SLOTS, SHARED_SLOTS, SLOTS, Call, Lane, Ledger, lane_of
from truenas_client.engine.messages import Ended, Failure, Fault, Reply, Update
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

LOOKUP_SECONDS = 1.0
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
    """Somebody who listens, and insists on order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.topic: Topic[Listener] | None = None
        self.last: dict[str, int] = {}
        self.strict = False
        """Whether the server has confirmed the subscription: nothing may be missing from then on."""

    def push(self, update: Update) -> None:
        before = self.last.get(update.collection)
        assert before is None or update.fields > before, f"{update.collection}: {update.fields} after {before}"
        if self.strict and before is not None:
            assert update.fields == before + 1, f"{update.collection}: {update.fields} after {before} without a gap"
        self.last[update.collection] = update.fields

    def gap(self) -> None:
        self.last.clear()


class Waiter:
    """Where a call's end goes; it may come once."""

    def __init__(self, done: Callable[[Any, ClientException | None], None]) -> None:
        self._done = done
        self.settled = False

    def settle(self, result: Any = None, error: ClientException | None = None) -> None:
        assert not self.settled, "a call settled twice"
        self.settled = True
        self._done(result, error)


@dataclass(eq=False)
class Operation:
    """One call as a program made it."""

    number: int
    method: str
    deadline: float | None
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
    """What connection, job table and subscriptions do, without a loop."""

    def __init__(self, rng: random.Random, server: Server) -> None:
        self.rng, self.server = rng, server
        self.now = 0.0
        self.dialect: Dialect = JSONRPC()
        self.ledger = Ledger()
        self.wire: Wire | None = None
        self.ready = False
        self.book = JobBook()
        self.topics: Topics[Listener] = Topics()
        self.offline: list[Callable[[], None]] = []
        self.opened: list[Call] = []
        self.calls: dict[str, Call] = {}
        self.lookups: list[tuple[float, JobRecord]] = []
        self.operations: list[Operation] = []
        self.records: dict[JobRecord, int] = {}
        """Jobs and how often their connection was lost."""
        self.ends: dict[JobRecord, Outcome] = {}
        """The first outcome that was seen of each."""
        self.resuming = 0
        self.alone = ""
        """The last job start that left; until it is announced or its time is up, no other may."""
        self.alone_until = 0.0
        self.granted_at: dict[str, float] = {}
        self._numbers = itertools.count(1)

    # -- one connection ------------------------------------------------------------------

    def connect(self) -> None:
        server = self.server
        self.wire = server.wire = Wire()
        self.ledger = Ledger()
        self.dialect = DDP() if server.style == "ddp" else JSONRPC()
        self.dialect.options_answered({"legacy_jobs": server.style != "new"})
        self.opened, self.calls = [], {}
        self.resuming = 1
        for topic in list(self.topics):
            for listener in topic.listeners:
                listener.gap()
            self.resuming += 1
            self.ask(topic, self._resumed)
        self.ask_jobs()
        self._resumed()

    def ask_jobs(self) -> None:
        """Job events, and the jobs that drift: asked for before anything else may leave."""
        self.resuming += 1
        text = self.dialect.subscribe(message_id := self.new_id(), "core.get_jobs")

        def subscribed(result: Any, error: ClientException | None) -> None:
            if error is None:
                for record in [record for record in self.records if record.adrift and record.outcome is None]:
                    self.find(record)
            self._resumed()

        self.perform("core.subscribe", text, Lane.CONTROL, subscribed, message_id)

    def find(self, record: JobRecord) -> None:
        self.resuming += 1

        def answered(rows: Any, error: ClientException | None) -> None:
            if error is None:
                self.book.found(record, rows)
            self._resumed()

        self.query(record.query, answered)

    def query(self, query: list[Any], done: Callable[[Any, ClientException | None], None]) -> None:
        message_id = self.new_id()
        self.perform(
            "core.get_jobs", self.dialect.encode(message_id, "core.get_jobs", query), Lane.CONTROL, done, message_id
        )

    def _resumed(self) -> None:
        self.resuming -= 1
        if self.resuming == 0 and self.wire is not None:
            self.ready = True
            waiting, self.offline = self.offline, []
            for go in waiting:
                go()

    def new_id(self) -> str:
        return f"{next(self._numbers)}-{self.rng.getrandbits(32):x}"

    def perform(
        self,
        method: str,
        text: str,
        lane: Lane,
        done: Callable[[Any, ClientException | None], None],
        message_id: str,
    ) -> Call:
        call = Call(message_id, method, lane, Waiter(done), True, text)
        self.calls[message_id] = call
        if self.ledger.add(call, self.now):
            self.granted_at[call.id] = self.now
            self.opened.append(call)
        return call

    def flush(self) -> None:
        """Send what has got its slot; in a real driver this is a turn of the loop later."""
        opened, self.opened = self.opened, []
        if not opened:
            return
        for call in opened:
            if not call.abandoned and not call.waiter.settled:
                assert self.wire is not None
                call.sent = True
                assert call.id not in self.wire.with_server, "sent while the server works on it"
                self.wire.with_server.add(call.id)
                self.wire.up.append(call.text)
                if call.lane is Lane.JOB:
                    assert self.now >= self.alone_until, "a job start left before the last one was announced"
                    self.alone, self.alone_until = call.id, self.granted_at[call.id] + ANNOUNCE_SECONDS
        self.check_slots()

    def check_slots(self) -> None:
        if self.wire is None:
            assert (self.ledger.in_flight, self.ledger.queued) == (0, 0)
            return
        held = [self.calls[message_id] for message_id in self.wire.with_server]
        held += [call for call in self.opened if not call.abandoned]
        assert self.ledger.in_flight == len(held) <= SLOTS
        jobs = control = 0
        for call in held:
            if call.lane is Lane.JOB:
                jobs += 1
            elif call.lane is Lane.CONTROL:
                control += 1
        assert jobs <= JOB_SLOTS
        assert len(held) - control <= SHARED_SLOTS

    def grant(self) -> None:
        granted = self.ledger.grants(self.now)
        self.granted_at.update((call.id, self.now) for call in granted)
        self.opened += granted

    def hear(self) -> None:
        """Take in one text of the server."""
        assert self.wire is not None
        text = self.wire.down.popleft()
        for message in self.dialect.receive(text):
            if isinstance(message, (Reply, Failure)):
                assert message.id is not None
                self.wire.with_server.discard(message.id)
                self.announced(message.id)
                call = self.ledger.answered(message.id)
                assert call is not None, "an answer to nothing"
                error = message.error if isinstance(message, Failure) else None
                if isinstance(error, TooManyConcurrentCalls) and not call.abandoned:
                    self.ledger.refused(call, self.now)
                elif not call.waiter.settled:
                    call.waiter.settle(message.result if isinstance(message, Reply) else None, error)
                self.grant()
            elif isinstance(message, Update):
                if message.collection == "core.get_jobs":
                    for message_id in message.fields.get("message_ids", ()):
                        self.announced(message_id)
                    for record in self.book.event(message.fields):
                        self.changed(record)
                else:
                    for listener in self.topics.of(message):
                        listener.push(message)
            else:
                assert not isinstance(message, (Ended, Fault)), message
        self.check_slots()

    def announced(self, message_id: str) -> None:
        if message_id == self.alone:
            self.alone_until = self.now

    def lose(self) -> None:
        """The connection is gone."""
        self.alone_until = self.now
        self.wire = self.server.wire = None
        self.ready, self.resuming = False, -1_000_000
        self.book.disconnected()
        for topic in self.topics:
            topic.handle = None
            for listener in topic.listeners:
                listener.strict = False
        answered = [record for record in self.records if record.answered and record.outcome is None]
        for call in self.ledger.close():
            if not call.waiter.settled:
                call.waiter.settle(error=ConnectionLost("gone", sent=call.sent))
        for record in answered:
            self.records[record] += 1
            self.book.drift(record, ConnectionLost("gone", sent=True))
        self.opened = []

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for operation in self.operations:
            call = operation.call
            if operation.deadline is not None and self.now >= operation.deadline and not operation.settled:
                if call is not None and not call.waiter.settled:
                    call.waiter.settle(error=CallTimeout())
                    self.ledger.abandon(call)
                else:
                    self.settle(operation, None, CallTimeout())
        self.grant()
        due, self.lookups = (
            [row for row in self.lookups if row[0] <= self.now],
            [row for row in self.lookups if row[0] > self.now],
        )
        for _, record in due:
            if record.needs_lookup:
                self.when_ready(lambda record=record: self.look_up(record))  # type: ignore[misc]
        self.check_slots()

    # -- calls ---------------------------------------------------------------------------

    def when_ready(self, go: Callable[[], None]) -> None:
        if self.ready:
            go()
        else:
            self.offline.append(go)

    def call(self, method: str, timeout: float | None) -> None:
        deadline = None if timeout is None else self.now + timeout
        operation = Operation(next(self._numbers), method, deadline)
        self.operations.append(operation)
        self.when_ready(lambda: self.send(operation))

    def send(self, operation: Operation) -> None:
        if operation.settled:
            return
        message_id = self.new_id()

        def done(result: Any, error: ClientException | None) -> None:
            operation.call = None
            if isinstance(error, ConnectionLost):
                operation.losses += 1
                if operation.reads or not error.sent:
                    return self.offline.append(lambda: self.send(operation))
            return self.settle(operation, result, error)

        text = self.dialect.encode(message_id, operation.method, [operation.number])
        operation.call = self.perform(operation.method, text, lane_of(operation.method), done, message_id)

    def settle(self, operation: Operation, result: Any, error: ClientException | None) -> None:
        operation.settled += 1
        operation.result, operation.error = result, error

    def cancel(self) -> None:
        live = [operation for operation in self.operations if not operation.settled]
        if live:
            operation = self.rng.choice(live)
            operation.cancelled = True
            call = operation.call
            operation.call = None
            if call is not None:
                call.waiter.settled = True
                self.ledger.abandon(call)
                self.grant()
            self.settle(operation, None, None)

    # -- jobs ----------------------------------------------------------------------------

    def start(self, method: str) -> None:
        params = [] if method == "m.job_shared" else [next(self._numbers)]
        record = JobRecord(self.new_id(), method, params, new_style=self.server.style == "new")
        self.records[record] = 0
        self.book.start(record)
        self.when_ready(lambda: self.send_job(record))

    def send_job(self, record: JobRecord) -> None:
        record.new_style = self.dialect.new_style_jobs

        def done(result: Any, error: ClientException | None) -> None:
            if isinstance(error, ConnectionLost):
                if not error.sent:
                    return self.offline.append(lambda: self.send_job(record))
                self.records[record] += 1
                self.book.drift(record, error)
            elif error is not None:
                self.book.answer(record, error=error)
            else:
                self.book.answer(record, result)
            self.changed(record)
            if record.needs_lookup:
                self.lookups.append((self.now + LOOKUP_SECONDS, record))
            return None

        text = self.dialect.encode(record.message_id, record.method, record.params)
        lane = Lane.JOB if record.new_style else lane_of(record.method)
        self.perform(record.method, text, lane, done, record.message_id)

    def changed(self, record: JobRecord) -> None:
        if record.id is not None:
            self.ledger.announced(record.message_id)
            self.grant()
        if record.outcome is not None:
            assert self.ends.setdefault(record, record.outcome) is record.outcome, "an outcome has changed"

    def look_up(self, record: JobRecord) -> None:
        if not record.needs_lookup:
            return

        def answered(rows: Any, error: ClientException | None) -> None:
            if isinstance(error, ConnectionLost):
                self.book.drift(record, error)
            elif error is None:
                self.book.lookup(record, rows)
                if record.needs_lookup:
                    self.lookups.append((self.now + LOOKUP_SECONDS, record))

        self.query([[["id", "=", record.id]], {"extra": {"raw_result": True}}], answered)

    # -- listeners -----------------------------------------------------------------------

    def listen(self) -> None:
        if not self.ready:
            return
        listener = Listener(self.rng.choice(NAMES))
        topic, is_new = self.topics.listen(listener.name, listener)
        listener.topic = topic
        if is_new:
            self.ask(topic, lambda: None)
        elif topic.handle is not None:
            listener.strict = True

    def ask(self, topic: Topic[Listener], then: Callable[[], None]) -> None:
        text = self.dialect.subscribe(message_id := self.new_id(), topic.name)

        def answered(handle: Any, error: ClientException | None) -> None:
            if error is None:
                topic.handle = handle
                for listener in topic.listeners:
                    listener.gap()
                    listener.strict = True
                if not topic.listeners:
                    self.unsubscribe(handle)
            then()

        self.perform("core.subscribe", text, Lane.CONTROL, answered, message_id)

    def leave(self) -> None:
        listeners = [listener for topic in self.topics for listener in topic.listeners]
        if not listeners:
            return
        listener = self.rng.choice(listeners)
        assert listener.topic is not None
        if self.topics.leave(listener.topic, listener) and listener.topic.handle is not None and self.wire is not None:
            self.unsubscribe(listener.topic.handle)

    def unsubscribe(self, handle: str) -> None:
        text, is_answered = self.dialect.unsubscribe(message_id := self.new_id(), handle)
        if is_answered:
            self.perform("core.unsubscribe", text, Lane.CONTROL, lambda result, error: None, message_id)
        elif self.wire is not None:
            self.wire.up.append(text)


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
        elif driver.ledger.queued or driver.lookups or driver.opened:
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
    for topic in driver.topics:
        for listener in topic.listeners:
            assert listener.strict, "a subscription was not renewed"
            for name in NAMES[:2] if topic.name == EVERYTHING else (topic.name,):
                assert listener.last.get(name) == server.events[name]


def _judge(driver: Driver, server: Server) -> None:
    assert (driver.ledger.in_flight, driver.ledger.queued, driver.offline) == (0, 0, [])
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
