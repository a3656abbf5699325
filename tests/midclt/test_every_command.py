"""Every command against the present release as a process, and against the oldest in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from midclt.parser import COMMANDS
from tests.facts import ROOT
from tests.midclt.conftest import Ran
from truenas_client.simulator import ThreadedSimulator

RELEASES = ("24.10", "26")


@dataclass(frozen=True)
class Case:
    argv: tuple[str, ...]
    status: int = 0
    out: str = ""
    err: str = ""
    given: str = ""
    """Standard input."""
    releases: tuple[str, ...] = RELEASES


ONE = RELEASES[1:]
"""For what ends without asking a server."""

CASES = [
    Case(("call", "core.ping"), out="pong\n"),
    Case(("call", "pool.qery"), status=1, err="Near it: pool.query"),
    Case(("call", "-j", "pool.scrub.scrub", "tank"), out="null\n"),
    Case(("call", "--dry-run", "user.create", '{"password": "pw"}'), out='{"password": "********"}', err="Not checked"),
    Case(("ping",), out="True\n", releases=("24.10",)),
    Case(("ping",), out="pong\n", releases=("26",)),
    Case(("subscribe", "-n", "1", 'reporting.realtime:{"interval": 2}'), out='"collection": "reporting.realtime'),
    Case(("query", "pool", "--select", "name", "-o", "jsonl"), out='{"name": "tank"}\n'),
    Case(("query", "pool", "--filter", "name = "), status=2, err="= needs a value", releases=ONE),
    Case(("methods", "pds", "q"), out="pool.dataset.query"),
    Case(("explain", "pool.scrub.scrub"), out="one of START, STOP, PAUSE"),
    Case(("explain", "pool.scrup"), status=1, err="pool.scrub"),
    Case(("template", "pool.scrub.scrub"), out="["),
    Case(("events",), out="alert.list"),
    Case(("watch", "--help"), out="usage: midclt watch", releases=ONE),
    Case(("watch", "pool.nothing"), status=1, err="pool.nothing"),
    Case(("jobs", "ls", "-a"), out="["),
    Case(("jobs", "wait", "4711"), status=7, err="4711"),
    Case(("batch", "core.resize_shell", "--each", "[]"), status=0),
    Case(("batch",), given='{"method": "core.ping"}\nnonsense\n', status=2, err="2"),
    Case(("batch",), given='{"method": "core.ping"}\n{"method": "no.such"}\n', status=1, out='"ok": true', err="1 ok"),
    Case(("compare", "core.ping"), status=2, err="--on lab,prod", releases=ONE),
    Case(("compare", "core.ping", "--on", "all"), status=2, err="no profiles yet", releases=ONE),
    Case(("bulk", "core.ping", "--each", "[]"), status=0),
    Case(("run", "none"), status=2, err="No call is saved as", releases=ONE),
    Case(("saved",), err="No calls are saved", releases=ONE),
    Case(("download", "config.save", "-O", "FOLDER/config.db"), status=0),
    Case(("upload", "filesystem.put", "FOLDER/none", "/mnt/tank/none"), status=2, err="none", releases=ONE),
    Case(("profile", "ls"), status=0, releases=ONE),
    Case(("login",), status=2, err="Name a profile", releases=ONE),
    Case(("logout",), status=2, err="Name a profile", releases=ONE),
    Case(("agent",), status=1, err="No agent runs", releases=ONE),
    Case(("key", "ls"), out="["),
    Case(("sessions", "ls"), out='"current": true'),
    Case(("whoami",), out="root"),
    Case(("doctor",), out="ok   sign-in"),
    Case(("version",), out='"server"'),
    Case(("stubs", "FOLDER/typings"), err="methods of "),
    Case(("simulate", "--fault", "nonsense"), status=1, err="nonsense", releases=ONE),
    Case(("completion", "bash"), out="complete", releases=ONE),
    Case(("nonsense",), status=2, err="nonsense", releases=ONE),
]


def test_no_command_is_left_out() -> None:
    assert {case.argv[0] for case in CASES} >= set(COMMANDS)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The socket of each release's server."""
    with ExitStack() as stack:
        addresses = {}
        for release in RELEASES:
            unix = tmp_path_factory.mktemp("commands") / "nas.sock"
            nas = stack.enter_context(ThreadedSimulator(unix=unix, speed=100.0, release=release))
            addresses[release] = f"ws+unix://{nas.nas.info()['unix']}"
        yield addresses


@pytest.mark.parametrize(
    ("release", "case"),
    [
        pytest.param(release, case, id=f"{release} {' '.join(case.argv)[:60]}")
        for case in CASES
        for release in case.releases
    ],
)
def test_a_command(
    release: str, case: Case, addresses: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    env = {"TRUENAS_URI": addresses[release]}
    env |= {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "STATE", "CACHE")}
    argv = [word.replace("FOLDER", str(tmp_path)) for word in case.argv]
    if release == RELEASES[-1]:
        ran = _process(argv, case.given, env)
    else:
        ran = request.getfixturevalue("run")(*argv, stdin=case.given, env=env)
    assert ran.status == case.status, ran.out + ran.err
    assert case.out in ran.out
    assert case.err in ran.err
    assert 'File "' not in ran.err, "it ended with an exception of its own"
    if case.out[:1] == "[" and case.argv[0] != "completion":
        json.loads(ran.out.split("\nTo fill in")[0])


def _process(argv: list[str], given: str, more: dict[str, str]) -> Ran:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TRUENAS_", "MIDCLT_", "COLUMNS"))}
    env |= {"PYTHONIOENCODING": "utf-8"} | more
    command = [sys.executable, "-m", "midclt", *argv]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, cwd=ROOT, env=env, timeout=60)
    return Ran(ran.returncode, ran.stdout, ran.stderr)
