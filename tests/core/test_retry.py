"""Which calls are sent again after a loss, which addresses are tried, and who is told of a gap."""

from __future__ import annotations

from typing import Any

import pytest

from truenas_client.endpoint import Endpoint
from truenas_client.engine.ddp import DDP
from truenas_client.engine.hello import GREETING, Approach, dialect_for, greeting, hello
from truenas_client.engine.inbox import Event, Gap, Inbox
from truenas_client.engine.jobbook import JobBook
from truenas_client.engine.jobrecord import JobRecord
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.messages import Ended, Update
from truenas_client.engine.retry import Chance, chance_of, may_send_again
from truenas_client.engine.topics import Topics
from truenas_client.exc import (
    CallTimeout,
    ClientException,
    ConnectError,
    ConnectionLost,
    HandshakeRejected,
    MethodNotFound,
    NotAuthenticated,
    NotAuthorized,
    SubscriptionEnded,
)

SENT, UNSENT = ConnectionLost("gone", sent=True), ConnectionLost("gone", sent=False)


@pytest.mark.parametrize(
    ("error", "method", "repeat", "reconnect", "hold_unsent", "chance"),
    [
        (SENT, "pool.create", False, True, True, Chance.NONE),
        (SENT, "pool.query", True, True, True, Chance.NEXT),
        (SENT, "pool.query", True, False, True, Chance.NONE),
        (SENT, "pool.query", True, True, False, Chance.NEXT),
        (UNSENT, "pool.create", False, True, True, Chance.NEXT),
        (UNSENT, "pool.create", False, False, True, Chance.NONE),
        (UNSENT, "pool.create", False, True, False, Chance.NONE),
        (SENT, "system.reboot", False, True, True, Chance.DONE),
        (UNSENT, "system.reboot", False, True, True, Chance.NEXT),
        (NotAuthenticated("no"), "pool.create", False, False, True, Chance.SIGN_IN),
        (NotAuthenticated("no"), "auth.login_ex", False, True, True, Chance.NONE),
        (NotAuthorized("no"), "pool.query", True, True, True, Chance.NONE),
        (CallTimeout("late"), "pool.query", True, True, True, Chance.NONE),
    ],
)
def test_what_becomes_of_a_call_that_failed(
    error: ClientException, method: str, repeat: bool, reconnect: bool, hold_unsent: bool, chance: Chance
) -> None:
    assert chance_of(error, method, repeat=repeat, reconnect=reconnect, hold_unsent=hold_unsent) is chance


def test_only_a_job_start_that_had_not_left_is_sent_again() -> None:
    assert may_send_again(UNSENT, reconnect=True)
    assert not may_send_again(SENT, reconnect=True)
    assert not may_send_again(UNSENT, reconnect=False)
    assert not may_send_again(CallTimeout("late"), reconnect=True)


# Jobs after a loss ------------------------------------------------------------------------------


def started(method: str = "pool.scrub.scrub", *, new_style: bool = True) -> tuple[JobBook, JobRecord]:
    book = JobBook()
    record = JobRecord("mine", method, ["tank"], new_style=new_style)
    book.start(record)
    return book, record


def test_a_job_start_that_had_left_is_looked_for_by_its_call() -> None:
    book, record = started()
    book.settle(record, error=SENT, reconnect=True)
    assert book.adrift == [record]
    assert record.query[0] == [["message_ids", "rin", "mine"]]


def test_a_job_start_that_never_left_is_not_looked_for() -> None:
    book, record = started()
    book.settle(record, error=UNSENT, reconnect=True)
    assert book.adrift == []
    assert record.outcome is not None
    assert record.outcome.error is UNSENT


def test_without_reconnecting_a_job_ends_with_the_loss() -> None:
    book, record = started()
    book.settle(record, error=SENT, reconnect=False)
    assert record.outcome is not None
    assert record.outcome.error is SENT


def test_a_job_that_ends_the_connection_has_succeeded() -> None:
    book, record = started("system.reboot")
    book.settle(record, error=SENT, reconnect=True)
    assert record.outcome is not None
    assert record.outcome.error is None


def test_events_of_numbers_from_before_a_restart_are_never_credited_after_it() -> None:
    def event(number: int, state: str) -> dict[str, Any]:
        return {"id": number, "method": "pool.scrub.scrub", "arguments": ["tank"], "state": state, "result": "old"}

    book, record = started(new_style=False)
    book.event(event(7, "SUCCESS"))
    book.disconnected(UNSENT, reconnect=True)
    book.answer(record, 7)
    assert record.outcome is None, "the server counts anew: this 7 is another job"


# Subscriptions after a loss -----------------------------------------------------------------------


def update(number: int) -> Update:
    return Update("a", "changed", number, {}, None)


def test_a_renewed_subscription_shows_a_gap_before_its_next_event() -> None:
    topics, inbox = Topics(), Inbox("a")
    topic, is_new = topics.listen("a", inbox)
    assert is_new
    topic.handle = "handle"
    topics.update(update(1))
    topics.lost()
    assert topic.handle is None
    assert topics.renew() == [topic]
    topics.update(update(2))
    assert inbox.next() == Event("a", "changed", 1, {}, None)
    assert inbox.next() == Gap("the connection was lost and made again", None)
    assert inbox.next() == Event("a", "changed", 2, {}, None)


def test_a_login_that_had_ended_shows_a_gap_only_where_the_server_had_answered() -> None:
    topics, answered, waiting = Topics(), Inbox("a"), Inbox("b")
    topic, _ = topics.listen("a", answered)
    topic.handle = "handle"
    topics.listen("b", waiting)
    assert topics.renew_login() == [topic]
    assert topic.handle == "handle", "it is given back when there is another"
    assert answered.next() == Gap("the login had ended on the server", None)
    assert waiting.next() is None


def test_the_end_of_a_source_that_was_given_back_does_not_reach_those_who_listen_again() -> None:
    topics, first, second = Topics(), Inbox("a"), Inbox("a")
    topic, _ = topics.listen("a", first)
    topic.handle = "handle"
    assert topics.leave(topic, first)
    again, is_new = topics.listen("a", second)
    assert is_new
    topics.ended(Ended("a", None))
    assert not second.finished
    topics.ended(Ended("a", None))
    assert second.finished, "this one is theirs"
    topics.leave(again, second)
    topics.given_back("a")
    topics.given_back("a", refused=True)
    topics.listen("a", first)
    topics.ended(Ended("a", None))
    assert first.finished


def test_a_name_is_asked_for_once_and_given_back_by_the_last_listener() -> None:
    topics, first, second = Topics(), Inbox("a"), Inbox("a")
    topic, is_new = topics.listen("a", first)
    assert is_new
    assert topics.listen("a", second) == (topic, False)
    assert not topics.leave(topic, first)
    assert topics.leave(topic, second)
    assert not topics.leave(topic, second)
    assert topics.renew() == []


def test_what_is_refused_now_ends_for_each_listener_and_says_why() -> None:
    topics, inbox = Topics(), Inbox("a")
    topic, _ = topics.listen("a", inbox)
    refused = NotAuthorized("no longer")
    topics.refuse(topic, refused)
    assert topic.refused is refused
    assert isinstance(inbox.ended, SubscriptionEnded)
    assert inbox.ended.__cause__ is refused
    assert topics.renew() == []


def test_the_end_of_a_source_frees_its_name() -> None:
    topics, inbox = Topics(), Inbox("a")
    topics.listen("a", inbox)
    topics.ended(Ended("a", None))
    assert (inbox.finished, inbox.ended) == (True, None)
    assert topics.listen("a", Inbox("a"))[1]


def test_everything_gets_what_has_a_listener_of_its_own_too() -> None:
    topics, everything, own = Topics(), Inbox("*"), Inbox("a")
    topics.listen("*", everything)
    topics.listen("a", own)
    topics.update(update(1))
    assert everything.next() == own.next() == Event("a", "changed", 1, {}, None)


# Addresses and the first messages -------------------------------------------------------------------


def tried(approach: Approach, *outcomes: ClientException | None) -> list[str]:
    """The addresses that are tried, when each try ends like this (None: it is answered)."""
    steps = approach.steps()
    endpoint: Endpoint = next(steps)
    seen = []
    for outcome in outcomes:
        seen.append(endpoint.text)
        if outcome is None:
            approach.reached(endpoint)
            return seen
        endpoint = steps.throw(outcome)
    raise AssertionError("another address is tried")


NOBODY = ConnectError("refused", "connect")
NOT_HERE = HandshakeRejected("404", status_code=404)


def test_an_older_server_is_found_at_its_own_path_and_remembered() -> None:
    approach = Approach(["nas"])
    assert tried(approach, NOT_HERE, None) == ["wss://nas/api/current", "wss://nas/websocket"]
    assert approach.fell_back
    assert tried(approach, None) == ["wss://nas/websocket"]
    assert isinstance(dialect_for(approach.endpoint), DDP)


@pytest.mark.parametrize("address", ["wss://nas/api/current", "wss://nas/websocket"])
def test_a_path_that_was_asked_for_is_not_exchanged(address: str) -> None:
    with pytest.raises(HandshakeRejected):
        tried(Approach([address]), NOT_HERE)


def test_where_neither_path_is_there_the_first_refusal_is_told() -> None:
    with pytest.raises(HandshakeRejected, match="404"):
        tried(Approach(["nas"]), NOT_HERE, HandshakeRejected("400", status_code=400))


def test_another_address_is_tried_only_where_nothing_answered() -> None:
    approach = Approach(["first", "second"])
    assert tried(approach, NOBODY, None) == ["wss://first/api/current", "wss://second/api/current"]
    assert tried(approach, None) == ["wss://second/api/current"]
    with pytest.raises(ConnectError, match="tls"):
        tried(Approach(["first", "second"]), ConnectError("tls", "tls"))
    with pytest.raises(ConnectError, match="refused"):
        tried(Approach(["first", "second"]), NOBODY, NOBODY)


def test_hello_sets_the_options_and_an_old_release_goes_without() -> None:
    dialect = JSONRPC()
    steps = hello(dialect, private_methods=False)
    assert next(steps) is GREETING
    method, _ = steps.send(None)
    assert method == "core.set_options"
    with pytest.raises(StopIteration):
        steps.send({"legacy_jobs": False})
    assert dialect.new_style_jobs
    steps = hello(dialect, private_methods=False)
    next(steps)
    steps.send(None)
    with pytest.raises(StopIteration):
        steps.throw(MethodNotFound("core.set_options"))
    assert not dialect.new_style_jobs
    steps = hello(DDP(), private_methods=False)
    next(steps)
    with pytest.raises(StopIteration):
        steps.send(None)


def test_what_a_failed_hello_is_called() -> None:
    endpoint = Approach(["nas"]).endpoint
    other = ClientException("x")
    for error, stage in (
        (CallTimeout("late"), "hello"),
        (ConnectionLost("x", 1008), "allowed"),
        (ConnectionLost("x"), "hello"),
        (other, ""),
    ):
        with pytest.raises(ClientException) as caught, greeting(endpoint):
            raise error
        assert getattr(caught.value, "stage", "") == stage
    assert caught.value is other
