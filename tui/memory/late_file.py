"""The base of the app's own files: each is written a moment after a change, in a thread, so the loop waits for no disk.

Invariants: a change is on its way to the disk `WRITE_SECONDS` after it was made, or after the write that was then under
way, however many follow; no snapshot is taken before the loop has learnt what came of the write before it; a file of
another form is set aside, never written over; after a failure nothing more is written, and the user is told once:
better to forget than to destroy.
"""

from __future__ import annotations

import asyncio
import errno
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["VERSION", "WRITE_SECONDS", "LateFile", "NotOurs", "Tell", "beginning", "contents"]

VERSION = 1
"""Of the form of all these files."""
WRITE_SECONDS = 1.0

Tell = Callable[[str], None]


class NotOurs(ValueError):
    """A file that this version does not understand; ``why`` ends the name that the file gets when it is set aside."""

    def __init__(self, why: str, words: str) -> None:
        super().__init__(words)
        self.why = why


def contents(path: Path) -> bytes | None:
    """All bytes of a file, None without one. Raises OSError."""
    from truenas_client.bounded import read_own_file

    try:
        return read_own_file(path)
    except FileNotFoundError:
        return None


def beginning(text: bytes, what: str) -> dict[str, Any]:
    """The object that a file begins with, of this version. ``what`` names the file. Raises `NotOurs`."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict) or type(version := members.get("version")) is not int:
        raise NotOurs("broken", f"cannot be read as {what}")
    if version != VERSION:
        raise NotOurs("other-version", f"is of another version of this app ({version})")
    return members


class LateFile(ABC):
    """A sub-class says what is to be written (`snapshot`), writes it (`write`), and learns what came of it (`take`).

    Without a path it is kept for the session only. ``tell`` hears, in the event loop, what the user should know.
    ``about`` are members that tell whose file this is.
    """

    def __init__(self, path: Path | None, tell: Tell, about: dict[str, str] | None) -> None:
        self._path = path
        self._tell = tell
        self._about = about or {}
        self._dirty = False
        self._task: asyncio.Task[None] | None = None
        self._resting = False
        """Whether the task only waits before it writes."""
        self._lock = threading.Lock()
        self._outcomes: list[Any] = []
        """What writes have returned and `take` has not got yet."""

    @abstractmethod
    def snapshot(self) -> Any:
        """What is to be written, taken in the event loop: it must not change afterwards."""

    @abstractmethod
    def write(self, path: Path, snapshot: Any) -> Any:
        """Writes it, in a thread. Raises OSError, and `NotOurs` where another program has just written there."""

    @abstractmethod
    def take(self, written: Any) -> None:
        """Gets what `write` returned, in the event loop."""

    def changed(self) -> None:
        """Tells that something is to be written."""
        self._dirty = True
        if self._path is not None and (self._task is None or self._task.done()):
            # Where no event loop runs, the end of the app writes it.
            with suppress(RuntimeError):
                self._task = asyncio.get_running_loop().create_task(self._write_soon(), name="late-file")

    def close(self) -> None:
        """Writes the pending changes before it returns. Later changes are written as before."""
        if self._task is not None and self._resting:
            self._task.cancel()
            self._task, self._resting = None, False
        with self._lock:
            pass  # a write under way ends first
        self._take_outcomes()
        if self._dirty and self._path is not None:
            try:
                self._write(self._path, self._taken())
            except OSError as error:
                self._give_up(f"cannot be written ({error.strerror or error})")
            self._take_outcomes()

    async def _write_soon(self) -> None:
        while self._dirty:
            self._resting = True
            await asyncio.sleep(WRITE_SECONDS)
            self._resting = False
            if self._path is None:
                return
            try:
                await asyncio.to_thread(self._write, self._path, self._taken())
            except OSError as error:
                self._give_up(f"cannot be written ({error.strerror or error})")
            self._take_outcomes()

    def _taken(self) -> Any:
        self._dirty = False
        return self.snapshot()

    def _write(self, path: Path, snapshot: Any) -> None:
        with self._lock:
            try:
                self._outcomes.append(self.write(path, snapshot))
            except NotOurs:
                raise OSError(errno.EBUSY, "another program has just written it") from None

    def _take_outcomes(self) -> None:
        while self._outcomes:
            self.take(self._outcomes.pop(0))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the file is read: one that cannot be understood makes room for a new one."""
        try:
            yield
        except OSError as error:
            self._give_up(f"cannot be read ({error.strerror or error})")
        except NotOurs as error:
            from truenas_client.storage.private_files import set_aside

            assert self._path is not None
            try:
                aside = set_aside(self._path, error.why)
            except OSError:
                self._give_up(str(error))
            else:
                self._tell(f"{self._path} {error}. It is now {aside}, and a new file is begun.")

    def _give_up(self, words: str) -> None:
        """From here on nothing is written."""
        if self._path is not None:
            self._tell(f"{self._path} {words}: changes are not remembered.")
            self._path = None
