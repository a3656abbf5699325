"""Secrets without a terminal: the first line of standard input, before what `-` reads; and errors of the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from midclt.commands import ping
from tests.facts import ROOT
from tests.midclt.conftest import Nas, Run
from tests.midclt.test_process import COMMAND, _environment


def without_terminal(*argv: str, env: dict[str, str], stdin: bytes | int) -> subprocess.CompletedProcess[bytes]:
    given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    # A session of its own has no terminal, wherever the tests run.
    return subprocess.run(
        [*COMMAND, *argv], env=env, cwd=ROOT, capture_output=True, timeout=30, start_new_session=True, **given
    )  # type: ignore[call-overload]


@pytest.fixture
def env(nas: Nas) -> dict[str, str]:
    made = _environment(nas)
    del made["TRUENAS_PASSWORD"]
    return made


@pytest.mark.parametrize(
    ("argument", "stdin", "answer"),
    [
        ("1", b"admin\n", b"1\n"),
        ("1", b"admin", b"1\n"),
        ("-", b'admin\r\n{"from": "pipe"}', b'{"from": "pipe"}\n'),
        ("-", b"admin\ntwo\nlines\n", b"two\nlines\n\n"),
    ],
)
def test_the_first_line_is_the_password_and_the_rest_an_argument(
    env: dict[str, str], argument: str, stdin: bytes, answer: bytes
) -> None:
    ran = without_terminal("call", "test.echo", argument, env=env, stdin=stdin)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, answer, b"")


def test_a_one_time_password_is_the_second_line(env: dict[str, str]) -> None:
    env["TRUENAS_USERNAME"] = "otp"
    ran = without_terminal("call", "test.echo", "1", env=env, stdin=b"otp\n123456\n")
    assert (ran.returncode, ran.stdout) == (0, b"1\n"), ran.stderr


def test_a_password_from_elsewhere_leaves_standard_input_alone(nas: Nas) -> None:
    ran = without_terminal("call", "test.echo", "-", env=_environment(nas), stdin=b"1\n2")
    assert ran.stdout == b"1\n2\n"


@pytest.mark.parametrize(
    ("stdin", "status", "words"),
    [
        (b"", 4, b"first line of standard input"),
        (b"\n", 4, b"first line of standard input"),
        (subprocess.DEVNULL, 4, b"first line of standard input"),
        (b"wrong\n", 4, b"Failed to login"),
        (b"\xff\n", 2, b"not UTF-8"),
        (b"x" * 100_000, 2, b"longer than"),
    ],
)
def test_what_is_no_password_is_told(env: dict[str, str], stdin: bytes | int, status: int, words: bytes) -> None:
    ran = without_terminal("call", "test.echo", "1", env=env, stdin=stdin)
    assert (ran.returncode, ran.stdout) == (status, b"")
    assert words in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_a_secret_to_keep_is_the_first_line_too(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    add = ("profile", "add", "lab", env.pop("TRUENAS_URI"), "-U", "admin", "--secret", f"file:{tmp_path}/secret")
    ran = without_terminal(*add, env=env, stdin=b"admin\n")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "secret").read_text().strip() == "admin"


def test_an_error_of_the_program_tells_nothing_that_was_given(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(options: object) -> None:
        raise ValueError("hunter2xyz is no number, 'typed'")

    monkeypatch.setattr(ping, "run", fail)
    for trace in ("", "1"):
        ran = run("-U", "admin", "-P", "hunter2xyz", "ping", env={"MIDCLT_TRACE": trace})
        assert (ran.status, ran.out) == (1, "")
        assert "ValueError: ******** is no number" in ran.err
        for text in ("hunter2", "typed", "Traceback"):
            assert text not in ran.err
        assert (f"{__file__}:" in ran.err) is bool(trace)
