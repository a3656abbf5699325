"""What scripts of the official command rely on, byte for byte: both streams and the status, as a process, no terminal.

The bytes are written by hand from the inventory of the official command. Where that one fails (a traceback, a failure
with status 0), the row says what is promised instead.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.facts import ROOT
from tests.midclt.conftest import Run
from tests.midclt.served import Background, Reply, scripted, update
from tests.midclt.test_process import _environment
from truenas_client.auth import budget


def _error(code: int, number: int, reason: str, extra: Any = None, formatted: str = "") -> Reply:
    trace = {"class": "CallError", "frames": [], "formatted": formatted, "repr": "x"}
    data = {"error": number, "errname": "X", "reason": reason, "trace": trace, "extra": extra}
    return {"error": {"code": code, "message": "Method call error", "data": data}}


async def _echo(websocket: ServerConnection, frame: dict[str, Any]) -> Reply:
    return {"result": frame["params"]}


async def _events(websocket: ServerConnection, frame: dict[str, Any]) -> Reply:
    for number in range(3):
        await websocket.send(update("e.v", "changed", id=number, fields={"n": number, "t": "ä"}))
    return {"result": "a-handle"}


async def _ended(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
    params = {"collection": "e.end", "error": {"error": 5, "errname": "EIO", "reason": "[EIO] gone"}}
    await websocket.send(json.dumps({"jsonrpc": "2.0", "id": frame["id"], "result": "a-handle"}))
    await websocket.send(json.dumps({"jsonrpc": "2.0", "method": "notify_unsubscribed", "params": params}))
    return None


async def _subscribe(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
    name = frame["params"][0]
    if name == "e.v":
        return await _events(websocket, frame)
    return await _ended(websocket, frame) if name == "e.end" else {"result": "a-handle"}


async def _job(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
    row = {"id": 41, "message_ids": [frame["id"]], "method": "j", "arguments": [], "state": "RUNNING"}
    for percent, words in ((0, "starting"), (50, "half"), (50, "half"), (100, "done")):
        progress = {"percent": percent, "description": words, "extra": None}
        await websocket.send(update("core.get_jobs", "changed", id=41, fields=row | {"progress": progress}))
    if frame["params"]:
        failed = row | {"state": "FAILED", "error": "[EFAULT] broken", "exc_info": {"type": "CallError", "extra": None}}
        await websocket.send(update("core.get_jobs", "changed", id=41, fields=failed))
        return _error(-32001, 14, "[EFAULT] broken")
    done = row | {"state": "SUCCESS", "result": {"ok": True}}
    await websocket.send(update("core.get_jobs", "changed", id=41, fields=done))
    return {"result": {"ok": True}}


ANSWERS: dict[str, Any] = {
    "core.ping": {"result": "pong"},
    "text": {"result": "tänk"},
    "number": {"result": 70},
    "yes": {"result": True},
    "none": {"result": None},
    "float": {"result": 1.5},
    "list": {"result": [1, "ä", None, {"$date": 1000}]},
    "object": {"result": {"b": 1, "a": {"$set": [1]}}},
    "empty": {"result": ""},
    "echo": _echo,
    "fails": _error(-32001, 2, "[ENOENT] no such disk", {"disk": "sda"}, "Traceback (most recent call last):\n  x\n"),
    "invalid": _error(-32602, 22, "[EINVAL] a.b: bad", [["a.b", "bad", 22], ["c", "worse", 22]]),
    "forbidden": _error(-32001, 13, "Not authorized"),
    "core.subscribe": _subscribe,
    "j": _job,
}

FAILS = "[ENOENT] no such disk\nTraceback (most recent call last):\n  x\n\n{'disk': 'sda'}\n"
# fmt: off
CONTRACT: list[tuple[list[str], bytes, str, str, int]] = [
    # arguments, standard input, standard output, standard error, status
    (["call", "text"], b"", "tänk\n", "", 0),
    (["call", "number"], b"", "70\n", "", 0),
    (["call", "yes"], b"", "True\n", "", 0),
    (["call", "none"], b"", "null\n", "", 0),
    (["call", "float"], b"", "1.5\n", "", 0),
    (["call", "empty"], b"", "\n", "", 0),
    (["call", "list"], b"", '[1, "\\u00e4", null, {"$date": 1000}]\n', "", 0),
    (["call", "object"], b"", '{"b": 1, "a": {"$set": [1]}}\n', "", 0),
    (["call", "echo", "a b", "1", "-1", "true", '{"k": [1]}', "{no"], b"",
     '["a b", 1, -1, true, {"k": [1]}, "{no"]\n', "", 0),
    (["call", "echo", "-", "x"], b'{"from": "pipe"}\n', '[{"from": "pipe"}, "x"]\n', "", 0),
    (["call", "--", "echo", "-q"], b"", '["-q"]\n', "", 0),
    (["--time", "9", "call", "number"], b"", "70\n", "", 0),
    (["call", "fails"], b"", "", FAILS, 1),
    (["call", "-q", "fails"], b"", "", "", 1),
    (["call", "fails", "-q"], b"", "", "", 1),
    (["call", "invalid"], b"", "", "[EINVAL] a.b: bad\n[EINVAL] c: worse\n", 6),
    (["call", "j"], b"", "41\n", "", 0),
    (["call", "-j", "j"], b"", '{"ok": true}\n', "", 0),
    (["call", "-j", "-jp", "description", "j"], b"", '{"ok": true}\n', "starting\nhalf\ndone\n", 0),
    (["call", "-j", "text"], b"", "tänk\n", "", 0),  # the official one hangs
    (["ping"], b"", "pong\n", "", 0),
    (["subscribe", "-n", "2", "e.v"], b"",
     '{"msg": "changed", "collection": "e.v", "id": 0, "fields": {"n": 0, "t": "\\u00e4"}}\n'
     '{"msg": "changed", "collection": "e.v", "id": 1, "fields": {"n": 1, "t": "\\u00e4"}}\n', "", 0),
    (["subscribe", "e.end"], b"", "", "e.end ended: [EIO] gone\n", 1),  # a traceback in the official one
    (["-t", "0.2", "subscribe", "e.x"], b"", "", "e.x: 0.2 s are over, 0 events came\n", 5),
]
# fmt: on
AS_A_PROCESS = ("call object", "call echo - x", "call fails", "call -j -jp description j", "subscribe -n 2 e.v")


@pytest.fixture(scope="module")
def served(background: Background) -> Iterator[str]:
    with background.entered(scripted(ANSWERS)) as url:
        yield url


@pytest.fixture
def url(served: str) -> str:
    budget.forget_counts()
    return served


def _ran(argv: list[str], stdin: bytes, **more: str) -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "midclt", *argv],
        input=stdin, env=_environment(**more), cwd=ROOT, capture_output=True, timeout=60, start_new_session=True,
    )  # fmt: skip
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode()


@pytest.mark.parametrize(
    ("argv", "stdin", "out", "err", "status"), CONTRACT, ids=[" ".join(row[0]) for row in CONTRACT]
)
def test_the_contract(run: Run, url: str, argv: list[str], stdin: bytes, out: str, err: str, status: int) -> None:
    ran = run(*argv, url=url, user="admin", stdin=stdin)
    assert (ran.status, ran.out, ran.err) == (status, out, err)
    if " ".join(argv) in AS_A_PROCESS:
        assert _ran(["-u", url, "-U", "admin", "-P", "admin", *argv], stdin) == (status, out, err)


def test_the_old_statuses(run: Run, url: str) -> None:
    compat = {"MIDCLT_EXIT": "compat"}
    for argv in (["call", "invalid"], ["call", "forbidden"], ["-t", "0.2", "subscribe", "e.x"]):
        assert run(*argv, url=url, user="admin", env=compat).status == 1
    assert run("call", "text", url="ws://127.0.0.1:1", env=compat).status == 1
    assert run("call", env=compat).status == 2
