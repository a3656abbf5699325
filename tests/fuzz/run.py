"""Feeds mutants to a dialect and everything behind it, and watches.

Whatever the text: nothing is raised; what holds an error, or no result, never
becomes a `Reply`; every error has words; a call is answered at most once; a
job's outcome never changes; nothing takes long.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from truenas_client.engine.ddp import DDP
from truenas_client.engine.dialect import Dialect
from truenas_client.engine.jobbook import JobBook, JobRecord
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.ledger import Call, Ledger, lane_of
from truenas_client.engine.messages import Ended, Failure, Fault, Message, Reply, Update
from truenas_client.engine.topics import Topics
from truenas_client.exc import ClientException, TooManyConcurrentCalls

from .frames import OURS, mutant

__all__ = ["BATCH", "Figures", "fuzz"]

BATCH = 100
"""Texts that meet the same books; a batch is what a seed brings back."""

SLOW_SECONDS = 2.0


@dataclass(slots=True)
class Figures:
    """What a run came to."""

    frames: int = 0
    slowest: float = 0.0
    messages: Counter[str] = field(default_factory=Counter)

    def add(self, other: Figures) -> None:
        self.frames += other.frames
        self.slowest = max(self.slowest, other.slowest)
        self.messages += other.messages


class Books:
    """The engine of one connection with four calls out, one of them a job, and three listeners."""

    def __init__(self, rng: random.Random, dialect: str) -> None:
        self.dialect: Dialect = DDP() if dialect == "ddp" else JSONRPC()
        if rng.random() < 0.3:
            self.dialect.greeting("mine-1")
        self.now = 0.0
        self.ledger = Ledger()
        self.settled: set[str] = set()
        for message_id in OURS:
            call = Call(message_id, "pool.query", lane_of("pool.query"), None, True)
            assert self.ledger.add(call, self.now)
            call.sent = True
        self.book = JobBook()
        new_style = rng.random() < 0.5
        self.record = JobRecord("mine-4", "pool.scrub.scrub", ["tank"], new_style=new_style)
        self.book.start(self.record)
        if not new_style and rng.random() < 0.5:
            self.book.answer(self.record, 7)
        self.topics: Topics[str] = Topics()
        for name in ("a", "core.get_jobs", "*"):
            self.topics.listen(name, f"listener of {name}")

    def feed(self, text: str) -> list[Message]:
        messages = self.dialect.receive(text)
        for message in messages:
            self.take(message)
        return messages

    def take(self, message: Message) -> None:
        before = self.record.outcome
        if isinstance(message, (Reply, Failure)):
            call = self.ledger.answered(message.id) if message.id is not None else None
            error = message.error if isinstance(message, Failure) else None
            if error is not None:
                _words(error)
            if call is not None:
                assert call.id not in self.settled, "answered twice"
                if isinstance(error, TooManyConcurrentCalls):
                    self.ledger.refused(call, self.now)
                    self.now += 2.0
                    for granted in self.ledger.grants(self.now):
                        granted.sent = True
                else:
                    self.settled.add(call.id)
                if call.id == self.record.message_id:
                    self.book.answer(self.record, message.result if isinstance(message, Reply) else None, error)
        elif isinstance(message, Update):
            for listener in self.topics.of(message):
                assert listener in ("listener of *", f"listener of {message.collection}")
            # Whatever the event, its fields may be meant as a job's.
            self.book.event(message.fields)
            if self.record.needs_lookup:
                self.book.lookup(self.record, [message.fields])
            self.book.found(self.record, message.extra)
        elif isinstance(message, Ended):
            self.topics.end(message.collection)
            if message.error is not None:
                _words(message.error)
        else:
            assert isinstance(message, Fault)
            assert len(message.reason) < 1000
        after = self.record.outcome
        assert before is None or after is before, "an outcome has changed"
        if after is not None and after.error is not None:
            _words(after.error)


def _words(error: ClientException) -> None:
    assert isinstance(str(error), str)
    assert isinstance(repr(error), str)
    assert error.errno is None or isinstance(error.errno, int)
    assert error.errname is None or isinstance(error.errname, str)


def _may_reply(text: str) -> bool:
    """Whether a text holds a result, as far as plain JSON can tell."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(frame, dict):
        return False
    if frame.get("msg") in ("ready", "connected"):
        return True
    return "result" in frame and frame.get("error") is None


def _batch(dialect: str, seed: int, size: int, figures: Figures) -> None:
    rng = random.Random(f"{dialect} {seed}")
    books = Books(rng, dialect)
    for number in range(size):
        text = mutant(rng, dialect)
        began = time.perf_counter()
        try:
            messages = books.feed(text)
            assert all(type(m) in (Reply, Failure, Update, Ended, Fault) for m in messages)
            if any(type(m) is Reply for m in messages):
                assert _may_reply(text), "an error became a result"
        except Exception as e:
            shown: Any = text if len(text) < 600 else text[:600] + "..."
            raise AssertionError(f"{dialect}, seed {seed}, text {number}: {type(e).__name__}: {e}\n{shown}") from e
        figures.slowest = max(figures.slowest, time.perf_counter() - began)
        figures.messages.update(type(m).__name__ for m in messages)
        figures.frames += 1


def fuzz(dialect: str, frames: int, first_seed: int = 0) -> Figures:
    """Feed so many mutants of a dialect (``jsonrpc``, ``ddp``). Raises AssertionError with the text at fault."""
    figures = Figures()
    seed = first_seed
    while figures.frames < frames:
        _batch(dialect, seed, min(BATCH, frames - figures.frames), figures)
        seed += 1
    assert figures.slowest < SLOW_SECONDS
    return figures
