"""Jobs: their number without ``-j``, progress and result with it, and what is said when they end otherwise."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from midclt import main
from midclt.progress import Bar
from tests.midclt.conftest import Nas, Run
from tests.midclt.served import OPTIONS, Background, Reply, scripted, update


class _Watched(io.StringIO):
    """A standard error that calls back once it holds a text."""

    def __init__(self, text: str, seen: Callable[[], None], *, terminal: bool = False) -> None:
        super().__init__()
        self._text, self._seen, self._terminal = text, seen, terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, s: str) -> int:
        written = super().write(s)
        if self._text in self.getvalue():
            self._seen()
        return written


def test_a_job_without_the_flag_prints_its_number(run: Run, nas: Nas) -> None:
    ran = run("call", "test.gated", url=nas.url, user="admin")
    nas.open()
    assert (ran.status, ran.err) == (0, "")
    [job] = json.loads(run("call", "core.get_jobs", f'[["id", "=", {ran.out}]]', url=nas.url, user="admin").out)
    assert job["method"] == "test.gated"


def test_progress_as_descriptions(
    nas: Nas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    err = _Watched("first half\n", nas.open)
    monkeypatch.setattr(sys, "stderr", err)
    argv = ["-u", nas.url, "-U", "admin", "-P", "admin", "call", "test.gated", "-j", "-jp", "description"]
    assert main(argv) == 0
    assert capsys.readouterr().out == '{"done": 2}\n'
    assert err.getvalue() == "first half\nsecond half\n"


def test_progress_as_a_bar_on_a_terminal(
    nas: Nas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    err = _Watched("10%  0:00 first half", nas.open, terminal=True)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("TRUENAS_USERNAME", "admin")
    monkeypatch.setenv("TRUENAS_PASSWORD", "admin")
    assert main(["-u", nas.url, "call", "-j", "test.gated"]) == 0
    assert capsys.readouterr().out == '{"done": 2}\n'
    drawn = err.getvalue()
    assert "\r[###...........................] 10%  0:00 first half" in drawn
    assert drawn.endswith("\r[##############################] 100% 0:00 second half\n")
    assert drawn.count("100%") == 1
    assert all(len(line) < 80 for line in drawn.split("\r"))


def test_a_bar_needs_a_terminal(run: Run, nas: Nas) -> None:
    nas.open()
    ran = run("call", "-j", "test.gated", url=nas.url, user="admin")
    assert (ran.status, ran.out, ran.err) == (0, '{"done": 2}\n', "")


def test_a_scrub_runs_to_its_end(run: Run, nas: Nas) -> None:
    ran = run("call", "-j", "-jp", "description", "pool.scrub.scrub", "tank", "START", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (0, "null\n")
    assert ran.err


def test_a_failed_job(run: Run, nas: Nas) -> None:
    ran = run("call", "-j", "test.doomed", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (7, "")
    assert ran.err.startswith("[ENOSPC] the pool is full\n")
    assert run("call", "-j", "-q", "test.doomed", url=nas.url, user="admin").err == ""


def test_an_aborted_job(nas: Nas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def abort() -> None:
        jobs = nas.simulator.jobs
        nas.background.soon(lambda: jobs.abort([*jobs][-1]))

    err = _Watched("first half\n", abort)
    monkeypatch.setattr(sys, "stderr", err)
    argv = ["-u", nas.url, "-U", "admin", "-P", "admin", "call", "-j", "-jp", "description", "test.gated"]
    assert main(argv) == 7
    assert capsys.readouterr().out == ""
    assert "aborted" in err.getvalue()


def test_the_connection_lost_in_a_job(run: Run, nas: Nas) -> None:
    ran = run("call", "-j", "test.lost", url=nas.url, user="admin")
    nas.open()
    assert (ran.status, ran.out) == (3, "")
    assert "The outcome of test.lost is unknown." in ran.err
    assert " jobs watch " in ran.err
    assert "Traceback" not in ran.err


def test_a_method_that_is_no_job_gives_its_value(run: Run, nas: Nas) -> None:
    for value in ("text", "7", "null"):
        ran = run("call", "-j", "test.echo", value, url=nas.url, user="admin")
        assert (ran.status, ran.out, ran.err) == (0, f"{value}\n", "")


def test_a_plain_error_under_the_flag_is_a_plain_error(run: Run, nas: Nas) -> None:
    ran = run("call", "-j", "test.fail", url=nas.url, user="admin")
    assert ran.status == 1
    assert ran.err.startswith("[ENOENT] no such disk\n")


def test_an_unannounced_job_runs_into_the_time_out(run: Run, background: Background) -> None:
    async def silent(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        return None

    with background.entered(scripted({"m": silent})) as url:
        ran = run("-t", "0.2", "call", "-j", "m", url=url, user="admin")
    assert (ran.status, ran.out) == (5, "")


def _job(number: int, frame: dict[str, Any], **more: Any) -> str:
    fields = {"id": number, "method": frame["method"], "arguments": frame["params"], "state": "RUNNING", **more}
    return update("core.get_jobs", "added", id=number, fields=fields)


def test_a_server_of_the_old_style(run: Run, background: Background) -> None:
    """25.04: the answer is the number, and only the events tell the rest."""

    async def start(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        await websocket.send(_job(12, frame))
        await websocket.send(json.dumps({"jsonrpc": "2.0", "id": frame["id"], "result": 12}))
        await websocket.send(_job(12, frame, state="SUCCESS", result={"done": True}))
        return None

    async def jobs(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        row = {"id": 12, "method": "m", "arguments": [], "state": "SUCCESS", "result": {"done": True}}
        return {"result": [row]}

    answers: dict[str, Any] = {"core.set_options": {"result": None}, "m": start, "core.get_jobs": jobs}
    with background.entered(scripted({**answers, "text": {"result": "x"}, "count": {"result": 70}})) as url:
        for argv, out in (
            (["call", "-j", "m"], '{"done": true}\n'),
            (["call", "m"], "12\n"),
            (["call", "text"], "x\n"),
            (["call", "count"], "70\n"),
            (["call", "-j", "text"], "x\n"),
        ):
            ran = run(*argv, url=url, user="admin")
            assert (ran.status, ran.out, ran.err) == (0, out, ""), argv


def test_a_call_attached_to_other_work_is_not_credited(run: Run, background: Background) -> None:
    async def merge(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        await websocket.send(_job(9, {"method": "other", "params": []}, message_ids=[frame["id"]]))
        return None

    with background.entered(scripted({"m": merge, "core.set_options": {"result": OPTIONS}})) as url:
        for argv in (["call", "m"], ["call", "-j", "m"]):
            ran = run(*argv, url=url, user="admin")
            assert (ran.status, ran.out) == (7, "")
            assert "other work" in ran.err
            assert "unknown" not in ran.err


def test_the_bar_estimates_what_is_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    err, now = io.StringIO(), [0.0]
    monkeypatch.setattr(sys, "stderr", err)
    bar = Bar(lambda: now[0])
    for seconds, percent in ((10.0, 20.0), (40.0, 50.0), (3700.0, 50.0)):
        now[0] = seconds
        bar.update(percent, "scrubbing")
    bar.end(success=False)
    drawn = err.getvalue().split("\r")
    assert drawn[1].endswith("20%  0:10 scrubbing")
    assert drawn[2].endswith("50%  0:40, about 0:50 to go scrubbing"), "20 % of it were done before"
    assert "1:01:40, about 1:42:30 to go" in drawn[3]
