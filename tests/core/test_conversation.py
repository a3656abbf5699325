"""The rules of one connection, each by itself: no socket, no loop, and a clock that the test turns."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from truenas_client.engine.conversation import MOST_FAULTS, Conversation, Noise, Vigilance
from truenas_client.engine.ddp import DDP
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.ledger import ANNOUNCE_SECONDS, JOB_SLOTS, SLOTS, Call, Lane
from truenas_client.engine.messages import Ended, Update
from truenas_client.exc import (
    CallTimeout,
    ClientException,
    ConnectionLost,
    JobLost,
    NotAuthenticated,
    PayloadTooLarge,
    ProtocolError,
    RateLimited,
)


class Talk(Conversation):
    """A conversation whose clock stands where the test has put it, and which notes what left."""

    def __init__(self, *, new_style: bool = True, old: bool = False, vigilance: Vigilance | None = None) -> None:
        ids = itertools.count(1)
        super().__init__(DDP() if old else JSONRPC(), lambda: f"id-{next(ids)}", 0.0, vigilance=vigilance)
        self.dialect.options_answered({"legacy_jobs": not new_style})
        self.signed_in = True
        self.now = 0.0
        self.left: list[Call] = []

    def send(self) -> None:
        for call in self.leaving(self.now):
            call.sent = True
            self.left.append(call)

    def make(self, method: str = "x.y", *params: Any, **options: Any) -> Call:
        call = self.ask(method, params, self.now, **options)
        self.send()
        return call

    def say(self, **frame: Any) -> list[Any]:
        told = self.take(json.dumps({"jsonrpc": "2.0", **frame}), self.now)
        self.send()
        return told

    def reply(self, call: Call, result: Any = None) -> list[Any]:
        return self.say(id=call.id, result=result)

    def refuse(self, call: Call) -> list[Any]:
        return self.say(id=call.id, error={"code": -32000, "message": "Too many concurrent calls"})

    def job(self, *message_ids: str, number: int = 7, method: str = "x.y", arguments: Any = ()) -> list[Any]:
        fields = {"id": number, "method": method, "arguments": list(arguments), "message_ids": list(message_ids)}
        fields["state"] = "RUNNING"
        params = {"msg": "added", "collection": "core.get_jobs", "id": number, "fields": fields}
        return self.say(method="collection_update", params=params)

    def wait(self, seconds: float) -> list[Call]:
        """Let time pass; the driver is called at `next_time` and at no other."""
        until, settled = self.now + seconds, []
        while self.next_time() <= until:
            self.now = max(self.now, self.next_time())
            settled += self.due(self.now)
            self.send()
        self.now = until
        return settled


# Calls --------------------------------------------------------------------------------------


def test_an_answer_settles_its_call_once() -> None:
    talk = Talk()
    call = talk.make("pool.query", [])
    assert json.loads(call.text)["method"] == "pool.query"
    assert talk.reply(call, [1]) == [call]
    assert (call.settled, call.result, call.error) == (True, [1], None)
    assert talk.reply(call, [2]) == []
    assert call.result == [1]


def test_no_more_than_the_server_runs_leave_and_the_rest_follows_in_order() -> None:
    talk = Talk()
    calls = [talk.make(f"x.{number}") for number in range(30)]
    assert talk.left == calls[: SLOTS - 1]
    assert talk.make("core.ping") in talk.left, "a control call never waits behind ordinary ones"
    for number in range(9, 30):
        talk.reply(calls[number - 9])
        assert talk.left[-1] is calls[number]


def test_job_events_are_asked_for_once_before_the_first_call_that_may_be_a_job() -> None:
    talk = Talk()
    for method in ("core.ping", "auth.me", "pool.query", "smb.config", "disk.get_instance", "user.shell_choices"):
        assert not talk.wants_job_events(method)
    assert talk.wants_job_events("pool.scrub.scrub")
    assert not talk.wants_job_events("pool.scrub.scrub")
    for talk in (Talk(new_style=False), Talk(old=True)):
        assert not talk.wants_job_events("pool.scrub.scrub")
    talk = Talk()
    talk.signed_in = False
    assert not talk.wants_job_events("pool.scrub.scrub")


@pytest.mark.parametrize("sent", [False, True])
def test_an_interrupted_caller_leaves_nothing_half_done(sent: bool) -> None:
    talk = Talk()
    first, mine, third = (talk.ask(f"x.{number}", (), 0.0) for number in range(3))
    assert talk.leaving(0.0) == [first, mine, third]
    first.sent, mine.sent = True, sent
    talk.ledger._held[Lane.CALL] += 1  # the interrupt came between two statements
    talk.interrupted(mine.id, at_hand=mine)
    assert mine.settled
    assert talk.leaving(0.0) == [third], "what was to follow leaves now, and nothing leaves twice"
    third.sent = True
    for call in (first, third, *([mine] if sent else [])):
        talk.reply(call)
    assert talk.ledger._held == [0, 0, 0]
    assert talk.ledger.in_flight == 0


def test_a_call_that_may_have_left_when_another_caller_was_interrupted_is_not_sent_again() -> None:
    talk = Talk()
    other, mine = talk.ask("pool.create", (), 0.0), talk.ask("x.y", (), 0.0)
    assert talk.leaving(0.0) == [other, mine]
    talk.interrupted(mine.id, at_hand=other)
    assert talk.leaving(0.0) == []
    assert not other.settled
    assert talk.reply(other, 1) == [other]


def test_an_interrupted_caller_frees_its_place_in_the_queue() -> None:
    talk = Talk()
    calls = [talk.make(f"x.{number}") for number in range(12)]
    talk.ledger.queued -= 1  # it was not counted yet
    talk.interrupted(calls[10].id, at_hand=None)
    assert talk.ledger.queued == 2
    for call in calls[:9]:
        talk.reply(call)
    assert [call.id for call in talk.left] == [call.id for call in (*calls[:10], calls[11])]


def test_twenty_thousand_waiting_calls_are_given_up_quickly() -> None:
    talk = Talk()
    calls = [talk.make() for _ in range(20_000)]
    for call in reversed(calls):
        talk.abandon(call)
    assert talk.ledger.queued == 0
    talk.reply(talk.left[0])
    assert talk.make() is talk.left[-1]


def test_too_long_a_call_is_refused_here() -> None:
    talk = Talk()
    talk.make("x.y", "x" * 60_000)
    talk.signed_in = False
    with pytest.raises(PayloadTooLarge):
        talk.make("x.y", "x" * 9000)


def test_a_call_that_was_given_up_and_refused_is_not_sent_again() -> None:
    talk = Talk()
    call = talk.make()
    talk.abandon(call)
    assert talk.refuse(call) == []
    assert talk.wait(100.0) == []
    assert talk.left == [call]
    assert talk.ledger.in_flight == talk.ledger.queued == 0


def test_a_refused_call_leaves_again_by_time_alone() -> None:
    talk = Talk()
    call = talk.make()
    for times in range(2, 6):
        assert talk.refuse(call) == []
        talk.wait(1.0)
        assert talk.left == [call] * times
    assert talk.reply(call, "at last") == [call]


def test_a_refused_call_keeps_its_deadline() -> None:
    talk = Talk()
    call = talk.make(timeout=0.06)
    talk.refuse(call)
    talk.wait(0.055)
    talk.refuse(call)
    assert talk.wait(10.0) == [call]
    assert isinstance(call.error, CallTimeout)
    assert "not sent" in str(call.error)


# Time limits --------------------------------------------------------------------------------


def test_a_timeout_names_what_the_caller_passed_however_long_it_has_waited() -> None:
    talk = Talk()
    call = talk.make(timeout=30.0, since=-20.0)
    assert talk.wait(9.9) == []
    assert talk.wait(0.2) == [call]
    assert str(call.error) == "x.y: no answer in 30 s; the server may still work on it"
    assert talk.reply(call) == [], "its late answer only gives the slot back"
    assert talk.ledger.in_flight == 0


def test_the_soonest_deadline_is_kept_whatever_the_order() -> None:
    talk = Talk()
    late, soon, never = talk.make(timeout=9.0), talk.make(timeout=1.0), talk.make()
    assert talk.wait(2.0) == [soon]
    assert talk.wait(8.0) == [late]
    assert not never.settled


# Jobs ---------------------------------------------------------------------------------------


def test_a_job_start_waits_until_the_one_before_is_announced() -> None:
    talk = Talk()
    first, second = (talk.make("x.job", lane=Lane.JOB, starts_job=True) for _ in range(2))
    assert talk.left == [first]
    talk.job(first.id, method="x.job")
    assert talk.left == [first, second]
    assert not first.settled, "its caller follows the job and waits for its end"


def test_after_a_silent_job_start_the_next_one_leaves_by_time_alone() -> None:
    talk = Talk()
    calls = [talk.make("x.transient", lane=Lane.JOB, starts_job=True) for _ in range(3)]
    talk.wait(ANNOUNCE_SECONDS * 0.9)
    assert talk.left == calls[:1]
    talk.wait(ANNOUNCE_SECONDS * 0.2)
    assert talk.left == calls[:2]
    talk.wait(ANNOUNCE_SECONDS * 1.1)
    assert talk.left == calls


def test_a_job_that_waits_for_a_slot_does_not_wake_the_driver_again_and_again() -> None:
    talk = Talk()
    for _ in range(JOB_SLOTS + 1):
        talk.make("x.transient", lane=Lane.JOB, starts_job=True)
    talk.wait(ANNOUNCE_SECONDS * (JOB_SLOTS + 2))
    assert len(talk.left) == JOB_SLOTS
    assert talk.next_time() > talk.now + 1.0


def test_an_ordinary_call_that_turns_out_to_be_a_job_answers_the_number() -> None:
    talk = Talk()
    call = talk.make("app.redeploy", "notes")
    told = talk.job(call.id, number=12, method="app.redeploy", arguments=["notes"])
    assert told[0] is call
    assert isinstance(told[1], Update)
    assert (call.result, call.error) == (12, None)
    assert call.lane is Lane.JOB, "its slot is taken until the job ends"
    assert talk.reply(call, "redeployed") == []
    assert talk.make("app.redeploy").lane is Lane.JOB


def test_an_ordinary_call_that_was_attached_to_other_work_is_told_so() -> None:
    talk = Talk()
    call = talk.make("app.redeploy", "ours")
    talk.job("theirs", call.id, method="app.redeploy", arguments=["theirs"])
    assert isinstance(call.error, JobLost)


def test_in_the_old_style_a_job_event_answers_nothing() -> None:
    talk = Talk(new_style=False)
    call = talk.make("app.redeploy", "notes")
    talk.job(call.id, method="app.redeploy", arguments=["notes"])
    assert not call.settled


# Errors -------------------------------------------------------------------------------------


def test_an_error_without_an_id_belongs_to_the_only_call() -> None:
    talk = Talk()
    error = {"code": -32700, "message": "Parse error"}
    call = talk.make()
    assert talk.say(id=None, error=error) == [call]
    assert isinstance(call.error, ClientException)
    first, second = talk.make(), talk.make()
    (noise,) = talk.say(id=None, error=error)
    assert isinstance(noise, Noise)
    assert not first.settled
    assert not second.settled


def test_what_cannot_be_read_was_the_answer_to_the_only_call_unless_another_comes() -> None:
    talk = Talk()
    call = talk.make()
    (noise,) = talk.take("not JSON", talk.now)
    assert isinstance(noise, Noise)
    assert talk.reply(call, "it was not") == [call]
    call = talk.make()
    talk.unreadable("a binary message", talk.now)
    assert talk.wait(Vigilance().fault) == [call]
    assert isinstance(call.error, ProtocolError)
    assert "a binary message; it may have run" in str(call.error)
    assert talk.ledger.in_flight == 0, "that was its answer, so the slot is free"


def test_noise_is_told_a_few_times_and_ends_the_connection() -> None:
    talk = Talk()
    call = talk.make()
    told = [item for _ in range(MOST_FAULTS) for item in talk.take("[]", talk.now)]
    assert [item for item in told if isinstance(item, Noise)] == [
        Noise("the server sent expected an object, got list"),
        Noise("the server sent expected an object, got list (10 so far)"),
        Noise("the server sent expected an object, got list (100 so far)"),
    ]
    assert told[-1] is call
    assert talk.lost is not None
    assert "1,000 messages that cannot be read" in talk.lost.error


def test_before_sign_in_busy_means_the_rate_limit() -> None:
    talk = Talk()
    error = {"code": -32001, "message": "x", "data": {"error": 16, "reason": "[EBUSY] Rate Limit Exceeded"}}
    talk.signed_in = False
    call = talk.make()
    talk.say(id=call.id, error=error)
    assert isinstance(call.error, RateLimited)
    talk.signed_in = True
    call = talk.make()
    talk.say(id=call.id, error=error)
    assert not isinstance(call.error, RateLimited)


def test_a_local_user_without_access_is_named() -> None:
    talk = Talk()
    talk.local_user = 1000
    call = talk.make()
    error = {"code": -32001, "message": "x", "data": {"error": 207, "reason": "[ENOTAUTHENTICATED] Not authenticated"}}
    talk.say(id=call.id, error=error)
    assert isinstance(call.error, NotAuthenticated)
    assert "user 1000 of this machine" in str(call.error)


# Logins -------------------------------------------------------------------------------------

SUCCESS = {"response_type": "SUCCESS"}


@pytest.mark.parametrize(
    ("method", "answer", "signed_in"),
    [
        ("auth.login", True, True),
        ("auth.login", False, False),
        ("auth.login_ex", SUCCESS, True),
        ("auth.login_ex", {"response_type": "AUTH_ERR"}, False),
        ("auth.login_ex_continue", SUCCESS, True),
        ("auth.login_with_api_key", True, True),
        ("auth.login_with_token", True, True),
        ("auth.mechanism_choices", ["SCRAM"], False),
        ("system.ready", True, False),
    ],
)
def test_a_login_is_noticed_by_its_answer(method: str, answer: Any, signed_in: bool) -> None:
    talk = Talk()
    talk.signed_in, talk.local_user = False, 1000
    talk.reply(talk.make(method), answer)
    assert talk.signed_in is signed_in
    assert (talk.local_user is None) is signed_in
    talk.reply(talk.make("auth.logout"), True)
    assert not talk.signed_in


def test_a_login_counts_though_its_caller_gave_up() -> None:
    talk = Talk()
    talk.signed_in = False
    call = talk.make("auth.login_ex", {})
    talk.abandon(call)
    talk.reply(call, SUCCESS)
    assert talk.signed_in


# The watchdog -------------------------------------------------------------------------------

QUICK = Vigilance(silence=10.0, answer=5.0)


def test_the_watchdog_asks_when_calls_are_outstanding_and_nothing_comes() -> None:
    talk = Talk(vigilance=QUICK)
    call = talk.make()
    talk.wait(9.0)
    assert talk.left == [call]
    talk.wait(2.0)
    assert [sent.method for sent in talk.left] == ["x.y", "core.ping"]
    settled = talk.wait(5.0)
    assert call in settled
    assert isinstance(call.error, ConnectionLost)
    assert call.error.sent
    assert talk.lost is not None
    assert "answers nothing any more" in talk.lost.error


@pytest.mark.parametrize("answer", ["the ping", "anything else"])
def test_any_sign_of_life_satisfies_the_watchdog(answer: str) -> None:
    talk = Talk(vigilance=QUICK)
    call = talk.make()
    talk.wait(11.0)
    ping = talk.left[-1]
    if answer == "the ping":
        talk.reply(ping, "pong")
    else:
        talk.say(method="collection_update", params={"msg": "added", "collection": "a", "id": 1, "fields": {}})
    talk.wait(6.0)
    assert talk.lost is None
    assert not call.settled
    talk.wait(10.0)
    assert [sent.method for sent in talk.left].count("core.ping") == 2, "it asks again after the next silence"


def test_silence_means_nothing_without_calls_or_with_every_slot_taken() -> None:
    talk = Talk(vigilance=QUICK)
    talk.wait(100.0)
    assert talk.left == []
    for _ in range(SLOTS - 1):
        talk.make()
    talk.make("core.subscribe")
    talk.wait(100.0)
    assert "core.ping" not in [call.method for call in talk.left]
    assert talk.lost is None


# The end ------------------------------------------------------------------------------------


def test_the_end_tells_each_call_whether_it_had_left() -> None:
    talk = Talk()
    calls = [talk.make() for _ in range(12)]
    given_up = calls.pop(0)
    talk.abandon(given_up)
    settled = talk.end(1012, "service restart")
    assert settled == calls
    assert [call.error.sent for call in calls if isinstance(call.error, ConnectionLost)] == [True] * 8 + [False] * 3
    assert "(1012: service restart) before the answer came; it may have run" in str(calls[0].error)
    assert "the call was not sent" in str(calls[-1].error)
    assert talk.end(None, "") == []
    with pytest.raises(ConnectionLost, match="not sent"):
        talk.make()
    assert talk.wait(1000.0) == []


def test_an_end_of_our_own_is_called_so() -> None:
    talk = Talk()
    talk.end(1000, "", ours=True)
    assert talk.lost is not None
    assert talk.lost.error == "The connection was closed"


def test_a_call_that_ends_the_connection_explains_the_end() -> None:
    talk = Talk()
    assert talk.expected_pause is None
    talk.make("system.reboot", "update")
    assert talk.expected_pause == 10.0


# Subscriptions and the old protocol -----------------------------------------------------------


def test_a_subscription_is_answered_with_its_handle_and_given_back() -> None:
    talk = Talk()
    call = talk.subscribe("alert.list", talk.now, 60.0)
    talk.send()
    talk.reply(call, "handle")
    assert call.result == "handle"
    back = talk.unsubscribe("handle", talk.now, 10.0)
    talk.send()
    assert talk.left == [call, back]
    assert not back.settled


def test_the_old_protocol_gives_back_without_an_answer() -> None:
    talk = Talk(old=True)
    back = talk.unsubscribe("handle", talk.now, 10.0)
    talk.send()
    assert talk.left == [back]
    assert back.settled
    assert talk.ledger.in_flight == 0


def test_the_old_protocol_is_greeted_first() -> None:
    talk = Talk(old=True)
    call = talk.greet(talk.now, 5.0)
    assert call is not None
    talk.send()
    assert talk.take('{"msg": "connected", "session": "s"}', talk.now) == [call]
    assert Talk().greet(0.0, 5.0) is None


def test_the_end_of_a_source_is_told() -> None:
    talk = Talk()
    told = talk.say(method="notify_unsubscribed", params={"collection": "a", "error": None})
    assert told == [Ended("a", None)]
