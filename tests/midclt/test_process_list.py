"""What other users of the machine see of the command while it signs in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.facts import ROOT
from tests.midclt.served import Background
from tests.processes import watched
from truenas_client.secrets.value import Command
from truenas_client.simulator import ApiKey, Simulator
from truenas_client.storage import Profile, Profiles
from truenas_client.trust import TLS

PASSWORD = "m4rked-p4ssword"
SECRET = "MARKEDKEYQZX" + "C" * 52
KEY = f"31-{SECRET}"
GIVES = (sys.executable, "-c", "import os, time; print(os.environ['MARKED_KEY']); time.sleep(0.3)")


@pytest.fixture(scope="module")
def nas(background: Background) -> Iterator[Simulator]:
    async def made() -> Simulator:
        simulator = Simulator(demo_data=False, speed=1000.0, tls=True)
        simulator.add_account("marked", PASSWORD)
        simulator.add_api_key(ApiKey(31, "test", "marked", SECRET, iterations=50_000))
        return simulator

    with background.entered(background.run(made())) as simulator:
        yield simulator


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no process list to read here")
def test_no_secret_is_in_the_process_list(nas: Simulator, tmp_path: Path) -> None:
    nas.rate_limit.clear()
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o600)
    assert nas.tls is not None
    url, pin = str(nas.secure_url), TLS.pinned(nas.tls.fingerprint)
    profile = Profile(
        name="lab", addresses=(url,), username="marked", mechanism="api-key", secret=Command(GIVES), tls=pin
    )
    Profiles().put(profile)
    env = {name: text for name, text in os.environ.items() if not name.startswith("TRUENAS_")}
    env |= {"MARKED_KEY": KEY, "PYTHONPATH": str(ROOT)}
    to = ["-u", url, "--ca", str(nas.tls.path), "-U", "marked"]

    def run(*argv: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "midclt", *argv]
        return subprocess.run(
            command, env=env | variables, cwd=ROOT, input=given, capture_output=True, text=True, timeout=60, check=False
        )

    with watched() as processes:
        ran = [
            run(*to, "call", "auth.me", TRUENAS_PASSWORD=PASSWORD),
            run(*to, "call", "auth.me", TRUENAS_API_KEY=KEY),
            run(*to, "-K", str(file), "call", "auth.me"),
            run(*to, "key", "precompute", "-", "-o", str(tmp_path / "derived"), given=KEY),
            run("--profile", "lab", "call", "auth.me"),
        ]
    assert [one.returncode for one in ran] == [0] * 5
    seen = "".join(processes.lines)
    assert "auth.me" in seen
    assert "MARKED_KEY" in seen, "the program that gives the secret was seen at work"
    assert not any(mark in seen for mark in (PASSWORD, SECRET))
    assert not any(mark in one.stdout + one.stderr for one in ran for mark in (PASSWORD, SECRET))


def test_what_is_given_as_an_argument_would_be_seen(nas: Simulator) -> None:
    with watched() as processes:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.4)", PASSWORD], check=True)
    assert any(PASSWORD in line for line in processes.lines)
