"""Every recorded server frame through the dialects; flows no client of ours can play, on to the books."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts, require_facts
from truenas_client import ejson
from truenas_client.engine.ddp import DDP
from truenas_client.engine.inbox import Event, Inbox
from truenas_client.engine.jobbook import JobBook
from truenas_client.engine.jobrecord import JobRecord
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.ledger import JOB_SLOTS, SLOTS, Call, Lane, Ledger, lane_of
from truenas_client.engine.messages import NO_ID, Ended, Failure, Fault, Message, Reply, Update
from truenas_client.engine.topics import Topics
from truenas_client.exc import (
    ClientException,
    JobLost,
    MethodNotFound,
    NotAuthenticated,
    NotAuthorized,
    TooManyConcurrentCalls,
    ValidationErrors,
)

Line = dict[str, Any]


def flow_names() -> list[str]:
    """Every recorded flow; one placeholder, which skips, where there are none."""
    folder = facts()
    return sorted(path.stem for path in (folder / "wire").glob("*.jsonl")) if folder else ["no flows"]


def connections(name: str) -> dict[int, list[Line]]:
    """The lines of a flow by connection, in order."""
    path: Path = require_facts() / "wire" / f"{name}.jsonl"
    found: dict[int, list[Line]] = {}
    for text in path.read_text().splitlines()[1:]:
        line = json.loads(text)
        if "conn" in line:
            found.setdefault(line["conn"], []).append(line)
    return found


def is_old(lines: list[Line]) -> bool:
    return any("/websocket" in str(line.get("http")) for line in lines)


def text_of(line: Line) -> str:
    """The text as it was on the wire; a filler that was cut is filled up again."""
    frame = line["frame"]
    if "truncated_from" not in line:
        return frame if isinstance(frame, str) else json.dumps(frame)
    head, tail = frame.removesuffix("..."), '", "id": 3}'
    return str(head + head[-1] * (line["truncated_from"] - len(head) - len(tail)) + tail)


def server_frames(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line["dir"] == "s2c" and "frame" in line]


def received(name: str, number: int = 1) -> list[Message]:
    """What a dialect makes of all server frames of a connection."""
    lines = connections(name)[number]
    dialect = DDP() if is_old(lines) else JSONRPC()
    messages: list[Message] = []
    for line in lines:
        if line["dir"] == "c2s" and "frame" in line and is_old(lines) and '"connect"' in text_of(line):
            dialect.greeting("hello")
        elif line["dir"] == "s2c" and "frame" in line:
            messages += dialect.receive(text_of(line))
    return messages


def kind_of(number: Any, code: Any, error: dict[str, Any]) -> type[ClientException]:
    """The class an error has to have, by the protocol's own description."""
    if code == -32000 or (code is None and number == errno.ETOOMANYREFS):
        return TooManyConcurrentCalls
    if code == -32601 or number == 201:
        return MethodNotFound
    if (code == -32602 and error.get("extra")) or error.get("type") == "VALIDATION":
        return ValidationErrors
    return {207: NotAuthenticated, 13: NotAuthorized}.get(number, ClientException)


def check_jsonrpc(frame: dict[str, Any], message: Message) -> None:
    error, message_id = frame.get("error"), frame.get("id")
    if "method" in frame:
        params = frame["params"]
        if frame["method"] == "collection_update":
            decoded = ejson.loads(json.dumps(params))
            assert message == Update(
                params["collection"],
                params["msg"],
                decoded.get("id", NO_ID),
                decoded.get("fields"),
                decoded.get("extra"),
            )
        else:
            assert isinstance(message, Ended)
            assert message.collection == params["collection"]
            assert (message.error is None) == (params["error"] is None)
    elif error is not None and (isinstance(message_id, str) or message_id is None):
        assert isinstance(message, Failure)
        assert message.id == message_id
        data = error.get("data") or {}
        assert type(message.error) is kind_of(data.get("error"), error["code"], data)
        if isinstance(message.error, ValidationErrors):
            assert [list(row) for row in message.error.errors] == data["extra"]
        else:
            assert message.error.error == (data.get("reason") or error["message"]).strip()
            assert message.error.extra == data.get("extra")
    elif isinstance(message_id, str):
        assert isinstance(message, Reply)
        assert message.id == message_id
        assert repr(message.result) == repr(ejson.loads(json.dumps(frame["result"])))
    else:
        # Ids that are not ours: we send strings only.
        assert isinstance(message, Fault)


@pytest.mark.parametrize("name", flow_names())
def test_every_recorded_frame_is_understood(name: str) -> None:
    require_facts()
    for lines in connections(name).values():
        if is_old(lines):
            continue
        dialect = JSONRPC()
        for line in server_frames(lines):
            text = text_of(line)
            (message,) = dialect.receive(text)
            check_jsonrpc(json.loads(text), message)
            frame = json.loads(text)
            if "method" not in frame and frame["id"] is not None:
                # The same with an id as we would have sent it.
                frame["id"] = f"ours-{json.dumps(frame['id'])}"
                (message,) = dialect.receive(json.dumps(frame))
                check_jsonrpc(frame, message)


@pytest.mark.parametrize("name", [name for name in flow_names() if name.startswith("legacy") or name == "no flows"])
def test_every_recorded_frame_of_the_old_protocol_is_understood(name: str) -> None:
    require_facts()
    checked = 0
    for lines in connections(name).values():
        if not is_old(lines):
            continue
        dialect, greeted = DDP(), False
        for line in lines:
            if line["dir"] == "c2s":
                if isinstance(line.get("frame"), dict) and line["frame"].get("msg") == "connect":
                    assert dialect.greeting("hello")
                    greeted = True
                continue
            if "frame" not in line:
                continue
            frame, messages = line["frame"], dialect.receive(text_of(line))
            checked += 1
            kind = frame["msg"]
            if kind == "pong":
                assert messages == []
                continue
            (message,) = messages
            if kind == "connected":
                assert message == Reply("hello", frame["session"])
            elif kind == "failed":
                assert isinstance(message, Failure if greeted else Fault)
                greeted = False
            elif kind == "ready":
                assert message == Reply(frame["subs"][0], frame["subs"][0])
            elif kind == "nosub":
                assert isinstance(message, Ended)
                assert (message.error is None) == ("error" not in frame)
            elif kind == "result" and "error" in frame:
                assert isinstance(message, Failure)
                error = frame["error"]
                assert message.id == frame["id"]
                assert type(message.error) is kind_of(error["error"], None, error)
                if isinstance(message.error, ValidationErrors):
                    assert [list(row) for row in message.error.errors] == error["extra"]
                else:
                    assert (message.error.errno, message.error.error) == (error["error"], error["reason"].strip())
            elif kind == "result":
                assert message == Reply(frame["id"], frame["result"])
            else:
                decoded = ejson.loads(json.dumps(frame))
                assert message == Update(
                    frame["collection"], kind, frame.get("id", NO_ID), decoded.get("fields"), decoded.get("extra")
                )
    assert checked > 0


def test_errors_without_an_id_name_no_call() -> None:
    *failures, alive = received("invalid_json_and_batch")
    assert len(failures) == 8
    for failure in failures:
        assert isinstance(failure, Failure)
        assert failure.id is None
        assert type(failure.error) is ClientException
    assert alive == Reply("still alive", "pong")


def test_answers_to_ids_that_are_no_strings_are_nobodys() -> None:
    *strangers, ours = received("invalid_requests")
    assert all(isinstance(message, Fault) for message in strangers)
    assert ours == Reply("text id", "pong")


def test_a_notification_is_not_answered() -> None:
    assert received("notification_no_id") == [Reply("last", "pong")]


def test_a_binary_frame_is_answered_by_the_end_alone() -> None:
    assert received("binary_frame") == []


def test_calls_above_the_limit_are_refused_each_by_itself() -> None:
    messages = received("too_many_concurrent_calls")
    refused = [m.id for m in messages if isinstance(m, Failure) and type(m.error) is TooManyConcurrentCalls]
    assert refused == ["s20", "s21", "s22", "s23", "s24"]
    answered = [m.id for m in messages if isinstance(m, Reply)]
    assert answered == [f"s{number}" for number in range(20)]


def test_the_ledger_never_comes_near_that_limit() -> None:
    lines = connections("too_many_concurrent_calls")[1]
    ledger, waiting = Ledger(), []
    for line in lines:
        frame = line.get("frame")
        if line["dir"] == "c2s" and isinstance(frame, dict) and frame["method"] == "wiretest.slow":
            call = Call(frame["id"], frame["method"], lane_of(frame["method"]))
            if not ledger.add(call, 0.0):
                waiting.append(call)
    assert ledger.in_flight == 9
    assert len(waiting) == 16
    flying = [f"s{number}" for number in range(9)]
    done = []
    while flying:
        assert len(flying) < SLOTS
        done.append(flying.pop(0))
        assert ledger.answered(done[-1]) is not None
        flying += [call.id for call in ledger.grants(0.0)]
    assert done == [f"s{number}" for number in range(25)]


def test_ten_jobs_leave_places_for_other_calls() -> None:
    lines = connections("running_jobs_hold_call_slots")[1]
    ledger, granted = Ledger(), []
    for line in lines:
        frame = line.get("frame")
        if (
            line["dir"] == "c2s"
            and isinstance(frame, dict)
            and str(frame["id"]) in ("ping", "j0", "j1", "j2", "j3", "j4")
        ):
            lane = Lane.JOB if str(frame["id"]).startswith("j") else lane_of(frame["method"])
            call = Call(frame["id"], frame["method"], lane)
            if ledger.add(call, 0.0):
                granted.append(call.id)
    assert granted == ["j0", "ping"], "one job at a time until it is announced, and the ping at once"
    for number in range(5, 10):
        ledger.add(Call(f"j{number}", "wiretest.job_abortable", Lane.JOB), 0.0)
    now = 0.0
    while (wake_at := ledger.wake_at()) is not None and now < 60:
        now = max(now, wake_at)
        granted += [call.id for call in ledger.grants(now)]
        now += 0.1
    assert len([message_id for message_id in granted if message_id.startswith("j")]) == JOB_SLOTS
    nulls = [m for m in received("running_jobs_hold_call_slots") if isinstance(m, Reply) and m.id.startswith("j")]
    assert [m.result for m in nulls] == [None] * 10, "aborted jobs answer null"


def test_jobs_merged_into_other_work_are_lost() -> None:
    lines = connections("job_burst_merged_across_methods")[1]
    book, records = JobBook(), {}
    for line in lines:
        frame = line.get("frame")
        if line["dir"] == "c2s" and isinstance(frame, dict) and str(frame["id"]).startswith("v"):
            record = JobRecord(frame["id"], frame["method"], frame["params"], new_style=True)
            records[frame["id"]] = record
            book.start(record)
    for message in received("job_burst_merged_across_methods"):
        if isinstance(message, Update):
            book.event(message.fields)
        elif isinstance(message, Reply) and message.id in records:
            book.answer(records[message.id], message.result)
    ends = [record.outcome for record in records.values()]
    assert [end.result for end in ends[:5] if end is not None and end.error is None] == [0, 1, 2, 3, 4]
    assert all(end is not None and type(end.error) is JobLost and end.result is None for end in ends[5:])
    assert len(ends) == 10
    assert len(book) == 0


def test_jobs_with_ids_that_name_nobody_are_credited_to_nobody() -> None:
    book = JobBook()
    record = JobRecord("mine", "wiretest.job_instant", [{"value": "v"}], new_style=True)
    book.start(record)
    updates = [m for m in received("job_with_id_zero_or_null") if isinstance(m, Update)]
    assert len(updates) == 12
    assert [book.event(update.fields) for update in updates] == [[]] * 12
    assert (record.id, record.outcome, len(book)) == (None, None, 1)


def test_one_event_reaches_every_listener_once_however_many_subscriptions() -> None:
    topics, first, second = Topics(), Inbox("wiretest.items"), Inbox("wiretest.items")
    assert topics.listen("wiretest.items", first)[1]
    assert not topics.listen("wiretest.items", second)[1]
    for message in received("subscribe_twice_and_foreign_unsubscribe"):
        if isinstance(message, Update):
            topics.update(message)
    for inbox in (first, second):
        events = [inbox.next() for _ in range(3)]
        assert [event.id for event in events if isinstance(event, Event)] == [1, 2]


def test_bad_login_arguments_name_the_place() -> None:
    failures = [
        JSONRPC().receive(json.dumps(line["frame"] | {"id": "mine"}))[0]
        for line in server_frames(connections("login_ex_bad_params")[1])
    ]
    rows = [failure.error.errors[0] for failure in failures if isinstance(failure, Failure)]  # type: ignore[attr-defined]
    assert [row.attribute for row in rows] == ["login_data", "login_data.PASSWORD_PLAIN.password", "login_data"]


def test_a_long_answer_is_taken_and_a_long_question_ends_the_connection() -> None:
    (line,) = [
        line for line in server_frames(connections("message_too_big_authenticated")[1]) if "truncated" in str(line)
    ]
    text = text_of(line)
    assert len(text) == line["truncated_from"] == 60041
    (message,) = JSONRPC().receive(text.replace('"id": 3', '"id": "3"'))
    assert isinstance(message, Reply)
    assert message.result == "y" * 60000
    for name in ("message_too_big_authenticated", "message_too_big_unauthenticated", "legacy_too_big"):
        closes = [line["close"]["code"] for line in connections(name)[1] if line["dir"] == "s2c" and "close" in line]
        assert closes in ([1007], [1009])


def test_a_greeting_that_failed_can_be_repeated() -> None:
    messages = received("legacy_handshake_failures")
    failed, stray, connected, pong = messages
    assert isinstance(failed, Failure)
    assert (failed.id, failed.error.errno) == ("hello", errno.EPROTO)
    assert isinstance(stray, Fault), "before the greeting is repeated, `failed` answers nothing of ours"
    assert isinstance(connected, Reply)
    assert pong == Reply("m1", "pong")
    assert [type(m) for m in received("legacy_2410_handshake_and_ping")] == [Failure, Fault, Reply]


def test_what_the_old_protocol_refuses_by_id_fails_that_call() -> None:
    connected, failure = received("legacy_invalid_messages", 5)
    assert isinstance(connected, Reply)
    assert isinstance(failure, Failure)
    assert (failure.id, failure.error.errno) == ("m", errno.EINVAL)
    for number in range(1, 5):
        assert [type(m) for m in received("legacy_invalid_messages", number)] == [Reply]
        assert [type(m) for m in received("legacy_2410_invalid_and_big", number)] == [Reply]
