"""What others on the machine can see of processes while something runs: their arguments."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Processes", "watched"]


class Processes:
    """The command lines that were seen, each once."""

    def __init__(self) -> None:
        self.lines: set[str] = set()
        self.awaited: dict[str, Path] = {}
        """Files to make when a text is seen in a command line: what a process waits for that is to be seen."""
        self._over = threading.Event()

    def look(self) -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                self.lines.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        for text, file in self.awaited.items():
            if any(text in line for line in self.lines):
                file.touch()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.look()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(10)


@contextmanager
def watched() -> Iterator[Processes]:
    """The process list, looked at again and again; only where there is one to read."""
    processes = Processes()
    with processes.running():
        yield processes
