"""Every end of the app: the terminal is as before, the status tells the end, and nothing typed is told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.facts import ROOT
from tests.terminal.pty import Session, running

UNDONE = {
    "?1049": "the alternate screen",
    "?1000": "reports of the mouse",
    "?1003": "reports of the mouse's moves",
    "?1006": "their form",
    "?1004": "reports of the focus",
    "?2004": "bracketed paste",
    "?1016": "places of the mouse in pixels",
    "?2048": "reports of sizes",
}
SECRET = "hunter2xyz"

FAILURES = {
    "handler": f"app.action_app_keys = lambda: int('{SECRET}')",
    "worker": f"app.action_app_keys = lambda: app.run_worker(fail('{SECRET}'))",
    "wrapped": f"app.action_app_keys = lambda: wrap('{SECRET}')",
}
PROGRAM = """
import sys, tui.app, tui.__main__, threading
async def fail(text):
    typed = text
    raise RuntimeError(f"password={typed} was refused")
def wrap(text):
    typed = text
    try:
        {}[typed]
    except KeyError as e:
        raise ValueError("not known") from e
make = tui.app.TrueNASApp.__init__
def changed(app, *a, **k):
    make(app, *a, **k)
    CHANGE
tui.app.TrueNASApp.__init__ = changed
sys.exit(tui.__main__.main(sys.argv[1:]))
"""


@asynccontextmanager
async def started(
    folder: Path, change: str = "pass", arguments: Sequence[str] = ("--demo", "--fresh")
) -> AsyncIterator[Session]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    env["XDG_STATE_HOME"] = str(folder)
    command = [sys.executable, "-c", PROGRAM.replace("CHANGE", change), *arguments]
    async with running(command, size=(80, 24), env=env) as app:
        await app.see("type to find among", "writes allowed")
        app.send(b"\x1b[?2048;2$y")  # a terminal that can report sizes says so
        await app.until(lambda: b"\x1b[?1016h" in app.raw, "places of the mouse in pixels")
        yield app


def logs(folder: Path) -> list[Path]:
    return list(folder.rglob("crash.log"))


def kept(folder: Path) -> list[str]:
    """What is remembered of connections."""
    return [path.read_text() for path in (folder / "truenas-client" / "tui").rglob("*.json")]


def restored(app: Session) -> None:
    """By the bytes: each mode that was set last was reset."""
    raw = bytes(app.raw).decode()
    for mode, what in UNDONE.items():
        assert f"\x1b[{mode}h" in raw, what
        assert raw.rindex(f"\x1b[{mode}l") > raw.rindex(f"\x1b[{mode}h"), what
    assert raw.rindex("\x1b[?25h") > raw.rindex("\x1b[?25l"), "the cursor"
    pushed, popped = raw.index("\x1b[>"), raw.rindex("\x1b[<u")
    assert pushed < popped < raw.rindex("\x1b[?1049l"), "the keyboard protocol, while still on the alternate screen"
    assert app.attributes()[3] & termios.ICANON, "lines"
    assert app.attributes()[3] & termios.ECHO, "echo"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
async def test_a_signal_ends_as_quitting_does(number: signal.Signals, tmp_path: Path) -> None:
    async with started(tmp_path) as app:
        assert not app.attributes()[3] & termios.ECHO
        os.kill(app.process.pid, number)
        assert await app.end() == 128 + number
        restored(app)
        assert "Traceback" not in app.screen.written


async def test_a_signal_loses_nothing_that_quitting_keeps(tmp_path: Path) -> None:
    async with started(tmp_path, arguments=["--demo"]) as app:
        app.type("recordsize")
        await app.see("pool.dataset.create")
        app.press("*")
        await app.see("★")
        app.process.send_signal(signal.SIGTERM)
        assert await app.end() == 128 + signal.SIGTERM
    assert any("pool.dataset." in text for text in kept(tmp_path))


async def test_a_signal_ends_a_busy_program_too(tmp_path: Path) -> None:
    async with started(
        tmp_path, "app.action_app_keys = lambda: exec('print(chr(7), file=sys.__stdout__, flush=True)\\nwhile 1: 1')"
    ) as app:
        app.press("f1")
        await app.until(lambda: app.screen.controls["\x07"], "busy")
        os.kill(app.process.pid, signal.SIGTERM)
        os.kill(app.process.pid, signal.SIGTERM)
        os.kill(app.process.pid, signal.SIGHUP)
        assert await app.end() in (128 + signal.SIGTERM, 128 + signal.SIGHUP)
        restored(app)


async def test_a_terminal_that_vanishes_ends_it(tmp_path: Path) -> None:
    async with started(tmp_path, "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)") as app:
        app.hang_up()
        async with asyncio.timeout(30):
            assert await app.process.wait() == 128 + signal.SIGHUP
    assert not logs(tmp_path)


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_crash_gives_the_terminal_back_and_tells_no_secret(failure: str, tmp_path: Path) -> None:
    async with started(tmp_path, FAILURES[failure]) as app:
        app.type("typedtext")
        await app.see("typedtext")
        app.press("f1")
        assert await app.end() == 1
        restored(app)
    (log,) = logs(tmp_path)
    assert log.stat().st_mode & 0o777 == 0o600
    report = log.read_text()
    assert "Error" in report
    assert ", in " in report
    after = bytes(app.raw).rpartition(b"\x1b[?1004l")[2].decode()
    for text in (report, after):
        assert SECRET not in text
        assert "typedtext" not in text
    assert str(log) in after
    assert after.count("\n") == 1, "one sentence"
    assert "Traceback" not in after
