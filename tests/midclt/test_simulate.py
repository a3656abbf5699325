"""``midclt simulate`` as a process: what it prints leads other commands to it, and it ends cleanly."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from tests.facts import ROOT
from tests.midclt.conftest import Run
from tests.midclt.test_process import COMMAND, _environment
from truenas_client.simulator.__main__ import main


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal(run: Run, number: signal.Signals) -> None:
    command = [*COMMAND, "simulate", "--release", "24.10", "--seed", "3"]
    with subprocess.Popen(command, env=_environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        ran = run("-u", told["ws"], "-U", "admin", "-P", told["users"]["admin"]["password"], "call", "core.ping")
        assert (ran.status, ran.out) == (0, "pong\n")
        process.send_signal(number)
        assert (process.wait(20), process.stdout.read()) == (0, "")


def test_its_options_are_those_of_the_simulator(run: Run) -> None:
    ran = run("simulate", "--help")
    assert ran.status == 0
    assert ran.out.startswith("usage: midclt simulate")
    for word in ("--release {24.10,25.04,25.10,26,27}", "faults (times are simulated seconds"):
        assert word in ran.out
    assert run("simulate", "--release", "1").status == 2


def test_a_socket_that_cannot_be_made_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--unix", "/nowhere/nas.sock"]) == 1
    assert capsys.readouterr().err == "simulator: cannot listen on /nowhere/nas.sock: No such file or directory\n"
