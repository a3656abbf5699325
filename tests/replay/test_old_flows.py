"""What `AsyncClient`'s caller sees of the recorded flows of the old protocol."""

from __future__ import annotations

from typing import Any

import pytest

from truenas_client import (
    InvalidCredentials,
    JobFailed,
    MethodNotFound,
    NotAuthenticated,
    NotAuthorized,
    SubscriptionEnded,
    ValidationErrors,
    ejson,
)

from .caller import Saw, job_frames, played, recorded_answers
from .flows import asked

# Frames `AsyncClient` never sends (a message "ping", arguments in an object) are left out of the playing.
PLAYED = {
    "legacy_2410_connect_ping_login": 4,
    "legacy_2410_errors": 10,
    "legacy_2410_job": 3,
    "legacy_2410_subscription": 7,
    "legacy_connect_login_call": 2,
    "legacy_errors": 10,
    "legacy_job": 3,
    "legacy_nosub": 4,
    "legacy_ping_unanswered": 1,
    "legacy_subscription": 6,
}
"""Flows, and how many of their frames the caller has an answer to."""


def check(saw: Saw, request: tuple[str, Any], answer: dict[str, Any]) -> None:
    """One operation against the recorded answer."""
    error = answer.get("error")
    if error is None:
        if request[0] == "auth.login":
            assert type(saw.error) is (type(None) if answer["result"] else InvalidCredentials)
        else:
            assert saw.error is None, saw.error
            if answer["msg"] == "result":
                assert ejson.dumps(saw.value) == ejson.dumps(answer["result"])
        return
    assert saw.error is not None
    if error["type"] == "VALIDATION":
        assert type(saw.error) is ValidationErrors
        assert [list(row) for row in saw.error.errors] == error["extra"]
        return
    assert type(saw.error).__mro__[0] is not ValidationErrors
    assert saw.error.errno == error["error"]
    assert saw.error.error == error["reason"].strip()
    assert saw.error.extra == error["extra"]
    for number, kind in {13: NotAuthorized, 201: MethodNotFound, 207: NotAuthenticated}.items():
        assert isinstance(saw.error, kind) == (error["error"] == number)


@pytest.mark.parametrize("name", PLAYED)
async def test_caller_sees_what_was_recorded(name: str) -> None:
    flow, server, run = await played(name)
    assert run.client.dialect == "ddp"
    assert server.unexpected == []
    lines = flow.connections[1]
    answers, jobs = recorded_answers(flow), job_frames(lines)
    compared = 0
    for line in lines:
        request = asked(line.get("frame")) if line["dir"] == "c2s" else None
        if request is None or request[0] in ("connect", "core.unsubscribe"):
            continue
        if line["frame"]["id"] not in run.saw:
            continue
        saw, answer = run.saw[line["frame"]["id"]], answers[line["frame"]["id"]]
        compared += 1
        if line["frame"]["id"] not in jobs:
            check(saw, request, answer)
    assert compared == PLAYED[name]


@pytest.mark.parametrize(("name", "result"), [("legacy_2410_job", "done"), ("legacy_job", {"done": 1})])
async def test_jobs_end_by_their_events(name: str, result: Any) -> None:
    flow, _, run = await played(name)
    succeeded, failed = (run.saw[frame_id] for frame_id in run.saw if frame_id in job_frames(flow.connections[1]))
    assert succeeded.value == result
    assert isinstance(failed.error, JobFailed)
    assert (str(failed.error), failed.error.errno) == ("[EIO] job failed", 5)
    number = [answer["result"] for answer in recorded_answers(flow).values() if "result" in answer][-1]
    assert failed.error.job_id == number


@pytest.mark.parametrize("name", ["legacy_subscription", "legacy_2410_subscription"])
async def test_events_arrive_with_their_parts_until_unsubscribed(name: str) -> None:
    flow, server, run = await played(name)
    frames = [line["frame"] for line in flow.connections[1] if line["dir"] == "s2c" and "frame" in line]
    recorded = [frame for frame in frames if frame.get("collection") == "wiretest.items"]
    assert [(e.kind, e.id, e.fields, e.extra) for e in run.events["wiretest.items"]] == [
        (frame["msg"], frame.get("id"), frame.get("fields"), frame.get("extra")) for frame in recorded
    ]
    assert run.ended["wiretest.items"] is None
    assert [frame["msg"] for frame in server.received].count("unsub") == 1


async def test_sources_end_with_and_without_an_error() -> None:
    _, _, run = await played("legacy_nosub")
    finished, failed = run.ended.values()
    assert finished is None
    assert isinstance(failed, SubscriptionEnded)
    assert (failed.errno, failed.extra) == (5, {"why": "disk"})
    assert [[event.fields for event in events] for events in run.events.values()] == [[{"n": 0}], [{"n": 0}]]
