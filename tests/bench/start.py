"""From a shell's Enter to the first method on screen, beside a trivial Textual app, in a pty.

As on any but the first day: a profile whose secret is kept, on a server whose methods
were read before, one of which was called. The server runs in another process.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.facts import facts
from truenas_client.storage.private_files import write_private

STARTS = 15
SIZE = (36, 120)
DEADLINE = 30.0
CALLED = b"system.info"
"""The method that was called before: it stands first in the list, under the ones with a star."""

TRIVIAL = """
from textual.app import App
from textual.widgets import Static
class Trivial(App):
    def compose(self):
        yield Static("trivial-app-is-up")
Trivial().run()
"""


class Terminal:
    """A program in a pty, and all that it has written there."""

    def __init__(self, command: list[str], size: tuple[int, int] = SIZE) -> None:
        self.started = time.perf_counter()
        self.command, self.seen = command, b""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execvp(command[0], command)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def until(self, condition: Callable[[], bool]) -> float:
        """Reads on until it holds; the seconds since the start."""
        end = time.perf_counter() + DEADLINE
        while not condition():
            left = end - time.perf_counter()
            if left <= 0 or not select.select([self._terminal], [], [], min(left, 0.1))[0]:
                if left <= 0:
                    raise TimeoutError(
                        f"{' '.join(self.command)}: not within {DEADLINE:g} s; last: {self.seen[-300:]!r}"
                    )
                continue
            try:
                self.seen += os.read(self._terminal, 65536)
            except OSError as e:
                raise RuntimeError(f"{' '.join(self.command)} ended: {self.seen[-2000:]!r}") from e
        return time.perf_counter() - self.started

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def quit(self) -> None:
        """ctrl+q, and wait for the end."""
        self.press(b"\x11")
        while True:
            try:
                if not os.read(self._terminal, 65536):
                    break
            except OSError:
                break
        os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


def first_seen(command: list[str], marker: bytes) -> float:
    """Seconds until a program has written ``marker`` to its terminal; the program is ended then."""
    terminal = Terminal(command)
    try:
        return terminal.until(lambda: marker in terminal.seen)
    finally:
        terminal.kill()


@contextmanager
def server() -> Iterator[str]:
    """A simulator in another process, with the methods of a real server where they are at hand; its address."""
    command = [sys.executable, "-m", "truenas_client.simulator", "--listen", "127.0.0.1:0"]
    if (folder := facts()) is not None:
        command += ["--catalogue", str(folder / "api" / "methods-26.json.gz")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["ws"])
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def home(url: str) -> Iterator[Path]:
    """Folders of its own, with a profile ``lab`` for the server."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("CONFIG", "STATE", "CACHE", "DATA"):
            os.environ[f"XDG_{name}_HOME"] = f"{folder}/{name.lower()}"
        os.environ["LAB_PASSWORD"] = "admin"
        profile = f'[profile.lab]\naddress = "{url}"\nusername = "admin"\nsecret = {{env = "LAB_PASSWORD"}}\n'
        write_private(Path(folder, "config", "truenas-client", "config.toml"), profile)
        yield Path(folder)


def run() -> None:
    ours = [os.path.join(os.path.dirname(sys.executable), "truenas-tui"), "--profile", "lab"]
    theirs = [sys.executable, "-c", TRIVIAL]
    our_times: list[float] = []
    their_times: list[float] = []
    # Both as people run them: with Python's compiled files, which some machines are told not to write.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    first_seen(theirs, b"trivial-app-is-up")
    with server() as url, home(url) as folder:
        terminal = Terminal(ours)
        first_time = terminal.until(lambda: b"alert" in terminal.seen)
        terminal.press(b"system.info")
        terminal.until(lambda: any((folder / "cache").rglob("*.methods")))
        terminal.press(b"\r")
        terminal.until(lambda: b"runs it." in terminal.seen)
        terminal.press(b"\x1b[15~")  # F5: a ctrl+j so close to another key would be part of a paste
        terminal.until(lambda: b"uptime" in terminal.seen)
        terminal.quit()
        for _ in range(STARTS):
            our_times.append(first_seen(ours, CALLED))
            their_times.append(first_seen(theirs, b"trivial-app-is-up"))
    our, their = median(our_times), median(their_times)
    print(f"start to first method on screen, medians of {STARTS} alternating starts in a pty")
    print(
        f"  truenas-tui --profile lab {our * 1000:5.0f} ms   trivial Textual app {their * 1000:5.0f} ms   "
        f"{our / their:.2f}x   (the very first time, until connected: {first_time * 1000:.0f} ms)"
    )


if __name__ == "__main__":
    run()
