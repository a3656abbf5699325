"""``midclt call`` against the simulator and against servers that answer oddly."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background, Reply, lose, scripted


def test_a_result_is_printed_as_one_line_of_json(run: Run, nas: Nas) -> None:
    ran = run("call", "system.info", url=nas.url, user="admin")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count("\n") == 1
    assert json.loads(ran.out)["hostname"]


@pytest.mark.parametrize(
    ("word", "printed"),
    [
        ("tank", "tank\n"),
        ("70", "70\n"),
        ("true", "True\n"),
        ("null", "null\n"),
        ('{"a": [1, "ä"]}', '{"a": [1, "\\u00e4"]}\n'),
        ('{"$date": 1500000}', '{"$date": 1500000}\n'),
        ("-1", "-1\n"),
        ('"\\u001b[31mred"', "\x1b[31mred\n"),
    ],
)
def test_arguments_go_there_and_back(run: Run, nas: Nas, word: str, printed: str) -> None:
    ran = run("call", "test.echo", word, url=nas.url, user="admin")
    assert (ran.status, ran.out, ran.err) == (0, printed, "")


def test_arguments_come_from_standard_input(run: Run, nas: Nas) -> None:
    ran = run("call", "test.echo", "-", url=nas.url, user="admin", stdin='{"from": "stdin"}\n')
    assert (ran.status, ran.out) == (0, '{"from": "stdin"}\n')


def test_the_environment_stands_in_for_options(run: Run, nas: Nas) -> None:
    env = {"TRUENAS_URI": nas.url, "TRUENAS_USERNAME": "admin", "TRUENAS_PASSWORD": "admin"}
    ran = run("call", "auth.me", env=env)
    assert ran.status == 0
    assert json.loads(ran.out)["pw_name"] == "admin"


def test_options_win_over_the_environment(run: Run, nas: Nas) -> None:
    env = {"TRUENAS_URI": "ws://127.0.0.1:1/", "TRUENAS_USERNAME": "admin", "TRUENAS_PASSWORD": "wrong"}
    ran = run("call", "auth.me", url=nas.url, user="guest", env=env)
    assert ran.status == 0
    assert json.loads(ran.out)["pw_name"] == "guest"


def test_a_method_that_needs_no_login_runs_without_one(run: Run, nas: Nas) -> None:
    assert run("call", "core.ping", url=nas.url).out == "pong\n"


def test_without_a_login_the_error_says_how_to_sign_in(run: Run, nas: Nas) -> None:
    ran = run("call", "system.info", url=nas.url)
    assert (ran.status, ran.out) == (4, "")
    assert ran.err.startswith("[ENOTAUTHENTICATED] Not authenticated\n")
    assert "-U" in ran.err


def test_an_unknown_method(run: Run, nas: Nas) -> None:
    ran = run("call", "no.such.method", url=nas.url, user="admin")
    assert (ran.status, ran.out, ran.err) == (1, "", "Method does not exist\n")


def test_an_error_shows_text_trace_and_extra(run: Run, nas: Nas) -> None:
    ran = run("call", "test.fail", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert lines[0] == "[ENOENT] no such disk"
    assert lines[-1] == "{'disk': 'sda'}"


def test_a_validation_error_names_the_field(run: Run, nas: Nas) -> None:
    ran = run("call", "pool.dataset.create", '{"type": "FILESYSTEM"}', url=nas.url, user="admin")
    assert (ran.status, ran.out) == (6, "")
    assert "name: Field required" in ran.err.splitlines()[0]


def test_quiet_says_nothing(run: Run, nas: Nas) -> None:
    ran = run("call", "-q", "test.fail", url=nas.url, user="admin")
    assert (ran.status, ran.out, ran.err) == (1, "", "")
    ran = run("call", "test.vanish", "-q", url=nas.url, user="admin")
    assert (ran.status, ran.out, ran.err) == (3, "", "")


def test_not_authorized(run: Run, nas: Nas) -> None:
    ran = run("call", "pool.dataset.delete", "tank/x", url=nas.url, user="guest")
    assert (ran.status, ran.out) == (4, "")
    assert "Not authorized" in ran.err


def test_compat_exit_status(run: Run, nas: Nas) -> None:
    assert run("call", "system.info", url=nas.url, env={"MIDCLT_EXIT": "compat"}).status == 1


def test_a_time_out_of_its_own(run: Run, nas: Nas) -> None:
    ran = run("-t", "0.2", "call", "test.hang", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (5, "")
    assert ran.err == "test.hang: no answer in 0.2 s; the server may still work on it\n"


def test_a_time_out_without_login(run: Run, background: Background) -> None:
    async def silent(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        return None

    with background.entered(scripted({"m": silent})) as url:
        ran = run("-t", "0.2", "call", "m", url=url)
    assert (ran.status, ran.err) == (5, "m: no answer in 0.2 s; the server may still work on it\n")


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("core.set_options", "no connection within 0.3 s"),
        ("auth.login_ex", "no sign-in within 0.3 s"),
        ("system.info", "no answer in 0.3 s"),
    ],
)
def test_a_time_out_covers_every_step(run: Run, nas: Nas, method: str, words: str) -> None:
    fault = nas.simulator.faults.add("stall", method=method)
    try:
        ran = run("-t", "0.3", "call", "system.info", url=nas.url, user="admin")
    finally:
        fault.remove()
    assert (ran.status, ran.out) == (5 if method == "system.info" else 3, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("value", ["soon", "-1", "0", "1.5"])
def test_a_senseless_time_out_in_the_environment(run: Run, value: str) -> None:
    ran = run("call", "m", env={"CALL_TIMEOUT": value})
    assert ran.status == 2
    assert "CALL_TIMEOUT" in ran.err


def test_the_connection_lost_in_a_call(run: Run, nas: Nas) -> None:
    ran = run("call", "test.vanish", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (3, "")
    assert "The outcome of test.vanish is unknown" in ran.err
    assert "Traceback" not in ran.err


def test_the_server_closes_in_a_call(run: Run, background: Background) -> None:
    async def close(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        await websocket.close(1001, "going away\x1b[2J")
        return None

    with background.entered(scripted({"m": close})) as url:
        ran = run("call", "m", url=url)
    assert ran.status == 3
    assert "1001" in ran.err
    assert "outcome of m is unknown" in ran.err


@pytest.mark.parametrize(
    ("reply", "err"),
    [
        ({"error": {"code": -32050, "message": "novel"}}, "novel\n"),
        ({"error": {"code": "x", "message": "novel"}}, "novel (code 'x')\n"),
        ({"error": {"code": -32602, "message": "Invalid params"}}, "Invalid params\n"),
        ({"error": {"code": -32001, "message": "m", "data": {}}}, "m\n"),
        ({"error": {"code": -32001, "message": "m", "data": {"error": 5, "reason": "r", "trace": None}}}, "r\n"),
        ({"error": {"code": -32001, "message": "m", "data": {"reason": "r", "trace": "text"}}}, "r\n"),
        ({"error": {"code": -32001, "message": "m", "data": {"reason": "r", "extra": [[1], 2]}}}, "r\n[[1], 2]\n"),
        ({"error": {"code": -32001, "message": "m", "data": "text"}}, "m\n'text'\n"),
        ({"error": "a text"}, "The server answered with an error of a shape that is unknown: 'a text'\n"),
        ({"error": []}, "The server answered with an error of a shape that is unknown: []\n"),
        ({}, "The server's answer has neither a result nor an error\n"),
        ({"result": {"$date": "x"}}, None),
    ],
)
def test_odd_answers_are_errors(run: Run, background: Background, reply: Reply, err: str | None) -> None:
    with background.entered(scripted({"m": reply})) as url:
        for user in (None, "admin"):
            ran = run("call", "m", url=url, user=user)
            assert (ran.status, ran.out) == (1, "")
            assert "Traceback" not in ran.err
            if err is not None:
                assert ran.err == err


def test_jobs_are_not_asked_for_where_the_server_does_not_tell(run: Run, background: Background) -> None:
    refused = {"error": {"code": -32001, "message": "m", "data": {"error": 13, "reason": "[EACCES] Not authorized"}}}
    with background.entered(scripted({"core.subscribe": refused, "m": {"result": [1]}})) as url:
        for argv in (["call", "m"], ["call", "-j", "m"]):
            ran = run(*argv, url=url, user="guest")
            assert (ran.status, ran.out, ran.err) == (0, "[1]\n", "")


def test_lost_while_asking_for_jobs_is_not_taken_for_a_refusal(run: Run, background: Background) -> None:
    async def drop(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        lose(websocket)
        await asyncio.sleep(0)
        return None

    with background.entered(scripted({"core.subscribe": drop})) as url:
        ran = run("call", "m", url=url, user="admin")
    assert (ran.status, ran.out) == (3, "")


def test_a_message_too_long_is_refused_here(run: Run, nas: Nas) -> None:
    ran = run("call", "test.echo", "x" * 70_000, url=nas.url, user="admin")
    assert (ran.status, ran.out) == (1, "")
    assert "65536" in ran.err


def test_what_the_core_logs_is_one_line(run: Run, background: Background) -> None:
    async def babble(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        await websocket.send("no json")
        return {"result": 1}

    with background.entered(scripted({"m": babble})) as url:
        ran = run("call", "m", url=url)
    assert (ran.status, ran.out) == (0, "1\n")
    assert ran.err.startswith("midclt: the server sent")
    assert ran.err.count("\n") == 1
