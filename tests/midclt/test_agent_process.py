"""The agent's process: started once however many want it, replaced when it is killed or old, and closed to others."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from midclt.agent import joining, place, quick, server
from midclt.agent.joining import control
from tests.keptfiles import files_below
from tests.midclt.agents import serving, until, write_profile
from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background
from tests.midclt.storms import COMMAND, pid_of_agent, steady, storm
from truenas_client.simulator import ThreadedSimulator
from truenas_client.storage import config_path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes in /proc")

MARKER = "s3cret-m4rker"


@pytest.fixture(autouse=True)
def used(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MIDCLT_AGENT")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    yield
    control("stop")


def test_many_processes_share_one_login_and_outlive_a_killed_agent() -> None:
    figures = storm(16, 4, kill=True)
    assert figures.logins == 2, "one, and one after the agent was killed"
    assert figures.lost <= 4


def test_memory_and_threads_stay() -> None:
    before, after, threads = steady(400, 4)
    assert threads <= 2
    assert after < before * 1.2  # the long run in full is exact


def test_what_others_can_see_of_it(run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    nas.background.soon(lambda: nas.simulator.add_account("marked", MARKER, roles=["FULL_ADMIN"]))
    write_profile(nas.url, user="marked", secret="")
    path = config_path()
    path.write_text(path.read_text() + 'secret = { env = "OF_MY_NAS" }\n')
    monkeypatch.setenv("OF_MY_NAS", MARKER)
    assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
    process = Path(f"/proc/{pid_of_agent()}")
    for name in ("environ", "cmdline"):
        data = (process / name).read_bytes()
        assert b"PATH=" in data or b"midclt.agent" in data
        assert MARKER.encode() not in data
        assert b"OF_MY_NAS" not in data
    limits = (process / "limits").read_text()
    assert next(line for line in limits.splitlines() if "core" in line).split()[4:6] == ["0", "0"]
    kept = files_below(Path(place.folder()).parent) | files_below(path.parent)
    assert not [file for file, data in kept.items() if MARKER.encode() in data]


def test_it_cannot_be_dumped() -> None:
    """A child does to itself what the agent does first, and asks for a core dump."""
    code = (
        "import ctypes, os; from resource import *; setrlimit(RLIMIT_CORE, (getrlimit(RLIMIT_CORE)[1],) * 2);"
        "from midclt.agent.__main__ import harden; harden(); print(ctypes.CDLL(None).prctl(3), flush=True); os.abort()"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.read() == "0\n"
    status = os.waitpid(child.pid, 0)[1]
    child.returncode = 0
    assert os.WIFSIGNALED(status)
    assert not os.WCOREDUMP(status)


def test_an_agent_of_another_version_makes_room(
    run: Run, nas: Nas, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(nas.url)
    monkeypatch.setattr(server, "__version__", "0.0.0")
    with serving(background) as old:
        monkeypatch.setattr(server, "__version__", "0.0.0")
        assert "of version 0.0.0" in run("agent", "forget").err
        assert run("--profile", "lab", "--agent", "require", "call", "core.ping").out == "pong\n"
        until(lambda: bool(old.task.done()))
        assert pid_of_agent() != os.getpid()
        assert old.sessions == 0


@pytest.mark.parametrize("lies", [True, False])
def test_an_agent_that_hangs_or_lies_costs_a_line(
    lies: bool, run: Run, nas: Nas, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(nas.url)
    for module in (quick, joining):
        monkeypatch.setattr(module, "PATIENCE", 5.0 if lies else 0.2)
    path = Path(place.make_folder()) / "agent.sock"

    async def lie() -> asyncio.Server:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            if lies:
                writer.write(b"[1, 2]\n")
            else:
                await reader.read()
            writer.close()

        return await asyncio.start_unix_server(answer, path)

    liar = background.run(lie())
    path.chmod(0o600)
    ran = run("--profile", "lab", "call", "core.ping")
    assert (ran.status, ran.out) == (0, "pong\n")
    assert "The agent cannot be used" in ran.err
    assert run("--profile", "lab", "--agent", "require", "call", "core.ping").status == 3
    background.soon(liar.close)
    path.unlink()


@pytest.mark.parametrize("release", ["25.04", "26"])
def test_each_command_as_a_process(release: str) -> None:
    with ThreadedSimulator(release=release, speed=1000.0) as nas:
        write_profile(nas.url)
        for words, status, said in (
            ("agent", 1, "No agent runs"),
            ("agent start --idle 60 --lifetime 600", 0, "has started"),
            ("login lab", 0, "lab: signed in as admin"),
            ("--profile lab --agent require call -j pool.scrub.scrub tank", 0, "null"),
            ("agent status", 0, '"signed_in": true'),
            ("logout lab", 0, "lab: signed out"),
            ("agent lock", 0, "Locked: 0"),
            ("agent forget", 0, "0 sign-ins dropped"),
            ("agent stop", 0, "has ended"),
            ("login nothing", 2, "no profile"),
            ("agent dance", 2, "dance"),
        ):
            ran = subprocess.run([*COMMAND, *words.split()], capture_output=True, text=True, timeout=60)
            assert (ran.returncode, said in ran.stdout + ran.stderr) == (status, True), (words, ran)
