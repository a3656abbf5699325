from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.engine.jobbook import JobBook
from truenas_client.engine.jobrecord import JobRecord, Outcome
from truenas_client.exc import (
    ClientException,
    ConnectionLost,
    JobAborted,
    JobFailed,
    JobLost,
    NotAJob,
    ValidationErrors,
)


def started(*, new_style: bool = True, params: list[Any] | None = None) -> tuple[JobBook, JobRecord]:
    book = JobBook()
    record = JobRecord("mine", "pool.scrub.scrub", ["tank"] if params is None else params, new_style=new_style)
    book.start(record)
    return book, record


def job(state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "message_ids": ["other", "mine"],
        "method": "pool.scrub.scrub",
        "arguments": ["tank"],
        "state": state,
        "progress": {"percent": 5, "description": "x", "extra": None},
        "result": None,
        "error": None,
        "exc_info": None,
    } | more


ENDS: list[tuple[dict[str, Any], tuple[Any, ClientException | None], type | None]] = [
    (job("SUCCESS", result={"a": 1}), ({"a": 1}, None), None),
    (job("SUCCESS"), (None, None), None),
    (job("ABORTED"), (None, None), JobAborted),
    (
        job("FAILED", error="[EIO] no", exc_info={"type": "CallError", "errno": 5}),
        (None, ClientException("[EIO] no", 5)),
        JobFailed,
    ),
    (
        job("FAILED", exc_info={"type": "VALIDATION", "extra": [["a", "b", 22]]}),
        (None, ValidationErrors([["a", "b", 22]])),
        ValidationErrors,
    ),
]


@pytest.mark.parametrize(("last", "answer", "error"), ENDS)
@pytest.mark.parametrize("event_first", [True, False])
def test_answer_and_last_event_come_in_either_order(
    last: dict[str, Any], answer: tuple[Any, ClientException | None], error: type | None, event_first: bool
) -> None:
    book, record = started()
    assert book.event(job("WAITING")) == [record]
    if event_first:
        book.event(last)
        assert record.outcome is None, "the answer is still to come"
        book.answer(record, *answer)
    else:
        book.answer(record, *answer)
        assert record.outcome is None or answer != (None, None)
        book.event(last)
    assert record.outcome is not None
    assert type(record.outcome.error) is (error or type(None))
    if error is None:
        assert record.outcome.result == answer[0]
    assert len(book) == 0


@given(st.permutations(["answer", "added", "progress", "last"]))
def test_an_outcome_is_decided_once(order: list[str]) -> None:
    book, record = started()
    outcomes: set[int] = set()
    for step in order:
        if step == "answer":
            book.answer(record, 5)
        else:
            book.event(job({"added": "WAITING", "progress": "RUNNING", "last": "SUCCESS"}[step], result=5))
        if record.outcome is not None:
            outcomes.add(id(record.outcome))
    assert len(outcomes) == 1


def test_aborted_stays_aborted_whatever_the_answer_says() -> None:
    book, record = started()
    book.event(job("ABORTED"))
    book.answer(record, error=ClientException("stopped"))
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobAborted)


def test_null_answer_needs_the_event_or_a_query() -> None:
    book, record = started()
    book.event(job())
    book.answer(record, None)
    assert record.needs_lookup
    book.lookup(record, [job("ABORTED")])
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobAborted)


def test_null_answer_of_a_job_nobody_knows_any_more() -> None:
    book, record = started()
    book.event(job())
    book.answer(record, None)
    book.lookup(record, [])
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobLost)


@pytest.mark.parametrize("change", [{"method": "pool.export"}, {"arguments": ["other"]}, {"arguments": []}])
def test_attached_to_other_work_is_lost_as_soon_as_it_shows(change: dict[str, Any]) -> None:
    book, record = started()
    book.event(job("WAITING", **change))
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobLost)
    book.answer(record, "the other job's result")
    assert isinstance(record.outcome.error, JobLost)


def test_masked_and_cut_arguments_are_still_ours() -> None:
    sent = [{"password": "x", "at": dt.datetime(2024, 1, 1, 0, 0, 0, 500_000, tzinfo=dt.UTC), "deep": ["y", 1]}]
    book, record = started(params=sent)
    shown = [{"password": "********", "at": dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "deep": ["********", 1]}]
    book.event(job(arguments=shown))
    assert record.id == 7


def test_jobs_of_others_leave_no_trace() -> None:
    book, record = started()
    for number in range(1000):
        assert book.event(job(id=number, message_ids=["theirs", number, None])) == []
    assert record.id is None
    assert len(book) == 1
    assert book.event("nonsense") == []
    assert book.event({"message_ids": 5}) == []


def test_answer_without_any_event_is_no_job() -> None:
    book, record = started()
    book.answer(record, 42)
    assert record.outcome is not None
    assert isinstance(record.outcome.error, NotAJob)
    assert record.outcome.error.result == 42


def test_refusal_without_any_event_is_the_calls_own_error() -> None:
    book, record = started()
    error = ClientException("no such thing", 2)
    book.answer(record, error=error)
    assert record.outcome == Outcome(error=error)


def test_a_failed_jobs_error_names_job_errno_and_cause() -> None:
    book, record = started()
    book.event(job("FAILED", exc_info={"type": "CallError", "errno": 5, "extra": {"dev": "sda"}}, error="[EIO] bad"))
    book.answer(record, error=ClientException("[EIO] bad", 5, {"class": "CallError"}, {"dev": "sda"}))
    assert record.outcome is not None
    error = record.outcome.error
    assert isinstance(error, JobFailed)
    assert (error.job_id, error.errno, error.extra, error.exc_type) == (7, 5, {"dev": "sda"}, "CallError")


def test_old_style_ends_by_event() -> None:
    book, record = started(new_style=False)
    book.answer(record, 7)
    assert record.id == 7
    assert record.outcome is None
    book.event(job("SUCCESS", message_ids=[], result="done"))
    assert record.outcome == Outcome("done")


def test_old_style_events_may_come_before_the_number() -> None:
    book, record = started(new_style=False)
    book.event(job("SUCCESS", message_ids=[], result="done"))
    book.event(job("SUCCESS", id=8, method="other", message_ids=[]))
    book.answer(record, 7)
    assert record.outcome == Outcome("done")


def test_old_style_number_of_no_job_is_a_plain_result() -> None:
    book, record = started(new_style=False)
    book.answer(record, 7)
    assert record.needs_lookup
    book.lookup(record, [job(method="else")])
    assert record.outcome is not None
    assert isinstance(record.outcome.error, NotAJob)
    assert record.outcome.error.result == 7


def test_a_bool_is_no_job_number() -> None:
    book, record = started(new_style=False)
    book.answer(record, True)
    assert record.outcome is not None
    assert isinstance(record.outcome.error, NotAJob)


def test_old_style_in_spite_of_the_servers_word() -> None:
    book, record = started()
    book.event(job("RUNNING"))
    book.answer(record, 7)
    assert record.outcome is None, "an answer that is the job's own number tells nothing"
    book.event(job("SUCCESS", result={"done": 2}))
    assert record.outcome == Outcome({"done": 2})


def test_lost_connection_keeps_an_end_that_was_seen() -> None:
    book, record = started()
    book.event(job("SUCCESS", result=3))
    other = JobRecord("mine2", "m", [], new_style=True)
    book.start(other)
    lost = ConnectionLost("gone", sent=True)
    assert set(book.lost(lost)) == {record, other}
    assert record.outcome == Outcome(3)
    assert other.outcome == Outcome(error=lost)


def test_progress_survives_nonsense() -> None:
    book, record = started()
    book.event(job(progress={"percent": "many", "description": 5}))
    assert (record.progress.percent, record.progress.description) == (None, "")
    book.event(job(progress=None))
    assert record.progress.percent is None
    book.event(job(progress={"percent": 0, "description": "zero"}))
    assert record.progress.percent == 0


@pytest.mark.parametrize("new_style", [True, False])
def test_calls_attached_to_one_job_all_hear_of_it(new_style: bool) -> None:
    book = JobBook()
    records = [
        JobRecord(name, "pool.scrub.scrub", arguments, new_style=new_style)
        for name, arguments in (("a", ["tank"]), ("b", ["tank"]), ("c", ["other"]))
    ]
    for record in records:
        book.start(record)
        if not new_style:
            book.answer(record, 7)
    assert book.event(job(message_ids=["a", "b", "c"] if new_style else [])) == records
    assert [record.id for record in records[:2]] == [7, 7]
    lost = records[2].outcome
    assert lost is not None
    assert isinstance(lost.error, JobLost)
    book.event(job("SUCCESS", message_ids=["a", "b", "c"] if new_style else [], result="done"))
    for record in records[:2]:
        if new_style:
            book.answer(record, "done")
        assert record.outcome == Outcome("done")
    assert len(book) == 0


def test_a_loss_does_not_change_an_outcome() -> None:
    book, record = started()
    book.event(job(arguments=["other"]))
    assert record.outcome is not None
    before = record.outcome
    assert isinstance(before.error, JobLost)
    assert not book.drift(record, ConnectionLost("gone", sent=True))
    book.end(record, error=ConnectionLost("gone", sent=True))
    assert record.outcome is before


def test_numbers_seen_before_a_loss_mean_nothing_afterwards() -> None:
    book = JobBook()
    first, second = (JobRecord(name, "pool.scrub.scrub", [name], new_style=False) for name in ("a", "b"))
    book.start(first)
    book.event(job(message_ids=[], arguments=["a"]))
    book.disconnected(ConnectionLost("gone"), reconnect=True)
    book.end(first, error=ConnectionLost("gone", sent=True))
    book.start(second)
    book.answer(second, 7)
    assert second.outcome is None, "the server counts anew, and this 7 is another job"


def test_a_transient_job_is_asked_for_until_it_is_gone() -> None:
    book, record = started(new_style=False)
    book.answer(record, 7)
    book.lookup(record, [job(message_ids=[], transient=True)])
    assert record.needs_lookup, "it sends no events"
    book.lookup(record, [])
    assert record.outcome is not None
    assert isinstance(record.outcome.error, NotAJob)


def test_a_transient_job_is_not_waited_for_on_another_connection() -> None:
    book, record = started()
    assert book.drift(record, ConnectionLost("gone", sent=True))
    book.found(record, [job(transient=True)])
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobLost)


FILLED: list[tuple[list[Any], list[Any]]] = [
    ([5], [5, None]),
    (["core.ping", [[]]], ["core.ping", [[]], None]),
    ([1], [1, False]),
    ([{"name": "a"}], [{"name": "a", "level": {"deep": 1}}]),
    ([float("nan")], [float("nan"), None]),
    (["AA:BB:cc:00:11:22"], ["aa:bb:cc:00:11:22"]),
]
"""What was sent, and what running servers show of it (padded, filled in, written otherwise)."""

OTHER_WORK: list[tuple[list[Any], list[Any]]] = [
    ([5, None], [5]),
    ([5], [6, None]),
    ([True], [1]),
    ([{"name": "a"}], [{"level": 1}]),
    ([[1]], [[1, 2]]),
    (["aa:bb"], ["AA:BB"]),
]


@pytest.mark.parametrize(("sent", "shown"), FILLED + OTHER_WORK)
def test_a_job_whose_first_call_is_ours_is_ours_whatever_it_shows(sent: list[Any], shown: list[Any]) -> None:
    book, record = started(params=sent)
    refused = ValidationErrors([["app_name", "Input should be a valid string", 22]])
    book.event(job("WAITING", message_ids=["mine", "other"], arguments=shown))
    book.answer(record, error=refused)
    assert record.outcome == Outcome(error=refused)


@pytest.mark.parametrize(("sent", "shown"), FILLED)
@pytest.mark.parametrize("new_style", [True, False])
def test_a_job_that_ours_was_attached_to_is_ours_where_it_shows_ours_filled_in(
    new_style: bool, sent: list[Any], shown: list[Any]
) -> None:
    book, record = started(params=sent, new_style=new_style)
    if not new_style:
        book.answer(record, 7)
    book.event(job("SUCCESS", message_ids=["other", "mine"] if new_style else None, arguments=shown, result="done"))
    if new_style:
        book.answer(record, "done")
    assert record.outcome == Outcome("done")


@pytest.mark.parametrize(("sent", "shown"), OTHER_WORK)
def test_other_work_that_ours_was_attached_to_is_never_ours(sent: list[Any], shown: list[Any]) -> None:
    book, record = started(params=sent)
    book.event(job(message_ids=["other", "mine"], arguments=shown))
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobLost)


@pytest.mark.parametrize("new_style", [True, False])
def test_a_job_with_filled_in_arguments_is_found_again(new_style: bool) -> None:
    filled = {"message_ids": ["mine"], "arguments": ["tank", None], "time_started": "then"}
    book, record = started(new_style=new_style)
    if not new_style:
        book.answer(record, 7)
        book.event(job(**filled))
    assert book.drift(record, ConnectionLost("gone", sent=True))
    book.found(record, [job("SUCCESS", result="done", **filled)])
    assert record.outcome == Outcome("done")


def test_what_ours_was_attached_to_is_told_after_a_loss_too() -> None:
    book, record = started()
    book.drift(record, ConnectionLost("gone", sent=True))
    book.found(record, [job("SUCCESS", arguments=["other"])])
    assert record.outcome is not None
    assert "attached" in str(record.outcome.error)


@pytest.mark.parametrize("text", ["", None, " "])
def test_a_failure_without_a_text_answers_null_and_is_told_by_its_exception(text: str | None) -> None:
    failed = job("FAILED", error=text, exc_info={"type": "AssertionError", "repr": "AssertionError()", "errno": None})
    book, record = started()
    book.event(job())
    book.answer(record, None)
    assert record.needs_lookup, "null alone is no success"
    book.lookup(record, [failed])
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobFailed)
    assert (record.outcome.error.error, record.outcome.error.exc_type) == ("AssertionError()", "AssertionError")


def test_a_job_known_by_its_number_alone_is_told_by_its_events() -> None:
    book = JobBook()
    record = JobRecord("ours", None, (), new_style=False)
    book.start(record)
    book.answer(record, 7)
    book.event(job("FAILED", error="no"))
    assert record.method == "pool.scrub.scrub"
    assert record.outcome is not None
    assert isinstance(record.outcome.error, JobFailed)


def test_arguments_that_cannot_be_sent_are_refused_as_a_call_refuses_them() -> None:
    with pytest.raises(ClientException, match=r"job\.x: the arguments cannot be written as JSON"):
        JobRecord("1", "job.x", [object()], new_style=True)
