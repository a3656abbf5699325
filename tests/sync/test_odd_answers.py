"""Answers that no rule foresees end in an error of that call, never in a result, a hang or a lost connection."""

from __future__ import annotations

import base64
import errno
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from tests.midclt.served import Background, Reply, scripted, update
from truenas_client import Client, ClientException, JobLost, ProtocolError, ValidationErrors


class Trusting(Client):
    """Takes pickles from the test's own server, which is no local socket."""

    def uri_check(self, uri: str | None, py_exceptions: bool) -> None:
        pass


@pytest.fixture(scope="module")
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.stop()


PICKLED = base64.b64encode(pickle.dumps(FileNotFoundError(2, "no such pool"))).decode()
MEMBERS = {"error": 2, "errname": "ENOENT", "reason": "[ENOENT] no such pool", "trace": None, "extra": None}


def failing(data: Any = None, code: int = -32001) -> Reply:
    error = {"code": code, "message": "Method call error"}
    return {"error": error if data is None else error | {"data": data}}


ODD: dict[str, tuple[Reply, type[Exception]]] = {
    "an unknown code": (failing(code=-32050), ClientException),
    "validation without rows": (failing(code=-32602), ClientException),
    "rows that are none": (failing({**MEMBERS, "error": 22, "extra": 5}, -32602), ClientException),
    "rows that are short": (failing({**MEMBERS, "error": 22, "extra": [["a"]]}, -32602), ValidationErrors),
    "an error that is a text": ({"error": "no"}, ProtocolError),
    "neither result nor error": ({}, ProtocolError),
    "a date that is none": ({"result": {"$date": "x"}}, ProtocolError),
    "data that is a list": (failing([1]), ClientException),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_an_error(name: str, background: Background) -> None:
    answer, kind = ODD[name]
    with background.entered(scripted({"t.odd": answer, "t.fine": {"result": 1}})) as url, Client(url) as c:
        with pytest.raises(kind):
            c.call("t.odd", timeout=10)
        with pytest.raises(kind):
            c.call("t.odd", timeout=10, job=True)
        assert c.call("t.fine") == 1


def test_a_call_that_the_server_merged_into_other_work_is_lost(background: Background) -> None:
    asked: list[str] = []

    async def merge(websocket: Any, frame: dict[str, Any]) -> None:
        fields = {"id": 7, "method": frame["method"], "arguments": ["other"], "message_ids": ["other", frame["id"]]}
        await websocket.send(update("core.get_jobs", id=7, fields=fields | {"state": "WAITING"}))

    async def subscribe(websocket: Any, frame: dict[str, Any]) -> Reply:
        asked.extend(frame["params"])
        return {"result": "handle"}

    answers = {"t.job": merge, "core.subscribe": subscribe, "t.query": {"result": []}}
    with background.entered(scripted(answers)) as url, Client(url) as c:
        c.login_with_password("admin", "secret")
        for _ in range(3):
            assert c.call("t.query") == []
        assert asked == []  # nothing is asked that only jobs need
        for attempt in (
            lambda: c.call("t.job", "mine"),
            lambda: c.wait(c.call("t.job", "mine", background=True)),
            lambda: c.call("t.job", "mine", job=True),
            lambda: c.call("t.job", "mine", job="RETURN").result(),
        ):
            with pytest.raises(JobLost, match="other work"):
                attempt()
        assert asked == ["core.get_jobs"]  # and that once
        assert len(c._jobs_table) == 0


def test_the_servers_own_exception(background: Background, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Any] = []

    async def options(websocket: Any, frame: dict[str, Any]) -> Reply:
        seen.append(frame["params"][0])
        return {"result": frame["params"][0]}

    answers: dict[str, Any] = {
        "core.set_options": options,
        "t.fails": failing({**MEMBERS, "py_exception": PICKLED}),
        "t.unknown": failing({**MEMBERS, "py_exception": base64.b64encode(b"cnowhere\nNothing\n.").decode()}),
    }
    with background.entered(scripted(answers)) as url:
        with Trusting(url, py_exceptions=True, log_py_exceptions=True, private_methods=True) as c:
            with pytest.raises(FileNotFoundError, match="no such pool") as raised:
                c.call("t.fails")
            assert isinstance(raised.value.__cause__, ClientException)
            call = c.call("t.fails", background=True)
            with pytest.raises(FileNotFoundError):
                c.wait(call)
            assert call.py_exception == PICKLED
            with pytest.raises(ClientException) as plain:
                c.call("t.unknown")
            assert plain.value.errno == errno.ENOENT
        with Client(url) as c, pytest.raises(ClientException) as plain:
            c.call("t.fails")
        assert type(plain.value) is ClientException
    assert seen[0] == {"legacy_jobs": False, "private_methods": True, "py_exceptions": True}
    assert seen[1] == {"legacy_jobs": False, "private_methods": False, "py_exceptions": False}
    assert "a call failed" in caplog.text
