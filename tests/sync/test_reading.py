"""Which thread reads the socket: the caller of a lone call, or the reader. The caller sees the same either way."""

from __future__ import annotations

import json
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from truenas_client import CallTimeout, Client, ClientException, ConnectionLost
from truenas_client.dialing import ConnectLimits
from truenas_client.endpoint import parse
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.simulator import ThreadedSimulator
from truenas_client.sync import reader
from truenas_client.sync.connection import Connection

from .nas import threads_of_ours, until

INTERRUPTS = 200


def parked(client: Client) -> None:
    """Call until the reader leaves the socket to the callers."""
    connection = client._connection
    before = connection._own_reads
    until(lambda: client.call("t.echo", 1) == 1 and connection._own_reads > before)


@contextmanager
def longer(monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[None]:
    """A caller waits longer at the socket, so that something can happen meanwhile."""
    with monkeypatch.context() as patch:
        patch.setattr(reader, "OWN_SECONDS", seconds)
        patch.setattr(reader, "PARK_SECONDS", 20.0)  # the reader does not take over before the call, on a busy machine
        yield


def test_lone_calls_read_their_own_answers(client: Client) -> None:
    parked(client)
    connection = client._connection
    before = connection._own_reads
    assert [client.call("t.echo", number) for number in range(50)] == list(range(50))
    assert connection._own_reads - before > 25
    assert connection.talk.ledger.in_flight == 0


def test_a_late_answer_is_read_by_the_reader(client: Client) -> None:
    parked(client)
    assert client.call("t.slow", 0.2) == 0.2
    parked(client)
    with pytest.raises(CallTimeout):
        client.call("t.slow", 0.3, timeout=0.02)
    assert client.call("t.echo", 2) == 2


def test_what_is_no_plain_answer_is_left_to_the_reader(client: Client, nas: ThreadedSimulator) -> None:
    for call in (lambda: client.call("t.fail"), lambda: client.call("t.echo", "x" * 60_000)):
        parked(client)
        try:
            assert len(call()) == 60_000
        except ClientException as e:
            assert "not there" in str(e)  # noqa: PT017
        assert client.call("t.echo", 3) == 3


def test_events_come_while_callers_read_and_when_they_stop(client: Client, nas: ThreadedSimulator) -> None:
    seen: list[int] = []
    client.subscribe("t.items", lambda mtype, **message: seen.append(message["id"]))
    for number in range(20):
        parked(client)
        nas.send_event("t.items", "ADDED", id=number, fields={})
        if number % 2:
            client.call("t.echo", number)
        until(lambda: len(seen) > number, 5)  # noqa: B023
    assert seen == list(range(20))


def test_two_callers_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with longer(monkeypatch, 10):
        for _ in range(5):
            parked(client)
            slow = threading.Thread(target=client.call, args=("t.slow", 0.1))
            slow.start()
            until(lambda: client._connection._own is not None or not slow.is_alive())  # noqa: B023
            assert client.call("t.echo", 4, timeout=5) == 4
            slow.join(5)
            assert not slow.is_alive()


@pytest.mark.parametrize("end", ["close", "drop"])
def test_the_end_reaches_a_caller_that_reads(
    end: str, client: Client, nas: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []

    def call() -> None:
        try:
            ended.append(client.call("t.slow", 20))
        except ConnectionLost as e:
            ended.append(e.sent)

    with longer(monkeypatch, 0.5):
        parked(client)
        thread = threading.Thread(target=call)
        thread.start()
        until(lambda: client._connection._own is not None)
        client.close() if end == "close" else nas.drop_connections()
        thread.join(5)
    assert ended == [True]
    until(lambda: not threads_of_ours())


def test_interrupts_at_any_moment_leave_the_client_usable(client: Client) -> None:
    """As Ctrl-C, many times and fast: in the middle of sending, reading and bookkeeping."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    chance, previous = random.Random(5), signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(INTERRUPTS):
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0003, 0.004))
                end = time.monotonic() + 0.5  # Python drops an exception that is raised in a finalizer
                while time.monotonic() < end:
                    assert client.call("t.echo", number, timeout=20) == number
            except KeyboardInterrupt:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    ledger = client._connection.talk.ledger
    until(lambda: ledger.in_flight == 0)
    assert (ledger._held, ledger.queued) == ([0, 0, 0], 0)
    calls = [client.call("t.slow", 0.01, background=True) for _ in range(9)]
    began = time.monotonic()
    assert [client.wait(call) for call in calls] == [0.01] * 9
    assert time.monotonic() - began < 5


def test_an_error_that_is_answered_at_once_reaches_the_caller() -> None:
    here, there = socket.socketpair()
    connection = Connection(here, parse("ws://nas"), JSONRPC(), limits=ConnectLimits())

    def leave(now: float, own: Any = None) -> None:
        for call in connection.talk.leaving(now):
            call.sent = True
            answer = {"jsonrpc": "2.0", "id": call.id, "error": {"code": -32001, "message": "refused"}}
            for told in connection.talk.take(json.dumps(answer), now):
                assert told is call
                call.wake()

    with there:
        connection._leave = leave  # type: ignore[method-assign]
        with pytest.raises(ClientException, match="refused"):
            connection.unsubscribe("handle", 1)
        connection.close()
