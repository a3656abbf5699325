"""From a shell's Enter to the first method on screen, beside a trivial Textual app, in a pty."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from statistics import median

STARTS = 9
SIZE = (36, 120)
DEADLINE = 20.0

TRIVIAL = """
from textual.app import App
from textual.widgets import Static
class Trivial(App):
    def compose(self):
        yield Static("trivial-app-is-up")
Trivial().run()
"""


def first_seen(command: list[str], marker: bytes) -> float:
    """Seconds until a program has written ``marker`` to its terminal; the program is ended then."""
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    seen = b""
    try:
        while marker not in seen:
            left = started + DEADLINE - time.perf_counter()
            if left <= 0 or not select.select([terminal], [], [], left)[0]:
                raise TimeoutError(f"{' '.join(command)}: no {marker!r} within {DEADLINE:g} s; last: {seen[-300:]!r}")
            try:
                seen += os.read(terminal, 65536)
            except OSError as e:
                raise RuntimeError(f"{' '.join(command)} ended: {seen[-2000:]!r}") from e
        return time.perf_counter() - started
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def run() -> None:
    ours = [os.path.join(os.path.dirname(sys.executable), "truenas-tui"), "--demo", "--fresh"]
    theirs = [sys.executable, "-c", TRIVIAL]
    our_times: list[float] = []
    their_times: list[float] = []
    for _ in range(STARTS):
        our_times.append(first_seen(ours, b"alert"))
        their_times.append(first_seen(theirs, b"trivial-app-is-up"))
    our, their = median(our_times), median(their_times)
    print(f"start to first method on screen, medians of {STARTS} alternating starts in a pty")
    print(
        f"  truenas-tui --demo {our * 1000:5.0f} ms   trivial Textual app {their * 1000:5.0f} ms   {our / their:.2f}x"
    )


if __name__ == "__main__":
    run()
