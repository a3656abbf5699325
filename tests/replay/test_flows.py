"""What `AsyncClient`'s caller sees of every recorded JSON-RPC flow it can speak."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from truenas_client import (
    AccessDenied,
    AsyncClient,
    ClientException,
    ConnectionLost,
    CredentialsExpired,
    InvalidCredentials,
    JobAborted,
    JobFailed,
    MethodNotFound,
    NotAJob,
    NotAuthenticated,
    NotAuthorized,
    OTPRequired,
    RateLimited,
    SubscriptionEnded,
    ValidationErrors,
    ejson,
)

from .caller import Saw, job_frames, play, played, recorded_answers
from .flows import ReplayServer, read_flow, sent_frames

PLAYED = [
    "call_errors",
    "client_closes",
    "concurrent_answers_out_of_order",
    "connect_set_options_ping",
    "core_download",
    "core_bulk_with_failing_item",
    "ejson_types",
    "event_source_errors",
    "event_source_finishes",
    "job_instant_and_audited_order",
    "job_invalid_params",
    "job_legacy_failed",
    "job_legacy_success",
    "job_new_style_failed",
    "job_new_style_no_subscription",
    "job_new_style_success",
    "job_queue_merge",
    "job_transient",
    "job_wait_and_get_jobs",
    "login_denied",
    "login_otp_ok",
    "login_password_ok",
    "login_password_wrong",
    "mechanism_choices",
    "method_not_found",
    "older_api_version_endpoint",
    "private_method",
    "protocol_ping_pong_frames",
    "rate_limit_unauthenticated",
    "relogin_and_logout",
    "set_options_variants",
    "subscribe_events",
    "subscribe_wildcard",
    "unauthenticated_call",
    "unserializable_result",
    "v2510_connect_login_ping",
    "v2510_errors",
    "v2510_job",
    "v2510_mechanism_choices",
    "validation_errors",
]


def check(saw: Saw, answer: dict[str, Any], *, is_job: bool, signed_in: bool) -> None:
    """One operation against the recorded answer."""
    error = answer.get("error")
    if error is None:
        if is_job and saw.error is not None:
            assert isinstance(saw.error, (JobFailed, NotAJob, ValidationErrors)), saw.error
            if isinstance(saw.error, NotAJob):
                assert saw.error.result == decoded(answer["result"])
            return
        assert saw.error is None, saw.error
        if not is_job:
            assert decoded(json.loads(ejson.dumps(saw.value))) == decoded(answer["result"])
        return
    assert saw.error is not None
    data = error.get("data") or {}
    if error["code"] == -32601 or data.get("error") == 201:
        assert type(saw.error) is MethodNotFound
    elif error["code"] == -32602 and data.get("extra"):
        assert type(saw.error) is ValidationErrors
        assert [list(row) for row in saw.error.errors] == data["extra"]
    else:
        assert saw.error.errno == data.get("error")
        reason = (data.get("reason") or error["message"]).strip()
        assert saw.error.error.startswith(reason) if isinstance(saw.error, RateLimited) else saw.error.error == reason
        assert saw.error.extra == data.get("extra")
        if data.get("error") == 207:
            assert isinstance(saw.error, NotAuthenticated)
        if data.get("error") == 13:
            assert isinstance(saw.error, NotAuthorized)


def decoded(value: Any) -> Any:
    """A recorded value as a program sees it; message ids are the client's own, so they do not count."""
    return ejson.loads(json.dumps(value), object_hook=_without_message_ids)


def _without_message_ids(value: dict[str, Any]) -> Any:
    return ejson.object_hook({k: [] if k == "message_ids" else v for k, v in value.items()})


LOGIN = {
    "AUTH_ERR": InvalidCredentials,
    "DENIED": AccessDenied,
    "EXPIRED": CredentialsExpired,
    "OTP_REQUIRED": OTPRequired,
}


@pytest.mark.parametrize("name", PLAYED)
async def test_caller_sees_what_was_recorded(name: str) -> None:
    flow, server, run = await played(name)
    assert server.unexpected == []
    lines = flow.connections[1]
    answers, jobs = recorded_answers(flow), job_frames(lines)
    compared = 0
    for line in lines:
        frame = line.get("frame")
        if line["dir"] != "c2s" or not isinstance(frame, dict) or frame["id"] not in run.saw:
            continue
        saw, answer = run.saw[frame["id"]], answers.get(frame["id"])
        if answer is None or frame["method"] == "core.subscribe":
            continue
        compared += 1
        if frame["method"] == "auth.login_ex" and frame["params"][0]["mechanism"] == "PASSWORD_PLAIN":
            later = [
                answers[f["id"]]
                for f in sent_frames(flow, 1)
                if f["method"] == "auth.login_ex_continue" and f["id"] in answers
            ]
            check_login(saw, answer, later)
        else:
            check(saw, answer, is_job=frame["id"] in jobs, signed_in=run.client.signed_in)
    own = {"client_closes": 1, "event_source_errors": 1, "event_source_finishes": 1, "set_options_variants": 2}
    assert compared >= own.get(name, 1)


def check_login(saw: Saw, answer: dict[str, Any], later: list[dict[str, Any]]) -> None:
    if "error" in answer:
        assert isinstance(saw.error, ClientException)
        return
    kind = answer["result"]["response_type"]
    if kind == "OTP_REQUIRED" and later and "result" in later[-1]:
        kind = later[-1]["result"]["response_type"]
    if kind == "SUCCESS":
        assert saw.error is None, saw.error
    else:
        assert type(saw.error) is LOGIN[kind]


async def test_job_aborted_is_not_a_success_that_returned_null() -> None:
    flow = read_flow("job_new_style_aborted")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "admin-pw")
        job = await client.start("wiretest.job_abortable", {})
        assert job.id == 143
        await job.abort()
        with pytest.raises(JobAborted) as caught:
            await job.result(10)
        assert caught.value.job_id == 143
        assert job.state == "ABORTED"
        assert server.unexpected == []


async def test_job_progress_comes_in_order() -> None:
    flow = read_flow("job_new_style_success")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "admin-pw")
        job = await client.start("wiretest.job_ok", {"steps": 2})
        seen = [progress async for progress in job]
        assert await job.result() == {"done": 2}
        assert await job.result() == {"done": 2}, "may be asked again"
        percents = [progress.percent for progress in seen]
        assert percents == sorted(p for p in percents if p is not None)
        assert job.progress.percent == 100
        assert job.state == "SUCCESS"


@pytest.mark.parametrize(
    ("name", "method", "params"),
    [("job_flag_on_plain_method", "wiretest.echo", [5]), ("job_flag_on_transient_job", "wiretest.job_transient", [{}])],
)
async def test_start_of_what_is_no_job_gives_the_value(name: str, method: str, params: list[Any]) -> None:
    flow = read_flow(name)
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "admin-pw")
        with pytest.raises(NotAJob) as caught:
            await client.start(method, *params)
        assert caught.value.result == (5 if method == "wiretest.echo" else "transient")


async def test_failed_job_keeps_errno_and_extra() -> None:
    flow = read_flow("job_new_style_failed")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "admin-pw")
        job = await client.start("wiretest.job_fail", {"extra": {"dev": "sda"}})
        with pytest.raises(JobFailed) as caught:
            await job.result(10)
        assert (caught.value.errno, caught.value.extra) == (5, {"dev": "sda"})
        assert str(caught.value) == "[EIO] job failed"


@pytest.mark.parametrize(
    ("name", "expected"), [("job_legacy_success", {"done": 2}), ("job_legacy_failed", "[EIO] job failed")]
)
async def test_old_style_job_ends_by_its_events(name: str, expected: Any) -> None:
    _, _, run = await played(name)
    (saw,) = [saw for saw in run.saw.values() if saw.value == expected or str(saw.error) == expected]
    assert isinstance(saw.error, JobFailed) or saw.value == expected


async def test_call_of_a_job_method_answers_its_number_as_the_official_client_does() -> None:
    flow = read_flow("job_new_style_call_without_job_flag")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        await client.login_with_password("admin", "admin-pw")
        assert await client.call("wiretest.job_ok", {"steps": 1, "delay": 0.2}) == 139
    assert "returned 139" in flow.header["client_saw"]


async def test_going_away_fails_what_was_in_flight() -> None:
    flow = read_flow("server_closes_going_away")
    async with ReplayServer(flow) as server:
        client = await AsyncClient(server.url, reconnect=False).connect()
        await client.login_with_password("admin", "admin-pw")
        calls = [
            asyncio.ensure_future(client.call("wiretest.slow", 5)),
            asyncio.ensure_future(client.call("wiretest.close_me", {"code": 1001, "message": "restarting"})),
        ]
        for call in calls:
            with pytest.raises(ConnectionLost) as caught:
                await call
            assert (caught.value.code, caught.value.reason, caught.value.sent) == (1001, "restarting", True)
        with pytest.raises(ConnectionLost) as caught:
            await client.call("core.ping")
        assert caught.value.sent is False
        lost = await client.wait_closed()
        assert isinstance(lost, ConnectionLost)
        assert lost.code == 1001
        await client.close()


async def test_terminated_session_ends_without_a_reason() -> None:
    flow = read_flow("session_terminated")
    async with ReplayServer(flow) as server:
        admin = await AsyncClient(server.url, reconnect=False).connect()
        await admin.login_with_password("admin", "admin-pw")
        other = await AsyncClient(server.url, reconnect=False).connect()
        await other.login_with_password("readonly", "ro-pw")
        lost = await other.wait_closed()
        assert isinstance(lost, ConnectionLost)
        assert lost.code == 1000
        session = next(frame["params"][0] for frame in sent_frames(flow) if frame["method"] == "auth.terminate_session")
        assert len(await admin.call("auth.sessions", [])) == 2
        assert await admin.call("auth.terminate_session", session) is True
        await admin.close()


async def test_lost_connection_leaves_the_job_findable() -> None:
    flow = read_flow("job_connection_lost_while_running")
    async with ReplayServer(flow) as server:
        first = await AsyncClient(server.url, reconnect=False).connect()
        await first.login_with_password("admin", "admin-pw")
        call = asyncio.ensure_future(first.call("wiretest.job_ok", {"steps": 3, "delay": 0.2}))
        async with asyncio.timeout(10):
            await server.has_received(3)
        await first.close()
        with pytest.raises(ConnectionLost) as caught:
            await call
        assert caught.value.sent is True
        run = await play(flow, server, 2)
        rows = [saw.value for saw in run.saw.values() if isinstance(saw.value, (list, dict))]
        states = [row["state"] for value in rows for row in (value if isinstance(value, list) else [value])]
        assert states[-1] == "SUCCESS"
        await run.client.close()


async def test_events_arrive_with_their_parts() -> None:
    flow, _, run = await played("subscribe_events")
    updates = [
        line["frame"]["params"]
        for line in flow.connections[1]
        if isinstance(line.get("frame"), dict) and line["frame"].get("method") == "collection_update"
    ]
    events = run.events["wiretest.items"]
    assert [(e.kind, e.id, e.fields, e.extra) for e in events] == [
        (u["msg"], u.get("id"), u.get("fields"), u.get("extra")) for u in updates
    ]


async def test_wildcard_gets_every_ordinary_event() -> None:
    flow, _, run = await played("subscribe_wildcard")
    updates = [
        line["frame"]["params"]["collection"]
        for line in flow.connections[1]
        if isinstance(line.get("frame"), dict) and line["frame"].get("method") == "collection_update"
    ]
    assert [event.name for event in run.events["*"]] == updates


async def test_source_that_fails_ends_with_its_error() -> None:
    _, _, run = await played("event_source_errors")
    errors = list(run.ended.values())
    assert len(errors) == 3
    assert all(isinstance(error, SubscriptionEnded) for error in errors)
    assert [error.errno for error in errors if error is not None] == [5, 22, 22]
    assert errors[0] is not None
    assert errors[0].extra == {"why": "disk"}
    refused = errors[1]
    assert refused is not None
    assert isinstance(refused.__cause__, ValidationErrors)
    assert refused.__cause__.errors[0].attribute == "interval"


async def test_source_that_finishes_just_stops() -> None:
    _, _, run = await played("event_source_finishes")
    (name,) = run.ended
    assert run.ended[name] is None
    assert [event.fields for event in run.events[name]] == [{"n": 0}, {"n": 1}]


async def test_one_time_password_wrong_on_26_ends_the_attempt() -> None:
    flow = read_flow("login_otp_wrong")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        with pytest.raises(InvalidCredentials, match="one-time"):
            await client.login_with_password("otpuser", "otp-pw", "000000")
        assert not client.signed_in
        assert server.unexpected == []


async def test_one_time_password_wrong_on_25_10_waits_for_another() -> None:
    flow = read_flow("v2510_login_results")
    async with ReplayServer(flow) as server, AsyncClient(server.url) as client:
        with pytest.raises(InvalidCredentials):
            await client.login_with_password("admin", "bad")
        with pytest.raises(InvalidCredentials):
            await client.login_with_password("nopriv", "no-pw")
        with pytest.raises(CredentialsExpired):
            await client.login_with_password("expired", "ex-pw")
        with pytest.raises(OTPRequired):
            await client.login_with_password("otpuser", "otp-pw", "000000")
        login = await client.login_with_password("otpuser", "otp-pw", "123456")
        assert (login.username, login.authenticator) == ("otpuser", "LEVEL_1")
        assert server.unexpected == []


async def test_local_socket_is_signed_in_by_the_peer(tmp_path: Path) -> None:
    flow = read_flow("unix_socket_auto_login")
    async with ReplayServer(flow, tmp_path / "nas.sock") as server, AsyncClient(server.url) as client:
        assert client.signed_in
        assert (await client.call("auth.me"))["pw_name"] == "root"


async def test_other_sessions_jobs_are_not_ours() -> None:
    flow = read_flow("job_events_of_other_sessions")
    async with ReplayServer(flow) as server:
        run = await play(flow, server, 1)
        assert server.unexpected == []
        assert all(saw.error is None for saw in run.saw.values())
        await run.client.close()


async def test_rate_limit_has_its_own_error() -> None:
    _, _, run = await played("rate_limit_unauthenticated")
    limited = [saw.error for saw in run.saw.values() if saw.error is not None]
    assert [type(error) for error in limited] == [RateLimited]
