"""The command as a process: what it loads, signals, pipes and terminals."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shlex
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from midclt.parser import COMMANDS
from tests.facts import ROOT
from tests.midclt.conftest import Nas

COMMAND = [sys.executable, "-m", "midclt"]


def _environment(nas: Nas | None = None, **more: str) -> dict[str, str]:
    # Without COLUMNS: pytest's workers set it, and it goes before the width of a terminal.
    left_out = ("TRUENAS_", "MIDCLT_", "COLUMNS")
    env = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    if nas is not None:
        env |= {"TRUENAS_URI": nas.url, "TRUENAS_USERNAME": "admin", "TRUENAS_PASSWORD": "admin"}
    return env | {"TERM": "xterm", "PYTHONIOENCODING": "utf-8"} | more


def loaded_by(code: str) -> set[str]:
    """The modules that some code loads."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stderr.split())


@pytest.mark.parametrize("argv", [["--version"], ["--help"], [], *([name, "--help"] for name in COMMANDS)])
def test_help_loads_no_driver_and_no_other_command(argv: list[str]) -> None:
    loaded = loaded_by(f"import midclt; midclt.main({argv!r})")
    commands = {name for name in loaded if name.startswith("midclt.commands.")}
    assert commands == {f"midclt.commands.{name}" for name in argv if name in COMMANDS}
    if argv[:1] != ["simulate"]:  # whose options are the simulator's own
        assert not loaded & {"asyncio", "websockets", "ssl", "socket", "textual", "rich", "truenas_client.exc"}


def test_importing_loads_next_to_nothing() -> None:
    loaded = loaded_by("import truenas_client, midclt")
    assert not loaded & {"asyncio", "websockets", "textual", "rich", "argparse", "json"}


def test_no_command_loads_a_screen_or_another_command() -> None:
    loaded = loaded_by("import midclt; midclt.main(['-u', 'ws://127.0.0.1:1', 'ping'])")
    assert "midclt.commands.ping" in loaded
    assert "midclt.commands.call" not in loaded
    assert not loaded & {"textual", "rich", "truenas_client.simulator", "jsonschema", "cryptography"}


def test_version_and_help_are_successes() -> None:
    for argv, words in ((["--version"], "midclt "), (["-h"], "usage: midclt"), ([], "usage: midclt")):
        ran = subprocess.run([*COMMAND, *argv], capture_output=True, text=True, cwd=ROOT, timeout=30)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.startswith(words)


def test_a_time_limit_that_is_no_number_is_told_by_every_command() -> None:
    env = _environment(CALL_TIMEOUT="soon", TRUENAS_URI="ws://127.0.0.1:1")
    ran = subprocess.run([*COMMAND, "jobs"], env=env, capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert (ran.returncode, ran.stderr) == (2, "CALL_TIMEOUT is 'soon' and should be a number of seconds\n")


@pytest.mark.parametrize("command", [["subscribe", "test.endless"], ["call", "core.get_methods"]])
def test_a_reader_that_goes_away_is_no_complaint(nas: Nas, command: list[str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, *command],
        env=_environment(nas),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    if "subscribe" in command:
        assert json.loads(process.stdout.readline())["msg"] == "added"
    else:
        assert process.stdout.read(1) == b"{"  # all of it is one line, longer than a pipe holds
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(20) == 141


def test_ctrl_c_while_listening(nas: Nas) -> None:
    process = subprocess.Popen(
        [*COMMAND, "subscribe", "test.endless"],
        env=_environment(nas),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, b"")


@pytest.mark.parametrize(("ending", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_termination_in_a_call(nas: Nas, ending: signal.Signals, status: int) -> None:
    process = subprocess.Popen(
        [*COMMAND, "call", "test.hang"],
        env=_environment(nas),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert nas.waiting.wait(20)
    process.send_signal(ending)
    assert process.communicate(timeout=20) == ("", "Interrupted: test.hang may have run.\n")
    assert process.returncode == status


def _interrupted_in_a_job(nas: Nas, env: dict[str, str], *options: str) -> tuple[int, str, str]:
    """Status, output and errors of a command that was interrupted while its job ran."""
    process = subprocess.Popen(
        [*COMMAND, *options, "call", "-j", "-jp", "description", "test.gated"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "first half\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    nas.open()
    return process.returncode, out, err


def test_ctrl_c_in_a_job_says_how_to_find_it_again(nas: Nas) -> None:
    status, out, err = _interrupted_in_a_job(nas, _environment(nas))
    assert (status, out) == (130, "")
    assert err.startswith("Not waiting for test.gated any longer. Job ")
    assert "jobs watch" in err
    assert err.count("\n") == 1


def test_the_hint_after_ctrl_c_leads_to_the_same_server(nas: Nas) -> None:
    env = _environment() | {"TRUENAS_PASSWORD": "admin"}
    _, _, err = _interrupted_in_a_job(nas, env, "-u", nas.url, "-U", "admin")
    again = shlex.split(err.split("`")[1])
    assert again[:5] == ["midclt", "-u", nas.url, "-U", "admin"]
    ran = subprocess.run([*COMMAND, *again[1:]], env=env, cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert ran.returncode == 0, ran.stderr


@dataclass
class Terminal:
    """A command on a pseudo-terminal."""

    process: subprocess.Popen[bytes]
    master: int
    shown: bytes = field(default=b"")

    def wait_for(self, text: bytes) -> None:
        while text not in self.shown:
            data = self._read()
            assert data, f"ended without {text!r}: {self.shown!r}"

    def rest(self) -> str:
        while self._read():
            pass
        return self.shown.decode().replace("\r\n", "\n")

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def _read(self) -> bytes:
        try:
            data = os.read(self.master, 65536)
        except OSError:  # Linux: the other end is closed
            data = b""
        self.shown += data
        return data


@contextmanager
def terminal(
    *argv: str, env: dict[str, str], stdin: int | None = None, stdout: int | None = None
) -> Iterator[Terminal]:
    """Run the command with a terminal of its own, on the streams that are not given."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with subprocess.Popen(
        [*COMMAND, *argv],
        env=env,
        cwd=ROOT,
        stdin=slave if stdin is None else stdin,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(2, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(slave)
        try:
            yield Terminal(process, master)
            process.wait(20)
        finally:
            process.kill()
            os.close(master)


def test_a_terminal_sees_no_escape_sequence(nas: Nas) -> None:
    for method in ("test.echo", "no.\x1b[31msuch"):
        with terminal("call", method, '"a\\u001b[31mb\\u009bc"', env=_environment(nas)) as screen:
            shown = screen.rest()
        assert "\x1b" not in shown
        assert "\x9b" not in shown
        assert screen.process.returncode == (0 if method == "test.echo" else 1)


def test_standard_input_is_not_read_from_a_terminal(nas: Nas) -> None:
    with terminal("call", "test.echo", "-", env=_environment(nas)) as screen:
        shown = screen.rest()
    assert screen.process.returncode == 1
    assert "that is the terminal" in shown


def test_a_password_as_an_argument_is_warned_of_on_a_terminal(nas: Nas) -> None:
    with terminal("-P", "admin", "ping", env=_environment(nas)) as screen:
        shown = screen.rest()
    assert screen.process.returncode == 0
    assert shown.splitlines()[-1] == "pong"
    assert "-P" in shown.splitlines()[0]


def test_the_password_is_asked_on_the_terminal_while_input_is_piped(nas: Nas) -> None:
    env = _environment(nas)
    del env["TRUENAS_PASSWORD"]
    source, sink = os.pipe()
    os.write(sink, b'{"from": "pipe"}')
    os.close(sink)
    with terminal("call", "test.echo", "-", env=env, stdin=source) as screen:
        screen.wait_for(b"Password for admin: ")
        screen.type(b"admin\n")
        shown = screen.rest()
    os.close(source)
    assert screen.process.returncode == 0
    assert shown.splitlines()[-3:] == ["{", '  \x1b[36m"from"\x1b[0m: \x1b[32m"pipe"\x1b[0m', "}"]
    assert "admin\n{" not in shown  # what is typed is not shown


def test_ctrl_c_at_the_password_prompt(nas: Nas) -> None:
    env = _environment(nas)
    del env["TRUENAS_PASSWORD"]
    with terminal("ping", env=env) as screen:
        screen.wait_for(b"Password for admin: ")
        screen.type(b"\x03")
        shown = screen.rest()
    assert screen.process.returncode == 130
    assert "Traceback" not in shown


def test_no_terminal_and_no_password(nas: Nas) -> None:
    env = _environment(nas)
    del env["TRUENAS_PASSWORD"]
    ran = subprocess.run(
        [*COMMAND, "call", "core.ping"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        input="",
        start_new_session=True,
    )
    assert (ran.returncode, ran.stdout) == (4, "")
    assert "No password for admin" in ran.stderr


def test_a_full_disk_is_a_message(nas: Nas) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [*COMMAND, "ping"], env=_environment(nas), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ran.returncode == 1
    assert "No space left" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_an_error_on_a_terminal_is_three_lines_unless_all_is_wanted(nas: Nas) -> None:
    with terminal("call", "test.fail", env=_environment(nas)) as screen:
        assert screen.rest() == "[ENOENT] no such disk\n"
    with terminal("-v", "call", "test.fail", env=_environment(nas)) as screen:
        shown = screen.rest()
    assert "Traceback" in shown
    assert "{'disk': 'sda'}" in shown
    many = '{"name": "a/b", "type": "VOLUME", "volsize": "x", "sync": 1, "atime": 2}'
    with terminal("call", "pool.dataset.create", many, env=_environment(nas)) as screen:
        lines = screen.rest().splitlines()
    assert len(lines) <= 3
    with terminal("-K", "1-abc", "call", "system.info", env=_environment(nas)) as screen:
        shown = screen.rest()
    assert "auth_mechanism" not in shown
    assert "--plain" in shown


def test_ctrl_c_twice_stops_the_job(nas: Nas) -> None:
    env = _environment(nas)
    with terminal("call", "-j", "-jp", "description", "test.gated", env=env) as screen:
        screen.wait_for(b"first half")
        screen.type(b"\x03")
        screen.wait_for(b"Ctrl-C again stops it now.")
        screen.type(b"\x03")
        shown = screen.rest()
    assert screen.process.returncode == 130
    assert "was asked to stop job" in shown
    number = shown.rpartition("stop job ")[2].partition(".")[0]
    ran = subprocess.run([*COMMAND, "jobs", "wait", number], env=env, cwd=ROOT, capture_output=True, timeout=20)
    assert ran.returncode == 7
