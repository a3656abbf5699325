"""Many runs of midclt through one agent, which is started and killed as it comes; used by a test and by the long runs.

Where the agent is, and its configuration, is by this process's environment.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from midclt.agent import quick
from midclt.agent.joining import control
from tests.midclt.agents import write_profile
from truenas_client.simulator import ThreadedSimulator

__all__ = ["COMMAND", "Figures", "pid_of_agent", "steady", "storm"]

SCRAM_CALLS = 2
"""Calls of one login by SCRAM."""
COMMAND = [sys.executable, "-c", "from midclt.__main__ import command; command()"]


class Figures(NamedTuple):
    """How the runs went."""

    ok: int
    lost: int
    """Runs that were told that the agent ended before the answer came."""
    logins: int


def pid_of_agent() -> int:
    reply = control("status")
    assert reply is not None, "no agent runs"
    return int(reply["pid"])


def storm(runs: int, at_a_time: int, *, kill: bool) -> Figures:
    """So many runs, with the agent killed in the middle; whatever else than success or a loss is wrong fails."""
    with ThreadedSimulator(release="26", tls=True) as nas:
        info = nas.nas.info()
        more = f'mechanism = "api-key"\ntls = {{ fingerprints = ["sha256:{info["fingerprint"]}"] }}'
        write_profile(info["wss"], secret=nas.api_keys["demo"], more=more)
        logins = nas.faults.add("latency", method="auth.login_ex*", shape="fixed", mean=0.0)
        before_kill, lock, done = runs // 2, threading.Lock(), 0

        def run(_: int) -> int:
            nonlocal done
            ran = subprocess.run(
                [*COMMAND, "--profile", "lab", "call", "core.ping"],
                capture_output=True,
                text=True,
                timeout=120,
            )
            with lock:
                done += 1
                if kill and done == before_kill:
                    os.kill(pid_of_agent(), signal.SIGKILL)
            if ran.returncode == 0:
                assert (ran.stdout, ran.stderr) == ("pong\n", ""), ran
            else:
                assert (ran.returncode, ran.stdout) == (3, ""), ran
                assert "ended" in ran.stderr or "broke" in ran.stderr, ran
            return ran.returncode

        with ThreadPoolExecutor(at_a_time) as pool:
            statuses = list(pool.map(run, range(runs)))
        assert run(runs) == 0, "the next call works"
        control("stop")
        ok = statuses.count(0)
        return Figures(ok, len(statuses) - ok, logins.struck // SCRAM_CALLS)


def steady(calls: int, at_a_time: int) -> tuple[int, int, int]:
    """So many calls through a running agent: its memory after a quarter of them and at the end, and its threads."""
    with ThreadedSimulator(release="26") as nas:
        write_profile(nas.url, "steady")
        assert subprocess.run([*COMMAND, "--profile", "steady", "ping"], stdout=subprocess.DEVNULL).returncode == 0

        def call(_: int) -> None:
            words = quick.plain(["--profile", "steady", "call", "pool.query"])
            assert words is not None
            answer = quick.ask(words)
            assert answer is not None
            assert "text" in answer, answer

        pid = pid_of_agent()
        with ThreadPoolExecutor(at_a_time) as pool:
            for _ in pool.map(call, range(calls // 4)):
                pass
            before = _fact(pid, "VmRSS")
            for _ in pool.map(call, range(calls - calls // 4)):
                pass
        after, threads = _fact(pid, "VmRSS"), _fact(pid, "Threads")
        control("stop")
        return before, after, threads


def _fact(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])
