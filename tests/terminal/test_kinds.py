"""Which terminals the app takes, and in which characters it draws on them."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest
from textual.app import App

from tests.facts import ROOT
from tests.terminal.pty import Session, running
from tui.terminal import charset, encode_for, refusal


@pytest.fixture
def tty() -> Iterator[TextIO]:
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        yield stream
    os.close(master)


async def test_a_terminal_without_a_name_is_drawn_on_as_well(tty: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.driver import TerminalDriver

    def no_name(_file: int) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "ttyname", no_name)
    monkeypatch.setattr(sys, "__stdin__", tty)
    monkeypatch.setattr(sys, "__stdout__", tty)
    driver = TerminalDriver(App[None]())
    assert driver.fileno == tty.fileno()
    driver.restore_now()


def test_what_is_no_terminal_is_refused(tty: TextIO) -> None:
    term = {"TERM": "xterm"}
    assert refusal(term, tty, tty) == ""
    for nothing in (io.StringIO(), None):
        assert refusal(term, nothing, tty).startswith("standard input is not a terminal")
        assert refusal(term, tty, nothing).startswith("standard output is not a terminal")
    for environ, said in (
        ({}, "TERM is not set"),
        ({"TERM": ""}, "TERM is not set"),
        ({"TERM": "dumb"}, "TERM is dumb"),
    ):
        assert refusal(environ, tty, tty).startswith(said)
    # A browser's terminal is another program's.
    assert refusal({"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}, None, None) == ""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "ascii"),
        ({"LANG": "C"}, "ascii"),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, "ascii"),
        ({"LC_ALL": "", "LANG": "de_DE.utf8@euro"}, "utf-8"),
        ({"LC_ALL": "en_US.ISO-8859-1"}, "iso8859-1"),
        ({"LC_CTYPE": "ja_JP.eucJP", "LANG": "C.UTF-8"}, "euc_jp"),
        ({"LC_CTYPE": "UTF-8"}, "utf-8"),
        ({"LANG": "en_US"}, "ascii"),
        ({"LANG": "en_US.no-such"}, "ascii"),
    ],
)
def test_the_locale_says_the_encoding(environ: dict[str, str], expected: str) -> None:
    assert charset(environ) == expected


def test_what_python_writes_into_its_environment_does_not_count() -> None:
    for environ in ({}, {"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "en_US.ISO-8859-1"}, {"LC_CTYPE": "C.UTF-8"}):
        code = "import os; from tui.terminal import is_utf8; print(is_utf8(os.environ))"
        env = {"PYTHONPATH": str(ROOT), **environ}
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
        assert ran.stdout == f"{environ.get('LC_CTYPE') == 'C.UTF-8'}\n", environ


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("ascii", b"a?????eb"), ("iso8859-1", b"a\xe9????eb"), ("utf-8", "aé日本e\u0301b".encode())],
)
def test_what_cannot_be_written_takes_the_same_cells(encoding: str, expected: bytes) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written)
    encode_for(stream, encoding)
    stream.write("aé日本e\u0301b")
    stream.flush()
    assert written.getvalue() == expected


def test_the_program_ends_with_one_sentence() -> None:
    command = [sys.executable, "-m", "tui", "--demo"]
    env = {**os.environ, "TERM": "xterm"}
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, cwd=ROOT, timeout=30
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("truenas-tui: standard input is not a terminal")
    assert ran.stderr.count("\n") == 1
    for argument in ("--version", "--help"):
        ran = subprocess.run([*command[:3], argument], stdin=subprocess.DEVNULL, capture_output=True, env={}, cwd=ROOT)
        assert ran.returncode == 0
        assert b"truenas-tui" in ran.stdout


def colours_of(app: Session) -> set[str]:
    """Every parameter of the colours that were set so far."""
    return {part for parameters, final in app.screen.sequences if final == "m" for part in parameters.split(";")}


@pytest.mark.parametrize(
    ("environ", "encoding", "echo"),
    [({"LANG": "C"}, "ascii", "caf?"), ({"LC_ALL": "en_US.ISO-8859-1"}, "latin-1", "café")],
)
async def test_a_plain_terminal_is_drawn_in_its_characters_and_colours(
    environ: dict[str, str], encoding: str, echo: str, tmp_path: Path
) -> None:
    env = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "linux", **environ}
    command = [sys.executable, "-m", "tui", "--demo", "--fresh"]
    async with running(command, size=(80, 24), env=env, encoding=encoding) as app:
        await app.see("type to find among", "writes allowed")
        app.send(b"caf\xe9")  # what such a terminal sends for a letter beyond ASCII
        await app.see(echo)
        # It has sixteen colours: the sign of the connection is the terminal's green, not the nearest grey.
        await app.until(lambda: "32" in colours_of(app), "a connection's sign in green")
        app.press("ctrl+q")
        assert await app.end() == 0
        assert app.raw.replace(b"\xe9", b"").isascii()
        assert "\\u" not in app.screen.written
        assert "38" not in colours_of(app)
