"""A tmux of its own to run a program in: what is on the screen, and waiting for it.

Nothing here sleeps. Whatever the program writes is also copied into a FIFO; each time something
arrives there the screen is looked at again, until what is waited for is on it or the time is over.
"""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 40.0


def require_tmux() -> str:
    """The tmux program; skips the test where there is none."""
    path = shutil.which("tmux")
    if path is None:
        pytest.skip("no tmux here")
    return path


class Terminal:
    """One window of a tmux server that nothing else uses."""

    def __init__(self, program: str, socket: Path, fifo: int) -> None:
        self._tmux = [program, "-S", str(socket), "-f", os.devnull]
        self._fifo = fifo

    def tmux(self, *arguments: str) -> str:
        """Runs a command of tmux; what it printed."""
        done = subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, timeout=SECONDS, check=True)
        return done.stdout

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return self.tmux("capture-pane", "-p")

    def shows(self, what: str) -> str:
        """A format of tmux, such as ``alternate_on``, expanded for the window."""
        return self.tmux("display-message", "-p", f"#{{{what}}}").strip()

    def press(self, *keys: str) -> None:
        """Sends keys by their tmux names."""
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Sends a text character by character."""
        self.tmux("send-keys", "-l", "--", text)

    def until(self, condition: Callable[[str], object], what: str) -> str:
        """Waits until the screen meets a condition; the screen then. Looks again whenever the program wrote."""
        deadline = time.monotonic() + SECONDS
        while True:
            text = self.text
            if condition(text):
                return text
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._fifo], [], [], max(left, 0))
            if not ready:
                raise AssertionError(f"{what}: not within {SECONDS:.0f} s. On screen:\n{text}")
            os.read(self._fifo, 1 << 16)

    def see(self, *texts: str) -> str:
        """Waits until all of these stand on the screen."""
        return self.until(lambda screen: all(text in screen for text in texts), f"{texts} on screen")


@contextmanager
def running(
    command: list[str], folder: Path, *, term: str, size: tuple[int, int], env: dict[str, str]
) -> Iterator[Terminal]:
    """Runs a command in a window of this size, with TERM as said. When it ends the window says ``ended: STATUS``."""
    program = require_tmux()
    fifo_path = folder / "written"
    os.mkfifo(fifo_path)
    # Opened for both, so that it never comes to its end while we wait.
    fifo = os.open(fifo_path, os.O_RDWR | os.O_NONBLOCK)
    terminal = Terminal(program, folder / "tmux", fifo)
    variables = [f"{name}={value}" for name, value in env.items()]
    words = shlex.join(["env", "-u", "COLORTERM", "-u", "COLUMNS", "-u", "LINES", *variables, f"TERM={term}", *command])
    # It waits for the start signal, so that not a byte is written before the FIFO is there.
    script = f"read go; {words}; echo ended: $?; read end"
    try:
        terminal.tmux(
            "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "sh", "-c", script, ";",
            "set-option", "-g", "status", "off", ";", "set-option", "-s", "set-clipboard", "on", ";",
            "set-option", "-s", "escape-time", "10", ";",
            "pipe-pane", "-O", f"cat > {shlex.quote(str(fifo_path))}",
        )  # fmt: skip
        terminal.press("Enter")
        yield terminal
    finally:
        subprocess.run([*terminal._tmux, "kill-server"], capture_output=True, timeout=SECONDS, check=False)
        os.close(fifo)
