"""A server that restarts under the app, each a process of its own: everything returns, and nothing typed is lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.terminal.tmux import running

ROOT = Path(__file__).resolve().parent.parent.parent


class Server:
    """A simulator as a process that can be killed and begun again at the same address."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None
        self.address = self.begin()

    def begin(self) -> str:
        command = [sys.executable, "-m", "truenas_client.simulator", "--listen", f"127.0.0.1:{self._port}"]
        process = self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        return str(json.loads(process.stdout.readline())["ws"])

    def kill(self) -> None:
        if (process := self._process) is not None and process.stdout is not None:
            process.kill()
            process.wait(10)
            process.stdout.close()
            self._process = None


@contextmanager
def served() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.kill()


def test_a_restart_during_a_job_two_panels_and_a_half_typed_draft(tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(home), "NAS_PASSWORD": "admin", "LC_ALL": "C.UTF-8"}
    with served() as server:
        config = home / "truenas-client" / "config.toml"
        config.parent.mkdir(parents=True)
        secret = 'secret = {env = "NAS_PASSWORD"}'
        config.write_text(
            f'[profile.lab]\naddress = "{server.address}"\nusername = "admin"\nread_only = false\n{secret}\n'
        )
        config.chmod(0o600)
        command = [sys.executable, "-m", "tui", "--profile", "lab", "--fresh"]
        with running(command, tmp_path, term="screen-256color", size=(120, 36), env=env) as terminal:
            terminal.see("type to find among")
            # A job that runs for a while.
            terminal.type("pool scrub scrub")
            terminal.see("› pool.scrub.scrub")
            terminal.press("Enter")
            terminal.see("fill")
            terminal.type("tank")
            terminal.see('"tank"', "valid")
            terminal.press("C-j")
            terminal.see("Review", "send")
            terminal.press("Enter")
            if "Job #1" not in terminal.until(lambda screen: "Job #1" in screen or "Press it again" in screen, "it"):
                # The card had not stood long enough: it has once that notice is gone.
                terminal.until(lambda screen: "Press it again" not in screen, "the notice gone")
                terminal.press("Enter")
            terminal.see("Job #1", "running")
            # Two panels.
            # Without a pause a terminal takes escape and what follows for one key.
            terminal.press("Escape")
            terminal.see("┏━ Job")
            terminal.press("4")
            terminal.see("Subscribe")
            terminal.type("alert.list")
            terminal.press("Enter")
            terminal.see("waiting for the first event")
            terminal.press("+")
            terminal.see("Subscribe")
            terminal.type("pool.query")
            terminal.press("Enter")
            terminal.see("2 subscriptions")
            # A draft that is half typed.
            terminal.press("1")
            terminal.see("pool.scrub.scrub")
            terminal.press("m")
            terminal.see("┏━ Methods")
            terminal.press("C-u")
            terminal.type("pds q")
            terminal.see("› pool.dataset.query")
            terminal.press("Enter")
            terminal.see("valid")
            terminal.type('[["na')
            terminal.see('[["na')
            server.kill()
            terminal.see("offline")
            terminal.type('me", "=", "tank"]]')
            terminal.see('[["name", "=", "tank"]]', "offline")
            server.begin()
            terminal.press("F12")
            terminal.until(lambda screen: "offline" not in screen and "connecting" not in screen, "the connection")
            # Everything is there again: the draft, the panels with their gaps, and what became of the job.
            terminal.see('[["name", "=", "tank"]]', "2 subscriptions")
            terminal.press("C-j")
            terminal.see("1 row")
            terminal.press("Escape")
            terminal.see("┏━ Result")
            terminal.press("4")
            screen = terminal.until(lambda screen: screen.count("gap: events may be missing") == 2, "both gaps")
            assert "alert.list" in screen
            assert "pool.query" in screen
            assert screen.count("live") == 2
