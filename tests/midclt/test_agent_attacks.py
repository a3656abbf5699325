"""What others may try with the agent: nothing is given, and nothing is sent to what is not this user's alone."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from midclt.agent import place
from midclt.agent.wire import request
from tests.midclt.agents import Served, serving, write_profile
from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background

MARKER = "s3cret-m4rker"


@pytest.fixture(autouse=True)
def used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIDCLT_AGENT")


@pytest.fixture
def agent(background: Background, run: Run) -> Iterator[Served]:
    with serving(background) as served:
        yield served


def test_no_answer_holds_the_secret(agent: Served, run: Run, nas: Nas) -> None:
    nas.background.soon(lambda: nas.simulator.add_account("marked", MARKER, roles=["FULL_ADMIN"]))
    write_profile(nas.url, user="marked", secret=MARKER)
    assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
    key = next(iter(agent.agent._aliases))
    heard = b""
    for op in (
        "secret",
        "reveal",
        "password",
        "keys",
        "env",
        "status",
        "open",
        "tunnel",
        "call",
        "__dict__",
        "",
        1,
        None,
    ):
        heard += agent.raw(request("x", key=key, method="core.ping", words=[]) | {"op": op})
    heard += agent.raw(request("call", key=key, method="test.fail", words=[], timeout=5.0))
    heard += agent.raw(request("open", key=["other"]), {"name": "lab", "profile": {}, "secret": "guess"})
    assert b'"ok"' in heard
    assert MARKER.encode() not in heard


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"null\n",
        b"[" * 100_000 + b"\n",
        b"\xff\xfe\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"op": "call"}\n',
        b"x" * 9_000_000,
        json.dumps(request("call")).encode() + b"\n",
        json.dumps(request("call", key=[[1]], words=[1], timeout="x")).encode() + b"\n",
        json.dumps(request("open", key=["a"])).encode() + b'\n{"profile": {"address": 5}, "name": "x"}\n',
        json.dumps(request("forget", names=5)).encode() + b"\n",
        json.dumps(request("tunnel", key=["a"], seconds="x")).encode() + b"\n",
    ],
    ids=lambda line: repr(line[:60]),
)
def test_what_no_midclt_says_is_cut_off(agent: Served, line: bytes) -> None:
    with suppress(ConnectionError):
        agent.raw(line)
    assert b'"pid"' in agent.raw(request("status"))


def _in_the_way(kind: str, folder: Path) -> None:
    sock = folder / "agent.sock"
    match kind:
        case "folder is a link":
            folder.rename(folder.with_name("real"))
            folder.symlink_to("real")
        case "folder is open to others":
            folder.chmod(0o770)
        case "folder of another user":
            os.chown(folder, 65534, -1)
        case "socket is a link":
            sock.rename(folder / "real.sock")
            sock.symlink_to("real.sock")
        case "socket is open to others":
            sock.chmod(0o666)
        case "socket of another user":
            os.chown(sock, 65534, -1)
        case "socket is a file":
            sock.unlink()
            sock.write_text("")
            sock.chmod(0o600)


@pytest.mark.parametrize(
    "kind",
    [
        "folder is a link",
        "folder is open to others",
        "folder of another user",
        "socket is a link",
        "socket is open to others",
        "socket of another user",
        "socket is a file",
    ],
)
def test_a_place_that_is_not_ours_alone_gets_nothing(agent: Served, run: Run, nas: Nas, kind: str) -> None:
    if "another user" in kind and os.geteuid() != 0:
        pytest.skip("only root may give files away")
    write_profile(nas.url)
    folder = Path(place.folder())
    heard = agent.agent._used
    _in_the_way(kind, folder)
    ran = run("--profile", "lab", "call", "core.ping")
    assert (ran.status, ran.out) == (0, "pong\n"), "without the agent"
    assert "The agent cannot be used" in ran.err
    ran = run("--profile", "lab", "--agent", "require", "call", "core.ping")
    assert (ran.status, ran.out) == (3, "")
    assert agent.agent._used == heard, "nothing was sent"
    if folder.is_symlink():
        folder.unlink()
        folder.with_name("real").rename(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_not_heard(agent: Served) -> None:
    """Even where folder and socket were opened to all."""
    path = place.socket_path()
    for folder in (Path(path), *list(Path(path).parents)[:8]):
        if folder != Path("/tmp") and folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055 | (0o022 if folder == Path(path) else 0))
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(10)
                sock.connect(path)
                try:
                    sock.sendall(json.dumps(request("status")).encode() + b"\n")
                    answer = sock.recv(65_536)
                except ConnectionError:
                    answer = b""
            os._exit(1 if answer else 0)
        except BaseException:  # noqa: BLE001 - a child of this test has only its status to tell
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
