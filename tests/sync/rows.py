"""What a script written for the official client relies on: each function of `ROWS` is a row of the inventory.

It gets a signed-in client and its server; `test_conformance` runs them on every release.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from ipaddress import IPv4Interface, IPv6Interface
from typing import Any

import pytest

from truenas_client import (
    CallTimeout,
    Client,
    ClientException,
    ConnectionLost,
    ErrnoMixin,
    ErrorExtra,
    Job,
    JobAborted,
    JobFailed,
    JobLost,
    JSONRPCClient,
    LegacyClient,
    MethodNotFound,
    NotAJob,
    PayloadTooLarge,
    ValidationErrors,
    undefined,
)
from truenas_client.simulator import ThreadedSimulator
from truenas_client.sync.client import CALL_TIMEOUT

from .nas import threads_of_ours, until

Row = Callable[[Client, ThreadedSimulator], None]
ROWS: list[Row] = []


def row(check: Row) -> Row:
    ROWS.append(check)
    return check


# -- calls -----------------------------------------------------------------------------------


@row
def a_call_returns_its_result(c: Client, nas: ThreadedSimulator) -> None:
    assert c.call("t.echo", {"a": [1, None, True, "é"]}) == {"a": [1, None, True, "é"]}
    assert c.call("t.echo") is None


@row
def extended_values_pass_both_ways(c: Client, nas: ThreadedSimulator) -> None:
    value = {
        "day": date(2024, 2, 29),
        "time": time(12, 34, 56),
        "set": {1, 2},
        "v4": IPv4Interface("192.0.2.5/24"),
        "v6": IPv6Interface("2001:db8::5/64"),
        "moment": datetime(2024, 2, 29, 12, 34, 56, tzinfo=UTC),
    }
    assert c.call("t.echo", value) == value


@row
def a_model_is_sent_as_its_dump(c: Client, nas: ThreadedSimulator) -> None:
    class Model:
        def model_dump(self, *, by_alias: bool) -> dict[str, Any]:
            assert by_alias
            return {"the-name": 1}

    assert c.call("t.echo", Model()) == {"the-name": 1}


@row
def an_error_has_its_parts(c: Client, nas: ThreadedSimulator) -> None:
    with pytest.raises(ClientException) as raised:
        c.call("t.fail")
    e = raised.value
    assert (e.errno, e.extra, str(e)) == (errno.ENOENT, {"name": "x"}, "[ENOENT] Something is not there")
    assert e.error == str(e)
    assert isinstance(e.trace, dict)
    assert "formatted" in e.trace
    assert ErrnoMixin._get_errname(e.errno) == "ENOENT" == e._get_errname(e.errno)
    with pytest.raises(ClientException):
        c.call("t.crash")


@row
def validation_errors_have_rows(c: Client, nas: ThreadedSimulator) -> None:
    with pytest.raises(ValidationErrors) as raised:
        c.call("t.refuse")
    rows = [ErrorExtra("t.name", "Name is in use", errno.EEXIST), ErrorExtra("t.port", "Port is busy", errno.EINVAL)]
    assert raised.value.errors == rows
    assert str(raised.value) == "[EEXIST] t.name: Name is in use\n[EINVAL] t.port: Port is busy"
    assert raised.value.extra is None


@row
def an_unknown_method(c: Client, nas: ThreadedSimulator) -> None:
    with pytest.raises(MethodNotFound):
        c.call("t.nope")


@row
def timeouts_of_three_kinds(c: Client, nas: ThreadedSimulator) -> None:
    for seconds in (0, 0.05):
        with pytest.raises(CallTimeout) as raised:
            c.call("t.slow", 0.4, timeout=seconds)
        assert raised.value.errno == errno.ETIMEDOUT
    assert c.call("t.slow", 0.01, timeout=None) == 0.01
    assert c.call("t.slow", 0.01, timeout=undefined) == 0.01


@row
def background_calls_are_waited_for(c: Client, nas: ThreadedSimulator) -> None:
    calls = [c.call("t.echo", n, background=True, register_call=True) for n in range(15)]
    assert [c.wait(call) for call in calls] == list(range(15))
    call = calls[0]
    assert (call.method, call.params, call.result, call.error) == ("t.echo", [0], 0, None)
    assert call.returned.is_set()
    assert isinstance(call.id, str)
    failing = c.call("t.fail", background=True)
    with pytest.raises(ClientException, match="not there"):
        c.wait(failing)
    assert failing.error is not None
    with pytest.raises(CallTimeout):
        c.wait(c.call("t.slow", 0.4, background=True), timeout=0.01)


@row
def a_call_has_the_parts_of_its_error(c: Client, nas: ThreadedSimulator) -> None:
    call = c.call("t.fail", background=True)
    assert call.returned.wait(20)
    assert (call.errno, call.type, call.extra) == (errno.ENOENT, None, {"name": "x"})
    assert "formatted" in call.trace
    call = c.call("t.refuse", background=True)
    assert call.returned.wait(20)
    assert (call.errno, call.type) == (errno.EINVAL, "VALIDATION")
    assert [row.attribute for row in call.extra] == ["t.name", "t.port"]
    call = c.call("t.echo", background=True)
    assert call.returned.wait(20)
    assert (call.error, call.errno, call.trace, call.type, call.extra) == (None,) * 5


@row
def what_is_too_long_is_not_sent(c: Client, nas: ThreadedSimulator) -> None:
    with pytest.raises(PayloadTooLarge):
        c.call("t.echo", "x" * 70_000)
    assert c.call("t.echo", 1) == 1


@row
def a_long_result_comes_whole(c: Client, nas: ThreadedSimulator) -> None:
    assert c.call("t.big", 3_000_000) == "x" * 3_000_000


@row
def ping_answers(c: Client, nas: ThreadedSimulator) -> None:
    assert c.ping() == (True if isinstance(c, LegacyClient) else "pong")
    assert c.ping(timeout=5)


@row
def methods_by_attribute(c: Client, nas: ThreadedSimulator) -> None:
    assert c.api.t.echo(3) == 3
    assert c.api.pool.dataset.query([], {"limit": 1}) == c.call("pool.dataset.query", [], {"limit": 1})
    assert c.api.t.job(4, job=True) == 4


# -- jobs ------------------------------------------------------------------------------------


@row
def a_job_is_waited_for(c: Client, nas: ThreadedSimulator) -> None:
    assert c.call("t.job", {"done": 2}, job=True) == {"done": 2}


@row
def progress_is_called_back_with_the_job(c: Client, nas: ThreadedSimulator) -> None:
    seen: list[dict[str, Any]] = []
    assert c.call("t.job", 1, 0.05, job=True, callback=seen.append) == 1
    assert {job["method"] for job in seen} == {"t.job"}
    assert seen[-1]["state"] == "SUCCESS"
    assert "half" in [job["progress"]["description"] for job in seen]


@row
def a_job_is_returned(c: Client, nas: ThreadedSimulator) -> None:
    job = c.call("t.job", "x", job="RETURN")
    assert isinstance(job, Job)
    assert repr(job) == f"<Job[{job.job_id}]>"
    assert job.result() == job.result() == "x"
    assert job.event.is_set()


@row
def a_job_call_answers_its_number(c: Client, nas: ThreadedSimulator) -> None:
    number = c.call("t.job", 5)
    assert isinstance(number, int)
    assert Job(c, number).result() == 5
    (row_of_it,) = c.call("core.get_jobs", [["id", "=", number]])
    assert row_of_it["state"] == "SUCCESS"


@row
def a_job_outlives_the_time_of_a_call(c: Client, nas: ThreadedSimulator) -> None:
    c._call_timeout = 0.1
    number = c.call("t.job", 1, 0.2)
    assert c.call("core.get_jobs", [["id", "=", number]], timeout=20)[0]["state"] in ("WAITING", "RUNNING")
    assert c.call("t.job", 2, 0.2, job=True) == 2
    job = c.call("t.job", 3, 0.2, job="RETURN")
    with pytest.raises(CallTimeout, match="still runs"):
        job.result(timeout=0.01)
    assert job.result() == 3


@row
def a_job_that_the_server_does_not_know_is_lost(c: Client, nas: ThreadedSimulator) -> None:
    with pytest.raises(JobLost):
        Job(c, 999_999).result()


@row
def the_result_is_for_any_number_of_threads(c: Client, nas: ThreadedSimulator) -> None:
    job = c.call("t.job", "x", 0.1, job="RETURN")
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(job.result())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == ["x"] * 5


@row
def a_background_job_is_waited_for(c: Client, nas: ThreadedSimulator) -> None:
    seen: list[str] = []
    call = c.call("t.job", 6, job=True, background=True)
    assert c.wait(call, job=True) == 6
    plain = c.call("t.job", 7, background=True)
    assert c.wait(plain, job=True, callback=lambda job: seen.append(job["state"])) == 7
    assert seen[-1:] == ["SUCCESS"]
    assert c.wait(c.call("t.echo", 70, background=True), job=True) == 70


@row
def each_of_many_jobs_is_done(c: Client, nas: ThreadedSimulator) -> None:
    # The server merges a burst of job calls into one job.
    calls = [c.call("t.job", number, job=True, background=True) for number in range(12)]
    assert [c.wait(call, job=True) for call in calls] == list(range(12))


@row
def a_failed_job_raises_what_it_failed_with(c: Client, nas: ThreadedSimulator) -> None:
    with pytest.raises(JobFailed) as raised:
        c.call("t.job_fails", job=True)
    assert (str(raised.value), raised.value.errno) == ("[EIO] job failed", errno.EIO)
    with pytest.raises(ValidationErrors) as refused:
        c.call("t.job_refuses", job=True)
    assert [row.attribute for row in refused.value.errors] == ["options.kind"]
    with pytest.raises(ClientException):
        c.call("t.job", 1, 2, 3, 4, job=True)


@row
def an_aborted_job_raises(c: Client, nas: ThreadedSimulator) -> None:
    job = c.call("t.job", None, 20, job="RETURN")
    c.call("core.job_abort", job.job_id)
    for _ in range(2):
        with pytest.raises(JobAborted):
            job.result()


@row
def what_is_no_job_does_not_hang(c: Client, nas: ThreadedSimulator) -> None:
    for value in (5, "text", None, True, [1]):
        assert c.call("t.echo", value, job=True) == value
        with pytest.raises(NotAJob) as raised:
            c.call("t.echo", value, job="RETURN")
        assert raised.value.result == value
    with pytest.raises(ClientException, match="not there"):
        c.call("t.fail", job=True)
    with pytest.raises(MethodNotFound):
        c.call("t.nope", job=True)


@row
def a_transient_job_gives_its_value(c: Client, nas: ThreadedSimulator) -> None:
    if c._connection.talk.dialect.new_style_jobs:
        assert c.call("t.job_transient", job=True) == "transient"
    else:
        # The server answers its number, and forgets it: what can be known is that it is no job any more.
        assert isinstance(c.call("t.job_transient", job=True), int)


@row
def nothing_is_kept_of_ended_jobs(c: Client, nas: ThreadedSimulator) -> None:
    for number in range(5):
        c.call("t.job", number, job=True)
    with Client(nas.url) as other:
        other.login_with_password("admin", "admin")
        other.call("t.job", job=True)
    assert len(c._jobs_table) == 0
    assert len(c._jobs_table._book) == 0


# -- events ----------------------------------------------------------------------------------


@row
def events_are_called_back(c: Client, nas: ThreadedSimulator) -> None:
    seen: list[Any] = []
    everything: list[Any] = []
    first = c.subscribe("t.items", lambda mtype, **message: seen.append((mtype, message)))
    second = c.subscribe("t.items", lambda mtype, **message: everything.append(mtype), sync=True)
    assert isinstance(first, str)
    assert first != second
    nas.send_event("t.items", "ADDED", id=1, fields={"name": "a"})
    nas.send_event("t.items", "REMOVED", id=1)
    until(lambda: len(seen) == 2 == len(everything))
    added = {"msg": "added", "collection": "t.items", "id": 1, "fields": {"name": "a"}}
    assert seen[0] == ("ADDED", added)
    assert seen[1] == ("REMOVED", {"msg": "removed", "collection": "t.items", "id": 1})
    c.unsubscribe(first)
    nas.send_event("t.items", "CHANGED", id=2, fields={})
    until(lambda: everything == ["ADDED", "REMOVED", "CHANGED"])
    assert len(seen) == 2
    c.unsubscribe(second)
    c.unsubscribe(second)
    c.unsubscribe("never heard of")
    until(lambda: not [name for name in threads_of_ours() if "t.items" in name])


@row
def the_star_means_all_events(c: Client, nas: ThreadedSimulator) -> None:
    seen: list[str] = []
    c.subscribe("*", lambda mtype, **message: seen.append(message["collection"]))
    nas.send_event("t.items", "ADDED", id=1, fields={})
    until(lambda: "t.items" in seen)


@row
def a_callback_may_call_the_client(c: Client, nas: ThreadedSimulator) -> None:
    seen: list[Any] = []
    handle: list[str] = []

    def callback(mtype: str, **message: Any) -> None:
        seen.append(c.call("t.echo", message["id"]))
        seen.append(c.call("t.job", message["id"], job=True, callback=lambda job: c.call("t.echo", 1)))
        c.unsubscribe(handle[0])

    handle.append(c.subscribe("t.items", callback, sync=True))
    nas.send_event("t.items", "ADDED", id=3, fields={})
    nas.send_event("t.items", "ADDED", id=4, fields={})
    until(lambda: len(seen) == 2)
    assert seen == [3, 3]


@row
def a_callback_that_raises_does_not_end_the_others(c: Client, nas: ThreadedSimulator) -> None:
    seen: list[int] = []

    def callback(mtype: str, **message: Any) -> None:
        seen.append(message["id"])
        raise (RuntimeError("of the callback") if message["id"] else SystemExit)

    c.subscribe("t.items", callback)
    for number in range(3):
        nas.send_event("t.items", "ADDED", id=number, fields={})
    until(lambda: seen == [0, 1, 2])


@row
def the_payload_tells_the_end(c: Client, nas: ThreadedSimulator) -> None:
    payload = c.event_payload()
    assert {"callback", "sync", "event"} <= payload.keys()
    if isinstance(c, LegacyClient):
        assert {"id", "ready", "error"} <= payload.keys()
    handle = c.subscribe("t.items", print, payload)
    assert payload["id"] == handle
    assert payload.get("ready") is None or payload["ready"].is_set()
    assert not payload["event"].is_set()
    c.unsubscribe(handle)
    assert payload["event"].wait(5)
    assert payload["error"] is None
    payload = c.event_payload()
    c.subscribe("t.items", print, payload)
    nas.drop_connections()
    assert payload["event"].wait(5)
    assert "connection" in payload["error"]


@row
def a_source_that_ends_tells_why(c: Client, nas: ThreadedSimulator) -> None:
    if isinstance(c, LegacyClient) and nas.nas.release.name == "24.10":
        return  # its sources were not recorded
    payload = c.event_payload()
    c.subscribe('reporting.realtime:{"interval": "no"}', print, payload)
    assert payload["event"].wait(5)
    assert payload["error"]


@row
def a_refused_subscription_raises(c: Client, nas: ThreadedSimulator) -> None:
    with Client(nas.url) as other, pytest.raises(ValueError if isinstance(c, LegacyClient) else ClientException):
        other.subscribe("t.items", print)
    until(lambda: not [name for name in threads_of_ours() if "t.items" in name])


# -- the end of a connection -----------------------------------------------------------------


@row
def a_lost_connection_fails_what_waits(c: Client, nas: ThreadedSimulator) -> None:
    calls = [c.call("t.slow", 20, background=True) for _ in range(5)]
    job = c.call("t.job", None, 20, job="RETURN")
    assert not c._closed.is_set()
    nas.drop_connections()
    for call in calls:
        with pytest.raises(ConnectionLost) as raised:
            c.wait(call)
        assert raised.value.errno == errno.ECONNABORTED
    with pytest.raises(ConnectionLost):
        job.result()
    assert c._closed.wait(5)
    for method in (lambda: c.call("t.echo"), lambda: c.call("t.job", job=True), lambda: c.subscribe("t.items", print)):
        with pytest.raises(ConnectionLost):
            method()
    until(lambda: not threads_of_ours())


@row
def closing_twice_is_fine(c: Client, nas: ThreadedSimulator) -> None:
    c.close()
    c.close()
    assert c._closed.is_set()
    assert c.closed
    with pytest.raises(ClientException):
        c.call("t.echo")
    until(lambda: not threads_of_ours())


@row
def what_scripts_look_at(c: Client, nas: ThreadedSimulator) -> None:
    assert c._ws.url == nas.url
    assert c._ws.socket.fileno() > 0
    assert c._call_timeout == CALL_TIMEOUT == 60
    with c as inner:
        assert isinstance(inner, LegacyClient if nas.url.endswith("/websocket") else JSONRPCClient)
