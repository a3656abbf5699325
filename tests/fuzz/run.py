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

from truenas_client.engine.conversation import Conversation, Noise, Told
from truenas_client.engine.ddp import DDP
from truenas_client.engine.inbox import Event, Inbox
from truenas_client.engine.jobbook import JobBook
from truenas_client.engine.jobrecord import JobRecord
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.ledger import Call
from truenas_client.engine.messages import Ended, Update
from truenas_client.engine.topics import Topics
from truenas_client.exc import ClientException

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
    """A conversation with four calls out, one of them a job, and three listeners."""

    def __init__(self, rng: random.Random, dialect: str) -> None:
        ids = iter(OURS)
        self.now = 0.0
        self.talk = Conversation(DDP() if dialect == "ddp" else JSONRPC(), lambda: next(ids, "more"), self.now)
        self.talk.signed_in = True
        new_style = rng.random() < 0.5
        self.talk.dialect.options_answered({"legacy_jobs": not new_style})
        if rng.random() < 0.3:
            self.talk.dialect.greeting("mine-1")
        self.settled: set[str] = set()
        for _ in OURS:
            self.talk.ask("pool.query", [], self.now)
        self.send()
        self.book = JobBook()
        self.record = JobRecord("mine-4", "pool.scrub.scrub", ["tank"], new_style=new_style)
        self.book.start(self.record)
        if not new_style and rng.random() < 0.5:
            self.book.answer(self.record, 7)
        self.topics = Topics()
        self.inboxes = [Inbox(name) for name in ("a", "core.get_jobs", "*")]
        for inbox in self.inboxes:
            self.topics.listen(inbox.name, inbox)

    def send(self) -> None:
        for call in self.talk.leaving(self.now):
            assert not call.settled
            call.sent = True

    def feed(self, text: str) -> list[Told]:
        if self.talk.lost is not None:
            return []  # more noise than a server makes: the connection was given up
        told = self.talk.take(text, self.now)
        for item in told:
            self.take(item)
        self.now += 2.0
        for call in self.talk.due(self.now):
            self.take(call)
        self.send()
        return told

    def take(self, item: Told) -> None:
        before = self.record.outcome
        if isinstance(item, Call):
            assert item.settled
            assert item.id not in self.settled, "answered twice"
            self.settled.add(item.id)
            if item.error is not None:
                _words(item.error)
            if item.id == self.record.message_id:
                self.book.settle(self.record, item.result, item.error, reconnect=True)
        elif isinstance(item, Update):
            self.topics.update(item)
            for inbox in self.inboxes:
                if (event := inbox.next()) is not None:
                    assert isinstance(event, Event)
                    assert inbox.name in ("*", event.name)
            # Whatever the event, its fields may be meant as a job's.
            self.book.event(item.fields)
            if self.record.needs_lookup:
                self.book.lookup(self.record, [item.fields])
            self.book.found(self.record, item.extra)
        elif isinstance(item, Ended):
            self.topics.ended(item)
            if item.error is not None:
                _words(item.error)
        else:
            assert isinstance(item, Noise)
            assert len(item.text) < 1100
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


def _may_announce(text: str) -> bool:
    """Whether a text may be the event of a job that one of our calls turned out to be."""
    return any(message_id in text for message_id in OURS) and "message_ids" in text


def _kind(told: Told) -> str:
    return ("failure" if told.error is not None else "reply") if isinstance(told, Call) else type(told).__name__.lower()


def _batch(dialect: str, seed: int, size: int, figures: Figures) -> None:
    rng = random.Random(f"{dialect} {seed}")
    books = Books(rng, dialect)
    for number in range(size):
        text = mutant(rng, dialect)
        began = time.perf_counter()
        try:
            for told in books.feed(text):
                figures.messages[_kind(told)] += 1
                if isinstance(told, Call) and told.error is None and told.result is not None:
                    assert _may_reply(text) or _may_announce(text), "an error became a result"
        except Exception as e:
            shown: Any = text if len(text) < 600 else text[:600] + "..."
            raise AssertionError(f"{dialect}, seed {seed}, text {number}: {type(e).__name__}: {e}\n{shown}") from e
        figures.slowest = max(figures.slowest, time.perf_counter() - began)
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
