"""The base of the app's own files: each is written a moment after a change, in a thread, so the loop waits for no disk.

Invariants: a change is on its way to the disk `WRITE_SECONDS` after it was made, or after the write that was then under
way, however many follow; no snapshot is taken before the loop has learnt what came of the write before it; after a
failure nothing more is written, and the user is told once: better to forget than to destroy.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["VERSION", "WRITE_SECONDS", "LateFile"]

VERSION = 1
"""Of the form of all these files."""
WRITE_SECONDS = 1.0


class LateFile(ABC):
    """A sub-class says what is to be written (`snapshot`), writes it (`write`), and learns what came of it (`take`).

    Without a path nothing is written. ``tell`` hears, in the event loop, what the user should know.
    """

    def __init__(self, path: Path | None, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._dirty = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._outcomes: list[Any] = []
        """What writes have returned and `take` has not got yet."""

    @abstractmethod
    def snapshot(self) -> Any:
        """What is to be written, taken in the event loop: it must not change afterwards."""

    @abstractmethod
    def write(self, path: Path, snapshot: Any) -> Any:
        """Writes it, in a thread. Raises OSError."""

    @abstractmethod
    def take(self, written: Any) -> None:
        """Gets what `write` returned, in the event loop."""

    def changed(self) -> None:
        """Tells that something is to be written."""
        self._dirty = True
        self._plan()

    def close(self) -> None:
        """Writes the pending changes before it returns. Later changes are written as before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._lock:
            pass  # a write under way ends first
        self._take_outcomes()
        if self._dirty and self._path is not None:
            try:
                self._write(self._path, self._taken())
            except OSError as error:
                self.give_up(f"cannot be written ({error.strerror or error})")
            self._take_outcomes()

    def _plan(self) -> None:
        writing = self._task is not None and not self._task.done()
        if self._dirty and self._timer is None and self._path is not None and not writing:
            try:
                self._timer = asyncio.get_running_loop().call_later(WRITE_SECONDS, self._begin)
            except RuntimeError:
                # No event loop runs: the end of the app writes it.
                return

    def _begin(self) -> None:
        self._timer = None
        if self._dirty and self._path is not None:
            self._task = asyncio.get_running_loop().create_task(self._write_aside(self._path))
            self._task.add_done_callback(lambda _: self._plan())

    async def _write_aside(self, path: Path) -> None:
        try:
            await asyncio.to_thread(self._write, path, self._taken())
        except OSError as error:
            self.give_up(f"cannot be written ({error.strerror or error})")
        self._take_outcomes()

    def _taken(self) -> Any:
        self._dirty = False
        return self.snapshot()

    def _write(self, path: Path, snapshot: Any) -> None:
        with self._lock:
            self._outcomes.append(self.write(path, snapshot))

    def _take_outcomes(self) -> None:
        while self._outcomes:
            self.take(self._outcomes.pop(0))

    def set_aside(self, why: str, words: str) -> None:
        """Makes room for a new file in place of one that cannot be understood."""
        from truenas_client.storage.private_files import set_aside

        assert self._path is not None
        try:
            aside = set_aside(self._path, why)
        except OSError:
            self.give_up(words)
        else:
            self._tell(f"{self._path} {words}. It is now {aside}, and a new file is begun.")

    def give_up(self, words: str) -> None:
        """From here on nothing is written."""
        if self._path is not None:
            self._tell(f"{self._path} {words}: changes are not remembered.")
            self._path = None
